//! 64-bit keys in place of ids, and the maps that take them as they are.
//!
//! Keys are XXH3 hashes. Among 100 million users the chance that any two share a key is about 3 in
//! 10,000 (n² / 2^65).

use std::hash::{BuildHasherDefault, Hasher};

use event_model::UserRef;
use xxhash_rust::xxh3::Xxh3;

/// A map from keys that are hashes already.
pub(crate) type KeyMap<V> = hashbrown::HashMap<u64, V, BuildHasherDefault<Identity>>;

/// The hasher of a [`KeyMap`]: a key is its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = Xxh3::new();
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.digest()
}

/// The key of a user: (site, namespace, id).
pub(crate) fn user_key(site: &str, user: &UserRef<'_>) -> u64 {
    hash(&[site.as_bytes(), &[u8::from(user.is_anonymous())], user.id().as_bytes()])
}

/// The key of an event id in its scope (the user's key, 0 for events without a user).
pub(crate) fn event_key(scope: u64, event_id: &str) -> u64 {
    hash(&[&scope.to_le_bytes(), event_id.as_bytes()])
}

/// The key of a session group: the user's events with this session id, or those without one.
pub(crate) fn group_key(user: u64, session_id: Option<&str>) -> u64 {
    match session_id {
        Some(id) => hash(&[&user.to_le_bytes(), id.as_bytes()]),
        None => hash(&[&user.to_le_bytes()]),
    }
}

/// The key of a pair of user and label.
pub(crate) fn pair_key(user: u64, label: &str) -> u64 {
    hash(&[b"pair", &user.to_le_bytes(), label.as_bytes()])
}

/// The key of a page view's id inside its session.
pub(crate) fn view_key(pageview_id: &str) -> u64 {
    hash(&[pageview_id.as_bytes()])
}
