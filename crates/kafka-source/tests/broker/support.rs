//! A mock cluster, a plain producer, and loops that wait for what must come.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use kafka_harness::KafkaServer;
use kafka_source::{MockKafka, Poll, Rebalance, Source, SourceOptions};
use pipeline::{Offset, Partition, Position};
use rdkafka::{
    ClientConfig,
    message::OwnedHeaders,
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer},
};

pub(crate) const WAIT: Duration = Duration::from_secs(30);
pub(crate) const TICK: Duration = Duration::from_millis(50);

enum Kafka {
    Mock(MockKafka),
    Real(Box<KafkaServer>),
}

pub(crate) struct Cluster {
    kafka: Kafka,
    producer: BaseProducer,
}

fn producer(brokers: &str) -> BaseProducer {
    // What a failed test shows; set once for all.
    let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_test_writer().try_init();
    ClientConfig::new().set("bootstrap.servers", brokers).set("linger.ms", "0").create().unwrap()
}

/// A record to produce.
#[derive(Clone, Copy, Default)]
pub(crate) struct Raw<'a> {
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) headers: &'a [(&'a str, &'a str)],
}

impl Cluster {
    /// A mock cluster with these topics.
    pub(crate) fn start(topics: &[(&str, i32)]) -> Self {
        let mock = MockKafka::start(1).unwrap();
        let producer = producer(&mock.brokers().unwrap());
        let cluster = Self { kafka: Kafka::Mock(mock), producer };
        for (topic, partitions) in topics {
            cluster.create(topic, *partitions);
        }
        cluster
    }

    pub(crate) fn real(server: KafkaServer) -> Self {
        let producer = producer(&server.bootstrap());
        Self { kafka: Kafka::Real(Box::new(server)), producer }
    }

    pub(crate) fn create(&self, topic: &str, partitions: i32) {
        match &self.kafka {
            Kafka::Mock(mock) => mock.create_topic(topic, partitions).unwrap(),
            Kafka::Real(server) => server.create_topic(topic, partitions.unsigned_abs(), &[]).unwrap(),
        }
    }

    pub(crate) fn brokers(&self) -> String {
        match &self.kafka {
            Kafka::Mock(mock) => mock.brokers().unwrap(),
            Kafka::Real(server) => server.bootstrap(),
        }
    }

    /// The mock cluster, to make trouble.
    pub(crate) fn mock(&self) -> MockCluster<'_, DefaultProducerContext> {
        match &self.kafka {
            Kafka::Mock(mock) => mock.cluster().unwrap(),
            Kafka::Real(_) => panic!("not a mock cluster"),
        }
    }

    pub(crate) fn produce(&self, topic: &str, partition: i32, raws: &[Raw<'_>]) {
        for raw in raws {
            let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).partition(partition);
            record.key = raw.key;
            record.payload = raw.value;
            record.timestamp = raw.timestamp;
            if !raw.headers.is_empty() {
                let headers = raw.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                    headers.insert(rdkafka::message::Header { key, value: Some(*value) })
                });
                record.headers = Some(headers);
            }
            self.producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        self.producer.flush(WAIT).unwrap();
    }

    pub(crate) fn produce_texts(&self, topic: &str, partition: i32, texts: &[&str]) {
        let raws: Vec<Raw<'_>> =
            texts.iter().map(|text| Raw { value: Some(text.as_bytes()), ..Raw::default() }).collect();
        self.produce(topic, partition, &raws);
    }

    pub(crate) fn options(&self, group: &str, topics: &[&str]) -> SourceOptions {
        SourceOptions {
            brokers: self.brokers(),
            group: group.to_owned(),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            client_id: "test".to_owned(),
            // The defaults are for real networks; a rebalance should not take a test's patience.
            properties: BTreeMap::from(
                [
                    ("heartbeat.interval.ms", "100"),
                    ("session.timeout.ms", "6000"),
                    ("fetch.wait.max.ms", "50"),
                    ("topic.metadata.refresh.interval.ms", "500"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            ),
            read_origin: false,
        }
    }

    pub(crate) fn subscribe(&self, group: &str, topics: &[&str]) -> Source {
        Source::subscribe(self.options(group, topics)).unwrap()
    }
}

/// A record as it came, owned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) place: Position,
    pub(crate) origin: String,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<String>,
    pub(crate) timestamp: kafka_source::RecordTimestamp,
}

/// Polls once; what comes is appended to `seen`.
pub(crate) fn poll(source: &Source, seen: &mut Vec<Seen>) -> Poll {
    source
        .poll_batch(1_000, TICK, |record| {
            seen.push(Seen {
                place: Partition::new(record.topic, record.partition).at(Offset(record.offset)),
                origin: record.origin().to_string(),
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(|value| String::from_utf8_lossy(value).into_owned()),
                timestamp: record.timestamp,
            });
        })
        .unwrap()
}

/// Polls until a rebalance comes; records before it are a failure.
pub(crate) fn rebalance(source: &Source) -> Rebalance {
    let since = Instant::now();
    let mut seen = Vec::new();
    while since.elapsed() < WAIT {
        if let Poll::Rebalance(rebalance) = poll(source, &mut seen) {
            return rebalance;
        }
        assert_eq!(seen, [], "records before the assignment was answered");
    }
    panic!("no rebalance within {WAIT:?}");
}

/// Polls until `count` records came; answers no rebalance.
pub(crate) fn read(source: &Source, count: usize) -> Vec<Seen> {
    let since = Instant::now();
    let mut seen = Vec::new();
    while seen.len() < count {
        assert!(since.elapsed() < WAIT, "only {} of {count} records came", seen.len());
        let polled = poll(source, &mut seen);
        assert!(!matches!(polled, Poll::Rebalance(_)), "unexpected {polled:?}");
    }
    seen
}

/// Subscribes and assigns everything from `offset` on, alone in the group.
pub(crate) fn alone(cluster: &Cluster, group: &str, topic: &str, offset: u64) -> Source {
    let source = cluster.subscribe(group, &[topic]);
    assign_all(&source, offset);
    source
}

pub(crate) fn assign_all(source: &Source, offset: u64) {
    let Rebalance::Assigned(partitions) = rebalance(source) else { panic!("no assignment") };
    let positions: Vec<Position> = partitions.iter().map(|p| p.at(Offset(offset))).collect();
    source.assign(&positions).unwrap();
}
