//! How far a producer is ahead of its consumer, in bytes of each partition.

use std::collections::{BTreeMap, VecDeque};

/// What was written to a topic's partitions: how much of it a consumer has not read yet, and the range of offsets.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    partitions: BTreeMap<i32, Log>,
    /// Whether single records are remembered until they are consumed.
    is_tracking: bool,
}

/// The part of a partition that this producer wrote.
#[derive(Debug)]
struct Log {
    /// The first offset written.
    begin: u64,
    /// One past the last offset written.
    end: u64,
    /// Records not yet consumed, (offset, bytes), in order.
    unread: VecDeque<(u64, u64)>,
    /// The sum of their bytes.
    bytes: u64,
}

impl Ahead {
    /// Remembers single records from now on.
    pub(super) fn track(&mut self) {
        self.is_tracking = true;
    }

    /// Notes a record that the broker has acknowledged.
    pub(super) fn written(&mut self, partition: i32, offset: u64, bytes: u64) {
        let log = self.partitions.entry(partition).or_insert_with(|| Log {
            begin: offset,
            end: offset,
            unread: VecDeque::new(),
            bytes: 0,
        });
        log.begin = log.begin.min(offset);
        log.end = log.end.max(offset + 1);
        if self.is_tracking {
            log.unread.push_back((offset, bytes));
            log.bytes += bytes;
        }
    }

    /// Asks for the consumer's next offset of each partition and forgets what is before it.
    pub(super) fn consumed(&mut self, next: impl Fn(i32) -> u64) {
        for (partition, log) in &mut self.partitions {
            let next = next(*partition);
            let read = log.unread.partition_point(|(offset, _)| *offset < next);
            log.bytes -= log.unread.drain(..read).map(|(_, bytes)| bytes).sum::<u64>();
        }
    }

    /// Bytes not yet consumed in the partition that has most of them.
    pub(super) fn most(&self) -> u64 {
        self.partitions.values().map(|log| log.bytes).max().unwrap_or(0)
    }

    /// The partitions written to, each with its range of offsets, the end exclusive.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (i32, u64, u64)> {
        self.partitions.iter().map(|(partition, log)| (*partition, log.begin, log.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_consumed_is_no_longer_ahead() {
        let mut ahead = Ahead::default();
        ahead.track();
        for offset in 10..20 {
            ahead.written(0, offset, 100);
            ahead.written(1, offset, 7);
        }
        assert_eq!(ahead.most(), 1_000);
        ahead.consumed(|partition| if partition == 0 { 13 } else { 0 });
        assert_eq!(ahead.most(), 700);
        ahead.consumed(|partition| if partition == 0 { 20 } else { 0 });
        assert_eq!(ahead.most(), 70, "the other partition is behind now");
        ahead.consumed(|_| 1_000);
        assert_eq!(ahead.most(), 0);
        assert_eq!(ahead.ranges().collect::<Vec<_>>(), [(0, 10, 20), (1, 10, 20)]);
    }

    #[test]
    fn nothing_is_remembered_of_records_unless_asked_for() {
        let mut ahead = Ahead::default();
        for offset in 0..5 {
            ahead.written(3, offset, 100);
        }
        assert_eq!(ahead.most(), 0);
        assert!(ahead.partitions.values().all(|log| log.unread.is_empty()));
        assert_eq!(ahead.ranges().collect::<Vec<_>>(), [(3, 0, 5)]);
    }
}
