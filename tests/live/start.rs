//! Starts with other rules, and without a checkpoint.

use std::fs;

use crate::{
    kafka::produce,
    log::{Log, traffic},
    mock::{PARTITIONS, cluster},
    setup::{Setup, TOPIC},
    truth,
};

#[test]
fn other_rules_are_refused_and_a_lost_checkpoint_is_made_anew() {
    let (_mock, brokers) = cluster();
    let mut setup = Setup::new(&brokers);
    let log = Log::generate(traffic(6_000, 4), PARTITIONS);
    let (first, rest) = log.traffic().split_at(4_000);
    produce(&brokers, TOPIC, first, None);
    let mut instance = setup.start("first");
    instance.until_read(first.len());
    instance.stop();
    let checkpoints = || {
        let files = fs::read_dir(setup.checkpoints()).unwrap();
        files.map(|file| file.unwrap().path()).collect::<Vec<_>>()
    };
    assert!(!checkpoints().is_empty(), "no checkpoint");

    // By the checkpoint, and by the rows where there is no checkpoint.
    setup.set("fold.session_gap", "10m");
    for (name, who) in [("other-rules", "the checkpoint"), ("other-rules-again", "the rows in ClickHouse")] {
        let (code, said) = setup.refused(name);
        assert_eq!(code, Some(1), "{said}");
        for word in ["may not begin", who, "folded by other rules", "start over with a new sink.database"] {
            assert!(said.contains(word), "no {word:?} in {said}");
        }
        if setup.checkpoints().exists() {
            fs::remove_dir_all(setup.checkpoints()).unwrap();
        }
    }
    assert_eq!(setup.written(), first.len() as u64, "a refused start has written");

    // The log still begins at 0: all is folded anew.
    setup.set("fold.session_gap", "30m");
    let mut instance = setup.start("anew");
    instance.until_read(first.len());
    produce(&brokers, TOPIC, rest, None);
    produce(&brokers, TOPIC, log.closers(), None);
    instance.until_read(log.records.len());
    let said = instance.stop();
    assert!(said.contains("beginning with an empty state"), "{said}");
    truth::hold(&mut setup.clickhouse, &log.lines(), "without checkpoint");
}
