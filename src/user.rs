//! Users as a number, where only equality counts.

use event_model::Event;
use xxhash_rust::xxh3::Xxh3;

/// A hash of the event's user (site, namespace, id); of its site alone if it has none.
pub(crate) fn user_hash(event: &Event<'_>) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(event.site.as_bytes());
    if let Some(user) = &event.user {
        hasher.update(&[u8::from(user.is_anonymous())]);
        hasher.update(user.id().as_bytes());
    }
    hasher.digest()
}
