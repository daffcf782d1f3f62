//! `tidegauge generate --kafka`: on a mock cluster, and on a real broker with TLS and SASL.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use kafka_harness::{KafkaServer, PASSWORD};
use kafka_source::MockKafka;
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};
use traffic::{Generator, Settings};

use crate::program::{Ran, run};

const WAIT: Duration = Duration::from_secs(30);

/// (key, value, time) of each record of each partition, in order.
type Log = BTreeMap<i32, Vec<(Vec<u8>, Vec<u8>, i64)>>;

/// Everything in a topic.
fn read(brokers: &str, topic: &str, records: usize) -> Log {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", brokers).set("group.id", "test").create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), WAIT).unwrap();
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let since = Instant::now();
    let mut log = Log::new();
    for number in 0..records {
        let message = loop {
            assert!(since.elapsed() < WAIT, "only {number} of {records} records came");
            if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                break message.unwrap();
            }
        };
        log.entry(message.partition()).or_default().push((
            message.key().unwrap().to_vec(),
            message.payload().unwrap().to_vec(),
            message.timestamp().to_millis().unwrap(),
        ));
    }
    log
}

/// Asserts that the partitions hold exactly what the generator makes, in its order, each key in one of them.
fn assert_holds(log: &Log, settings: Settings) {
    let home: BTreeMap<&[u8], i32> =
        log.iter().flat_map(|(p, records)| records.iter().map(|(key, ..)| (&**key, *p))).collect();
    let mut expected = Log::new();
    for record in Generator::new(settings).unwrap() {
        let partition = home[&*record.key];
        expected.entry(partition).or_default().push((record.key, record.value, record.timestamp_ms));
    }
    assert!(*log == expected, "the topic holds something else than was generated, or in another order");
}

fn settings(events: u64) -> Settings {
    Settings { events, users: 200, seed: 3, days: 2, ..Settings::default() }
}

fn generate(brokers: &str, topic: &str, events: u64, more: &[&str]) -> Ran {
    let events = events.to_string();
    let line = ["generate", "--events", &events, "--users=200", "--seed=3", "--days=2"];
    run(&[&line, &["--kafka", brokers, "--topic", topic][..], more].concat())
}

#[test]
fn a_topic_gets_every_record_keyed_and_in_order() {
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic("events", 3).unwrap();
    let brokers = mock.brokers().unwrap();
    let ran = generate(&brokers, "events", 4000, &["--property", "linger.ms=1"]).good();
    assert!(ran.err.starts_with("4000 records, "), "{}", ran.err);
    assert!(ran.err.contains("to topic events (3 partitions) in "), "{}", ran.err);
    let log = read(&brokers, "events", 4000);
    assert_eq!(log.len(), 3, "partitions with records");
    assert_holds(&log, settings(4000));
}

#[test]
fn records_the_broker_does_not_keep_are_a_failure() {
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic("events", 1).unwrap();
    // About 15 MB; the mock cluster keeps 5 MiB of a partition.
    let ran = generate(&mock.brokers().unwrap(), "events", 50_000, &["--property=compression.type=none"]);
    ran.bad(1, &["all 50000 records were written", "have dropped", "retention"]);
}

#[test]
fn brokers_that_are_not_there_and_bad_properties_are_told() {
    let failed = |more: &[&str], words: &[&str]| generate("127.0.0.1:1", "events", 10, more).bad(1, words);
    failed(&["--property=linger.ms=soon"], &["linger.ms"]);
    failed(&["--property=acks=1"], &["acks cannot be set"]);
    failed(&["--property=hunter2"], &["--property number 1 is not NAME=VALUE"]);
    failed(&["--partitions=0"], &["--partitions"]);
    failed(&[], &["the brokers at 127.0.0.1:1", "topic events", "Connection refused"]);
}

#[test]
fn a_real_broker_gets_a_topic_that_keeps_the_history() {
    let settings_of_broker = kafka_harness::Settings { secure: true, ..kafka_harness::Settings::default() };
    let Some(server) = KafkaServer::start_with_or_skip(&settings_of_broker) else { return };
    let brokers = server.bootstrap();

    generate(&brokers, "fresh", 10, &[]).bad(1, &["there is no topic fresh", "--partitions N"]);
    let ran = generate(&brokers, "fresh", 3000, &["--partitions=4"]).good();
    assert!(ran.err.starts_with("created topic fresh with 4 partitions"), "{}", ran.err);
    let log = read(&brokers, "fresh", 3000);
    assert_eq!(log.len(), 4, "partitions with records");
    assert_holds(&log, settings(3000));

    server.create_topic("short", 2, &[("retention.ms", "3600000")]).unwrap();
    let ran = generate(&brokers, "short", 10, &["--partitions=3"]).good();
    assert!(ran.err.contains("is there already, with 2 partitions"), "{}", ran.err);
    assert!(ran.err.contains("keeps records for 0.0 days"), "{}", ran.err);

    // Over TLS with a password, all of it by properties.
    let mut secure: BTreeMap<_, _> = server.secure_client().unwrap().into_iter().collect();
    let brokers = secure.remove("bootstrap.servers").unwrap();
    let properties: Vec<String> =
        secure.iter().map(|(name, value)| format!("--property={name}={value}")).collect();
    let mut more: Vec<&str> = properties.iter().map(String::as_str).collect();
    more.push("--partitions=1");
    let ran = generate(&brokers, "secret", 500, &more).good();
    assert!(!ran.err.contains(PASSWORD), "{}", ran.err);
    assert_holds(&read(&server.bootstrap(), "secret", 500), settings(500));
}
