//! User-days and visits.

use window_state::rows::{PageViewRow, SessionRow, UserDayRow, VisitRow};

use super::{BadRow, Keyed, TIME, Table, block_of, depth};
use crate::{
    Batch,
    block::{Block, put_nullable, put_plain},
};

/// About how many bytes a row takes.
pub(crate) fn user_day_bytes(row: &UserDayRow) -> usize {
    64 + row.user.id.len() + row.features.iter().map(|(f, _)| 8 + f.len()).sum::<usize>()
}

/// The on-time rows that late rows need beside them, by partition: without any activity, and of version 0, so
/// that they never take the place of a real one.
pub(crate) fn bases(batch: &Batch) -> Vec<(i32, UserDayRow)> {
    let late = batch.changes.iter().flat_map(|changes| {
        let late = changes.user_days.iter().filter(|row| row.late_offset > 0);
        late.map(|row| (changes.partition, row))
    });
    let mut bases: Vec<_> = late
        .map(|(partition, row)| {
            let base =
                UserDayRow { late_offset: 0, events: 0, pageviews: 0, features: Vec::new(), ..row.clone() };
            (partition, base)
        })
        .collect();
    bases.dedup_by(|(a, b), (c, d)| a == c && (&b.site, b.day, &b.user) == (&d.site, d.day, &d.user));
    bases
}

/// A block of `user_activity_rows`.
pub(crate) fn user_days(rows: &[Keyed<'_, UserDayRow>]) -> Result<Block, BadRow> {
    let days: Vec<u16> = rows
        .iter()
        .map(|r| {
            u16::try_from(r.row.day).map_err(|_| BadRow {
                table: Table::UserActivity.name(),
                column: "day",
                value: r.row.day.into(),
            })
        })
        .collect::<Result<_, _>>()?;
    let each = || rows.iter().map(|r| r.row);
    let mut block = block_of(rows, |_| false);
    block.plain("site", "String", each().map(|r| &*r.site));
    block.plain("day", "Date", days.into_iter());
    block.plain("user_id", "String", each().map(|r| &*r.user.id));
    block.plain("is_anonymous", "UInt8", each().map(|r| u8::from(r.user.anonymous)));
    block.plain("late_offset", "UInt64", each().map(|r| r.late_offset));
    block.plain("first_seen", TIME, each().map(|r| r.first_seen));
    block.plain("last_seen", TIME, each().map(|r| r.last_seen));
    block.plain("events", "UInt32", each().map(|r| r.events));
    block.plain("pageviews", "UInt32", each().map(|r| r.pageviews));
    block.array(
        "features",
        "Array(Tuple(feature String, uses UInt32))",
        each().map(|r| r.features.len()),
        |out| {
            put_plain(out, each().flat_map(|r| r.features.iter().map(|(f, _)| &**f)));
            put_plain(out, each().flat_map(|r| r.features.iter().map(|(_, n)| *n)));
        },
    );
    Ok(block)
}

/// About how many bytes a row takes.
pub(crate) fn session_bytes(row: &SessionRow) -> usize {
    let visit = row.visit.as_ref().map_or(0, |visit| {
        let pages = visit.pages.iter().map(|p| 48 + p.page.len());
        let features = visit.features.iter().map(|(_, f)| 16 + f.len());
        pages.sum::<usize>() + features.sum::<usize>()
    });
    192 + row.user.id.len() + visit
}

/// A block of `session_rows`. A deletion carries its key and nothing else; its times are its start.
pub(crate) fn sessions(rows: &[Keyed<'_, SessionRow>]) -> Result<Block, BadRow> {
    let each = || rows.iter().map(|r| r.row);
    let visits = || each().map(|r| r.visit.as_ref());
    let count = |get: fn(&VisitRow) -> u32| visits().map(move |v| v.map_or(0, get));
    let time = |get: fn(&VisitRow) -> i64| each().map(move |r| r.visit.as_ref().map_or(r.started_at, get));
    let mut block = block_of(rows, |row| row.visit.is_none());
    block.plain("site", "String", each().map(|r| &*r.site));
    block.plain("user_id", "String", each().map(|r| &*r.user.id));
    block.plain("is_anonymous", "UInt8", each().map(|r| u8::from(r.user.anonymous)));
    let ids = each().map(|r| r.session_id.as_deref().unwrap_or_default());
    block.plain("session_id", "String", ids);
    block.plain("started_at", TIME, each().map(|r| r.started_at));
    block.plain("ended_at", TIME, time(|v| v.ended_at));
    block.plain("left_at", TIME, time(|v| v.left_at));
    block.plain("pageviews", "UInt32", count(|v| v.pageviews));
    block.plain("events", "UInt32", count(|v| v.events));
    block.plain("clicks", "UInt32", count(|v| v.clicks));
    block.plain("interactive_events", "UInt32", count(|v| v.interactive_events));
    let text = "Nullable(String)";
    block.nullable("entry_page", text, visits().map(|v| v?.entry_page.as_deref()));
    block.nullable("exit_page", text, visits().map(|v| v?.exit_page.as_deref()));
    block.nullable("referrer", text, visits().map(|v| v?.referrer.as_deref()));
    let flag = |get: fn(&VisitRow) -> bool| visits().map(move |v| u8::from(v.is_some_and(get)));
    block.plain("is_bounce", "UInt8", flag(|v| v.is_bounce));
    block.plain("is_open", "UInt8", flag(|v| v.is_open));
    block.nullable("engaged_ms", "Nullable(UInt64)", visits().map(|v| v?.engaged_ms));
    block.nullable("max_scroll_depth", "Nullable(Float64)", visits().map(|v| v?.max_scroll_depth.map(depth)));
    page_views(&mut block, rows);
    let features = || visits().flat_map(|v| v.map_or(&[][..], |v| &v.features));
    block.array(
        "features",
        "Array(Tuple(used_at DateTime64(3, 'UTC'), feature String))",
        visits().map(|v| v.map_or(0, |v| v.features.len())),
        |out| {
            put_plain(out, features().map(|(at, _)| *at));
            put_plain(out, features().map(|(_, feature)| &**feature));
        },
    );
    Ok(block)
}

const PAGES: &str = "Array(Tuple(viewed_at DateTime64(3, 'UTC'), page String, \
     left_at Nullable(DateTime64(3, 'UTC')), engaged_ms Nullable(UInt64), scroll_depth Nullable(Float64)))";

fn page_views(block: &mut Block, rows: &[Keyed<'_, SessionRow>]) {
    fn pages<'a>(row: &Keyed<'a, SessionRow>) -> &'a [PageViewRow] {
        row.row.visit.as_ref().map_or(&[], |visit| &visit.pages)
    }
    let views = || rows.iter().flat_map(pages);
    block.array("pages", PAGES, rows.iter().map(|r| pages(r).len()), |out| {
        put_plain(out, views().map(|view| view.viewed_at));
        put_plain(out, views().map(|view| &*view.page));
        put_nullable(out, views().map(|view| view.left_at));
        put_nullable(out, views().map(|view| view.engaged_ms));
        put_nullable(out, views().map(|view| view.scroll_depth.map(depth)));
    });
}
