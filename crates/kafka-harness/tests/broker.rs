//! The harness against the real thing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use kafka_harness::{KafkaServer, Settings};
use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};
use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(30);

fn client(kafka: &KafkaServer) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", kafka.bootstrap());
    client
}

fn produce(client: &ClientConfig, topic: &str, codec: &str, payloads: &[String]) {
    let producer: BaseProducer =
        client.clone().set("compression.codec", codec).set("acks", "all").create().unwrap();
    for payload in payloads {
        let record = BaseRecord::<str, str>::to(topic).key(payload).payload(payload);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

/// Reads `count` payloads as a member of group `group`, commits, and returns them sorted.
fn consume(client: &ClientConfig, topic: &str, group: &str, count: usize) -> Vec<String> {
    let consumer: BaseConsumer = client
        .clone()
        .set("group.id", group)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let since = Instant::now();
    let mut seen = Vec::new();
    while seen.len() < count && since.elapsed() < PATIENCE {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            let message = message.unwrap();
            seen.push(String::from_utf8(message.payload().unwrap().to_vec()).unwrap());
        }
    }
    consumer.commit_consumer_state(rdkafka::consumer::CommitMode::Sync).unwrap();
    seen.sort();
    seen
}

fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}{n:05}")).collect()
}

#[test]
fn records_and_offsets_outlive_a_stop_and_a_crash() {
    let Some(mut kafka) = KafkaServer::start_or_skip() else {
        return;
    };
    kafka.create_topic("events", 3, &[]).unwrap();
    let bootstrap = kafka.bootstrap();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        produce(&client(&kafka), "events", codec, &numbered(codec, 200));
    }
    let first = consume(&client(&kafka), "events", "readers", 1_000);
    assert_eq!(first.len(), 1_000);
    assert_eq!(first.iter().filter(|text| text.starts_with("zstd")).count(), 200);

    kafka.restart().unwrap();
    assert_eq!(kafka.bootstrap(), bootstrap);
    let more = numbered("more", 100);
    produce(&client(&kafka), "events", "lz4", &more);
    // The group's offsets survived: only what came after them is read.
    assert_eq!(consume(&client(&kafka), "events", "readers", 100), more);

    kafka.kill();
    assert!(TcpStream::connect(&bootstrap).is_err());
    kafka.restart().unwrap();
    let all = consume(&client(&kafka), "events", "others", 1_100);
    assert_eq!(all.len(), 1_100);

    kafka.stop().unwrap();
    assert!(TcpStream::connect(&bootstrap).is_err());
}

#[test]
fn a_dropped_broker_leaves_nothing() {
    let Some(kafka) = KafkaServer::start_or_skip() else {
        return;
    };
    let (bootstrap, log) = (kafka.bootstrap(), kafka.log());
    assert!(TcpStream::connect(&bootstrap).is_ok());
    assert!(log.exists());
    drop(kafka);
    assert!(TcpStream::connect(&bootstrap).is_err());
    assert!(!log.parent().unwrap().exists());
}

#[test]
fn the_secured_listener_wants_the_password() {
    let settings = Settings { secure: true, ..Settings::default() };
    let Some(kafka) = KafkaServer::start_with_or_skip(&settings) else {
        return;
    };
    kafka.create_topic("events", 1, &[("retention.ms", "-1")]).unwrap();
    let mut client = ClientConfig::new();
    for (key, value) in kafka.secure_client().unwrap() {
        client.set(key, value);
    }
    let sent = numbered("secret", 50);
    produce(&client, "events", "none", &sent);
    assert_eq!(consume(&client, "events", "readers", 50), sent);

    client.set("sasl.password", "wrong");
    let intruder: BaseConsumer = client.create().unwrap();
    assert!(intruder.fetch_metadata(None, Duration::from_secs(3)).is_err());
}

#[test]
fn what_kafka_refuses_is_an_error_with_its_reason() {
    let Some(kafka) = KafkaServer::start_or_skip() else {
        return;
    };
    kafka.create_topic("events", 1, &[]).unwrap();
    let again = kafka.create_topic("events", 1, &[]).unwrap_err().to_string();
    assert!(again.contains("events") && again.contains("already exists"), "{again}");
    let unknown = kafka.create_topic("other", 1, &[("no.such", "1")]);
    assert!(unknown.is_err());

    let broken = Settings {
        properties: vec![("num.io.threads".to_owned(), "zero".to_owned())],
        ..Settings::default()
    };
    let installation = kafka_harness::Installation::or_skip().unwrap();
    let error = KafkaServer::start(&installation, &broken).unwrap_err().to_string();
    assert!(error.contains("num.io.threads"), "{error}");
}
