//! The demo on the terminal: a calm block of figures that stays in place, or plain lines elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use metric_defs::{Part, Window};
use prometheus_exporter::ratios;
use window_state::gauges::{SiteTotals, add_up};

use super::Traffic;
use crate::engine::Shared;

/// Pause between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// What the view shows at one instant.
pub(crate) struct Figures {
    sent: u64,
    read: u64,
    per_second: f64,
    totals: SiteTotals,
    live: bool,
}

impl Figures {
    /// Takes the figures; `before` is what was read at the last look, and how long ago that was.
    pub(crate) fn take(shared: &Shared, traffic: &Traffic, before: (u64, Duration)) -> Self {
        let snapshots = shared.published.snapshots();
        let read = snapshots.iter().map(|snapshot| snapshot.accounting.read).sum();
        let seconds = before.1.as_secs_f64().max(1e-3);
        let totals = add_up(snapshots.iter().map(|snapshot| &**snapshot));
        Self {
            sent: traffic.sent(),
            read,
            per_second: (read - before.0.min(read)) as f64 / seconds,
            totals: totals.into_values().next().unwrap_or_default(),
            live: traffic.is_live(),
        }
    }

    /// Records read so far.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    fn users(&self, window: Window) -> f64 {
        self.totals.get(Part::ActiveUsers, window, None)
    }

    /// A ratio of the whole site as percent, or a dash without a sample.
    fn percent(&self, metric: &str, window: Window) -> String {
        let figures = ratios(&self.totals);
        let figure =
            figures.iter().find(|f| f.metric.name == metric && f.window == window && f.label.is_none());
        match figure.and_then(prometheus_exporter::Figure::value) {
            Some(value) => format!("{:.1} %", value * 100.0),
            None => "-".to_owned(),
        }
    }

    /// The feature most users of the last day have used, and its adoption.
    fn top_feature(&self) -> String {
        let figures = ratios(&self.totals);
        let of_day = figures
            .iter()
            .filter(|figure| figure.metric.name == "feature_adoption_ratio" && figure.window == Window::DAY);
        let top = of_day.max_by(|a, b| a.numerator.total_cmp(&b.numerator).then(b.label.cmp(&a.label)));
        match top.map(|figure| (figure.label.as_deref(), figure.value())) {
            Some((Some(feature), Some(value))) => format!("{feature} {:.1} %", value * 100.0),
            _ => "-".to_owned(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let lag = self.sent.saturating_sub(self.read);
        vec![
            format!(
                "  events     {:>10} read   {:>8.0}/s   lag {:>6}   {}",
                self.read,
                self.per_second,
                lag,
                if self.live { "live" } else { "history" }
            ),
            format!(
                "  active     {:>7.0} day   {:>7.0} week   {:>7.0} month   stickiness {}",
                self.users(Window::DAY),
                self.users(Window::WEEK),
                self.users(Window::MONTH),
                self.percent("stickiness_ratio", Window::MONTH)
            ),
            format!(
                "  last day   bounce {}   scroll depth {}   top feature {}",
                self.percent("bounce_ratio", Window::DAY),
                self.percent("scroll_depth_ratio", Window::DAY),
                self.top_feature()
            ),
        ]
    }
}

/// Where the figures are shown.
pub(crate) struct View {
    terminal: bool,
    drawn: usize,
    said: Option<Instant>,
}

impl View {
    /// A block in place on a terminal, a line now and then elsewhere.
    pub(crate) fn new() -> Self {
        Self { terminal: io::stdout().is_terminal(), drawn: 0, said: None }
    }

    /// Shows the figures.
    pub(crate) fn show(&mut self, figures: &Figures) -> io::Result<()> {
        let lines = figures.lines();
        let mut out = io::stdout().lock();
        if self.terminal {
            if self.drawn > 0 {
                write!(out, "\x1b[{}A", self.drawn)?;
            }
            for line in &lines {
                writeln!(out, "\x1b[2K{line}")?;
            }
            self.drawn = lines.len();
        } else if self.said.is_none_or(|said| said.elapsed() >= PLAIN_EVERY) {
            self.said = Some(Instant::now());
            let joined: Vec<_> =
                lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            writeln!(out, "{}", joined.join(" | "))?;
        }
        out.flush()
    }

    /// Lets other lines come below what is shown.
    pub(crate) fn release(&mut self) {
        self.drawn = 0;
    }
}
