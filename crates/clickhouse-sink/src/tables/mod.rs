//! The storage tables, and how rows become blocks of them.

mod activity;
mod buckets;
mod kpis;
mod records;

pub(crate) use activity::{bases, session_bytes, sessions, user_day_bytes, user_days};
pub(crate) use buckets::{page_days, page_hours, pages_of, site_days, site_hours, sites_of};
pub(crate) use kpis::{kpi_bytes, kpi_rows, kpis};
pub(crate) use records::{accounting, event_bytes, events};
use window_state::rows::Changes;

use crate::{Batch, block::Block};

/// A storage table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// `user_activity_rows`
    UserActivity,
    /// `session_rows`
    Sessions,
    /// `site_day_rows`
    SiteDays,
    /// `site_hour_rows`
    SiteHours,
    /// `page_day_rows`
    PageDays,
    /// `page_hour_rows`
    PageHours,
    /// `kpi_rows`
    Kpis,
    /// `event_rows`
    Events,
    /// `accounting_rows`
    Accounting,
}

impl Table {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserActivity => "user_activity_rows",
            Self::Sessions => "session_rows",
            Self::SiteDays => "site_day_rows",
            Self::SiteHours => "site_hour_rows",
            Self::PageDays => "page_day_rows",
            Self::PageHours => "page_hour_rows",
            Self::Kpis => "kpi_rows",
            Self::Events => "event_rows",
            Self::Accounting => "accounting_rows",
        }
    }
}

/// A row with the partition and version it was taken at.
pub(crate) struct Keyed<'a, R> {
    pub(crate) partition: i32,
    pub(crate) version: u64,
    pub(crate) row: &'a R,
}

/// A value the storage cannot hold. Events are validated to lie in 1970 to 2099, so this is a defect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column} = {value} of {table} is outside what the column can hold: a defect, please report it")]
pub(crate) struct BadRow {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) value: i64,
}

pub(crate) const TIME: &str = "DateTime64(3, 'UTC')";
pub(crate) const NULLABLE_TIME: &str = "Nullable(DateTime64(3, 'UTC'))";
const MILLIS_PER_DAY: i64 = 86_400_000;

/// The rows of one kind in a batch, with their keys.
pub(crate) fn keyed<'a, R: 'a, I: IntoIterator<Item = &'a R>>(
    batch: &'a Batch,
    rows: impl Fn(&'a Changes) -> I,
) -> Vec<Keyed<'a, R>> {
    batch
        .changes
        .iter()
        .flat_map(|changes| {
            rows(changes).into_iter().map(|row| Keyed {
                partition: changes.partition,
                version: changes.version,
                row,
            })
        })
        .collect()
}

/// Starts a block with the columns every table has.
fn block_of<R>(rows: &[Keyed<'_, R>], is_deleted: impl Fn(&R) -> bool) -> Block {
    let mut block = Block::new(rows.len());
    block.plain("partition", "Int32", rows.iter().map(|r| r.partition));
    block.plain("version", "UInt64", rows.iter().map(|r| r.version));
    let deleted = rows.iter().map(|r| u8::from(is_deleted(r.row)));
    block.plain("is_deleted", "UInt8", deleted);
    block
}

/// A depth in millionths as a share of the page's height.
fn depth(millionths: u32) -> f64 {
    f64::from(millionths) / 1_000_000.0
}

/// Splits rows so that no piece has more than `rows` rows or, but for a single row, more than `bytes` bytes.
pub(crate) fn chunks<R>(all: &[R], rows: usize, bytes: usize, size: impl Fn(&R) -> usize) -> Vec<&[R]> {
    let mut chunks = Vec::new();
    let mut start = 0;
    let mut sum = 0;
    for (index, row) in all.iter().enumerate() {
        let row = size(row);
        if index > start && (index - start >= rows || sum + row > bytes) {
            chunks.push(&all[start..index]);
            start = index;
            sum = 0;
        }
        sum += row;
    }
    if start < all.len() {
        chunks.push(&all[start..]);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_keep_order_and_bounds() {
        let sizes = |rows, bytes| {
            chunks(&[1, 1, 5, 9, 1, 1, 1], rows, bytes, |size| *size)
                .into_iter()
                .map(<[usize]>::to_vec)
                .collect::<Vec<_>>()
        };
        assert_eq!(sizes(3, 100), vec![vec![1, 1, 5], vec![9, 1, 1], vec![1]]);
        assert_eq!(sizes(100, 6), vec![vec![1, 1], vec![5], vec![9], vec![1, 1, 1]]);
        assert!(chunks(&[0_usize; 0], 3, 3, |size| *size).is_empty());
    }
}
