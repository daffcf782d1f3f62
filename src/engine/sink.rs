//! The sink's side of the engine: one batch at a time, until it is acknowledged, then its checkpoints.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use checkpoint_store::Store;
use clickhouse_sink::{Batch, Outcome, RetryPolicy, Writer};
use kafka_source::{DeadLetters, LetterError};
use pipeline::{Offset, Partition};
use prometheus_exporter::FlushFailure;
use tokio::sync::{mpsc, watch};
use tracing::{info, warn};

use super::shared::Shared;

/// Why the instance is not ready while ClickHouse refuses rows.
const NOT_TAKEN: &str = "ClickHouse does not take rows";

/// What is to be made durable, in this order: dead letters, rows, snapshots.
pub(crate) struct Work {
    pub(crate) batch: Batch,
    /// Snapshots taken at the same instant as the rows.
    pub(crate) snapshots: Vec<Snapshot>,
}

/// A partition's state at an instant.
pub(crate) struct Snapshot {
    pub(crate) partition: i32,
    pub(crate) next_offset: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What became of a [`Work`].
pub(crate) enum Done {
    /// All of it is durable: these positions may be committed.
    Durable(Vec<(i32, u64)>),
    /// It can never be written, or the sink was told to give up.
    Failed(anyhow::Error),
}

/// What the sink needs.
pub(crate) struct Sink {
    pub(crate) writer: Writer,
    pub(crate) letters: Arc<DeadLetters>,
    pub(crate) store: Arc<Store>,
    pub(crate) topic: Arc<str>,
    pub(crate) rules: u64,
    pub(crate) retry: RetryPolicy,
    pub(crate) shared: Shared,
}

impl Sink {
    /// Works until the engine is gone. `give_up` ends the retries of a batch.
    pub(crate) async fn run(
        self,
        mut work: mpsc::Receiver<Work>,
        done: std::sync::mpsc::Sender<Done>,
        give_up: watch::Receiver<bool>,
    ) {
        let sink = Arc::new(self);
        while let Some(work) = work.recv().await {
            let result = match sink.clone().make_durable(work, give_up.clone()).await {
                Ok(positions) => Done::Durable(positions),
                Err(error) => Done::Failed(error),
            };
            if done.send(result).is_err() {
                break;
            }
        }
    }

    async fn make_durable(
        self: Arc<Self>,
        work: Work,
        give_up: watch::Receiver<bool>,
    ) -> anyhow::Result<Vec<(i32, u64)>> {
        self.clone().flush_letters(give_up.clone()).await?;
        self.write(&work.batch, give_up).await?;
        let positions = work.snapshots.iter().map(|s| (s.partition, s.next_offset)).collect();
        if !work.snapshots.is_empty() {
            let sink = self.clone();
            tokio::task::spawn_blocking(move || sink.publish(&work.snapshots)).await??;
        }
        Ok(positions)
    }

    /// Waits for the dead letters: their records count as read only once the letters are safe.
    async fn flush_letters(self: Arc<Self>, give_up: watch::Receiver<bool>) -> anyhow::Result<()> {
        while self.letters.waiting() > 0 {
            let letters = self.letters.clone();
            match tokio::task::spawn_blocking(move || letters.flush(Duration::from_secs(5))).await? {
                Ok(()) => break,
                Err(error @ LetterError::Waiting { .. }) if !*give_up.borrow() => {
                    warn!(%error, "dead letters are not acknowledged yet; nothing behind them is committed");
                }
                Err(error) => return Err(error).context("writing dead letters"),
            }
        }
        Ok(())
    }

    async fn write(&self, batch: &Batch, mut give_up: watch::Receiver<bool>) -> anyhow::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let mut failed = false;
        let result = self
            .writer
            .write_with_retry(
                batch,
                self.retry,
                |notice| {
                    failed = true;
                    self.shared.metrics.flush_failed(match notice.error.outcome {
                        Outcome::NotWritten => FlushFailure::NotWritten,
                        Outcome::Unknown => FlushFailure::Unknown,
                    });
                    let error = notice.error as &dyn std::error::Error;
                    warn!(error, tries = notice.failures, wait = ?notice.delay, "ClickHouse did not take a batch; trying again");
                    self.shared.readiness.not_ready(NOT_TAKEN);
                },
                async move {
                    // An error means that the engine is gone: then nobody waits for the rows.
                    let _ = give_up.wait_for(|give_up| *give_up).await;
                },
            )
            .await;
        let written = result.context("writing rows to ClickHouse")?;
        if failed {
            info!(rows = written.rows, "ClickHouse takes rows again");
            // Another reason may have come up meanwhile.
            if self.shared.readiness.reason().is_some_and(|reason| *reason == NOT_TAKEN) {
                self.shared.readiness.ready();
            }
        }
        self.shared.metrics.flushed(began.elapsed().as_secs_f64(), tables(batch));
        Ok(())
    }

    fn publish(&self, snapshots: &[Snapshot]) -> anyhow::Result<()> {
        let began = Instant::now();
        for snapshot in snapshots {
            let partition = Partition::new(self.topic.clone(), snapshot.partition);
            self.store.save(&partition, Offset(snapshot.next_offset), self.rules, &snapshot.bytes)?;
        }
        self.shared.metrics.checkpointed(began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Rows of a batch by what they describe.
fn tables(batch: &Batch) -> [(&'static str, u64); 6] {
    let sum =
        |len: fn(&window_state::rows::Changes) -> usize| batch.changes.iter().map(len).sum::<usize>() as u64;
    [
        ("user_activity", sum(|changes| changes.user_days.len())),
        ("sessions", sum(|changes| changes.sessions.len())),
        ("sites", sum(|changes| changes.site_buckets.len())),
        ("pages", sum(|changes| changes.page_buckets.len())),
        ("accounting", sum(|changes| usize::from(changes.accounting.is_some()))),
        ("events", batch.events.len() as u64),
    ]
}
