//! The fold of a file: users hashed to partitions, a line's number as its offset.

use std::{collections::BTreeMap, sync::Arc};

use clickhouse_sink::{Batch, KpiSnapshots, RawEventRow};
use event_model::{Decoded, Rejection, decode};
use window_state::{
    Content, FlushPolicy, FoldRules, Outcome, PartitionState, Record, RecordTime, gauges::GaugeSnapshot,
    rows::AccountingRow,
};

use crate::{raw::raw_event, user::user_hash};

/// Partitions a replay hashes users to. Results do not depend on it.
const PARTITIONS: u64 = 4;

/// How to replay.
pub(crate) struct ReplayOptions {
    /// The rules of the fold.
    pub(crate) rules: Arc<FoldRules>,
    /// Whether accepted events go to the table `events` too.
    pub(crate) raw_events: bool,
}

/// A replay in progress.
pub(crate) struct Replay {
    options: ReplayOptions,
    states: Vec<PartitionState>,
    raw: Vec<RawEventRow>,
    rejected: BTreeMap<&'static str, u64>,
}

impl Replay {
    /// Begins with empty states.
    pub(crate) fn new(options: ReplayOptions) -> Self {
        let state = |partition| PartitionState::new(partition, 0, options.rules.clone());
        let states =
            (0..PARTITIONS).filter_map(|partition| i32::try_from(partition).ok()).map(state).collect();
        Self { options, states, raw: Vec::new(), rejected: BTreeMap::new() }
    }

    /// Folds a line; the rejection if it breaks the contract.
    pub(crate) fn line(&mut self, number: u64, line: &[u8]) -> Option<(i32, Rejection)> {
        let decoded = decode(line);
        let (content, place) = match &decoded {
            Ok(Decoded::Event(event)) => (Content::Event(event), user_hash(event)),
            Ok(Decoded::UnknownType(_)) => (Content::UnknownType, number),
            Err(rejection) => (Content::Rejected(*rejection), number),
        };
        let state = &mut self.states[usize::try_from(place % PARTITIONS).unwrap_or(0)];
        let outcome =
            state.fold(&Record { offset: number, time: RecordTime::Unknown, origin: None, content });
        match (outcome, &decoded) {
            (Outcome::Accepted | Outcome::Late, Ok(Decoded::Event(event))) if self.options.raw_events => {
                let late = outcome == Outcome::Late;
                self.raw.push(raw_event(event, line, state.partition(), number, late));
                None
            }
            (Outcome::DeadLettered(rejection), _) => {
                *self.rejected.entry(rejection.reason.code()).or_default() += 1;
                Some((state.partition(), rejection))
            }
            _ => None,
        }
    }

    /// Raw events that wait to be written.
    pub(crate) fn raw_events(&mut self) -> Batch {
        Batch { events: std::mem::take(&mut self.raw), ..Batch::default() }
    }

    /// How many raw events wait.
    pub(crate) fn raw_waiting(&self) -> usize {
        self.raw.len()
    }

    /// Rows that changed so far. Worth taking on the way only where sessions and days close on the way.
    pub(crate) fn changes(&mut self, end_of_log: bool) -> Batch {
        let policy = FlushPolicy { now: 0, open_rows_interval: 0, force: end_of_log, end_of_log };
        Batch {
            changes: self.states.iter_mut().map(|state| state.changes(&policy)).collect(),
            ..Batch::default()
        }
    }

    /// The largest event time, epoch milliseconds.
    pub(crate) fn max_event(&self) -> Option<i64> {
        self.states.iter().filter_map(PartitionState::max_event).max()
    }

    /// The gauges as of an instant.
    pub(crate) fn gauges(&mut self, as_of: i64) -> KpiSnapshots {
        let snapshots: Vec<Arc<GaugeSnapshot>> =
            self.states.iter_mut().map(|state| Arc::new(state.gauges(as_of))).collect();
        KpiSnapshots { windows: self.options.rules.windows.clone(), snapshots }
    }

    /// Records by outcome, over all partitions.
    pub(crate) fn accounting(&self) -> AccountingRow {
        self.states
            .iter()
            .map(PartitionState::accounting)
            .fold(AccountingRow::default(), |sum, row| sum + row)
    }

    /// Dead letters by reason.
    pub(crate) fn rejected(&self) -> &BTreeMap<&'static str, u64> {
        &self.rejected
    }
}
