//! Writing to topics and looking at what is in them.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{Headers, OwnedMessage},
    producer::{BaseProducer, BaseRecord, Producer},
};

use crate::{log::Sent, process::until};

const WAIT: Duration = Duration::from_secs(30);

/// Writes records to their partitions, `per_second` of them in each second if it is given.
pub(crate) fn produce(brokers: &str, topic: &str, records: &[Sent], per_second: Option<u32>) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", brokers).set("linger.ms", "5").create().unwrap();
    let since = Instant::now();
    for (number, sent) in (0_u32..).zip(records) {
        if let Some(rate) = per_second {
            let due = Duration::from_secs(1) * number / rate;
            thread::sleep(due.saturating_sub(since.elapsed()));
        }
        let mut record = BaseRecord::<[u8], [u8]>::to(topic)
            .partition(sent.partition)
            .key(&sent.record.key)
            .timestamp(sent.record.timestamp_ms);
        record.payload = sent.record.payload();
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.poll(Duration::ZERO);
    }
    producer.flush(WAIT).unwrap();
}

/// Everything that is in a topic, partition by partition, in order.
pub(crate) fn read(brokers: &str, topic: &str) -> Vec<OwnedMessage> {
    let consumer = consumer(brokers, "reader");
    let partitions = partitions(&consumer, topic);
    let mut list = TopicPartitionList::new();
    let mut ends = BTreeMap::new();
    for partition in partitions {
        let (begin, end) = consumer.fetch_watermarks(topic, partition, WAIT).unwrap();
        if end > begin {
            ends.insert(partition, end);
            list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
        }
    }
    consumer.assign(&list).unwrap();
    let mut records = Vec::new();
    until("the topic is read to its end", || {
        while let Some(message) = consumer.poll(Duration::from_millis(100)) {
            records.push(message.unwrap().detach());
        }
        // Transactions end with a record that is never handed over.
        let position = consumer.position().unwrap();
        let reached = |(partition, end): (&i32, &i64)| {
            let element = position.find_partition(topic, *partition).unwrap();
            matches!(element.offset(), Offset::Offset(offset) if offset >= *end)
        };
        ends.iter().all(reached).then_some(())
    });
    records.sort_by_key(|record| (record.partition(), record.offset()));
    records
}

/// The offsets a group has committed, by partition.
pub(crate) fn committed(brokers: &str, group: &str, topic: &str) -> BTreeMap<i32, u64> {
    let consumer = consumer(brokers, group);
    let mut list = TopicPartitionList::new();
    for partition in partitions(&consumer, topic) {
        list.add_partition(topic, partition);
    }
    let offset = |offset| match offset {
        Offset::Offset(offset) => Some(u64::try_from(offset).unwrap()),
        _ => None,
    };
    let committed = consumer.committed_offsets(list, WAIT).unwrap();
    committed.elements().iter().filter_map(|e| Some((e.partition(), offset(e.offset())?))).collect()
}

/// A record's header as text.
pub(crate) fn header(message: &OwnedMessage, name: &str) -> Option<String> {
    let headers = message.headers()?;
    let header = headers.iter().find(|header| header.key == name)?;
    header.value.map(|value| String::from_utf8_lossy(value).into_owned())
}

fn consumer(brokers: &str, group: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .create()
        .unwrap()
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> Vec<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), WAIT).unwrap();
    metadata.topics()[0].partitions().iter().map(|partition| partition.id()).collect()
}
