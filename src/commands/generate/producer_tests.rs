#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{sync::atomic::AtomicU64, thread};

use kafka_source::MockKafka;
use rdkafka::{
    TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
};

use super::*;

const TOPIC: &str = "events";
const PARTITIONS: i32 = 2;

fn options(mock: &MockKafka, properties: &[(&str, &str)]) -> ProducerOptions {
    ProducerOptions {
        brokers: mock.brokers().unwrap(),
        topic: TOPIC.to_owned(),
        properties: properties.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
    }
}

/// A kilobyte of letters that do not compress, told apart by their number.
fn record(number: u64) -> Generated {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut value = format!("{number} ").into_bytes();
    while value.len() < 1_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        value.extend_from_slice(&state.to_le_bytes());
    }
    Generated {
        key: format!("u{}", number % 50).into_bytes(),
        value,
        timestamp_ms: 1_000,
        ..Generated::default()
    }
}

/// A consumer of all partitions from their beginning.
fn consumer(mock: &MockKafka) -> BaseConsumer {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", mock.brokers().unwrap())
        .set("group.id", "test")
        .set("auto.offset.reset", "error")
        .set("fetch.wait.max.ms", "10")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(TOPIC, partition, rdkafka::Offset::Offset(0)).unwrap();
    }
    consumer.assign(&list).unwrap();
    consumer
}

/// 30 MiB through two partitions that keep 5 MiB each, to a consumer that is slower.
#[test]
fn a_bounded_producer_loses_nothing_to_a_broker_that_keeps_little() {
    const RECORDS: u64 = 30_000;
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic(TOPIC, PARTITIONS).unwrap();
    let folded: Arc<[AtomicU64]> = (0..PARTITIONS).map(|_| AtomicU64::new(0)).collect();
    let consumed = {
        let folded = Arc::clone(&folded);
        Box::new(move |partition: i32| folded[partition as usize].load(Ordering::Acquire))
    };
    let bound = Bound { bytes: MOCK_AHEAD, consumed, stop: Arc::default() };
    let mut producer = Producer::new(&options(&mock, &[])).unwrap().bounded(bound);

    let consumer = consumer(&mock);
    let reader = thread::spawn(move || {
        let since = Instant::now();
        let mut next = [0_i64; PARTITIONS as usize];
        let mut seen = 0;
        while seen < RECORDS {
            assert!(since.elapsed() < Duration::from_secs(60), "only {seen} records came");
            let Some(message) = consumer.poll(Duration::from_millis(50)) else { continue };
            let message = message.unwrap();
            let partition = message.partition() as usize;
            assert_eq!(message.offset(), next[partition], "records were dropped before they were read");
            next[partition] += 1;
            seen += 1;
            if seen % 500 == 0 {
                thread::sleep(Duration::from_millis(20));
            }
            folded[partition].store(next[partition] as u64, Ordering::Release);
        }
    });
    for number in 0..RECORDS {
        producer.send(&record(number)).unwrap();
        assert!(producer.producer.context().state().most_ahead() <= MOCK_AHEAD);
    }
    assert_eq!(producer.flush().unwrap(), RECORDS);
    reader.join().unwrap();
    assert!(
        producer.dropped(Duration::from_secs(10)).unwrap() > 0,
        "the broker kept all: nothing was tested"
    );
}

#[test]
fn what_the_broker_dropped_is_counted() {
    const RECORDS: u64 = 20_000;
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic(TOPIC, PARTITIONS).unwrap();
    let mut producer = Producer::new(&options(&mock, &[])).unwrap();
    for number in 0..RECORDS {
        producer.send(&record(number)).unwrap();
    }
    assert_eq!(producer.flush().unwrap(), RECORDS);
    let kept: i64 = (0..PARTITIONS)
        .map(|partition| {
            let client = producer.producer.client();
            let (low, high) = client.fetch_watermarks(TOPIC, partition, Duration::from_secs(10)).unwrap();
            high - low
        })
        .sum();
    let dropped = producer.dropped(Duration::from_secs(10)).unwrap();
    assert_eq!(dropped, RECORDS - kept.unsigned_abs());
    assert!(dropped > 5_000, "{dropped} of 20 MB were dropped by two partitions of 5 MiB");
}

#[test]
fn a_wait_for_the_consumer_ends_when_told_to_stop() {
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic(TOPIC, PARTITIONS).unwrap();
    let stop: Arc<AtomicBool> = Arc::default();
    let bound = Bound { bytes: 100_000, consumed: Box::new(|_| 0), stop: Arc::clone(&stop) };
    let mut producer = Producer::new(&options(&mock, &[])).unwrap().bounded(bound);
    let stopper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Release);
    });
    let mut sent = 0;
    let error = loop {
        match producer.send(&record(sent)) {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    stopper.join().unwrap();
    assert!(matches!(error, ProduceError::Stopped(_)), "{error}");
    // The bound is for each of the two partitions, and until it is acknowledged a record counts for both.
    assert!((50..=200).contains(&sent), "{sent} kilobytes within 100,000 bytes a partition");
}

#[test]
fn a_refused_record_fails_the_run() {
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic(TOPIC, PARTITIONS).unwrap();
    mock.cluster().unwrap().request_errors(
        rdkafka::types::RDKafkaApiKey::Produce,
        &[rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED],
    );
    let mut producer = Producer::new(&options(&mock, &[])).unwrap();
    let error = (0..1_000)
        .try_for_each(|number| producer.send(&record(number)).map(|_| ()))
        .and_then(|()| producer.flush().map(|_| ()))
        .unwrap_err();
    assert!(matches!(&error, ProduceError::Refused { refused, .. } if *refused > 0), "{error}");
    let text = error.to_string();
    assert!(text.contains("topic events") && text.contains("authorization"), "{text}");
}

#[test]
fn a_record_too_large_for_the_client_is_told_with_what_to_do() {
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic(TOPIC, PARTITIONS).unwrap();
    let mut producer = Producer::new(&options(&mock, &[("message.max.bytes", "1000")])).unwrap();
    let error = producer.send(&record(0)).unwrap_err().to_string();
    assert!(error.contains("message.max.bytes"), "{error}");
}

/// Keys and hashes from the tests of Kafka's own client (`UtilsTest.testMurmur2`).
#[test]
fn a_key_lands_where_javas_clients_put_it() {
    let hashes =
        [("21", -973_932_308_i32), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536)];
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic(TOPIC, 7).unwrap();
    for (key, hash) in hashes {
        let mut producer = Producer::new(&options(&mock, &[])).unwrap();
        producer.send(&Generated { key: key.into(), ..record(0) }).unwrap();
        producer.flush().unwrap();
        let written: Vec<i32> =
            producer.producer.context().state().ahead.ranges().map(|range| range.0).collect();
        assert_eq!(written, [(hash & 0x7fff_ffff) % 7], "{key}");
    }
}
