//! When rows are written, when a checkpoint is taken, when consumption pauses.
//!
//! Time enters as milliseconds of a clock that never goes back; where it counts from is the
//! caller's affair.

/// Bounds of the flush: how often, how much, how far behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushLimits {
    /// Milliseconds after which changed rows are written.
    pub interval_ms: u64,
    /// Changed rows at which they are written before the interval is over.
    pub max_rows: usize,
    /// Milliseconds between checkpoints.
    pub checkpoint_interval_ms: u64,
    /// Rows not yet acknowledged at which consumption pauses.
    pub pause_rows: usize,
    /// Rows not yet acknowledged at which it goes on; below `pause_rows`.
    pub resume_rows: usize,
}

/// Limits that could never work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// A limit of 0 would flush, or pause, for ever.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// Consumption would pause and resume at the same rows.
    #[error("resume_rows ({resume}) must be below pause_rows ({pause})")]
    Watermarks {
        /// Where it would go on.
        resume: usize,
        /// Where it would pause.
        pause: usize,
    },
    /// Consumption would pause before a full batch is ever gathered.
    #[error("pause_rows ({pause}) must be at least max_rows ({max})")]
    PauseBeforeFull {
        /// Where it would pause.
        pause: usize,
        /// The size of a full batch.
        max: usize,
    },
}

impl FlushLimits {
    /// Says what is wrong with the limits, if anything is.
    pub fn check(&self) -> Result<(), LimitsError> {
        for (name, zero) in [
            ("interval_ms", self.interval_ms == 0),
            ("max_rows", self.max_rows == 0),
            ("checkpoint_interval_ms", self.checkpoint_interval_ms == 0),
        ] {
            if zero {
                return Err(LimitsError::Zero(name));
            }
        }
        if self.resume_rows >= self.pause_rows {
            return Err(LimitsError::Watermarks { resume: self.resume_rows, pause: self.pause_rows });
        }
        if self.pause_rows < self.max_rows {
            return Err(LimitsError::PauseBeforeFull { pause: self.pause_rows, max: self.max_rows });
        }
        Ok(())
    }
}

/// What has gathered since rows were last taken from the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Rows that a flush would take now; rows held back on purpose (open sessions) are not counted.
    pub changed_rows: usize,
    /// Rows taken and not acknowledged yet.
    pub pending_rows: usize,
    /// Whether a record was read since rows were last taken.
    pub moved: bool,
    /// Whether a record was read since the last checkpoint was taken.
    pub moved_since_checkpoint: bool,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Go on reading.
    Nothing,
    /// Take the changed rows and write them.
    Flush,
    /// Take rows and a snapshot at one instant; publish the snapshot once the rows are acknowledged.
    FlushAndCheckpoint,
}

/// A change in consumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Stop fetching.
    Pause,
    /// Fetch again.
    Resume,
}

/// Keeps the times of the last flush and checkpoint and decides about the next.
#[derive(Clone, Debug)]
pub struct FlushClock {
    limits: FlushLimits,
    flushed_at: u64,
    checkpointed_at: u64,
    paused: bool,
}

impl FlushClock {
    /// A clock that counts its intervals from `now_ms`; an error if the limits make no sense.
    pub fn new(limits: FlushLimits, now_ms: u64) -> Result<Self, LimitsError> {
        limits.check()?;
        Ok(Self { limits, flushed_at: now_ms, checkpointed_at: now_ms, paused: false })
    }

    /// What is due at `now_ms`.
    ///
    /// Nothing is while rows are still on their way: changed keys coalesce in the state meanwhile. A
    /// checkpoint that is due brings a flush with it, for it must not be ahead of its rows.
    pub fn due(&self, now_ms: u64, backlog: Backlog) -> Due {
        if backlog.pending_rows > 0 {
            return Due::Nothing;
        }
        if backlog.moved_since_checkpoint
            && now_ms.saturating_sub(self.checkpointed_at) >= self.limits.checkpoint_interval_ms
        {
            return Due::FlushAndCheckpoint;
        }
        let waiting = backlog.moved || backlog.changed_rows > 0;
        let over = now_ms.saturating_sub(self.flushed_at) >= self.limits.interval_ms;
        if backlog.changed_rows >= self.limits.max_rows || (waiting && over) {
            return Due::Flush;
        }
        Due::Nothing
    }

    /// Notes that `due` was begun at `now_ms`, so that its interval starts anew.
    pub fn started(&mut self, due: Due, now_ms: u64) {
        match due {
            Due::Nothing => {}
            Due::Flush => self.flushed_at = now_ms,
            Due::FlushAndCheckpoint => {
                self.flushed_at = now_ms;
                self.checkpointed_at = now_ms;
            }
        }
    }

    /// Milliseconds from `now_ms` until an interval ends, 0 if one has: how long a poll may wait.
    pub fn next_in(&self, now_ms: u64) -> u64 {
        let flush = self.flushed_at + self.limits.interval_ms;
        let checkpoint = self.checkpointed_at + self.limits.checkpoint_interval_ms;
        flush.min(checkpoint).saturating_sub(now_ms)
    }

    /// Whether consumption must change; each change is said once.
    ///
    /// Pauses at `pause_rows` changed and pending rows together and resumes at `resume_rows`, so
    /// that a backlog near one bound does not make it flutter.
    pub fn flow(&mut self, backlog: Backlog) -> Option<Flow> {
        let rows = backlog.changed_rows.saturating_add(backlog.pending_rows);
        match self.paused {
            false if rows >= self.limits.pause_rows => {
                self.paused = true;
                Some(Flow::Pause)
            }
            true if rows <= self.limits.resume_rows => {
                self.paused = false;
                Some(Flow::Resume)
            }
            _ => None,
        }
    }

    /// Whether consumption stands paused.
    pub const fn paused(&self) -> bool {
        self.paused
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const LIMITS: FlushLimits = FlushLimits {
        interval_ms: 2_000,
        max_rows: 100,
        checkpoint_interval_ms: 10_000,
        pause_rows: 300,
        resume_rows: 50,
    };

    fn backlog(changed_rows: usize, pending_rows: usize, moved: bool) -> Backlog {
        Backlog { changed_rows, pending_rows, moved, moved_since_checkpoint: moved }
    }

    #[test]
    fn due_by_time_size_and_what_is_on_its_way() {
        let clock = FlushClock::new(LIMITS, 1_000).unwrap();
        for (now, changed, pending, moved, expected) in [
            (1_000, 0, 0, false, Due::Nothing),
            (2_999, 99, 0, true, Due::Nothing),
            (3_000, 99, 0, true, Due::Flush),
            (3_000, 0, 0, true, Due::Flush),
            (3_000, 1, 0, false, Due::Flush),
            (3_000, 0, 0, false, Due::Nothing),
            (1_001, 100, 0, true, Due::Flush),
            (3_000, 100, 1, true, Due::Nothing),
            (11_000, 0, 0, false, Due::Nothing),
            (10_999, 1, 0, true, Due::Flush),
            (11_000, 0, 0, true, Due::FlushAndCheckpoint),
            (11_000, 0, 1, true, Due::Nothing),
            (0, 99, 0, true, Due::Nothing),
        ] {
            let at = format!("now {now}, changed {changed}, pending {pending}, moved {moved}");
            assert_eq!(clock.due(now, backlog(changed, pending, moved)), expected, "{at}");
        }
    }

    #[test]
    fn rows_left_over_from_before_the_checkpoint_bring_no_new_one() {
        let clock = FlushClock::new(LIMITS, 0).unwrap();
        let throttled = Backlog { changed_rows: 5, ..Backlog::default() };
        assert_eq!(clock.due(60_000, throttled), Due::Flush);
    }

    #[test]
    fn intervals_start_anew_with_what_was_done() {
        let mut clock = FlushClock::new(LIMITS, 0).unwrap();
        assert_eq!(clock.next_in(0), 2_000);
        clock.started(Due::Nothing, 1_500);
        assert_eq!(clock.next_in(1_500), 500);
        clock.started(Due::Flush, 9_000);
        assert_eq!(clock.next_in(9_000), 1_000, "the checkpoint comes first");
        clock.started(Due::FlushAndCheckpoint, 10_500);
        assert_eq!(clock.next_in(10_500), 2_000);
        assert_eq!(clock.next_in(20_000), 0);
    }

    #[test]
    fn consumption_pauses_high_and_resumes_low_each_said_once() {
        let mut clock = FlushClock::new(LIMITS, 0).unwrap();
        let mut said = |changed, pending| clock.flow(backlog(changed, pending, true));
        assert_eq!(said(299, 0), None);
        assert_eq!(said(200, 100), Some(Flow::Pause));
        assert_eq!(said(400, 100), None);
        assert_eq!(said(0, 51), None);
        assert_eq!(said(0, 50), Some(Flow::Resume));
        assert_eq!(said(0, 0), None);
        assert!(!clock.paused());
    }

    #[test]
    fn limits_that_could_never_work_are_refused() {
        for (limits, expected) in [
            (FlushLimits { interval_ms: 0, ..LIMITS }, LimitsError::Zero("interval_ms")),
            (FlushLimits { max_rows: 0, ..LIMITS }, LimitsError::Zero("max_rows")),
            (
                FlushLimits { checkpoint_interval_ms: 0, ..LIMITS },
                LimitsError::Zero("checkpoint_interval_ms"),
            ),
            (FlushLimits { resume_rows: 300, ..LIMITS }, LimitsError::Watermarks { resume: 300, pause: 300 }),
            (FlushLimits { max_rows: 301, ..LIMITS }, LimitsError::PauseBeforeFull { pause: 300, max: 301 }),
        ] {
            assert_eq!(limits.check(), Err(expected));
        }
    }
}
