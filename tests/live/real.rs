//! Two instances on a real Apache Kafka.

use std::{collections::BTreeMap, process::Command, thread};

use kafka_harness::KafkaServer;
use rdkafka::Message;
use traffic::{Generator, Settings};

use crate::{
    kafka::{committed, produce, read},
    log::{END, Log},
    mock::assert_dead_letters,
    process::until,
    setup::{GROUP, Setup, TOPIC},
    truth::hold,
};

const PARTITIONS: u32 = 4;
const DAY_MS: i64 = 86_400_000;

/// What `tidegauge generate` can be told: three days up to `end`.
fn generated(seed: u64, end: i64) -> Settings {
    Settings {
        events: 25_000,
        users: 800,
        seed,
        days: 3,
        end,
        sites: ["demo", "shop"].map(str::to_owned).to_vec(),
        bad_share: 0.01,
        late_share: 0.0,
        ..Settings::default()
    }
}

/// `tidegauge generate` into the topic.
fn generate(brokers: &str, settings: &Settings) {
    let text = |value: &dyn std::fmt::Display| value.to_string();
    let end = jiff::Timestamp::from_millisecond(settings.end).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tidegauge"))
        .args(["generate", "--kafka", brokers, "--topic", TOPIC, "--property", "compression.type=lz4"])
        .args(["--events", &text(&settings.events), "--users", &text(&settings.users)])
        .args(["--seed", &text(&settings.seed), "--days", &text(&settings.days), "--end", &text(&end)])
        .args(["--sites", &settings.sites.join(","), "--bad", &text(&settings.bad_share)])
        .args(["--late", &text(&settings.late_share)])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn two_instances_share_the_work_and_one_takes_over_from_the_other() {
    let Some(server) = KafkaServer::start_or_skip() else { return };
    let brokers = server.bootstrap();
    server.create_topic(TOPIC, PARTITIONS, &[]).unwrap();
    let mut setup = Setup::new(&brokers);
    let (first, second) = (generated(6, END - 3 * DAY_MS), generated(7, END));
    generate(&brokers, &first);

    let (mut staying, leaving) = (setup.start("staying"), setup.start("leaving"));
    until("each instance owns half of the partitions", || {
        let owned =
            [&staying, &leaving].map(|instance| instance.metrics().value("tidegauge_partitions_owned"));
        (owned == [2.0, 2.0]).then_some(())
    });
    thread::scope(|scope| {
        scope.spawn(|| generate(&brokers, &second));
        let read = || leaving.metrics().sum("tidegauge_records_total", "");
        let before = read();
        until("the one that will leave reads on", || (read() > before).then_some(()));
        leaving.stop();
    });
    let traffic: Vec<_> = [&first, &second]
        .into_iter()
        .flat_map(|settings| Generator::new(settings.clone()).unwrap())
        .collect();
    let records = traffic.len();
    setup.until_written(records);
    let metrics = staying.until_read(records);
    assert_eq!(metrics.value("tidegauge_partitions_owned"), f64::from(PARTITIONS));

    // Where the program has put each user, and in the order of the generator.
    let partitions = i32::try_from(PARTITIONS).unwrap();
    let home: BTreeMap<Vec<u8>, i32> = read(&brokers, TOPIC)
        .iter()
        .map(|record| (record.key().unwrap().to_vec(), record.partition()))
        .collect();
    let log = Log::place(traffic, partitions, |key| home[key]);
    produce(&brokers, TOPIC, log.closers(), None);
    staying.until_read(log.records.len());
    let said = staying.stop();
    assert!(said.contains("going on from a checkpoint"), "{said}");
    assert_eq!(committed(&brokers, GROUP, TOPIC), log.ends(), "committed offsets");
    assert_dead_letters(&brokers, &log, false);
    hold(&mut setup.clickhouse, &log.lines(), "two instances");
}
