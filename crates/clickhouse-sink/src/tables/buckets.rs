//! Sites and pages per day and per hour.

use window_state::rows::{Grain, PageBucketRow, PageFigures, SiteBucketRow, SiteFigures};

use super::{BadRow, Keyed, MILLIS_PER_DAY, Table, block_of, keyed};
use crate::{Batch, block::Block};

/// The site rows of one grain.
pub(crate) fn sites_of(batch: &Batch, grain: Grain) -> Vec<Keyed<'_, SiteBucketRow>> {
    keyed(batch, move |changes| changes.site_buckets.iter().filter(move |row| row.grain == grain))
}

/// The page rows of one grain.
pub(crate) fn pages_of(batch: &Batch, grain: Grain) -> Vec<Keyed<'_, PageBucketRow>> {
    keyed(batch, move |changes| changes.page_buckets.iter().filter(move |row| row.grain == grain))
}

/// A block of `site_day_rows`.
pub(crate) fn site_days(rows: &[Keyed<'_, SiteBucketRow>]) -> Result<Block, BadRow> {
    let mut block = sites(rows);
    add_days(&mut block, Table::SiteDays, rows.iter().map(|r| r.row.start))?;
    Ok(block)
}

/// A block of `site_hour_rows`.
pub(crate) fn site_hours(rows: &[Keyed<'_, SiteBucketRow>]) -> Result<Block, BadRow> {
    let mut block = sites(rows);
    add_hours(&mut block, Table::SiteHours, rows.iter().map(|r| r.row.start))?;
    Ok(block)
}

/// A block of `page_day_rows`.
pub(crate) fn page_days(rows: &[Keyed<'_, PageBucketRow>]) -> Result<Block, BadRow> {
    let mut block = pages(rows);
    add_days(&mut block, Table::PageDays, rows.iter().map(|r| r.row.start))?;
    Ok(block)
}

/// A block of `page_hour_rows`.
pub(crate) fn page_hours(rows: &[Keyed<'_, PageBucketRow>]) -> Result<Block, BadRow> {
    let mut block = pages(rows);
    add_hours(&mut block, Table::PageHours, rows.iter().map(|r| r.row.start))?;
    Ok(block)
}

fn add_days(block: &mut Block, table: Table, starts: impl Iterator<Item = i64>) -> Result<(), BadRow> {
    let days: Vec<u16> = starts
        .map(|start| {
            u16::try_from(start.div_euclid(MILLIS_PER_DAY)).map_err(|_| BadRow {
                table: table.name(),
                column: "day",
                value: start,
            })
        })
        .collect::<Result<_, _>>()?;
    block.plain("day", "Date", days.into_iter());
    Ok(())
}

fn add_hours(block: &mut Block, table: Table, starts: impl Iterator<Item = i64>) -> Result<(), BadRow> {
    let hours: Vec<u32> = starts
        .map(|start| {
            u32::try_from(start.div_euclid(1_000)).map_err(|_| BadRow {
                table: table.name(),
                column: "hour",
                value: start,
            })
        })
        .collect::<Result<_, _>>()?;
    block.plain("hour", "DateTime('UTC')", hours.into_iter());
    Ok(())
}

fn sites(rows: &[Keyed<'_, SiteBucketRow>]) -> Block {
    let mut block = block_of(rows, |row| row.figures.is_none());
    block.plain("site", "String", rows.iter().map(|r| &*r.row.site));
    let mut figure = |name, get: fn(&SiteFigures) -> u64| {
        let values = rows.iter().map(|r| r.row.figures.as_ref().map_or(0, get));
        block.plain(name, "UInt64", values);
    };
    figure("sessions", |f| f.sessions);
    figure("bounces", |f| f.bounces);
    figure("pageviews", |f| f.pageviews);
    figure("duration_ms", |f| f.duration_ms);
    figure("visitors", |f| f.visitors);
    block
}

fn pages(rows: &[Keyed<'_, PageBucketRow>]) -> Block {
    let mut block = block_of(rows, |row| row.figures.is_none());
    block.plain("site", "String", rows.iter().map(|r| &*r.row.site));
    block.plain("page", "String", rows.iter().map(|r| &*r.row.page));
    let mut figure = |name, get: fn(&PageFigures) -> u64| {
        let values = rows.iter().map(|r| r.row.figures.as_ref().map_or(0, get));
        block.plain(name, "UInt64", values);
    };
    figure("pageviews", |f| f.pageviews);
    figure("visitors", |f| f.visitors);
    figure("visits", |f| f.visits);
    figure("entries", |f| f.entries);
    figure("exits", |f| f.exits);
    figure("bounces", |f| f.bounces);
    figure("engaged_ms", |f| f.engaged_ms);
    figure("engaged_sessions", |f| f.engaged_sessions);
    figure("scroll_sum", |f| f.scroll_sum);
    figure("scroll_samples", |f| f.scroll_samples);
    figure("scroll_25", |f| f.scroll_reached[0]);
    figure("scroll_50", |f| f.scroll_reached[1]);
    figure("scroll_75", |f| f.scroll_reached[2]);
    figure("scroll_100", |f| f.scroll_reached[3]);
    block
}
