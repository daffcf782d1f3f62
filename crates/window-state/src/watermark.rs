//! The watermark: how far event time has come, as far as it can be believed.

use serde::{Deserialize, Serialize};

use crate::rules::FoldRules;

/// Largest believed event time, and what waits to be believed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watermark {
    believed: Option<i64>,
    /// Event times too far ahead, one per user, in order of arrival.
    pending: Vec<(u64, i64)>,
}

impl Watermark {
    /// Takes notice of an accepted event. `trusted`: the broker's own clock vouches for it.
    pub(crate) fn observe(&mut self, ts: i64, user: Option<u64>, trusted: bool, rules: &FoldRules) {
        match self.believed {
            Some(believed) if ts <= believed => {}
            Some(believed) if !trusted && ts > believed.saturating_add(rules.max_ahead) => {
                if let Some(user) = user {
                    self.wait(user, ts, rules);
                }
            }
            _ => self.believe(ts, rules),
        }
    }

    /// Largest believed event time.
    pub(crate) fn believed(&self) -> Option<i64> {
        self.believed
    }

    /// The watermark itself.
    pub(crate) fn value(&self, rules: &FoldRules) -> Option<i64> {
        self.believed.map(|believed| believed - rules.watermark_trail)
    }

    /// Events before this instant are late, and what ended before it is final. `None`: nothing is.
    pub(crate) fn cutoff(&self, rules: &FoldRules) -> Option<i64> {
        Some(self.value(rules)? - rules.allowed_lateness?)
    }

    fn wait(&mut self, user: u64, ts: i64, rules: &FoldRules) {
        match self.pending.iter_mut().find(|(waiting, _)| *waiting == user) {
            Some((_, waiting)) => *waiting = (*waiting).min(ts),
            None => self.pending.push((user, ts)),
        }
        if self.pending.len() >= rules.confirming_users {
            // As many users as asked for are at least as far as the least of them.
            if let Some(least) = self.pending.iter().map(|(_, ts)| *ts).min() {
                self.believe(least, rules);
            }
        }
    }

    fn believe(&mut self, ts: i64, rules: &FoldRules) {
        let mut believed = ts;
        // What waited may follow from the new time without a jump.
        loop {
            let limit = believed.saturating_add(rules.max_ahead);
            let next = self.pending.iter().map(|(_, ts)| *ts).filter(|ts| *ts <= limit).max();
            self.pending.retain(|(_, ts)| *ts > limit);
            match next {
                Some(next) => believed = believed.max(next),
                None => break,
            }
        }
        self.believed = Some(believed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn one_wrong_clock_moves_nothing() {
        let rules = FoldRules::default();
        let mut watermark = Watermark::default();
        watermark.observe(HOUR, Some(1), false, &rules);
        for _ in 0..100 {
            watermark.observe(900 * HOUR, Some(7), false, &rules);
        }
        assert_eq!(watermark.believed(), Some(HOUR));
        assert_eq!(watermark.value(&rules), Some(HOUR - 60_000));
    }

    #[test]
    fn sixteen_users_confirm_a_jump() {
        let rules = FoldRules::default();
        let mut watermark = Watermark::default();
        watermark.observe(0, Some(99), false, &rules);
        for user in 0..15 {
            watermark.observe(5 * HOUR + user as i64, Some(user), false, &rules);
        }
        assert_eq!(watermark.believed(), Some(0));
        watermark.observe(5 * HOUR + 100, Some(15), false, &rules);
        assert_eq!(watermark.believed(), Some(5 * HOUR + 100));
    }

    #[test]
    fn the_brokers_clock_is_trusted() {
        let rules = FoldRules::default();
        let mut watermark = Watermark::default();
        watermark.observe(0, Some(1), true, &rules);
        watermark.observe(50 * HOUR, Some(1), true, &rules);
        assert_eq!(watermark.believed(), Some(50 * HOUR));
    }

    #[test]
    fn without_a_lateness_nothing_is_final() {
        let rules = FoldRules::default().unbounded();
        let mut watermark = Watermark::default();
        watermark.observe(50 * HOUR, Some(1), false, &rules);
        assert_eq!(watermark.cutoff(&rules), None);
    }
}
