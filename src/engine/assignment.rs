//! Partitions come and go: from a checkpoint or from the log's beginning, as `pipeline` decides.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clickhouse_sink::StoredPosition;
use pipeline::{
    CheckpointFact, Offset, Partition, Position, Start, StartFacts, StartPolicy, StoredFact, decide_start,
};
use tracing::{info, warn};
use window_state::PartitionState;

use super::{BROKER_TIMEOUT, Engine, STOP_WITHIN, now_ms};

/// Pause between two questions to a ClickHouse that is away.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl Engine {
    /// A partition of the engine's topic.
    pub(super) fn partition(&self, number: i32) -> Partition {
        Partition::new(self.topic.clone(), number)
    }

    /// Loads the state of each partition and reads on where it ends.
    pub(super) fn assigned(&mut self, partitions: &[Partition]) -> anyhow::Result<()> {
        let Some(stored) = self.stored_positions()? else { return Ok(()) };
        let mut positions = Vec::new();
        for partition in partitions {
            let stored = stored.iter().find(|row| row.partition == partition.number);
            let (state, position) = self.load(partition, stored)?;
            self.states.insert(partition.number, state);
            positions.push(position);
        }
        self.partitions = self.source.partitions(&self.topic, BROKER_TIMEOUT)?;
        self.source.assign(&positions)?;
        if !self.states.is_empty() {
            self.shared.readiness.ready();
        }
        Ok(())
    }

    fn load(
        &self,
        partition: &Partition,
        stored: Option<&StoredPosition>,
    ) -> anyhow::Result<(PartitionState, Position)> {
        let log = self.source.log_range(partition, BROKER_TIMEOUT)?;
        let checkpoint = self.store.load(partition)?;
        let start = decide_start(StartFacts {
            log,
            checkpoint: checkpoint
                .as_ref()
                .map(|found| CheckpointFact { next_offset: found.next_offset, rules: found.rules }),
            stored: stored.map(|row| StoredFact { position: Offset(row.position), rules: row.rules }),
            rules: self.rules.fingerprint(),
            policy: StartPolicy::default(),
        });
        let fresh = |offset: Offset| PartitionState::new(partition.number, offset.0, self.rules.clone());
        match (start, checkpoint) {
            (Start::Resume { offset }, Some(found)) => {
                info!(%partition, %offset, "going on from a checkpoint");
                let state = PartitionState::restore(&found.payload, self.rules.clone())
                    .with_context(|| format!("restoring {partition} from its checkpoint"))?;
                Ok((state, partition.at(offset)))
            }
            (Start::Fresh { offset }, _) => {
                info!(%partition, %offset, "beginning with an empty state");
                Ok((fresh(offset), partition.at(offset)))
            }
            (Start::Refuse { reason }, _) => bail!("{partition} may not begin: {reason}"),
            (Start::Resume { .. } | Start::Partial { .. }, _) => {
                bail!("{partition} may not begin: a start in the middle of its log was not asked for")
            }
        }
    }

    /// What ClickHouse holds, once it answers; `None` if told to stop before.
    fn stored_positions(&self) -> anyhow::Result<Option<Vec<StoredPosition>>> {
        loop {
            match self.runtime.block_on(self.clickhouse.positions(&self.topic)) {
                Ok(stored) => return Ok(Some(stored)),
                Err(error) => {
                    self.shared.readiness.not_ready("ClickHouse does not answer");
                    warn!(
                        error = &error as &dyn std::error::Error,
                        "waiting for ClickHouse to say how far its rows go"
                    );
                }
            }
            if self.shared.stop.is_set() {
                return Ok(None);
            }
            self.shared.heartbeat.beat(now_ms());
            std::thread::sleep(ASK_AGAIN);
        }
    }

    /// Writes, checkpoints and commits before the partitions go to another owner.
    pub(super) fn revoked(&mut self, partitions: &[Partition]) -> anyhow::Result<()> {
        if !self.flush_all(STOP_WITHIN)? {
            warn!(
                "giving partitions up before ClickHouse took everything: their next owner repeats the rest"
            );
        }
        self.drop_states(partitions);
        self.source.unassign(partitions)?;
        Ok(())
    }

    /// The partitions have another owner already: nothing may be committed for them any more.
    pub(super) fn lost(&mut self, partitions: &[Partition]) -> anyhow::Result<()> {
        warn!(?partitions, "lost partitions: their next owner goes on from the last checkpoint");
        self.drop_states(partitions);
        self.source.unassign(partitions)?;
        Ok(())
    }

    fn drop_states(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            self.states.remove(&partition.number);
            self.shared.metrics.forget_partition(partition.number);
        }
        self.gauged = None;
        if self.states.is_empty() {
            self.shared.readiness.not_ready("waiting for partitions");
        }
    }
}
