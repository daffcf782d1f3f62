//! An embedded Kafka for demonstration and tests: librdkafka's mock cluster.

use std::fmt;

use rdkafka::{
    ClientConfig, bindings,
    error::{KafkaError, KafkaResult},
    mocking::MockCluster,
    producer::{BaseProducer, DefaultProducerContext, Producer},
    types::RDKafkaErrorCode,
};

/// A Kafka in this process, on loopback ports of its own; other processes can use it too.
///
/// It keeps only the last 5 MiB of a partition and drops the rest silently, groups forget nothing
/// but live no longer than it does, and its transactions are not atomic.
pub struct MockKafka {
    owner: BaseProducer,
}

impl MockKafka {
    /// Starts a cluster of `brokers`. Group members get their partitions at once, not after the
    /// 3 s a real broker waits for more of them.
    pub fn start(brokers: u32) -> KafkaResult<Self> {
        let owner: BaseProducer = ClientConfig::new()
            .set("test.mock.num.brokers", brokers.to_string())
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Warning)
            .create()?;
        #[expect(unsafe_code, reason = "rdkafka does not offer the delay")]
        // SAFETY: the pointer comes from `owner`, which is alive and was made with a mock cluster.
        unsafe {
            let cluster = bindings::rd_kafka_handle_mock_cluster(owner.client().native_ptr());
            if cluster.is_null() {
                return Err(KafkaError::MockCluster(RDKafkaErrorCode::Fail));
            }
            bindings::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0);
        }
        Ok(Self { owner })
    }

    /// The cluster itself: leaders, outages, errors.
    pub fn cluster(&self) -> KafkaResult<MockCluster<'_, DefaultProducerContext>> {
        let cluster = self.owner.client().mock_cluster();
        cluster.ok_or(KafkaError::MockCluster(RDKafkaErrorCode::Fail))
    }

    /// The bootstrap brokers, `host:port` separated by commas.
    pub fn brokers(&self) -> KafkaResult<String> {
        Ok(self.cluster()?.bootstrap_servers())
    }

    /// Creates a topic; the admin API does not work here.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> KafkaResult<()> {
        self.cluster()?.create_topic(topic, partitions, 1)
    }
}

impl fmt::Debug for MockKafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockKafka").field("brokers", &self.brokers()).finish()
    }
}
