//! One membership in the merge group, from joining to leaving.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use pipeline::{Offset, Partition, Position};

use super::{
    Broken, MergeCounters, MergeError, MergeOptions,
    key::{KeyedBy, merge_key},
    output::Output,
};
use crate::{CommitOutcome, Poll, Rebalance, Source, SourceOptions};

/// Records visited between two looks at the clock.
const BATCH: usize = 1_000;
/// Longest wait for the answer to a question.
const QUESTION: Duration = Duration::from_secs(30);
/// Pause before work that was given up is done again.
const PAUSE: Duration = Duration::from_millis(100);
/// Failures in a row after which a session is given up.
const MOST_FAILURES: u32 = 10;

pub(super) struct Session<'a> {
    options: &'a MergeOptions,
    output: &'a Output,
    counters: &'a MergeCounters,
    source: Source,
    /// The partitions that are ours, each with the position last committed.
    placed: BTreeMap<Partition, Offset>,
    work: Work,
    /// Failures since the last commit.
    failures: u32,
}

/// What was read since the last commit.
#[derive(Default)]
struct Work {
    since: Option<Instant>,
    next: BTreeMap<Partition, Offset>,
    records: usize,
}

impl<'a> Session<'a> {
    pub(super) fn open(
        options: &'a MergeOptions,
        output: &'a Output,
        counters: &'a MergeCounters,
    ) -> Result<Self, MergeError> {
        let source = Source::subscribe(SourceOptions {
            brokers: options.brokers.clone(),
            group: group(options),
            topics: options.topics.clone(),
            client_id: options.instance.clone(),
            properties: consumer_properties(options),
            read_origin: true, // a dead letter that is sent again keeps its first origin
        })?;
        Ok(Self {
            options,
            output,
            counters,
            source,
            placed: BTreeMap::new(),
            work: Work::default(),
            failures: 0,
        })
    }

    /// Merges until told to stop; all that was read is committed then.
    pub(super) fn run(mut self, stop: &AtomicBool) -> Result<(), Broken> {
        while !stop.load(Ordering::Acquire) {
            match self.turn() {
                Err(Broken::Again(why)) => self.begin_again(&why)?,
                turned => turned?,
            }
        }
        match self.commit() {
            Err(Broken::Again(why)) => self.begin_again(&why), // the next start does it again
            committed => committed,
        }
    }

    fn turn(&mut self) -> Result<(), Broken> {
        match self.read()? {
            Some(Rebalance::Assigned(partitions)) => self.place(&partitions)?,
            Some(Rebalance::Revoked(partitions)) => {
                let committed = self.commit();
                self.release(&partitions)?;
                committed?;
            }
            Some(Rebalance::Lost(partitions)) => {
                self.release(&partitions)?;
                return Err(Broken::Again(format!("lost {partitions:?}")));
            }
            None => {}
        }
        self.output.serve();
        if self.is_commit_due() { self.commit() } else { Ok(()) }
    }

    /// Gives up what was read since the last commit and goes back there.
    fn begin_again(&mut self, why: &str) -> Result<(), Broken> {
        tracing::warn!(why, "merging again from the last commit");
        self.counters.aborted.fetch_add(1, Ordering::Relaxed);
        self.failures += 1;
        if self.failures > MOST_FAILURES {
            return Err(Broken::Over(why.to_owned()));
        }
        let begun = self.work.since.is_some();
        self.work = Work::default();
        if begun {
            self.output.abort()?;
        }
        std::thread::sleep(PAUSE);
        let committed: Vec<Position> = self.placed.iter().map(|(p, next)| p.at(*next)).collect();
        self.source.rewind(&committed, QUESTION).map_err(|error| Broken::Over(error.to_string()))
    }

    fn release(&mut self, partitions: &[Partition]) -> Result<(), Broken> {
        self.placed.retain(|partition, _| !partitions.contains(partition));
        Ok(self.source.unassign(partitions)?)
    }

    /// Reads a batch and hands it to the output.
    fn read(&mut self) -> Result<Option<Rebalance>, Broken> {
        let Self { options, output, counters, source, work, .. } = self;
        let wait = match work.since {
            Some(since) => options.commit_interval.saturating_sub(since.elapsed()),
            None => options.commit_interval,
        };
        let mut result = Ok(());
        let polled = source.poll_batch(BATCH, wait, |record| {
            if result.is_err() {
                return;
            }
            if work.since.is_none() {
                work.since = Some(Instant::now());
                result = output.begin().map_err(Broken::from);
            }
            let (key, by) = merge_key(&record);
            counters.read.fetch_add(1, Ordering::Relaxed);
            if by != KeyedBy::User {
                counters.without_user.fetch_add(1, Ordering::Relaxed);
            }
            if result.is_ok() {
                result = output.send(&key, &record);
            }
            work.note(record.topic, record.partition, record.offset);
        });
        result?;
        match polled? {
            Poll::Rebalance(rebalance) => Ok(Some(rebalance)),
            Poll::Records(_) | Poll::Idle => Ok(None),
        }
    }

    fn is_commit_due(&self) -> bool {
        let over = |since: Instant| since.elapsed() >= self.options.commit_interval;
        self.work.since.is_some_and(over) || self.work.records >= self.options.commit_records
    }

    /// Commits the output and the offsets behind it.
    fn commit(&mut self) -> Result<(), Broken> {
        if self.work.since.is_none() {
            return Ok(());
        }
        let positions = self.work.positions();
        if self.options.transactional {
            let (offsets, group) = self.source.for_transaction(&positions)?;
            self.output.commit(&offsets, &group)?;
        } else {
            self.output.flush()?;
            match self.source.commit(&positions)? {
                CommitOutcome::Committed => {}
                CommitOutcome::Refused(error) | CommitOutcome::Unknown(error) => {
                    return Err(Broken::Again(format!("cannot commit: {error}")));
                }
            }
        }
        self.counters.committed.fetch_add(self.work.records as u64, Ordering::Relaxed);
        self.placed.extend(std::mem::take(&mut self.work).next);
        self.failures = 0;
        Ok(())
    }

    /// Begins partitions where the group left them, new ones at their beginning.
    fn place(&mut self, partitions: &[Partition]) -> Result<(), Broken> {
        let committed = self.source.committed(partitions, QUESTION)?;
        let (mut positions, mut new) = (Vec::new(), Vec::new());
        for (partition, next) in committed {
            let log = self.source.log_range(&partition, QUESTION)?;
            match next {
                Some(next) if log.can_start_at(next) => positions.push(partition.at(next)),
                Some(next) => {
                    return Err(Broken::ForGood(MergeError::OutsideLog { partition, next, log }));
                }
                None => new.push(partition.at(log.begin())),
            }
        }
        if !new.is_empty() {
            self.welcome(&new)?;
            positions.extend(new);
        }
        self.source.assign(&positions)?;
        self.placed.extend(positions.into_iter().map(|position| (position.partition, position.offset)));
        Ok(())
    }

    /// Commits the beginnings of partitions the group has never read, before anything is written:
    /// offsets that are missing later have expired, and beginning anew would repeat records.
    fn welcome(&self, new: &[Position]) -> Result<(), Broken> {
        if !self.group_has_offsets()? && self.output_holds_records()? {
            return Err(Broken::ForGood(MergeError::OffsetsGone {
                group: group(self.options),
                output: self.options.output.clone(),
            }));
        }
        match self.source.commit(new)? {
            CommitOutcome::Committed => Ok(()),
            CommitOutcome::Refused(error) | CommitOutcome::Unknown(error) => {
                // Unanswered, the assignment ends with the session.
                Err(Broken::Over(format!("cannot commit the beginnings: {error}")))
            }
        }
    }

    fn group_has_offsets(&self) -> Result<bool, MergeError> {
        let mut all = Vec::new();
        for topic in &self.options.topics {
            all.extend(self.all_partitions(topic)?);
        }
        Ok(self.source.committed(&all, QUESTION)?.values().any(Option::is_some))
    }

    fn output_holds_records(&self) -> Result<bool, MergeError> {
        for partition in self.all_partitions(&self.options.output)? {
            if self.source.log_range(&partition, QUESTION)?.end() > Offset(0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn all_partitions(&self, topic: &str) -> Result<Vec<Partition>, MergeError> {
        let count = i32::try_from(self.source.partitions(topic, QUESTION)?).unwrap_or(i32::MAX);
        Ok((0..count).map(|number| Partition::new(topic, number)).collect())
    }
}

impl Work {
    fn note(&mut self, topic: &str, partition: i32, offset: u64) {
        let next = Offset(offset).next();
        self.records += 1;
        // Looked up without a new name per record.
        let known = self.next.iter_mut().find(|(p, _)| p.number == partition && *p.topic == *topic);
        match known {
            Some((_, known)) => *known = next,
            None => {
                self.next.insert(Partition::new(topic, partition), next);
            }
        }
    }

    fn positions(&self) -> Vec<Position> {
        self.next.iter().map(|(partition, offset)| partition.at(*offset)).collect()
    }
}

fn group(options: &MergeOptions) -> String {
    format!("{}-merge", options.group)
}

/// The properties without those that only the producer knows.
fn consumer_properties(options: &MergeOptions) -> BTreeMap<String, String> {
    let fits = |name: &str| crate::client::fits_consumer(name);
    options.properties.iter().filter(|(name, _)| fits(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
}
