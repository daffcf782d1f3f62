//! Writing batches.

use std::{collections::BTreeSet, sync::Mutex};

use bytes::Bytes;
use window_state::rows::Grain;

use crate::{
    Batch, ClickHouse, Origin, Outcome, Table, WriteError,
    block::Block,
    tables::{self, BadRow, Keyed},
};

/// Most bytes of one INSERT, before compression; a single larger row is sent by itself.
const BYTES_PER_INSERT: usize = 64 << 20;
/// Bytes handed to the connection (and compressed) at a time.
const BYTES_PER_SEND: usize = 1 << 20;

/// Writes the rows of one topic's partitions.
#[derive(Clone)]
pub struct Writer {
    clickhouse: ClickHouse,
    origin: Origin,
}

/// What a write wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Acknowledged rows, the empty ones beside late rows included.
    pub rows: u64,
    /// Their bytes, before compression.
    pub bytes: u64,
    /// INSERTs.
    pub inserts: u64,
}

/// What has become of a batch's INSERTs so far, over all tries.
#[derive(Default)]
pub(crate) struct Progress {
    state: Mutex<ProgressState>,
}

#[derive(Default)]
struct ProgressState {
    /// The acknowledged ones, by table and chunk: a retry leaves them out.
    done: BTreeSet<(Table, usize)>,
    written: Written,
    /// Whether any ended with an unknown outcome.
    unknown: bool,
}

impl Progress {
    fn is_done(&self, key: (Table, usize)) -> bool {
        self.lock().done.contains(&key)
    }

    fn acknowledge(&self, key: (Table, usize), rows: usize, bytes: usize) {
        let mut state = self.lock();
        state.done.insert(key);
        state.written.rows += rows as u64;
        state.written.bytes += bytes as u64;
        state.written.inserts += 1;
    }

    /// What is known of the batch after a failure of this outcome.
    fn outcome_after(&self, failure: Outcome) -> Outcome {
        let mut state = self.lock();
        state.unknown |= failure == Outcome::Unknown;
        match state.unknown || !state.done.is_empty() {
            true => Outcome::Unknown,
            false => Outcome::NotWritten,
        }
    }

    pub(crate) fn written(&self) -> Written {
        self.lock().written.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ProgressState> {
        // Each change is one insertion and three sums: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Writer {
    /// A writer of the rows that come from `origin`.
    pub fn new(clickhouse: ClickHouse, origin: Origin) -> Self {
        Self { clickhouse, origin }
    }

    /// The database written to.
    pub fn clickhouse(&self) -> &ClickHouse {
        &self.clickhouse
    }

    /// Writes a batch once: each table by its own INSERTs, side by side, then the accounting when all others
    /// are acknowledged. `Ok` means that every row is acknowledged.
    ///
    /// # Errors
    /// The first table that failed. Others may have been written: [`WriteError::outcome`] speaks of the batch.
    pub async fn write(&self, batch: &Batch) -> Result<Written, WriteError> {
        let progress = Progress::default();
        self.write_rest(batch, &progress).await?;
        Ok(progress.written())
    }

    /// Writes what `progress` does not have yet.
    pub(crate) async fn write_rest(&self, batch: &Batch, progress: &Progress) -> Result<(), WriteError> {
        let result = self.write_tables(batch, progress).await;
        result.map_err(|error| WriteError { outcome: progress.outcome_after(error.outcome), ..error })
    }

    async fn write_tables(&self, batch: &Batch, progress: &Progress) -> Result<(), WriteError> {
        use tables::keyed;
        let bases = tables::bases(batch);
        let mut users = keyed(batch, |changes| &changes.user_days);
        users.extend(bases.iter().map(|(partition, row)| Keyed { partition: *partition, version: 0, row }));
        let sessions = keyed(batch, |changes| &changes.sessions);
        let kpis = batch.kpis.as_ref().map_or(Vec::new(), tables::kpi_rows);
        let user_bytes = |r: &Keyed<'_, _>| tables::user_day_bytes(r.row);
        let session_bytes = |r: &Keyed<'_, _>| tables::session_bytes(r.row);
        let events = |rows: &[_]| tables::events(rows, &self.origin);
        let (site_days, site_hours) =
            (tables::sites_of(batch, Grain::Day), tables::sites_of(batch, Grain::Hour));
        let (page_days, page_hours) =
            (tables::pages_of(batch, Grain::Day), tables::pages_of(batch, Grain::Hour));
        let page_bytes = |r: &Keyed<'_, window_state::rows::PageBucketRow>| 160 + r.row.page.len();
        let p = progress;
        // All are waited for: an insert dropped half way would leave its outcome unknown for nothing.
        let results: [Result<(), WriteError>; 8] = tokio::join!(
            self.insert_all(p, Table::UserActivity, &users, user_bytes, tables::user_days),
            self.insert_all(p, Table::Sessions, &sessions, session_bytes, tables::sessions),
            self.insert_all(p, Table::SiteDays, &site_days, |_| 128, tables::site_days),
            self.insert_all(p, Table::SiteHours, &site_hours, |_| 128, tables::site_hours),
            self.insert_all(p, Table::PageDays, &page_days, page_bytes, tables::page_days),
            self.insert_all(p, Table::PageHours, &page_hours, page_bytes, tables::page_hours),
            self.insert_all(p, Table::Kpis, &kpis, tables::kpi_bytes, tables::kpis),
            self.insert_all(p, Table::Events, &batch.events, tables::event_bytes, events),
        )
        .into();
        worst(results)?;
        let accounting = keyed(batch, |changes| &changes.accounting);
        let encode = |rows: &[_]| tables::accounting(rows, &self.origin);
        self.insert_all(p, Table::Accounting, &accounting, |_| 128, encode).await
    }

    async fn insert_all<R>(
        &self,
        progress: &Progress,
        table: Table,
        rows: &[R],
        size: impl Fn(&R) -> usize,
        encode: impl Fn(&[R]) -> Result<Block, BadRow>,
    ) -> Result<(), WriteError> {
        let most = self.clickhouse.options.rows_per_insert;
        let chunks = tables::chunks(rows, most, BYTES_PER_INSERT, size);
        for (index, chunk) in chunks.into_iter().enumerate() {
            if progress.is_done((table, index)) {
                continue;
            }
            let block = encode(chunk).map_err(|bad| WriteError::row(table, &bad))?;
            let columns = block.column_names();
            let bytes = block.into_bytes();
            let length = bytes.len();
            self.insert(table, &columns, bytes).await.map_err(|source| WriteError::server(table, source))?;
            progress.acknowledge((table, index), chunk.len(), length);
        }
        Ok(())
    }

    async fn insert(
        &self,
        table: Table,
        columns: &str,
        mut bytes: Bytes,
    ) -> Result<(), clickhouse::error::Error> {
        let options = &self.clickhouse.options;
        let sql = format!("INSERT INTO {}.{} ({columns}) FORMAT Native", options.database, table.name());
        let mut insert = self
            .clickhouse
            .client
            .insert_formatted_with(sql)
            .with_timeouts(Some(options.timeout), Some(options.timeout))
            // An acknowledgement must mean that the rows are in the table.
            .with_setting("async_insert", "0")
            // One odd clock must not make a batch unwritable by its number of months.
            .with_setting("max_partitions_per_insert_block", "0");
        for (name, value) in &options.insert_settings {
            insert = insert.with_setting(name, value);
        }
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(BYTES_PER_SEND));
            insert.send(piece).await?;
        }
        insert.end().await
    }
}

/// The error that says most: one that no retry can help, else the first.
fn worst<const N: usize>(results: [Result<(), WriteError>; N]) -> Result<(), WriteError> {
    let mut worst: Option<WriteError> = None;
    let mut outcome = Outcome::NotWritten;
    for error in results.into_iter().filter_map(Result::err) {
        if error.outcome == Outcome::Unknown {
            outcome = Outcome::Unknown;
        }
        worst = match worst {
            Some(kept) if !kept.retryable || error.retryable => Some(kept),
            _ => Some(error),
        };
    }
    match worst {
        Some(error) => Err(WriteError { outcome, ..error }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_unknown_outcome_stays_unknown() {
        let progress = Progress::default();
        assert_eq!(progress.outcome_after(Outcome::NotWritten), Outcome::NotWritten);
        assert_eq!(progress.outcome_after(Outcome::Unknown), Outcome::Unknown);
        assert_eq!(progress.outcome_after(Outcome::NotWritten), Outcome::Unknown);
        let progress = Progress::default();
        progress.acknowledge((Table::Kpis, 0), 1, 1);
        assert_eq!(progress.outcome_after(Outcome::NotWritten), Outcome::Unknown);
    }

    #[test]
    fn the_error_that_no_retry_can_help_is_told_and_the_outcome_is_that_of_all() {
        let error = |outcome, retryable| {
            Err(WriteError {
                table: Table::Kpis,
                outcome,
                retryable,
                source: crate::error::WriteErrorSource::Row(String::new()),
            })
        };
        let told = worst([
            Ok(()),
            error(Outcome::Unknown, true),
            error(Outcome::NotWritten, false),
            error(Outcome::NotWritten, true),
        ]);
        let told = told.unwrap_err();
        assert_eq!((told.outcome, told.retryable), (Outcome::Unknown, false));
        assert!(worst([Ok(()), Ok(())]).is_ok());
    }
}
