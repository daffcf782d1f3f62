//! The whole way on the mock cluster.

use std::collections::{BTreeMap, BTreeSet};

use kafka_source::MockKafka;
use rdkafka::Message;
use traffic::Note;

use crate::{
    compare,
    database::Database,
    instance::Instance,
    kafka::{committed, header, produce, read},
    log::{Log, Sent, traffic},
    metrics::Metrics,
    setup::{GROUP, LETTERS, Setup, TOPIC},
    truth::judge,
};

/// Partitions of the events' topic.
pub(crate) const PARTITIONS: i32 = 4;

/// A cluster with the topics of a pipeline.
pub(crate) fn cluster() -> (MockKafka, String) {
    let mock = MockKafka::start(1).unwrap();
    mock.create_topic(TOPIC, PARTITIONS).unwrap();
    mock.create_topic(LETTERS, 1).unwrap();
    let brokers = mock.brokers().unwrap();
    (mock, brokers)
}

#[test]
fn everything_that_was_read_is_in_the_tables_and_in_the_gauges() {
    let (_mock, brokers) = cluster();
    let mut setup = Setup::new(&brokers);
    let log = Log::generate(traffic(20_000, 1), PARTITIONS);
    let mut instance = setup.start("instance");
    produce(&brokers, TOPIC, log.traffic(), None);
    setup.until_written(log.traffic().len());
    let metrics = instance.until_read(log.traffic().len());
    assert_endpoints(&instance, &metrics);

    produce(&brokers, TOPIC, log.closers(), None);
    instance.until_read(log.records.len());
    let said = instance.stop();
    assert!(!said.contains("ERROR"), "{said}");
    assert_eq!(committed(&brokers, GROUP, TOPIC), log.ends(), "committed offsets");
    assert_dead_letters(&brokers, &log, false);

    judge(&mut setup.clickhouse, &log.lines(), async |database| {
        compare::assert_equal(database, "mock").await;
        assert_active_users(database, &metrics).await;
        let kpis = database.number("SELECT uniqExact(metric) FROM tidegauge.kpis").await;
        assert!(kpis > 5, "{kpis} metrics in kpis");
    });
}

/// The gauges of active users, against SQL over the accepted events at the gauges' own instant.
async fn assert_active_users(database: &Database, metrics: &Metrics) {
    let to = metrics.value("tidegauge_as_of_timestamp_seconds");
    for (window, days) in [("1d", 1), ("7d", 7), ("30d", 30)] {
        for site in ["demo", "shop"] {
            let users = database
                .number(&format!(
                    "SELECT uniqExact(is_anonymous, user_id) FROM oracle.events WHERE is_activity AND site = '{site}' \
                     AND ms >= ({to} - 86400 * {days}) * 1000 AND ms < {to} * 1000"
                ))
                .await;
            assert!(users > 0, "nobody was active on {site} in {window}");
            let series = format!("tidegauge_active_users{{site=\"{site}\",window=\"{window}\"}}");
            assert_eq!(metrics.value(&series), users as f64, "{series}");
        }
    }
}

/// The endpoints of an instance that owns everything and has read the traffic.
fn assert_endpoints(instance: &Instance, metrics: &Metrics) {
    for (path, says) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = instance.ask(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, says), "{path}");
    }
    let partitions = f64::from(PARTITIONS);
    for name in ["tidegauge_partitions_owned", "tidegauge_partitions"] {
        assert_eq!(metrics.value(name), partitions, "{name}");
    }
    for name in [
        "tidegauge_active_users",
        "tidegauge_stickiness_ratio",
        "tidegauge_bounce_ratio",
        "tidegauge_scroll_depth_ratio",
        "tidegauge_feature_adoption_ratio",
        "tidegauge_kpi_rating",
        "tidegauge_events_total",
        "tidegauge_dead_letters_total",
        "tidegauge_state_entries",
        "tidegauge_flush_rows_total",
        "tidegauge_consumer_lag",
    ] {
        assert!(metrics.count(name) > 0, "no {name}");
    }
    for outcome in ["accepted", "duplicate", "skipped", "dead_lettered"] {
        let label = format!("outcome=\"{outcome}\"");
        assert!(metrics.sum("tidegauge_records_total", &label) > 0.0, "no record was {outcome}");
    }
}

/// Every record that was meant to be bad is in the topic of the dead letters, whole, with what is wrong and where it
/// came from: once, or more often where a crash repeated it.
pub(crate) fn assert_dead_letters(brokers: &str, log: &Log, repeats: bool) {
    let bad = |sent: &Sent| matches!(sent.record.note, Note::Bad(_));
    let expected: BTreeMap<(String, String), &Sent> = log
        .records
        .iter()
        .filter(|sent| bad(sent))
        .map(|sent| ((sent.partition.to_string(), sent.offset.to_string()), sent))
        .collect();
    assert!(expected.len() > 100, "only {} bad records", expected.len());
    let mut seen = BTreeSet::new();
    for letter in read(brokers, LETTERS) {
        let get = |name| header(&letter, name);
        let origin =
            (get(kafka_source::HEADER_PARTITION).unwrap(), get(kafka_source::HEADER_OFFSET).unwrap());
        let sent = expected.get(&origin).unwrap_or_else(|| panic!("{origin:?} is no bad record"));
        let Note::Bad(rejection) = sent.record.note else { unreachable!("only bad records are expected") };
        assert_eq!(letter.payload(), sent.record.payload(), "{origin:?}");
        assert_eq!(letter.key(), Some(&*sent.record.key), "{origin:?}");
        assert_eq!(get(kafka_source::HEADER_TOPIC).as_deref(), Some(TOPIC));
        assert_eq!(get(kafka_source::HEADER_TIMESTAMP), Some(sent.record.timestamp_ms.to_string()));
        assert_eq!(get(kafka_source::HEADER_REASON).as_deref(), Some(rejection.reason.code()), "{origin:?}");
        assert_eq!(get(kafka_source::HEADER_FIELD).as_deref(), rejection.field, "{origin:?}");
        assert!(seen.insert(origin.clone()) || repeats, "{origin:?} is there twice");
    }
    assert_eq!(seen.len(), expected.len(), "bad records that are dead letters");
}
