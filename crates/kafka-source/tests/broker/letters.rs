//! Dead letters: whole, named, acknowledged.

use std::{collections::BTreeMap, time::Duration};

use kafka_source::{
    DeadLetters, HEADER_FIELD, HEADER_OFFSET, HEADER_PARTITION, HEADER_REASON, HEADER_TIMESTAMP,
    HEADER_TOPIC, Letter, LetterError, LetterOptions, RecordTimestamp,
};
use pipeline::Origin;
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{BorrowedMessage, Headers},
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

use crate::support::{Cluster, WAIT};

fn letters(cluster: &Cluster, properties: &[(&str, &str)]) -> DeadLetters {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    DeadLetters::new(LetterOptions {
        brokers: cluster.brokers(),
        client_id: "test".to_owned(),
        topic: "dead".to_owned(),
        properties: properties.iter().map(own).collect(),
    })
    .unwrap()
}

fn letter(value: &[u8]) -> Letter<'_> {
    Letter {
        origin: Origin { topic: "events", partition: 3, offset: 41 },
        key: Some(b"user"),
        value: Some(value),
        timestamp: RecordTimestamp::Create(1_700_000_000_000),
        reason: "wrong_type",
        field: Some("page"),
    }
}

/// Everything in the dead-letter topic's only partition, up to `count`.
fn dead(cluster: &Cluster, count: usize, mut visit: impl FnMut(&BorrowedMessage<'_>)) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.brokers())
        .set("group.id", "reader")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("dead", 0, Offset::Beginning).unwrap();
    consumer.assign(&list).unwrap();
    for _ in 0..count {
        visit(&consumer.poll(WAIT).expect("a letter").unwrap());
    }
    assert!(consumer.poll(Duration::from_millis(300)).is_none(), "more than {count} letters");
}

fn headers(message: &BorrowedMessage<'_>) -> BTreeMap<String, String> {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    message
        .headers()
        .unwrap()
        .iter()
        .map(|header| (header.key.to_owned(), header.value.map(text).unwrap()))
        .collect()
}

#[test]
fn a_letter_arrives_whole_and_names_its_origin() {
    let cluster = Cluster::start(&[("dead", 1)]);
    let letters = letters(&cluster, &[]);
    letters.send(&letter(b"\xff{\"page\":1}\n")).unwrap();
    let bare = Letter {
        origin: Origin { topic: "events", partition: 0, offset: 0 },
        key: None,
        timestamp: RecordTimestamp::None,
        field: None,
        ..letter(b"")
    };
    letters.send(&bare).unwrap();
    letters.flush(WAIT).unwrap();
    assert_eq!(letters.waiting(), 0);

    let mut came = Vec::new();
    dead(&cluster, 2, |m| {
        came.push((m.key().map(<[u8]>::to_vec), m.payload().map(<[u8]>::to_vec), headers(m)))
    });
    let named = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    let whole = named(&[
        (HEADER_TOPIC, "events"),
        (HEADER_PARTITION, "3"),
        (HEADER_OFFSET, "41"),
        (HEADER_TIMESTAMP, "1700000000000"),
        (HEADER_REASON, "wrong_type"),
        (HEADER_FIELD, "page"),
    ]);
    let short = named(&[
        (HEADER_TOPIC, "events"),
        (HEADER_PARTITION, "0"),
        (HEADER_OFFSET, "0"),
        (HEADER_REASON, "wrong_type"),
    ]);
    assert_eq!(
        came,
        [
            (Some(b"user".to_vec()), Some(b"\xff{\"page\":1}\n".to_vec()), whole),
            (None, Some(Vec::new()), short),
        ]
    );
}

#[test]
fn a_letter_too_large_is_an_error_that_says_what_to_raise() {
    let cluster = Cluster::start(&[("dead", 1)]);
    let large = vec![b'x'; 1_500_000];
    letters(&cluster, &[]).send(&letter(&large)).expect("2 MiB are let through");
    let error = letters(&cluster, &[("message.max.bytes", "1000000")]).send(&letter(&large)).unwrap_err();
    assert!(matches!(&error, LetterError::TooLarge { origin, .. } if origin == "events/3/41"), "{error}");
    assert!(error.to_string().contains("max.message.bytes"), "{error}");
}

#[test]
fn a_letter_the_broker_refuses_fails_every_flush_from_then_on() {
    let cluster = Cluster::start(&[("dead", 1)]);
    let letters = letters(&cluster, &[]);
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    cluster.mock().request_errors(RDKafkaApiKey::Produce, &[refusal]);
    letters.send(&letter(b"first")).unwrap();
    let error = letters.flush(WAIT).unwrap_err();
    assert!(matches!(error, LetterError::TooLarge { .. }), "{error}");
    assert!(letters.flush(WAIT).is_err(), "the refusal was forgotten");
}

#[test]
fn letters_wait_while_the_brokers_are_away_and_arrive_once() {
    let cluster = Cluster::start(&[("dead", 1)]);
    let letters = letters(&cluster, &[]);
    letters.send(&letter(b"before")).unwrap();
    letters.flush(WAIT).unwrap();
    cluster.mock().broker_down(-1).unwrap();
    letters.send(&letter(b"during")).unwrap();
    let error = letters.flush(Duration::from_millis(500)).unwrap_err();
    assert!(matches!(error, LetterError::Waiting { waiting: 1, .. }), "{error}");
    cluster.mock().broker_up(-1).unwrap();
    letters.flush(WAIT).unwrap();
    let mut values = Vec::new();
    dead(&cluster, 2, |m| values.push(m.payload().map(<[u8]>::to_vec)));
    assert_eq!(values, [Some(b"before".to_vec()), Some(b"during".to_vec())]);
}

#[test]
fn a_full_queue_is_waited_out() {
    let cluster = Cluster::start(&[("dead", 1)]);
    let letters = letters(&cluster, &[("queue.buffering.max.messages", "10")]);
    for _ in 0..200 {
        letters.send(&letter(b"one of many")).unwrap();
    }
    letters.flush(WAIT).unwrap();
    let mut count = 0;
    dead(&cluster, 200, |_| count += 1);
    assert_eq!(count, 200);
}
