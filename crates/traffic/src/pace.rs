//! When the next session begins, so that the asked number of records arrives.

use crate::cycle::Cycle;
use crate::random::{Draw, Random};
use crate::session::{MEAN_PAUSE_MS, RECORDS_PER_SESSION};

/// What has been done of what was asked; in fresh records, those that are no repeats, no bad ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Books {
    /// Fresh records emitted.
    pub(crate) emitted: f64,
    /// Fresh records that open sessions are still expected to bring.
    pub(crate) planned: f64,
    /// Sessions begun.
    pub(crate) sessions: f64,
}

impl Books {
    /// Fresh records that a session brings, with what comes along and after it: as seen so far, from an
    /// estimate on.
    fn per_session(self) -> f64 {
        const ESTIMATED: f64 = 50.0;
        (self.emitted + self.planned + ESTIMATED * RECORDS_PER_SESSION) / (self.sessions + ESTIMATED)
    }
}

/// Decides when sessions begin.
#[derive(Clone, Debug)]
pub(crate) enum Pace {
    History(History),
    Live(Live),
}

impl Pace {
    /// Whether a session may begin now.
    pub(crate) fn may_start(&self, books: Books) -> bool {
        match self {
            Self::History(history) => history.missing(books) > 0.0,
            Self::Live(_) => true,
        }
    }

    /// When the next session begins; `None` if none does.
    pub(crate) fn next_start(&mut self, now: i64, books: Books, random: &mut Random) -> Option<i64> {
        match self {
            Self::History(history) => history.next_start(books, random),
            Self::Live(live) => live.next_start(now, books, random),
        }
    }
}

/// A number of records over a range of time, by the daily and weekly cycle.
#[derive(Clone, Debug)]
pub(crate) struct History {
    cycle: Cycle,
    /// Fresh records that sessions are begun for: some fall behind the end.
    target: f64,
}

impl History {
    pub(crate) fn new(cycle: Cycle, fresh: f64) -> Self {
        // What sessions open at the end would still bring, and some more: rather reach the number
        // moments before the end than be short of it.
        let open = fresh * cycle.tail_share(10 * MEAN_PAUSE_MS as i64);
        let target = fresh + open + 2.0 * (open * RECORDS_PER_SESSION).sqrt();
        Self { cycle, target }
    }

    fn missing(&self, books: Books) -> f64 {
        self.target - books.emitted - books.planned
    }

    fn next_start(&mut self, books: Books, random: &mut Random) -> Option<i64> {
        if self.cycle.remaining() == 0 {
            return None;
        }
        // The least of so many uniform instants in what is left, nearly: always inside of it.
        let sessions = self.missing(books) / books.per_session();
        let (first, others) = (random.exponential(), random.exponential());
        let share = first / (first + others + (sessions - 1.0).max(0.0));
        let mass = (self.cycle.remaining() as f64 * share) as u64 + 1;
        Some(self.cycle.advance(mass))
    }
}

/// A number of records a second, as time goes by.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// Fresh records a second.
    rate: f64,
    /// Fresh records due up to `due_at` and before.
    due: f64,
    due_at: i64,
    /// No session begins before.
    from: i64,
}

/// Over how many seconds the pace makes up for what is missing or too much.
const CORRECTION_S: f64 = 60.0;

impl Live {
    pub(crate) fn new(now: i64, books: Books) -> Self {
        Self { rate: 0.0, due: books.emitted, due_at: now, from: now }
    }

    /// Sets the rate, in fresh records a second from `now` on.
    pub(crate) fn set_rate(&mut self, rate: f64, now: i64) {
        if rate != self.rate {
            self.pass_to(now);
            self.rate = rate;
        }
    }

    fn pass_to(&mut self, now: i64) {
        let passed_ms = (now - self.due_at).max(0);
        self.due += self.rate * passed_ms as f64 / 1000.0;
        self.due_at += passed_ms;
    }

    fn next_start(&mut self, now: i64, books: Books, random: &mut Random) -> Option<i64> {
        self.pass_to(now);
        if self.rate <= 0.0 {
            return None;
        }
        let corrected = self.rate + (self.due - books.emitted) / CORRECTION_S;
        let rate = corrected.clamp(self.rate / 5.0, self.rate * 3.0);
        // A session of the history may have been about to begin earlier.
        let now = now.max(self.from);
        Some(now + (random.exponential() * 1000.0 * books.per_session() / rate) as i64)
    }
}
