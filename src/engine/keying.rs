//! Whether the topic is keyed by user as it is said to be, told from a sample of its users.

use std::collections::HashMap;

use event_model::Event;
use tracing::warn;

use crate::user::user_hash;

/// One user of so many is in the sample.
const ONE_OF: u64 = 64;
/// Users remembered at most; the sample stays as it is from then on.
const MOST: usize = 20_000;

/// Where the sampled users were seen.
#[derive(Debug, Default)]
pub(super) struct Keying {
    partitions: HashMap<u64, i32>,
    warned: bool,
}

impl Keying {
    /// Notes where an event's user was seen; true if that is another partition than before.
    ///
    /// A user on two partitions is counted twice in sums over partitions.
    pub(super) fn is_split(&mut self, event: &Event<'_>, partition: i32) -> bool {
        if event.user.is_none() {
            return false;
        }
        let key = user_hash(event);
        if !key.is_multiple_of(ONE_OF) {
            return false;
        }
        if self.partitions.len() >= MOST && !self.partitions.contains_key(&key) {
            return false;
        }
        let before = *self.partitions.entry(key).or_insert(partition);
        let split = before != partition;
        if split && !self.warned {
            self.warned = true;
            warn!(
                partitions = ?(before, partition),
                "a user was seen on two partitions: the topic is not keyed by user and distinct counts are too \
                 high; set kafka.keyed_by_user = false, with a new sink.database, checkpoint.dir and group"
            );
        }
        split
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use event_model::{Decoded, decode};

    #[test]
    fn users_that_move_between_partitions_are_found() {
        let mut keying = Keying::default();
        let mut split = 0;
        for round in 0..2 {
            for user in 0..1_000 {
                let line = format!(r#"{{"type":"click","link":"a","timestamp":1,"user_id":"u{user}"}}"#);
                let Ok(Decoded::Event(event)) = decode(line.as_bytes()) else { panic!("{line}") };
                // Users below 500 stay where they were.
                let partition = if user < 500 { 0 } else { round };
                split += usize::from(keying.is_split(&event, partition));
            }
        }
        let sampled = keying.partitions.len();
        assert!(sampled > 4 && split > 0 && split < sampled, "{split} of {sampled}");
    }
}
