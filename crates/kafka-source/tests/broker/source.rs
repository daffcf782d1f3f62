//! Records, positions, commits, questions.

use std::time::{Duration, Instant};

use kafka_source::{CommitOutcome, Poll, RecordTimestamp, Source, SourceError};
use pipeline::{Offset, OffsetRange, Partition};

use crate::support::{Cluster, Raw, WAIT, alone, assign_all, poll, read};

#[test]
fn records_come_whole_and_in_order() {
    let cluster = Cluster::start(&[("events", 1)]);
    cluster.produce(
        "events",
        0,
        &[
            Raw { key: Some(b"k"), value: Some(b"one"), timestamp: Some(1_500), headers: &[] },
            Raw { key: None, value: None, timestamp: Some(1_600), headers: &[] },
            Raw { key: Some(b""), value: Some(b""), timestamp: Some(1_700), headers: &[("x", "y")] },
        ],
    );
    let seen = read(&alone(&cluster, "g", "events", 0), 3);
    let values: Vec<_> = seen.iter().map(|s| (s.place.to_string(), s.value.as_deref())).collect();
    assert_eq!(
        values,
        [("events/0/0".into(), Some("one")), ("events/0/1".into(), None), ("events/0/2".into(), Some(""))]
    );
    let keys: Vec<_> = seen.iter().map(|s| s.key.as_deref()).collect();
    assert_eq!(keys, [Some(&b"k"[..]), None, Some(b"")]);
    let times: Vec<_> = seen.iter().map(|s| s.timestamp).collect();
    assert_eq!(times, [1_500, 1_600, 1_700].map(RecordTimestamp::Create));
}

#[test]
fn reading_begins_where_the_owner_says_not_where_the_group_is() {
    let cluster = Cluster::start(&[("events", 1)]);
    cluster.produce_texts("events", 0, &["a", "b", "c", "d"]);
    let partition = Partition::new("events", 0);
    let first = alone(&cluster, "g", "events", 2);
    let values: Vec<_> = read(&first, 2).into_iter().map(|s| s.value).collect();
    assert_eq!(values, [Some("c".to_owned()), Some("d".to_owned())]);
    assert_eq!(first.commit(&[partition.at(Offset(4))]).unwrap(), CommitOutcome::Committed);
    let committed = first.committed(std::slice::from_ref(&partition), WAIT).unwrap();
    assert_eq!(committed.get(&partition), Some(&Some(Offset(4))));
    first.close();

    let second = alone(&cluster, "g", "events", 1);
    let places: Vec<_> = read(&second, 3).into_iter().map(|s| s.place.offset).collect();
    assert_eq!(places, [Offset(1), Offset(2), Offset(3)]);
    let other = cluster.subscribe("other", &["events"]);
    let committed = other.committed(std::slice::from_ref(&partition), WAIT).unwrap();
    assert_eq!(committed.get(&partition), Some(&None));
}

#[test]
fn nothing_is_committed_that_was_not_asked_for() {
    let cluster = Cluster::start(&[("events", 1)]);
    cluster.produce_texts("events", 0, &["a", "b"]);
    let source = alone(&cluster, "g", "events", 0);
    read(&source, 2);
    source.close();
    let source = cluster.subscribe("g", &["events"]);
    let partition = Partition::new("events", 0);
    let committed = source.committed(std::slice::from_ref(&partition), WAIT).unwrap();
    assert_eq!(committed.get(&partition), Some(&None));
}

#[test]
fn the_brokers_answer_questions() {
    let cluster = Cluster::start(&[("events", 3)]);
    cluster.produce_texts("events", 1, &["a", "b"]);
    let source = cluster.subscribe("g", &["events"]);
    assert_eq!(source.partitions("events", WAIT).unwrap(), 3);
    let range = |partition| source.log_range(&Partition::new("events", partition), WAIT).unwrap();
    assert_eq!(range(1), OffsetRange::new(Offset(0), Offset(2)).unwrap());
    assert!(range(2).is_empty());
    let error = source.partitions("nowhere", Duration::from_secs(1)).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
    let since = Instant::now();
    let error = source.log_range(&Partition::new("events", 7), Duration::from_secs(1)).unwrap_err();
    assert!(error.to_string().contains("the offsets of events/7"), "{error}");
    assert!(since.elapsed() < Duration::from_secs(4), "asked for {:?}", since.elapsed());
}

#[test]
fn lag_is_what_the_log_holds_beyond_the_position() {
    let cluster = Cluster::start(&[("events", 1)]);
    cluster.produce_texts("events", 0, &["a", "b", "c"]);
    let partition = Partition::new("events", 0);
    let source = cluster.subscribe("g", &["events"]);
    assert_eq!(source.lag(&partition.at(Offset(0))), None, "nothing was fetched yet");
    assign_all(&source, 0);
    read(&source, 3);
    assert_eq!(source.lag(&partition.at(Offset(1))), Some(2));
    assert_eq!(source.lag(&partition.at(Offset(3))), Some(0));
}

#[test]
fn an_offset_that_is_gone_is_an_error_and_never_a_jump() {
    let cluster = Cluster::start(&[("events", 1)]);
    cluster.produce_texts("events", 0, &["a"]);
    let source = alone(&cluster, "g", "events", 5);
    let since = Instant::now();
    let error = loop {
        assert!(since.elapsed() < WAIT, "no error came");
        let visit = |record: kafka_source::SourceRecord<'_>| panic!("jumped to {record:?}");
        if let Err(error) = source.poll_batch(10, Duration::from_millis(50), visit) {
            break error;
        }
    };
    assert!(matches!(error, SourceError::OffsetGone { .. }), "{error}");
}

#[test]
fn a_pause_holds_for_what_is_assigned_later_and_loses_nothing() {
    let cluster = Cluster::start(&[("events", 1)]);
    let texts: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    cluster.produce_texts("events", 0, &texts);
    let source = cluster.subscribe("g", &["events"]);
    source.pause().unwrap();
    assign_all(&source, 0);
    let mut seen = Vec::new();
    idle(&source, &mut seen);
    assert_eq!(seen.len(), 0, "read while paused");

    source.resume().unwrap();
    while seen.is_empty() {
        source.poll_batch(100, WAIT, |r| seen.push(r.offset)).unwrap();
    }
    source.pause().unwrap();
    let before = seen.len();
    idle(&source, &mut seen);
    assert_eq!(seen.len(), before, "read while paused");
    source.resume().unwrap();
    let since = Instant::now();
    while seen.len() < 500 && since.elapsed() < WAIT {
        source.poll_batch(100, Duration::from_millis(50), |r| seen.push(r.offset)).unwrap();
    }
    assert_eq!(seen, (0..500).collect::<Vec<u64>>());
}

/// Polls for a while in which nothing may come.
fn idle(source: &Source, seen: &mut Vec<u64>) {
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(500) {
        source.poll_batch(100, Duration::from_millis(50), |r| seen.push(r.offset)).unwrap();
    }
}

#[test]
fn a_batch_is_no_larger_than_asked_for() {
    let cluster = Cluster::start(&[("events", 1)]);
    cluster.produce_texts("events", 0, &["a"; 25]);
    let source = alone(&cluster, "g", "events", 0);
    let (mut read, since) = (0, Instant::now());
    while read < 25 && since.elapsed() < WAIT {
        let mut visited = 0;
        match source.poll_batch(10, Duration::from_millis(50), |_| visited += 1).unwrap() {
            Poll::Records(count) => assert!(count == visited && (1..=10).contains(&count)),
            Poll::Idle => assert_eq!(visited, 0),
            Poll::Rebalance(rebalance) => panic!("unexpected {rebalance:?}"),
        }
        read += visited;
    }
    assert_eq!(read, 25);
}

#[test]
fn an_origin_is_read_from_headers_only_where_asked_for() {
    let cluster = Cluster::start(&[("events", 1)]);
    let merged = [("other", "x"), ("tidegauge-origin", "in/3/99"), ("tidegauge-record-time", "append/7")];
    let letter = [
        ("tidegauge-topic", "in"),
        ("tidegauge-partition", "2"),
        ("tidegauge-offset", "41"),
        ("tidegauge-timestamp", "5"),
    ];
    let broken = [("tidegauge-origin", "in/3"), ("tidegauge-topic", "in"), ("tidegauge-partition", "x")];
    let raw = |headers| Raw { value: Some(b"{}"), timestamp: Some(1_000), key: None, headers };
    cluster.produce("events", 0, &[raw(&merged), raw(&letter), raw(&broken), raw(&[])]);

    let plain = read(&alone(&cluster, "plain", "events", 0), 4);
    let origins: Vec<_> = plain.iter().map(|s| s.origin.as_str()).collect();
    assert_eq!(origins, ["events/0/0", "events/0/1", "events/0/2", "events/0/3"]);

    let mut options = cluster.options("g", &["events"]);
    options.read_origin = true;
    let source = Source::subscribe(options).unwrap();
    assign_all(&source, 0);
    let seen = read(&source, 4);
    let origins: Vec<_> = seen.iter().map(|s| s.origin.as_str()).collect();
    assert_eq!(origins, ["in/3/99", "in/2/41", "events/0/2", "events/0/3"]);
    assert_eq!(seen[0].timestamp, RecordTimestamp::LogAppend(7));
    assert_eq!(seen[1].timestamp, RecordTimestamp::Create(1_000), "a letter sent again is a new record");
}

#[test]
fn brokers_that_are_away_are_waited_for() {
    let cluster = Cluster::start(&[("events", 1)]);
    cluster.produce_texts("events", 0, &["a"]);
    let source = alone(&cluster, "g", "events", 0);
    read(&source, 1);
    cluster.mock().broker_down(-1).unwrap();
    let mut seen = Vec::new();
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(700) {
        assert_eq!(poll(&source, &mut seen), Poll::Idle);
    }
    cluster.mock().broker_up(-1).unwrap();
    cluster.produce_texts("events", 0, &["b"]);
    assert_eq!(read(&source, 1)[0].value.as_deref(), Some("b"));
}
