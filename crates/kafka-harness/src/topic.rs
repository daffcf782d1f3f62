//! Topics of the test broker.

use crate::Error;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};
use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Creates a topic and waits until every partition has a leader.
pub(crate) fn create(
    bootstrap: &str,
    topic: &str,
    partitions: u32,
    configuration: &[(&str, &str)],
) -> Result<(), Error> {
    let failed = |reason: String| Error::Topic { topic: topic.to_owned(), reason };
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .create()
        .map_err(|error| failed(error.to_string()))?;
    let count = i32::try_from(partitions).map_err(|error| failed(error.to_string()))?;
    let mut wanted = NewTopic::new(topic, count, TopicReplication::Fixed(1));
    for (key, value) in configuration {
        wanted = wanted.set(key, value);
    }
    let options = AdminOptions::new().operation_timeout(Some(TIMEOUT));
    let outcomes =
        block_on(admin.create_topics([&wanted], &options)).map_err(|error| failed(error.to_string()))?;
    for outcome in outcomes {
        outcome.map_err(|(_, code)| failed(code.to_string()))?;
    }
    let since = Instant::now();
    while since.elapsed() < TIMEOUT {
        let metadata =
            admin.inner().fetch_metadata(Some(topic), TIMEOUT).map_err(|error| failed(error.to_string()))?;
        let led = metadata
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions())
            .filter(|partition| partition.leader() >= 0)
            .count();
        if u32::try_from(led).is_ok_and(|led| led == partitions) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(failed(format!("no leaders after {TIMEOUT:?}")))
}

/// Waits on this thread. rdkafka completes its futures from a thread of its own, so this works inside
/// any runtime, and without one.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
