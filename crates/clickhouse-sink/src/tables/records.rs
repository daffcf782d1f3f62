//! Accounting and raw events.

use window_state::rows::AccountingRow;

use super::{BadRow, Keyed, TIME, block_of};
use crate::{Origin, RawEventRow, block::Block};

/// A block of `accounting_rows`.
pub(crate) fn accounting(rows: &[Keyed<'_, AccountingRow>], origin: &Origin) -> Result<Block, BadRow> {
    let mut block = block_of(rows, |_| false);
    block.plain("topic", "String", rows.iter().map(|_| &*origin.topic));
    block.plain("rules", "UInt64", rows.iter().map(|_| origin.rules));
    let mut count = |name, get: fn(&AccountingRow) -> u64| {
        block.plain(name, "UInt64", rows.iter().map(|r| get(r.row)));
    };
    count("read", |a| a.read);
    count("accepted", |a| a.accepted);
    count("duplicate", |a| a.duplicate);
    count("late", |a| a.late);
    count("skipped", |a| a.skipped);
    count("dead_lettered", |a| a.dead_lettered);
    Ok(block)
}

/// About how many bytes a row takes.
pub(crate) fn event_bytes(row: &RawEventRow) -> usize {
    160 + row.raw.len()
}

/// A block of `event_rows`. A record is its own key: its version is its offset plus one.
pub(crate) fn events(rows: &[RawEventRow], origin: &Origin) -> Result<Block, BadRow> {
    let mut block = Block::new(rows.len());
    block.plain("partition", "Int32", rows.iter().map(|r| r.partition));
    block.plain("version", "UInt64", rows.iter().map(|r| r.offset + 1));
    block.plain("is_deleted", "UInt8", rows.iter().map(|_| 0_u8));
    block.plain("site", "String", rows.iter().map(|r| &*r.site));
    block.plain("type", "String", rows.iter().map(|r| r.kind));
    block.plain("timestamp", TIME, rows.iter().map(|r| r.timestamp));
    let users = || rows.iter().map(|r| r.user.as_ref());
    block.plain("user_id", "String", users().map(|u| u.map_or("", |u| &*u.id)));
    let anonymous = users().map(|u| u8::from(u.is_some_and(|u| u.anonymous)));
    block.plain("is_anonymous", "UInt8", anonymous);
    let sessions = rows.iter().map(|r| r.session_id.as_deref().unwrap_or_default());
    block.plain("session_id", "String", sessions);
    let ids = rows.iter().map(|r| r.event_id.as_deref().unwrap_or_default());
    block.plain("event_id", "String", ids);
    block.plain("is_late", "UInt8", rows.iter().map(|r| u8::from(r.late)));
    block.plain("topic", "String", rows.iter().map(|_| &*origin.topic));
    block.plain("offset", "UInt64", rows.iter().map(|r| r.offset));
    block.plain("raw", "String", rows.iter().map(|r| &*r.raw));
    Ok(block)
}
