//! The key that brings a user's records into one partition.

/// The record key of a user's events: site, a zero byte, user.
///
/// Known and anonymous users share the form: only that one user's records stay together matters
/// here, not that two users differ.
pub fn user_key(site: &str, user: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(site.len() + 1 + user.len());
    key.extend_from_slice(site.as_bytes());
    key.push(0);
    key.extend_from_slice(user.as_bytes());
    key
}
