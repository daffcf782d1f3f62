//! The records of a topic: generated traffic, and what closes everything behind it.

use std::{collections::BTreeMap, ops::Range};

use event_model::Reason;
use traffic::{Generated, Generator, Note, Settings};
use xxhash_rust::xxh3::xxh3_64;

/// 2090-01-01T00:00:00Z. The traffic lies ahead of every clock, so that the instant of the gauges is the traffic's own
/// and no table forgets a row for its age.
pub(crate) const END: i64 = 3_786_912_000_000;
/// The time of the records that close everything: 40 days later, beyond every window and silence.
const CLOSED_AT: i64 = END + 40 * 86_400_000;

/// A record and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) partition: i32,
    /// Its offset, if nothing else writes to the topic.
    pub(crate) offset: u64,
    pub(crate) record: Generated,
}

impl Sent {
    /// A line that plainly is what the record is by its own time or for having no value, which a line has not.
    pub(crate) fn truth(&self) -> &[u8] {
        match self.record.note {
            Note::Tombstone => br#"{"type":"tombstone"}"#,
            Note::Bad(rejection) if rejection.reason == Reason::FutureTimestamp => b"{",
            _ => &self.record.value,
        }
    }
}

/// The records of a topic, in the order in which they are written.
pub(crate) struct Log {
    pub(crate) records: Vec<Sent>,
    pub(crate) partitions: i32,
    /// Those that close everything.
    closing: usize,
}

/// Traffic of 6 days with something of everything, but late events: the oracle knows neither lateness nor a session with
/// an id that closes, which live happens after 7 days.
pub(crate) fn traffic(events: u64, seed: u64) -> Settings {
    Settings {
        events,
        users: u32::try_from(events / 40).unwrap(),
        seed,
        days: 6,
        end: END,
        sites: ["demo", "shop"].map(str::to_owned).to_vec(),
        disorder_share: 0.05,
        late_share: 0.0,
        duplicate_share: 0.03,
        bad_share: 0.02,
        unknown_share: 0.01,
        tombstone_share: 0.005,
        oversized: false,
    }
}

impl Log {
    /// Traffic placed by user, then for each partition a record that closes what is open.
    pub(crate) fn generate(settings: Settings, partitions: i32) -> Self {
        let of = u64::try_from(partitions).unwrap();
        let place = |key: &[u8]| i32::try_from(xxh3_64(key) % of).unwrap();
        Self::place(Generator::new(settings).unwrap(), partitions, place)
    }

    /// Records placed by their keys, then for each partition a record that closes what is open.
    pub(crate) fn place(
        records: impl IntoIterator<Item = Generated>,
        partitions: i32,
        place: impl Fn(&[u8]) -> i32,
    ) -> Self {
        let mut log = Self { records: Vec::new(), partitions, closing: usize::try_from(partitions).unwrap() };
        let mut ends = BTreeMap::new();
        let closing = (0..partitions).map(|partition| (partition, closer(partition)));
        let records = records.into_iter().map(|record| (place(&record.key), record));
        for (partition, record) in records.chain(closing) {
            let end: &mut u64 = ends.entry(partition).or_default();
            log.records.push(Sent { partition, offset: *end, record });
            *end += 1;
        }
        log
    }

    /// The traffic without what closes it.
    pub(crate) fn traffic(&self) -> &[Sent] {
        &self.records[self.open()]
    }

    /// What closes everything behind it.
    pub(crate) fn closers(&self) -> &[Sent] {
        &self.records[self.records.len() - self.closing..]
    }

    fn open(&self) -> Range<usize> {
        0..self.records.len() - self.closing
    }

    /// What the oracle is told.
    pub(crate) fn lines(&self) -> Vec<&[u8]> {
        self.records.iter().map(Sent::truth).collect()
    }

    /// The offset after the last record of each partition.
    pub(crate) fn ends(&self) -> BTreeMap<i32, u64> {
        let mut ends: BTreeMap<i32, u64> = (0..self.partitions).map(|partition| (partition, 0)).collect();
        ends.extend(self.records.iter().map(|sent| (sent.partition, sent.offset + 1)));
        ends
    }
}

/// An event of a user of its own, 40 days after all others, that belongs to no session and is no activity.
pub(crate) fn closer(number: i32) -> Generated {
    let user = format!("closer-{number}");
    let value = format!(
        r#"{{"type":"impression","timestamp":{CLOSED_AT},"user_id":"{user}","event_id":"{user}","site":"demo","link":"end"}}"#
    );
    Generated {
        key: user.into_bytes(),
        value: value.into_bytes(),
        timestamp_ms: CLOSED_AT,
        note: Note::Ordered,
    }
}
