//! Live traffic: records as time goes by.

use crate::engine::Engine;
use crate::generator::BUSY_SHARE;
use crate::pace::{Live, Pace};
use crate::record::Generated;
use crate::session::{AT_ONCE, MEAN_AGE_MS, MEAN_PAUSE_MS, RECORDS_PER_SESSION};

/// Live traffic of the users of a history. It reads no clock: its caller says what time it is.
///
/// The same history and the same calls give the same records.
#[derive(Clone, Debug)]
pub struct LiveGenerator {
    engine: Engine,
    now: i64,
    is_warm: bool,
}

impl LiveGenerator {
    pub(crate) fn new(mut engine: Engine, now: i64) -> Self {
        engine.lift_end();
        engine.pace = Pace::Live(Live::new(now, engine.books()));
        Self { engine, now, is_warm: false }
    }

    /// The records that have arrived since the last call, or since the history's end, up to `now_ms`
    /// (epoch milliseconds): about `rate` a second. At most `limit`; what is beyond it comes with the
    /// next call. Times before the last call's count as that, a rate that is no positive number as 0:
    /// then open sessions run out and none begins.
    pub fn next_batch(&mut self, now_ms: i64, rate: f64, limit: usize) -> Vec<Generated> {
        let rate = if rate.is_finite() { rate.max(0.0) } else { 0.0 };
        let fresh = rate * self.engine.fresh_share();
        let open = fresh * MEAN_PAUSE_MS / 1000.0;
        let factor = (self.engine.users() as f64 * BUSY_SHARE / open.max(1e-9)).min(1.0);
        self.engine.set_pause_factor(factor);
        if let Pace::Live(live) = &mut self.engine.pace {
            live.set_rate(fresh, self.now);
        }
        if !self.is_warm && rate > 0.0 {
            self.warm_up(fresh, factor);
        }
        self.engine.prime(self.now);
        self.now = self.now.max(now_ms);
        let mut batch = Vec::new();
        let mut record = Generated::default();
        while batch.len() < limit && self.engine.next(self.now, false, &mut record) {
            batch.push(std::mem::take(&mut record));
        }
        batch
    }

    /// Begins sessions in place of those that would be under way had the rate been so all along. If records
    /// come at the ages of `AT_ONCE` at 0 and else exponentially, then this number of sessions, with
    /// exponential begins of this mean, makes the rate right from the first moment on.
    fn warm_up(&mut self, fresh: f64, factor: f64) {
        let age_ms = MEAN_AGE_MS * factor;
        let sessions = fresh / RECORDS_PER_SESSION * (1.0 - AT_ONCE) * age_ms / 1000.0;
        self.engine.warm_up(sessions as usize, self.now, AT_ONCE * age_ms);
        self.is_warm = true;
    }
}
