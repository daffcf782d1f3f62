//! Live traffic: records as time goes by.

use crate::engine::Engine;
use crate::generator::BUSY_SHARE;
use crate::pace::{Live, Pace};
use crate::record::Generated;
use crate::session::MEAN_PAUSE_MS;

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
            // As many sessions as would be open had the rate been so all along.
            let spread = (MEAN_PAUSE_MS * factor) as i64;
            self.engine.warm_up((open * factor) as usize, self.now, spread);
            self.is_warm = true;
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
}
