//! Writing until it works, or until told to stop.

use std::{
    future::Future,
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use crate::{Batch, WriteError, Writer, Written, writer::Progress};

/// How long to wait between tries: doubled each time, between half of it and all of it at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Before the second try.
    pub first: Duration,
    /// At most.
    pub most: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { first: Duration::from_millis(100), most: Duration::from_secs(10) }
    }
}

impl RetryPolicy {
    /// The wait after `failures` failures in a row, at least 1; `random` in 0..=1 moves it between half and all.
    pub fn delay(&self, failures: u32, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.most);
        whole.mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }
}

/// Told before each wait.
#[derive(Debug)]
pub struct RetryNotice<'a> {
    /// How many tries have failed.
    pub failures: u32,
    /// How long until the next.
    pub delay: Duration,
    /// Why the last one failed.
    pub error: &'a WriteError,
}

/// A write that was given up.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// Trying again cannot help.
    #[error(transparent)]
    Refused(#[from] WriteError),
    /// Told to stop. Nothing is known of the rows that are not acknowledged.
    #[error("stopped before ClickHouse acknowledged a batch (after {failures} failed tries)")]
    Cancelled {
        /// How many tries had failed.
        failures: u32,
        /// Why the last one failed, if one had.
        #[source]
        last: Option<WriteError>,
    },
}

impl Writer {
    /// Writes a batch until every row is acknowledged. What a try has got acknowledged, the next leaves out.
    ///
    /// `on_retry` is told of each failure before the wait. `cancel` ends it, in the middle of a try too.
    ///
    /// # Errors
    /// The batch can never be written ([`RetryError::Refused`]), or `cancel` came first.
    pub async fn write_with_retry(
        &self,
        batch: &Batch,
        policy: RetryPolicy,
        mut on_retry: impl FnMut(RetryNotice<'_>),
        cancel: impl Future<Output = ()>,
    ) -> Result<Written, RetryError> {
        tokio::pin!(cancel);
        let progress = Progress::default();
        let mut failures = 0;
        let mut last = None;
        loop {
            let error = tokio::select! {
                biased;
                () = &mut cancel => return Err(RetryError::Cancelled { failures, last }),
                result = self.write_rest(batch, &progress) => match result {
                    Ok(()) => return Ok(progress.written()),
                    Err(error) if !error.retryable => return Err(error.into()),
                    Err(error) => error,
                },
            };
            failures += 1;
            let delay = policy.delay(failures, random());
            on_retry(RetryNotice { failures, delay, error: &error });
            last = Some(error);
            tokio::select! {
                biased;
                () = &mut cancel => return Err(RetryError::Cancelled { failures, last }),
                () = tokio::time::sleep(delay) => {}
            }
        }
    }
}

/// A number in 0..1 from the randomness that seeds hash maps.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most() {
        let policy = RetryPolicy { first: Duration::from_millis(100), most: Duration::from_secs(1) };
        let whole: Vec<_> = [1, 2, 3, 4, 5, 99].map(|n| policy.delay(n, 1.0).as_millis()).into();
        assert_eq!(whole, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(policy.delay(1, 0.0), Duration::from_millis(50));
        assert!((0..100).map(|_| random()).all(|r| (0.0..1.0).contains(&r)));
    }
}
