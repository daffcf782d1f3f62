//! Taking rows and snapshots at one instant, and committing what the sink has made durable.

use std::{sync::mpsc::RecvTimeoutError, time::Duration};

use anyhow::{Context as _, bail};
use clickhouse_sink::Batch;
use kafka_source::CommitOutcome;
use pipeline::{Backlog, Due, Offset, Position};
use tracing::{info, warn};
use window_state::{FlushPolicy, PartitionState, rows::Changes};

use super::{
    Engine, STOP_WITHIN, now_ms,
    sink::{Done, Snapshot, Work},
};

impl Engine {
    /// What has gathered.
    pub(super) fn backlog(&self) -> Backlog {
        Backlog {
            changed_rows: self.states.values().map(PartitionState::changed_rows).sum::<usize>()
                + self.raw.len(),
            pending_rows: self.pending_rows,
            moved: self.moved,
            moved_since_checkpoint: self.moved_since_checkpoint,
        }
    }

    /// Hands rows to the sink if it is time and the last ones are durable.
    pub(super) fn flush_if_due(&mut self) -> anyhow::Result<()> {
        let now = self.elapsed_ms();
        let due = self.clock.due(now, self.backlog());
        if due == Due::Nothing {
            return Ok(());
        }
        self.clock.started(due, now);
        self.hand_over(due == Due::FlushAndCheckpoint, false)
    }

    fn hand_over(&mut self, checkpoint: bool, force: bool) -> anyhow::Result<()> {
        let policy = FlushPolicy {
            now: now_ms(),
            open_rows_interval: self.open_rows_interval,
            force,
            end_of_log: false,
        };
        let changes: Vec<Changes> = self.states.values_mut().map(|state| state.changes(&policy)).collect();
        let batch = Batch { changes, kpis: self.kpis.take(), events: std::mem::take(&mut self.raw) };
        let mut snapshots = Vec::new();
        if checkpoint {
            // A partition without a record has nothing to go on from.
            for (partition, state) in self.states.iter().filter(|(_, state)| state.accounting().read > 0) {
                let bytes = state
                    .snapshot()
                    .with_context(|| format!("taking a snapshot of partition {partition}"))?;
                snapshots.push(Snapshot { partition: *partition, next_offset: state.next_offset(), bytes });
            }
            self.moved_since_checkpoint = false;
        }
        self.moved = false;
        let rows = batch.changes.iter().map(Changes::len).sum::<usize>() + batch.events.len();
        // At least 1, so that a batch on its way is never taken for none.
        self.pending_rows = rows.max(1);
        self.shared.metrics.pending_rows(rows);
        let work = Work { batch, snapshots };
        self.work.try_send(work).ok().context("handing rows to the sink, which has ended")
    }

    /// Commits what has become durable since the last look.
    pub(super) fn take_acknowledged(&mut self) -> anyhow::Result<()> {
        while let Ok(done) = self.done.try_recv() {
            self.acknowledged(done)?;
        }
        Ok(())
    }

    fn acknowledged(&mut self, done: Done) -> anyhow::Result<()> {
        self.pending_rows = 0;
        self.shared.metrics.pending_rows(0);
        let positions = match done {
            Done::Durable(positions) => positions,
            Done::Failed(error) => return Err(error),
        };
        let positions: Vec<Position> = positions
            .into_iter()
            .filter(|(partition, _)| self.states.contains_key(partition))
            .map(|(partition, offset)| self.partition(partition).at(Offset(offset)))
            .collect();
        // The checkpoint decides where a start goes on; the group's offsets are for the operator's eyes.
        match self.source.commit(&positions)? {
            CommitOutcome::Committed => {}
            CommitOutcome::Refused(error) | CommitOutcome::Unknown(error) => {
                warn!(%error, "the group did not take the offsets; the next checkpoint brings them again");
            }
        }
        Ok(())
    }

    /// Waits until nothing is on its way; false if that took too long.
    fn wait_for_sink(&mut self, within: Duration) -> anyhow::Result<bool> {
        let began = std::time::Instant::now();
        while self.pending_rows > 0 {
            self.shared.heartbeat.beat(now_ms());
            let left = within.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(false);
            }
            match self.done.recv_timeout(left.min(Duration::from_millis(100))) {
                Ok(done) => self.acknowledged(done)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("the sink has ended"),
            }
        }
        Ok(true)
    }

    /// Writes everything, checkpoints and commits; false if ClickHouse did not take it in time.
    pub(super) fn flush_all(&mut self, within: Duration) -> anyhow::Result<bool> {
        let began = std::time::Instant::now();
        if !self.wait_for_sink(within)? {
            return Ok(false);
        }
        self.hand_over(true, true)?;
        self.wait_for_sink(within.saturating_sub(began.elapsed()))
    }

    /// The orderly end.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        let written = self.states.is_empty() || self.flush_all(STOP_WITHIN)?;
        let _ = self.give_up.send(true);
        if written {
            info!("stopped: everything read is written and committed");
        } else {
            warn!(
                "stopped before ClickHouse took everything: the next start goes on from the last checkpoint, \
                 nothing is lost"
            );
        }
        self.source.close();
        Ok(())
    }
}
