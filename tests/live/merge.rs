//! The merge stage on a real Apache Kafka.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
};

use event_model::{Decoded, decode};
use kafka_harness::KafkaServer;
use rdkafka::Message;
use traffic::{Generated, Generator};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    compare,
    kafka::{header, produce, read},
    log::{Sent, closer, traffic},
    setup::{LETTERS, Setup},
    truth::judge,
};

const TOPICS: [&str; 2] = ["web", "app"];
const PARTITIONS: u64 = 3;

/// Records anywhere, under any key; by `topic/partition/offset`.
struct Scattered(BTreeMap<String, Sent>);

impl Scattered {
    fn new(records: impl Iterator<Item = Generated>) -> Self {
        let (mut sent, mut ends) = (BTreeMap::new(), BTreeMap::new());
        for (number, mut record) in (0_u64..).zip(records) {
            let random = xxh3_64(&number.to_le_bytes());
            let topic = TOPICS[usize::from(random & 1 == 1)];
            let partition = i32::try_from(random / 2 % PARTITIONS).unwrap();
            record.key = format!("key-{}", random % 100).into_bytes();
            let end: &mut u64 = ends.entry((topic, partition)).or_default();
            sent.insert(format!("{topic}/{partition}/{end}"), Sent { partition, offset: *end, record });
            *end += 1;
        }
        Self(sent)
    }

    /// A topic's records, each partition's in order.
    fn of(&self, topic: &str) -> Vec<Sent> {
        let of_topic = |(origin, _): &(&String, &Sent)| origin.split('/').next() == Some(topic);
        let mut sent: Vec<Sent> = self.0.iter().filter(of_topic).map(|(_, sent)| sent.clone()).collect();
        sent.sort_by_key(|sent| sent.offset);
        sent
    }
}

/// Leaves out events without an id that share their instant with another of their user: once scattered, nothing says
/// which of them came first.
fn ordered(records: Vec<Generated>) -> impl Iterator<Item = Generated> {
    // Site, user and instant; whether there is an event id.
    let place = |record: &Generated| match decode(&record.value) {
        Ok(Decoded::Event(event)) => {
            let user = event.user.as_ref().map(|user| user.id().to_owned());
            Some(((event.site.to_string(), user, event.timestamp), event.event_id.is_some()))
        }
        _ => None,
    };
    let mut there = BTreeMap::new();
    for (place, _) in records.iter().filter_map(place) {
        *there.entry(place).or_insert(0) += 1;
    }
    records.into_iter().filter(move |record| match place(record) {
        Some((place, has_id)) => has_id || there[&place] == 1,
        None => true,
    })
}

#[test]
fn topics_that_no_user_keys_are_merged_into_one_that_is() {
    let Some(server) = KafkaServer::start_or_skip() else { return };
    let brokers = server.bootstrap();
    for topic in TOPICS {
        server.create_topic(topic, 3, &[]).unwrap();
    }
    let mut setup = Setup::new(&brokers);
    setup
        .set("kafka.topics", TOPICS.to_vec())
        .set("kafka.keyed_by_user", false)
        .set("kafka.merged_topic", "merged")
        .set("kafka.merged_partitions", 4)
        // Partitions that are read one after the other are far apart in time.
        .set("fold.allowed_lateness", "30d");
    let sent = Scattered::new(ordered(Generator::new(traffic(20_000, 8)).unwrap().collect()));
    let mut instance = setup.start("instance");
    thread::scope(|scope| {
        for topic in TOPICS {
            let (brokers, sent) = (&brokers, &sent);
            scope.spawn(move || produce(brokers, topic, &sent.of(topic), None));
        }
    });
    let records = sent.0.len();
    // A closing record for whatever partition of the merged topic its user comes into.
    let closers: Vec<Sent> = (0..64).map(|n| Sent { partition: 0, offset: 0, record: closer(n) }).collect();
    instance.until_read(records);
    produce(&brokers, "web", &closers, None);
    instance.until_read(records + closers.len());
    instance.stop();

    // Each record is in the merged topic once, and that topic's order is the order of arrival.
    let merged = read(&brokers, "merged");
    assert_eq!(merged.len(), records + closers.len(), "merged records");
    let mut seen = BTreeSet::new();
    let mut lines: Vec<&[u8]> = Vec::new();
    for record in &merged {
        let origin = header(record, kafka_source::HEADER_ORIGIN).unwrap();
        assert!(seen.insert(origin.clone()), "{origin} is there twice");
        match sent.0.get(&origin) {
            Some(before) => {
                assert_eq!(record.payload(), before.record.payload(), "{origin}");
                lines.push(before.truth());
            }
            None => lines.push(record.payload().unwrap()),
        }
    }
    let letters = read(&brokers, LETTERS);
    assert!(letters.len() > 100, "only {} dead letters", letters.len());
    for letter in &letters {
        let get = |name| header(letter, name).unwrap();
        let [topic, partition, offset] =
            [kafka_source::HEADER_TOPIC, kafka_source::HEADER_PARTITION, kafka_source::HEADER_OFFSET]
                .map(get);
        let before = &sent.0[&format!("{topic}/{partition}/{offset}")];
        assert_eq!(letter.payload(), before.record.payload(), "{topic}/{partition}/{offset}");
    }
    judge(&mut setup.clickhouse, &lines, async |database| {
        compare::assert_equal(database, "merged").await;
        let dead = database.number("SELECT sum(dead_lettered) FROM tidegauge.accounting").await;
        assert_eq!(usize::try_from(dead), Ok(letters.len()), "dead letters");
        let topics = database.rows("SELECT DISTINCT topic FROM tidegauge.accounting").await;
        assert_eq!(topics, ["merged"], "topics with rows");
    });
}
