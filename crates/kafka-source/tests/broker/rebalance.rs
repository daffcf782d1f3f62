//! Partitions come and go between the members of a group.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use kafka_source::{CommitOutcome, Poll, Rebalance, Source};
use pipeline::{Offset, Partition, Position};

use crate::support::{Cluster, Seen, WAIT, poll, rebalance};

/// A member with the positions it has reached.
struct Member {
    source: Source,
    owned: BTreeSet<Partition>,
    seen: Vec<Seen>,
}

impl Member {
    fn join(cluster: &Cluster, topic: &str, strategy: &str) -> Self {
        let mut options = cluster.options(&format!("g-{topic}"), &[topic]);
        options.properties.insert("partition.assignment.strategy".to_owned(), strategy.to_owned());
        let source = Source::subscribe(options).unwrap();
        Self { source, owned: BTreeSet::new(), seen: Vec::new() }
    }

    /// One turn of an owner's loop that commits what it reads.
    fn turn(&mut self) {
        let rebalance = match poll(&self.source, &mut self.seen) {
            Poll::Idle => return,
            Poll::Records(_) => {
                let owned: Vec<Partition> = self.owned.iter().cloned().collect();
                assert_eq!(self.commit(&owned), CommitOutcome::Committed);
                return;
            }
            Poll::Rebalance(rebalance) => rebalance,
        };
        match rebalance {
            Rebalance::Assigned(partitions) => {
                let committed = self.source.committed(&partitions, WAIT).unwrap();
                let positions: Vec<Position> = committed
                    .into_iter()
                    .map(|(partition, offset)| partition.at(offset.unwrap_or_default()))
                    .collect();
                self.source.assign(&positions).unwrap();
                self.owned.extend(partitions);
            }
            Rebalance::Revoked(partitions) => {
                self.source.unassign(&partitions).unwrap();
                self.owned.retain(|owned| !partitions.contains(owned));
            }
            Rebalance::Lost(partitions) => panic!("lost {partitions:?}"),
        }
        let assigned: BTreeSet<Partition> = self.source.assigned().unwrap().into_iter().collect();
        assert_eq!(assigned, self.owned);
    }

    fn commit(&self, partitions: &[Partition]) -> CommitOutcome {
        let reached: Vec<Position> = partitions
            .iter()
            .filter_map(|p| self.seen.iter().rev().find(|s| s.place.partition == *p))
            .map(|last| last.place.partition.at(last.place.offset.next()))
            .collect();
        self.source.commit(&reached).unwrap()
    }
}

/// Turns both loops until `done`.
fn until(members: &mut [&mut Member], what: &str, done: impl Fn(&[&mut Member]) -> bool) {
    let since = Instant::now();
    while !done(members) {
        assert!(since.elapsed() < WAIT, "{what} did not come about");
        for member in &mut *members {
            member.turn();
        }
    }
}

pub(crate) fn two_members_share(cluster: &Cluster, topic: &str, strategy: &str) {
    let fill = |texts: &[&str]| (0..4).for_each(|p| cluster.produce_texts(topic, p, texts));
    fill(&["a", "b"]);
    let mut first = Member::join(cluster, topic, strategy);
    until(&mut [&mut first], "reading alone", |m| m[0].seen.len() == 8);
    assert_eq!(first.owned.len(), 4);

    let mut second = Member::join(cluster, topic, strategy);
    until(&mut [&mut first, &mut second], "sharing", |m| m[0].owned.len() == 2 && m[1].owned.len() == 2);
    fill(&["c"]);
    until(&mut [&mut first, &mut second], "reading together", |m| m[0].seen.len() + m[1].seen.len() >= 12);
    assert!(first.owned.is_disjoint(&second.owned));

    let mut seen = first.seen;
    first.source.close();
    until(&mut [&mut second], "taking over", |m| m[0].owned.len() == 4);
    fill(&["d"]);
    until(&mut [&mut second], "reading on", |m| m[0].seen.len() + seen.len() >= 16);
    seen.extend(second.seen);
    let mut places: Vec<String> = seen.iter().map(|s| s.place.to_string()).collect();
    places.sort();
    let expected: Vec<String> =
        (0..4).flat_map(|p| (0..4).map(move |o| format!("{topic}/{p}/{o}"))).collect();
    assert_eq!(places, expected, "each record once");
}

#[test]
fn two_members_share_cooperatively() {
    two_members_share(&Cluster::start(&[("events", 4)]), "events", "cooperative-sticky");
}

#[test]
fn two_members_share_eagerly() {
    two_members_share(&Cluster::start(&[("events", 4)]), "events", "range");
}

#[test]
fn a_member_that_was_thrown_out_loses_its_partitions_and_commits_nothing() {
    let cluster = Cluster::start(&[("events", 1)]);
    cluster.produce_texts("events", 0, &["a"]);
    let mut options = cluster.options("g", &["events"]);
    options.properties.insert("max.poll.interval.ms".to_owned(), "6000".to_owned());
    let zombie = Source::subscribe(options).unwrap();
    let partition = Partition::new("events", 0);
    assert_eq!(rebalance(&zombie), Rebalance::Assigned(vec![partition.clone()]));
    zombie.assign(&[partition.at(Offset(0))]).unwrap();
    std::thread::sleep(Duration::from_millis(7_500)); // does not poll: the group moves on

    let outcome = zombie.commit(&[partition.at(Offset(1))]).unwrap();
    assert!(matches!(outcome, CommitOutcome::Refused(_)), "{outcome:?}");
    assert_eq!(rebalance_or_records(&zombie), Rebalance::Lost(vec![partition.clone()]));
    zombie.unassign(std::slice::from_ref(&partition)).unwrap();
    assert_eq!(zombie.assigned().unwrap(), []);
}

/// Polls until a rebalance comes, whatever records come before it.
fn rebalance_or_records(source: &Source) -> Rebalance {
    let since = Instant::now();
    while since.elapsed() < WAIT {
        if let Poll::Rebalance(rebalance) = poll(source, &mut Vec::new()) {
            return rebalance;
        }
    }
    panic!("no rebalance within {WAIT:?}");
}

#[test]
fn a_source_closes_whatever_was_left_unanswered() {
    for strategy in ["cooperative-sticky", "range"] {
        let cluster = Cluster::start(&[("events", 2)]);
        let since = Instant::now();
        let join = || Member::join(&cluster, "events", strategy).source;

        join().close(); // before it was assigned anything

        let unanswered = join();
        assert!(matches!(rebalance(&unanswered), Rebalance::Assigned(_)));
        unanswered.close();

        let revoked = join();
        let Rebalance::Assigned(partitions) = rebalance(&revoked) else { panic!("no assignment") };
        let positions: Vec<Position> = partitions.iter().map(|p| p.at(Offset(0))).collect();
        revoked.assign(&positions).unwrap();
        let other = join();
        assert!(matches!(rebalance(&revoked), Rebalance::Revoked(_)));
        revoked.close();
        drop(other);
        assert!(since.elapsed() < WAIT, "closing took {:?} with {strategy}", since.elapsed());
    }
}
