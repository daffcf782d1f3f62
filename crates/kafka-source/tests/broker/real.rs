//! The same on a real broker, and what the mock cluster cannot show: transactions that are atomic.

use std::{collections::BTreeSet, sync::atomic::Ordering, time::Duration};

use kafka_harness::KafkaServer;
use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, BaseRecord, Producer},
};

use crate::{
    merge::{Stage, merged, options},
    rebalance::two_members_share,
    support::{Cluster, Raw, WAIT},
};

#[test]
fn on_a_real_broker() {
    let Some(server) = KafkaServer::start_or_skip() else { return };
    let cluster = Cluster::real(server);
    for (topic, partitions) in [("shared", 4), ("shared-eagerly", 4), ("web", 3), ("app", 3), ("merged", 4)] {
        cluster.create(topic, partitions);
    }
    two_members_share(&cluster, "shared", "cooperative-sticky");
    two_members_share(&cluster, "shared-eagerly", "range");
    merges_once_whatever_happens(&cluster);
}

/// A run that died in a transaction, a second instance that comes and goes, a restart.
fn merges_once_whatever_happens(cluster: &Cluster) {
    let die_in_a_transaction = || {
        let dying: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", cluster.brokers())
            .set("transactional.id", "g-merge-one")
            .create()
            .unwrap();
        dying.init_transactions(WAIT).unwrap();
        dying.begin_transaction().unwrap();
        for partition in 0..4 {
            let record = BaseRecord::<str, str>::to("merged").partition(partition).payload("never committed");
            dying.send(record).map_err(|(error, _)| error).unwrap();
        }
        dying.flush(WAIT).unwrap();
    };
    let first = Stage::start(options(cluster, "g", true));
    fill(cluster, 100);
    first.wait_for(600);
    first.stop();
    die_in_a_transaction();

    let first = Stage::start(options(cluster, "g", true));
    fill(cluster, 100);
    first.wait_for(600);
    let mut two = options(cluster, "g", true);
    two.instance = "two".to_owned();
    let second = Stage::start(two);
    let mut filled = 1_200;
    while second.committed() == 0 {
        fill(cluster, 10);
        filled += 60;
        assert!(filled < 60_000, "the second instance never took part");
        std::thread::sleep(Duration::from_millis(100));
    }
    let by_second = second.stop();
    fill(cluster, 10);
    filled += 60;
    first.wait_for(filled as u64 - 600 - by_second);

    let seen = merged(cluster, "reader", filled);
    let aborted = first.counters.aborted.load(Ordering::Relaxed);
    first.stop();
    let origins: BTreeSet<&str> = seen.iter().map(|s| s.origin.as_str()).collect();
    assert_eq!((seen.len(), origins.len()), (filled, filled), "records and origins, {aborted} aborts");
    assert!(seen.iter().all(|s| s.value.as_deref() != Some("never committed")));
}

/// `each` records of as many users in every input partition.
fn fill(cluster: &Cluster, each: usize) {
    let values: Vec<String> = (0..each)
        .map(|n| format!(r#"{{"type":"pageview","timestamp":1,"user_id":"u{n}","page":"/"}}"#))
        .collect();
    let raws: Vec<Raw<'_>> =
        values.iter().map(|value| Raw { value: Some(value.as_bytes()), ..Raw::default() }).collect();
    for topic in ["web", "app"] {
        for partition in 0..3 {
            cluster.produce(topic, partition, &raws);
        }
    }
}
