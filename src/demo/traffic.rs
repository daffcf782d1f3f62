//! The demo's traffic: a month of history as fast as they fold, then live.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use traffic::{Generator, Settings};

use crate::{
    commands::generate::producer::{Bound, MOCK_AHEAD, ProduceError, Producer, ProducerOptions},
    engine::{Progress, now_ms},
};

/// How often live traffic is sent.
const TICK: Duration = Duration::from_millis(100);

/// What the demo generates.
pub(crate) struct TrafficOptions {
    pub(crate) brokers: String,
    pub(crate) topic: String,
    pub(crate) seed: u64,
    /// Live events per second.
    pub(crate) rate: f64,
    pub(crate) duration: Duration,
}

/// The history: so many events of so many users in so many days.
pub(crate) struct History;

impl History {
    pub(crate) const EVENTS: u64 = 120_000;
    pub(crate) const USERS: u32 = 3_000;
    /// One more than the longest window, so that the windows are covered.
    pub(crate) const DAYS: u32 = 31;
}

/// What the traffic has come to, for those who watch.
#[derive(Clone, Default)]
pub(crate) struct Traffic {
    sent: Arc<AtomicU64>,
    live: Arc<AtomicBool>,
}

impl Traffic {
    /// Records sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether the history is over.
    pub(crate) fn is_live(&self) -> bool {
        self.live.load(Ordering::Relaxed)
    }

    /// Sends history and live traffic; blocks until the time is over or `stop` is set.
    ///
    /// # Errors
    /// Settings that cannot be generated from, records that the broker refuses.
    pub(crate) fn run(
        &self,
        options: &TrafficOptions,
        progress: Arc<Progress>,
        stop: Arc<AtomicBool>,
    ) -> anyhow::Result<()> {
        let result = self.send_all(options, progress, stop);
        match result.as_ref().map_err(|error| error.downcast_ref::<ProduceError>()) {
            // Told to stop while waiting: what was asked for.
            Err(Some(ProduceError::Stopped(_))) => Ok(()),
            _ => result,
        }
    }

    fn send_all(
        &self,
        options: &TrafficOptions,
        progress: Arc<Progress>,
        stop: Arc<AtomicBool>,
    ) -> anyhow::Result<()> {
        let bound = Bound {
            bytes: MOCK_AHEAD,
            consumed: Box::new(move |partition| progress.position(partition)),
            stop: stop.clone(),
        };
        let target = ProducerOptions {
            brokers: options.brokers.clone(),
            topic: options.topic.clone(),
            properties: Default::default(),
        };
        let mut producer = Producer::new(&target)?.bounded(bound);
        let mut generator = Generator::new(Settings {
            events: History::EVENTS,
            users: History::USERS,
            days: History::DAYS,
            seed: options.seed,
            end: now_ms(),
            bad_share: 0.002,
            ..Settings::default()
        })
        .context("preparing the traffic")?;
        for record in generator.by_ref() {
            producer.send(&record)?;
            self.sent.fetch_add(1, Ordering::Relaxed);
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        self.live.store(true, Ordering::Relaxed);
        let began = Instant::now();
        let mut live = generator.into_live();
        while began.elapsed() < options.duration && !stop.load(Ordering::Relaxed) {
            for record in live.next_batch(now_ms(), options.rate, usize::MAX) {
                producer.send(&record)?;
                self.sent.fetch_add(1, Ordering::Relaxed);
            }
            producer.flush()?;
            std::thread::sleep(TICK);
        }
        producer.flush()?;
        Ok(())
    }
}
