//! A history: so many records over so many days.

use crate::cycle::Cycle;
use crate::engine::Engine;
use crate::live::LiveGenerator;
use crate::pace::{History, Pace};
use crate::record::Generated;
use crate::session::MEAN_PAUSE_MS;
use crate::settings::{DAY_MS, Settings, SettingsError};

/// How much busier the busiest hour is than the mean, with some room.
const PEAK: f64 = 2.0;

/// How many of the users may be in a session at once.
pub(crate) const BUSY_SHARE: f64 = 0.25;

/// Streams the records of [`Settings`] in the order of their arrival, exactly as many as asked.
///
/// Memory is bounded by the number of users: about 10 bytes for each, and 200 for each session open.
#[derive(Clone, Debug)]
pub struct Generator {
    engine: Engine,
    events: u64,
    end: i64,
}

impl Generator {
    /// Prepares the traffic.
    ///
    /// # Errors
    ///
    /// Those of [`Settings::validate`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.validate()?;
        let cycle = Cycle::new(settings.start(), settings.end);
        let placeholder = Pace::History(History::new(cycle.clone(), 0.0));
        let mut engine = Engine::new(&settings, placeholder);
        let fresh = settings.events as f64 * engine.fresh_share();
        engine.pace = Pace::History(History::new(cycle, fresh));
        let span_ms = f64::from(settings.days) * DAY_MS as f64;
        let open_at_peak = fresh / span_ms * MEAN_PAUSE_MS * PEAK;
        engine.set_pause_factor(f64::from(settings.users) * BUSY_SHARE / open_at_peak.max(1e-9));
        engine.prime(settings.start());
        Ok(Self { engine, events: settings.events, end: settings.end })
    }

    /// Overwrites `record` with the next one, reusing its buffers; false if all have been emitted, and
    /// `record` is then as it was.
    pub fn fill(&mut self, record: &mut Generated) -> bool {
        self.engine.emitted() < self.events
            && (self.engine.next(self.end, false, record) || self.engine.next(self.end, true, record))
    }

    /// Records still to come.
    pub fn remaining(&self) -> u64 {
        self.events - self.engine.emitted()
    }

    /// Goes on as live traffic of the same users from the history's end on; what is left of the history
    /// is not emitted.
    pub fn into_live(self) -> LiveGenerator {
        LiveGenerator::new(self.engine, self.end)
    }
}

impl Iterator for Generator {
    type Item = Generated;

    fn next(&mut self) -> Option<Generated> {
        let mut record = Generated { value: Vec::with_capacity(448), ..Generated::default() };
        self.fill(&mut record).then_some(record)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let remaining = usize::try_from(self.remaining());
        (remaining.unwrap_or(usize::MAX), remaining.ok())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_under_way_is_bounded_by_the_users_not_by_the_events() {
        // Ten users, each asked for 25,000 records a day, nearly half of which wait or come along.
        let settings = Settings {
            events: 500_000,
            users: 10,
            days: 2,
            disorder_share: 0.3,
            duplicate_share: 0.15,
            ..Settings::default()
        };
        let mut generator = Generator::new(settings).unwrap();
        let mut record = Generated::default();
        let mut most = 0;
        while generator.fill(&mut record) {
            most = most.max(generator.engine.under_way());
        }
        assert!(most < 5000, "{most} tasks and sessions");
    }
}
