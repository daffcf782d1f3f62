//! The partition's parts as of an instant.

use std::sync::Arc;

use metric_defs::{Part, SESSION_SECONDS_UPPER, Window};

use crate::{
    gauges::{GaugeSnapshot, Sample, SiteGauges},
    rolling::Rolling,
    rules::FoldRules,
    site::{Site, figure, page_figure},
    state::PartitionState,
    symbols::Symbols,
    time::{DAY_MS, MINUTE_MS, day_of, minute_of},
    users::{FIRST_SEEN, LAST_SEEN},
};

impl PartitionState {
    /// The parts of every site in every window, as of `as_of` (epoch milliseconds, cut to the minute).
    ///
    /// `as_of` is to be the larger of the clock and the largest event time; the rolling figures are
    /// exact then. An earlier instant than the last one asked for is exact only inside the windows.
    pub fn gauges(&mut self, as_of: i64) -> GaugeSnapshot {
        self.refresh();
        let data = &mut self.data;
        let minute = minute_of(as_of);
        let sites = data.sites.iter_mut().map(|site| site_gauges(site, &self.rules, minute, &data.symbols));
        let mut sites: Vec<SiteGauges> = sites.collect();
        sites.sort_by(|a, b| a.site.cmp(&b.site));
        let (buckets, bucket_pages) = data.windows.sizes();
        let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        GaugeSnapshot {
            partition: data.partition,
            position: data.next_offset,
            as_of: minute * MINUTE_MS,
            partial_from: data.partial_from,
            watermark: data.watermark.value(&self.rules),
            accounting: data.accounting,
            sizes: vec![
                ("users", count(data.users.len())),
                ("user_days", count(data.user_days.len())),
                ("session_groups", count(data.groups.len())),
                ("windows", count(buckets)),
                ("window_pages", count(bucket_pages)),
                ("feature_users", count(data.feature_seen.len())),
                ("dedup_ids", count(data.dedup.len())),
                ("sites", count(data.sites.len())),
                ("strings", count(data.symbols.len())),
            ],
            sites,
        }
    }
}

fn site_gauges(site: &mut Site, rules: &FoldRules, minute: i64, symbols: &Symbols) -> SiteGauges {
    let windows = &rules.windows;
    let mut samples = Samples::default();
    for (window, sums) in windows.iter().zip(site.users.sums(windows, minute)) {
        samples.count(Part::ActiveUsers, *window, sums[LAST_SEEN]);
        samples.count(Part::Visitors, *window, sums[LAST_SEEN]);
        samples.count(Part::NewVisitors, *window, sums[FIRST_SEEN]);
    }
    for window in windows {
        active_days(site, *window, minute, &mut samples);
    }
    for (window, sums) in windows.iter().zip(site.figures.sums(windows, minute)) {
        behaviour(*window, &sums, &mut samples);
    }
    for (page, label) in &mut site.pages {
        let text = symbols.text(*page);
        for (window, sums) in windows.iter().zip(label.sums.sums(windows, minute)) {
            samples.labelled(Part::PageViews, *window, text, sums[page_figure::VIEWS]);
            samples.labelled(Part::PageExits, *window, text, sums[page_figure::EXITS]);
        }
    }
    for (feature, label) in &mut site.features {
        let text = symbols.text(*feature);
        for (window, [users]) in windows.iter().zip(label.sums.sums(windows, minute)) {
            samples.labelled(Part::FeatureUsers, *window, text, users);
        }
    }
    forget(site, minute - rules.longest_window() + 1);
    let mut samples = samples.0;
    samples.sort_by(|a, b| (a.part, a.window, &a.label).cmp(&(b.part, b.window, &b.label)));
    SiteGauges { site: site.name.clone(), first_event: site.first_event, samples }
}

/// Later readings are as of this minute or later: no window reaches below.
fn forget(site: &mut Site, floor: i64) {
    site.forget_below(floor, day_of(floor * MINUTE_MS));
}

/// Active days per user go by the calendar: the window's days that end with the day of the as-of.
fn active_days(site: &Site, window: Window, minute: i64, samples: &mut Samples) {
    let days = i32::try_from(window.minutes() / 1_440).unwrap_or(i32::MAX);
    if !window.minutes().is_multiple_of(1_440) {
        return;
    }
    let today = day_of(minute * MINUTE_MS);
    let first = today - days + 1;
    let user_days: u32 = site.day_users.range(first..=today).map(|(_, users)| users).sum();
    let from = minute_of(i64::from(first) * DAY_MS);
    samples.count(Part::ActiveUserDays, window, i64::from(user_days));
    samples.count(Part::ActiveDayUsers, window, Rolling::sum_between(&site.users, LAST_SEEN, from, minute));
}

fn behaviour(window: Window, sums: &[i64; figure::COUNT], samples: &mut Samples) {
    samples.count(Part::Pageviews, window, sums[figure::PAGEVIEWS]);
    samples.count(Part::Sessions, window, sums[figure::SESSIONS]);
    samples.count(Part::BouncedSessions, window, sums[figure::BOUNCED]);
    samples.count(Part::SessionPageviews, window, sums[figure::SESSION_PAGEVIEWS]);
    samples.scaled(Part::SessionSeconds, window, sums[figure::SESSION_MS], 1e3);
    samples.scaled(Part::EngagedSeconds, window, sums[figure::ENGAGED_MS], 1e3);
    samples.count(Part::EngagedSessions, window, sums[figure::ENGAGED_SESSIONS]);
    samples.scaled(Part::ScrollDepthSum, window, sums[figure::SCROLL_SUM], 1e6);
    samples.count(Part::ScrollSamples, window, sums[figure::SCROLL_SAMPLES]);
    for (quarter, name) in ["25", "50", "75", "100"].into_iter().enumerate() {
        samples.labelled(
            Part::ScrollReached,
            window,
            &Arc::from(name),
            sums[figure::SCROLL_REACHED + quarter],
        );
    }
    let mut up_to = 0;
    for (bucket, upper) in SESSION_SECONDS_UPPER.iter().enumerate() {
        up_to += sums[figure::DURATIONS + bucket];
        samples.labelled(Part::SessionsUpTo, window, &Arc::from(upper.to_string()), up_to);
    }
    samples.labelled(Part::SessionsUpTo, window, &Arc::from("+Inf"), sums[figure::SESSIONS]);
}

#[derive(Default)]
struct Samples(Vec<Sample>);

impl Samples {
    fn count(&mut self, part: Part, window: Window, value: i64) {
        self.scaled(part, window, value, 1.0);
    }

    /// A value kept in whole units of `1 / per`.
    fn scaled(&mut self, part: Part, window: Window, value: i64, per: f64) {
        self.0.push(Sample { part, window, label: None, value: value as f64 / per });
    }

    /// Labels without a value are left out: they come and go.
    fn labelled(&mut self, part: Part, window: Window, label: &Arc<str>, value: i64) {
        if value != 0 {
            self.0.push(Sample { part, window, label: Some(label.clone()), value: value as f64 });
        }
    }
}
