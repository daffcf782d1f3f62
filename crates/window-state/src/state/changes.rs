//! Rows that changed since the last flush, and the closing of what is final.

use std::{mem, sync::Arc};

use crate::{
    rows::{
        Changes, PageBucketRow, PageFigures, PageViewRow, SessionRow, SiteBucketRow, SiteFigures, UserDayRow,
        VisitRow,
    },
    session::{Group, Limits, Segment, Walk},
    state::PartitionState,
    symbols::{Sym, Symbols},
    time::{day_of, minute_of},
};

/// When rows are to be taken. It decides how often a row is written, never what it says in the end.
#[derive(Clone, Copy, Debug)]
pub struct FlushPolicy {
    /// The flusher's clock, milliseconds.
    pub now: i64,
    /// Open sessions and page rows are written at most this often, milliseconds.
    pub open_rows_interval: i64,
    /// Write everything that changed, whatever was written when.
    pub force: bool,
    /// The log ends here: every session is final.
    pub end_of_log: bool,
}

impl PartitionState {
    /// Takes the rows that changed, and closes what is final.
    ///
    /// They are the caller's then: a snapshot taken at the same instant may be published only once
    /// they are acknowledged.
    pub fn changes(&mut self, policy: &FlushPolicy) -> Changes {
        self.refresh();
        let cutoff = if policy.end_of_log { Some(i64::MAX) } else { self.cutoff() };
        let mut sessions = self.close_sessions(cutoff, policy);
        self.queued_sessions(cutoff, policy, &mut sessions);
        let written_before = if policy.force { i64::MAX } else { policy.now - policy.open_rows_interval };
        let data = &mut self.data;
        let page_rows = data.windows.take_dirty_pages(policy.now, written_before, cutoff);
        let page_row = |(key, page, figures): (crate::windows::BucketKey, Sym, PageFigures)| PageBucketRow {
            site: data.sites[key.site as usize].name.clone(),
            grain: key.grain,
            start: key.start,
            page: data.symbols.text(page).clone(),
            figures: Some(figures).filter(|figures| *figures != PageFigures::default()),
        };
        let page_buckets = page_rows.into_iter().map(page_row).collect();
        let site_row = |(key, figures): (crate::windows::BucketKey, SiteFigures)| SiteBucketRow {
            site: data.sites[key.site as usize].name.clone(),
            grain: key.grain,
            start: key.start,
            figures: Some(figures).filter(|figures| *figures != SiteFigures::default()),
        };
        let site_buckets = data.windows.take_dirty().into_iter().map(site_row).collect();
        let mut user_days = mem::take(&mut data.late_rows);
        user_days.extend(data.user_days.take_dirty().into_iter().map(|(day, user)| UserDayRow {
            site: data.sites[user.site as usize].name.clone(),
            day,
            user: user.user.clone(),
            late_offset: 0,
            first_seen: user.first_seen,
            last_seen: user.last_seen,
            events: user.events,
            pageviews: user.pageviews,
            features: user.features.iter().map(|(f, uses)| (data.symbols.text(*f).clone(), *uses)).collect(),
        }));
        let accounting = mem::take(&mut data.accounting_dirty).then_some(data.accounting);
        let changes = Changes {
            partition: data.partition,
            version: data.next_offset,
            user_days,
            sessions,
            site_buckets,
            page_buckets,
            accounting,
        };
        self.free();
        self.data.held_back = self.waiting_rows();
        changes
    }

    /// About how many rows changed since they were last taken, without those held back then.
    pub fn changed_rows(&self) -> usize {
        self.waiting_rows().saturating_sub(self.data.held_back)
    }

    fn waiting_rows(&self) -> usize {
        let data = &self.data;
        data.row_queue.len() + data.windows.pending() + data.user_days.pending() + data.late_rows.len()
    }

    /// Writes and lets go the sessions that no accepted event can change any more.
    fn close_sessions(&mut self, cutoff: Option<i64>, policy: &FlushPolicy) -> Vec<SessionRow> {
        let mut rows = Vec::new();
        let Some(cutoff) = cutoff else { return rows };
        let later = self.data.timers.split_off(&cutoff);
        let due = mem::replace(&mut self.data.timers, later);
        let mut keys: Vec<u64> = due.into_values().flatten().collect();
        if policy.end_of_log {
            keys = self.data.groups.keys().copied().collect();
            self.data.timers.clear();
        }
        let data = &mut self.data;
        for key in keys {
            let Some(group) = data.groups.get_mut(&key) else {
                continue;
            };
            group.timer = None;
            let site = &data.sites[group.site as usize].name;
            retract(group, site, &mut rows);
            let limits = Limits::new(&self.rules, group.session_id.is_some());
            let is_final = |segment: &Segment| {
                policy.end_of_log || segment.final_after(&limits).is_some_and(|after| after < cutoff)
            };
            let finals = group.segments.iter().take_while(|segment| is_final(segment)).count();
            for segment in group.segments.drain(..finals).collect::<Vec<_>>() {
                if let Some(walk) = segment.walk.as_ref().filter(|walk| walk.is_visit()) {
                    rows.push(session_row(group, walk, false, site, &data.symbols));
                }
                if let Some(visit) = &segment.published {
                    data.windows.release(group.site, visit.end);
                }
            }
            match group.final_after(&limits) {
                Some(at) => {
                    group.timer = Some(at);
                    data.timers.entry(at).or_default().push(key);
                }
                None if group.segments.is_empty() => {
                    data.groups.remove(&key);
                }
                None => {}
            }
        }
        rows
    }

    /// Writes sessions that are still open, sparingly, and deletes the rows of those that are no more.
    fn queued_sessions(&mut self, cutoff: Option<i64>, policy: &FlushPolicy, rows: &mut Vec<SessionRow>) {
        let data = &mut self.data;
        let mut waiting = Vec::new();
        for key in mem::take(&mut data.row_queue) {
            let Some(group) = data.groups.get_mut(&key) else {
                continue;
            };
            let site = &data.sites[group.site as usize].name;
            retract(group, site, rows);
            let limits = Limits::new(&self.rules, group.session_id.is_some());
            let mut segments = mem::take(&mut group.segments);
            for segment in segments.iter_mut().filter(|segment| segment.row_due) {
                match segment.walk.as_ref().filter(|walk| walk.is_visit()) {
                    Some(walk) if may_write(segment, walk, policy) => {
                        // Of one position in the log there is one truth, whatever was closed already.
                        let is_final =
                            cutoff.zip(walk.open_until(&limits)).is_some_and(|(c, until)| until < c);
                        rows.push(session_row(group, walk, !walk.ended && !is_final, site, &data.symbols));
                        segment.row_due = false;
                        segment.written_at = Some(policy.now);
                        segment.writes += 1;
                    }
                    Some(_) => {}
                    None => segment.row_due = false,
                }
            }
            group.queued = segments.iter().any(|segment| segment.row_due);
            if group.queued {
                waiting.push(key);
            }
            group.segments = segments;
        }
        data.row_queue = waiting;
    }

    /// Frees what is closed or expired, and strings nobody refers to.
    fn free(&mut self) {
        let cutoff = self.cutoff();
        let users_expired_below = self.expired_below(self.rules.user_expiry);
        let labels_expired_below = self.labels_expired_below();
        let today = self.data.watermark.believed().map_or(0, day_of);
        let data = &mut self.data;
        data.windows.evict(cutoff);
        data.user_days.evict(cutoff);
        if today > data.swept_day {
            data.swept_day = today;
            data.users.expire(users_expired_below);
            data.feature_seen.retain(|_, last| i64::from(*last) >= labels_expired_below);
            for site in &mut data.sites {
                site.sweep(labels_expired_below);
            }
            // As-of is never before the largest believed event time, so no window reaches below this.
            if let Some(believed) = data.watermark.believed() {
                let floor = minute_of(believed) - self.rules.longest_window() + 1;
                data.sites.iter_mut().for_each(|site| site.forget_below(floor, day_of(floor * 60_000)));
            }
        }
        if data.symbols.is_due() {
            let mut symbols = mem::take(&mut data.symbols);
            symbols.collect(|mark| {
                data.windows.mark(mark);
                data.user_days.mark(mark);
                data.sites.iter().for_each(|site| site.mark(mark));
                for group in data.groups.values() {
                    group.segments.iter().for_each(|segment| segment.mark(mark));
                    group.stale.iter().for_each(|visit| visit.mark(mark));
                }
            });
            data.symbols = symbols;
        }
    }
}

/// Deletes the rows of visits that turned out not to be.
fn retract(group: &mut Group, site: &Arc<str>, rows: &mut Vec<SessionRow>) {
    for start in mem::take(&mut group.vanished) {
        let is_again = group.segments.iter().filter_map(|segment| segment.walk.as_ref());
        if is_again.filter(|walk| walk.is_visit()).any(|walk| walk.start == start) {
            continue;
        }
        rows.push(SessionRow {
            site: site.clone(),
            user: group.user.clone(),
            session_id: group.session_id.clone(),
            started_at: start,
            visit: None,
        });
    }
}

/// Whether an open session's row may be written now: each time after four times as long.
fn may_write(segment: &Segment, walk: &Walk, policy: &FlushPolicy) -> bool {
    let pause =
        policy.open_rows_interval.saturating_mul(4_i64.saturating_pow(segment.writes.saturating_sub(1)));
    policy.force || walk.ended || segment.written_at.is_none_or(|at| policy.now >= at.saturating_add(pause))
}

fn session_row(group: &Group, walk: &Walk, is_open: bool, site: &Arc<str>, symbols: &Symbols) -> SessionRow {
    let text = |sym: Sym| symbols.text(sym).clone();
    let visit = VisitRow {
        ended_at: walk.end,
        left_at: walk.left,
        pageviews: walk.pageviews,
        events: walk.events(),
        clicks: walk.clicks,
        interactive_events: walk.interactive,
        entry_page: walk.entry.map(text),
        exit_page: walk.exit.map(text),
        referrer: walk.referrer.map(text),
        is_bounce: walk.is_bounce(),
        engaged_ms: walk.engaged_ms,
        max_scroll_depth: walk.scroll,
        pages: walk
            .views
            .iter()
            .map(|view| PageViewRow {
                viewed_at: view.at,
                page: text(view.page),
                left_at: view.left_at,
                engaged_ms: view.engaged_ms,
                scroll_depth: view.scroll,
            })
            .collect(),
        features: walk.uses.iter().map(|(at, feature)| (*at, text(*feature))).collect(),
        is_open,
    };
    SessionRow {
        site: site.clone(),
        user: group.user.clone(),
        session_id: group.session_id.clone(),
        started_at: walk.start,
        visit: Some(visit),
    }
}
