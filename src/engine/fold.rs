//! Reading and folding records.

use clickhouse_sink::RawEventRow;
use event_model::{Decoded, Rejection, decode};
use kafka_source::{DeadLetters, Letter, Poll, RecordTimestamp, SourceRecord};
use prometheus_exporter::{PipelineMetrics, Tally};
use window_state::{Content, Outcome, PartitionState, Record, RecordTime};

use super::{Engine, POLL_RECORDS, POLL_WAIT, keying::Keying};
use crate::raw::raw_event;

/// Where a record's traces go besides the state.
struct Traces<'a> {
    tally: &'a mut Tally,
    letters: &'a DeadLetters,
    raw: Option<&'a mut Vec<RawEventRow>>,
    keying: &'a mut Keying,
    metrics: &'a PipelineMetrics,
}

impl Engine {
    /// Reads and folds the next records.
    pub(super) fn read(&mut self) -> anyhow::Result<Poll> {
        let Self { states, tally, letters, raw, raw_events, keying, shared, .. } = self;
        let mut traces =
            Traces { tally, letters, raw: raw_events.then_some(raw), keying, metrics: &shared.metrics };
        let mut failed = None;
        let poll = self.source.poll_batch(POLL_RECORDS, POLL_WAIT, |record| {
            if failed.is_none()
                && let Some(state) = states.get_mut(&record.partition)
            {
                failed = fold(state, &record, &mut traces).err();
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if matches!(poll, Poll::Records(_)) {
            self.moved = true;
            self.moved_since_checkpoint = true;
        }
        Ok(poll)
    }
}

fn fold(
    state: &mut PartitionState,
    record: &SourceRecord<'_>,
    traces: &mut Traces<'_>,
) -> anyhow::Result<()> {
    let decoded = record.value.map(decode);
    let content = match &decoded {
        None => Content::Tombstone,
        Some(Ok(Decoded::Event(event))) => Content::Event(event),
        Some(Ok(Decoded::UnknownType(_))) => Content::UnknownType,
        Some(Err(rejection)) => Content::Rejected(*rejection),
    };
    let origin = record.first_origin.map(|origin| origin.to_string());
    let outcome = state.fold(&Record {
        offset: record.offset,
        time: match record.timestamp {
            RecordTimestamp::None => RecordTime::Unknown,
            RecordTimestamp::Create(at) => RecordTime::Create(at),
            RecordTimestamp::LogAppend(at) => RecordTime::LogAppend(at),
        },
        origin: origin.as_deref(),
        content,
    });
    if let Some(Ok(Decoded::Event(event))) = &decoded {
        traces.tally.event(event);
        if traces.keying.is_split(event, record.partition) {
            traces.metrics.split_user();
        }
    }
    match (outcome, &decoded) {
        (Outcome::Accepted | Outcome::Late, Some(Ok(Decoded::Event(event)))) => {
            if let (Some(raw), Some(value)) = (traces.raw.as_deref_mut(), record.value) {
                raw.push(raw_event(event, value, record.partition, record.offset, outcome == Outcome::Late));
            }
        }
        (Outcome::Skipped(_), Some(Ok(Decoded::UnknownType(name)))) => traces.tally.unknown_type(name),
        (Outcome::Skipped(skip), _) => traces.tally.skip(skip),
        (Outcome::DeadLettered(rejection), _) => {
            traces.tally.dead_letter(&rejection);
            letter(record, rejection, traces.letters)?;
        }
        _ => {}
    }
    Ok(())
}

fn letter(record: &SourceRecord<'_>, rejection: Rejection, letters: &DeadLetters) -> anyhow::Result<()> {
    letters.send(&Letter {
        origin: record.origin(),
        key: record.key,
        value: record.value,
        timestamp: record.timestamp,
        reason: rejection.reason.code(),
        field: rejection.field,
    })?;
    Ok(())
}
