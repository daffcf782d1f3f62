//! The merge stage: keyed, once, with its origins.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use kafka_source::{
    CommitOutcome, Poll, RecordTimestamp, Source,
    merge::{MergeCounters, MergeError, MergeOptions, run},
    user_key,
};
use pipeline::{Offset, Partition};

use crate::support::{Cluster, Raw, Seen, WAIT, assign_all, poll, rebalance};

/// A merge stage on its own thread.
pub(crate) struct Stage {
    stop: Arc<AtomicBool>,
    pub(crate) counters: Arc<MergeCounters>,
    thread: JoinHandle<Result<(), MergeError>>,
}

impl Stage {
    pub(crate) fn start(options: MergeOptions) -> Self {
        let (stop, counters) = (Arc::new(AtomicBool::new(false)), Arc::new(MergeCounters::default()));
        let thread = std::thread::spawn({
            let (stop, counters) = (stop.clone(), counters.clone());
            move || run(&options, &stop, &counters)
        });
        Self { stop, counters, thread }
    }

    pub(crate) fn committed(&self) -> u64 {
        self.counters.committed.load(Ordering::Relaxed)
    }

    pub(crate) fn wait_for(&self, committed: u64) {
        let since = Instant::now();
        while self.committed() < committed {
            let counters = &self.counters;
            assert!(since.elapsed() < WAIT, "{committed} were to be merged: {counters:?}");
            assert!(!self.thread.is_finished(), "the stage ended early: {counters:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it and says how many records it has merged.
    pub(crate) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap().unwrap();
        self.counters.committed.load(Ordering::Relaxed)
    }

    pub(crate) fn error(self) -> MergeError {
        let since = Instant::now();
        while !self.thread.is_finished() {
            assert!(since.elapsed() < WAIT, "the stage goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.thread.join().unwrap().unwrap_err()
    }
}

pub(crate) fn options(cluster: &Cluster, group: &str, transactional: bool) -> MergeOptions {
    MergeOptions {
        brokers: cluster.brokers(),
        group: group.to_owned(),
        instance: "one".to_owned(),
        topics: vec!["web".to_owned(), "app".to_owned()],
        output: "merged".to_owned(),
        properties: cluster.options("", &[]).properties,
        transactional,
        commit_interval: Duration::from_millis(50),
        commit_records: 1_000,
    }
}

/// Everything in the output topic, as a reader that keeps to `read_committed` sees it.
pub(crate) fn merged(cluster: &Cluster, group: &str, count: usize) -> Vec<Seen> {
    let mut options = cluster.options(group, &["merged"]);
    options.read_origin = true;
    let source = Source::subscribe(options).unwrap();
    assign_all(&source, 0);
    let (mut seen, since) = (Vec::new(), Instant::now());
    let mut quiet = Instant::now();
    while quiet.elapsed() < Duration::from_millis(400) || seen.len() < count {
        assert!(since.elapsed() < WAIT, "only {} of {count} came", seen.len());
        if matches!(poll(&source, &mut seen), Poll::Records(_)) {
            quiet = Instant::now();
        }
    }
    seen
}

fn view(user: &str) -> String {
    format!(r#"{{"type":"pageview","timestamp":1700000000000,"user_id":"{user}","page":"/"}}"#)
}

/// Three input partitions with two users everywhere, and what has no user.
fn fill(cluster: &Cluster, round: i64) {
    let (ann, bob) = (view("ann"), view("bob"));
    for (topic, partition) in [("web", 0), ("web", 1), ("app", 0)] {
        let values = [Some(&ann[..]), Some(&bob[..]), Some("broken"), None];
        let raws: Vec<Raw<'_>> = values
            .iter()
            .map(|value| Raw {
                key: Some(b"some other key"),
                value: value.map(str::as_bytes),
                timestamp: Some(1_000 + round),
                headers: &[],
            })
            .collect();
        cluster.produce(topic, partition, &raws);
    }
}

pub(crate) const TOPICS: &[(&str, i32)] = &[("web", 2), ("app", 1), ("merged", 4)];

#[test]
fn each_record_is_merged_once_keyed_and_whole() {
    let cluster = Cluster::start(TOPICS);
    fill(&cluster, 0);
    let stage = Stage::start(options(&cluster, "g", false));
    stage.wait_for(12);
    assert_eq!(stage.counters.without_user.load(Ordering::Relaxed), 6);
    stage.stop();
    fill(&cluster, 1);
    let stage = Stage::start(options(&cluster, "g", false));
    stage.wait_for(12);
    stage.stop();

    let seen = merged(&cluster, "reader", 24);
    let origins: BTreeSet<&str> = seen.iter().map(|s| s.origin.as_str()).collect();
    let expected: BTreeSet<String> = ["web/0", "web/1", "app/0"]
        .iter()
        .flat_map(|partition| (0..8).map(move |offset| format!("{partition}/{offset}")))
        .collect();
    assert_eq!(origins, expected.iter().map(String::as_str).collect());
    assert_eq!(seen.len(), 24, "a record was merged twice");
    keyed_and_whole(&seen);
}

fn keyed_and_whole(seen: &[Seen]) {
    let mut places: BTreeMap<&[u8], BTreeSet<i32>> = BTreeMap::new();
    for record in seen {
        let offset: i64 = record.origin.rsplit('/').next().unwrap().parse().unwrap();
        let (user, value) = match offset % 4 {
            0 => (Some("ann"), Some(view("ann"))),
            1 => (Some("bob"), Some(view("bob"))),
            2 => (None, Some("broken".to_owned())),
            _ => (None, None),
        };
        let key = user.map_or(record.origin.clone().into_bytes(), |user| user_key("default", user));
        assert_eq!(record.key.as_deref(), Some(&key[..]), "{record:?}");
        assert_eq!(record.value, value, "{record:?}");
        assert_eq!(record.timestamp, RecordTimestamp::Create(1_000 + offset / 4), "{record:?}");
        places.entry(record.key.as_deref().unwrap()).or_default().insert(record.place.partition.number);
    }
    assert!(places.values().all(|partitions| partitions.len() == 1), "a key in two partitions: {places:?}");
    let ann: Vec<&str> = seen
        .iter()
        .filter(|s| s.origin.starts_with("web/0") && s.value == Some(view("ann")))
        .map(|s| s.origin.as_str())
        .collect();
    assert_eq!(ann, ["web/0/0", "web/0/4"], "in the order they had");
}

#[test]
fn a_letter_sent_again_keeps_its_first_origin() {
    let cluster = Cluster::start(TOPICS);
    let ann = view("ann");
    let headers = [("tidegauge-topic", "old"), ("tidegauge-partition", "5"), ("tidegauge-offset", "77")];
    let raw = Raw { value: Some(ann.as_bytes()), headers: &headers, ..Raw::default() };
    cluster.produce("app", 0, &[raw]);
    let stage = Stage::start(options(&cluster, "g", false));
    stage.wait_for(1);
    stage.stop();
    assert_eq!(merged(&cluster, "reader", 1)[0].origin, "old/5/77");
}

#[test]
fn a_group_without_offsets_does_not_merge_into_a_filled_topic() {
    let cluster = Cluster::start(TOPICS);
    fill(&cluster, 0);
    let stage = Stage::start(options(&cluster, "g", false));
    stage.wait_for(12);
    stage.stop();
    let error = Stage::start(options(&cluster, "renamed", false)).error();
    assert!(matches!(&error, MergeError::OffsetsGone { group, .. } if group == "renamed-merge"), "{error}");
    assert_eq!(merged(&cluster, "reader", 12).len(), 12);
}

#[test]
fn a_position_outside_the_log_is_not_jumped_over() {
    let cluster = Cluster::start(TOPICS);
    fill(&cluster, 0);
    let member = cluster.subscribe("g-merge", &["web", "app"]);
    rebalance(&member);
    let beyond = Partition::new("web", 1).at(Offset(9));
    assert_eq!(member.commit(&[beyond]).unwrap(), CommitOutcome::Committed);
    member.close();
    let error = Stage::start(options(&cluster, "g", false)).error();
    assert!(error.to_string().contains("goes on at @9 of web/1, but the log holds only [0, 4)"), "{error}");
}

#[test]
fn a_record_the_output_does_not_take_is_named() {
    let cluster = Cluster::start(TOPICS);
    fill(&cluster, 0);
    let mut options = options(&cluster, "g", false);
    options.properties.insert("message.max.bytes".to_owned(), "1000".to_owned());
    let large = "x".repeat(2_000);
    cluster.produce_texts("web", 0, &[&large]);
    let error = Stage::start(options).error();
    assert!(matches!(&error, MergeError::Refused { origin, .. } if origin == "web/0/4"), "{error}");
}

#[test]
fn the_stage_waits_for_brokers_and_stops_when_told() {
    let cluster = Cluster::start(TOPICS);
    fill(&cluster, 0);
    let stage = Stage::start(options(&cluster, "g", false));
    stage.wait_for(12);
    cluster.mock().broker_down(-1).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    cluster.mock().broker_up(-1).unwrap();
    fill(&cluster, 1);
    stage.wait_for(24);
    let since = Instant::now();
    stage.stop();
    assert!(since.elapsed() < Duration::from_secs(8), "stopping took {:?}", since.elapsed());
    assert_eq!(merged(&cluster, "reader", 24).len(), 24);
}
