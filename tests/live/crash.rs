//! Crashes: of the pipeline, and of ClickHouse.

use std::{
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use xxhash_rust::xxh3::xxh3_64;

use crate::{
    kafka::{committed, produce},
    log::{Log, traffic},
    mock::{PARTITIONS, assert_dead_letters, cluster},
    process::until,
    setup::{GROUP, Setup, TOPIC},
    truth,
};

/// Records a second while things break.
const RATE: u32 = 2_000;

/// Moments of 0.1 to 2.6 s, other ones in each run; the seed is printed.
fn moments() -> impl Iterator<Item = Duration> {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    println!("moments by the seed {seed}");
    (0_u64..).map(move |n| {
        let random = xxh3_64(&[seed.to_le_bytes(), n.to_le_bytes()].concat());
        Duration::from_millis(100 + random % 2_500)
    })
}

#[test]
fn a_pipeline_killed_at_any_moment_loses_and_doubles_nothing() {
    let (_mock, brokers) = cluster();
    let mut setup = Setup::new(&brokers);
    let log = Log::generate(traffic(20_000, 2), PARTITIONS);
    let mut instance = setup.start("instance");
    // Each kill falls into traffic that is still coming, and the next instance finds what came meanwhile.
    let parts = log.traffic().chunks(log.traffic().len().div_ceil(3));
    for (part, moment) in parts.zip(moments()) {
        let before = setup.written();
        thread::scope(|scope| {
            scope.spawn(|| produce(&brokers, TOPIC, part, Some(RATE)));
            until("rows of more records", || (setup.written() > before).then_some(()));
            thread::sleep(moment);
            instance.kill();
            println!("killed after {moment:?}, with rows of {} records", setup.written());
            instance = setup.start("instance");
        });
    }
    produce(&brokers, TOPIC, log.closers(), None);
    instance.until_read(log.records.len());
    let said = instance.stop();
    assert!(said.contains("going on from a checkpoint"), "no start found a checkpoint: {said}");
    assert_eq!(committed(&brokers, GROUP, TOPIC), log.ends(), "committed offsets");
    assert_dead_letters(&brokers, &log, true);
    truth::hold(&mut setup.clickhouse, &log.lines(), "killed pipeline");
}

#[test]
fn clickhouse_may_freeze_and_crash_under_load() {
    let (_mock, brokers) = cluster();
    let mut setup = Setup::new(&brokers);
    // The sink retries soon, so that the test is over soon.
    setup.set("sink.retry_max", "500ms");
    let log = Log::generate(traffic(20_000, 3), PARTITIONS);
    let mut instance = setup.start("instance");
    thread::scope(|scope| {
        scope.spawn(|| produce(&brokers, TOPIC, log.traffic(), Some(RATE)));
        until("the first rows", || (setup.written() > 0).then_some(()));
        setup.clickhouse.freeze();
        thread::sleep(Duration::from_secs(2));
        setup.clickhouse.thaw();
        let written = setup.written();
        until("rows after the thaw", || (setup.written() > written).then_some(()));

        setup.clickhouse.kill();
        let reason = until("the instance says that it is not ready", || {
            let answer = instance.ask("/readyz");
            (answer.status == 503).then_some(answer.body)
        });
        assert!(reason.contains("ClickHouse"), "{reason}");
        let before = instance.metrics().sum("tidegauge_records_total", "");
        until("reading goes on without ClickHouse", || {
            (instance.metrics().sum("tidegauge_records_total", "") > before + 1_000.0).then_some(())
        });
        assert_eq!(instance.ask("/healthz").status, 200);
        setup.clickhouse.revive();
        until("the instance is ready again", || (instance.ask("/readyz").status == 200).then_some(()));
    });
    let metrics = instance.until_read(log.traffic().len());
    assert!(metrics.sum("tidegauge_flush_failures_total", "") > 0.0, "no write failed");
    setup.until_written(log.traffic().len());

    // A stop does not wait for a ClickHouse that stays away.
    setup.clickhouse.kill();
    produce(&brokers, TOPIC, log.closers(), None);
    instance.until_read(log.records.len());
    let said = instance.stop();
    assert!(said.contains("nothing is lost"), "{said}");
    setup.clickhouse.revive();
    assert!(setup.written() < log.records.len() as u64, "the rows were written in spite of all");
    let mut instance = setup.start("again");
    instance.until_read(log.records.len());
    instance.stop();
    assert_eq!(committed(&brokers, GROUP, TOPIC), log.ends(), "committed offsets");
    truth::hold(&mut setup.clickhouse, &log.lines(), "ClickHouse away");
}
