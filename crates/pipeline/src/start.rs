//! Where a partition may begin after a start, or why it may not.

use std::fmt;

use crate::position::{Offset, OffsetRange};

/// What a checkpoint says of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointFact {
    /// The offset after the last record folded into it.
    pub next_offset: Offset,
    /// Fingerprint of the rules it was folded by.
    pub rules: u64,
}

/// What ClickHouse's accounting says of a partition: it holds rows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredFact {
    /// The furthest version among its rows: the offset after the last record they tell of.
    pub position: Offset,
    /// Fingerprint of the rules they were folded by.
    pub rules: u64,
}

/// What the operator allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartPolicy {
    /// Where the log's beginning is gone, write only windows and sessions that begin after the
    /// first record that is left.
    pub allow_partial_start: bool,
}

/// Everything the decision rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartFacts {
    /// The offsets the partition's log holds now.
    pub log: OffsetRange,
    /// The last readable checkpoint, if there is one.
    pub checkpoint: Option<CheckpointFact>,
    /// What ClickHouse holds of the partition; `None` if it holds no row of it.
    pub stored: Option<StoredFact>,
    /// Fingerprint of the rules of this start.
    pub rules: u64,
    /// What the operator allows.
    pub policy: StartPolicy,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Load the checkpoint and read on at its offset.
    Resume {
        /// The checkpoint's next offset.
        offset: Offset,
    },
    /// Begin with an empty state at the first record.
    Fresh {
        /// The log's first offset.
        offset: Offset,
    },
    /// Begin with an empty state in the middle: write nothing that began before the first record read.
    Partial {
        /// The log's first offset.
        offset: Offset,
    },
    /// Do not begin: figures would come out wrong.
    Refuse {
        /// What was found, and the way forward.
        reason: Refusal,
    },
}

/// Who holds something of the partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesHolder {
    /// The checkpoint.
    Checkpoint,
    /// The rows in ClickHouse.
    Rows,
}

impl fmt::Display for RulesHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checkpoint => "the checkpoint",
            Self::Rows => "the rows in ClickHouse",
        })
    }
}

/// Why a partition may not begin. Its text says what was found and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The fold's rules are not those of what exists.
    #[error(
        "{of}: folded by other rules ({theirs:016x}) than this configuration has ({ours:016x}): \
         mixing them would make figures that neither explains. Restore the settings that decide the \
         fold (lateness, gaps, caps, patterns, bot list, time zones, profile, version), or start over \
         with a new sink.database, checkpoint.dir and group"
    )]
    OtherRules {
        /// Who holds the other rules.
        of: RulesHolder,
        /// Their fingerprint.
        theirs: u64,
        /// The fingerprint of this start.
        ours: u64,
    },
    /// A position lies beyond the log's end: the topic was deleted and created again, or lost records.
    #[error(
        "{of} reach to {position}, but the log holds only {log}: the topic was recreated or lost \
         records. Check that brokers and topic are the right ones; if they are, start over with a new \
         sink.database, checkpoint.dir and group"
    )]
    BeyondLog {
        /// Who says the position.
        of: RulesHolder,
        /// The position.
        position: Offset,
        /// What the log holds.
        log: OffsetRange,
    },
    /// Retention removed records that were never folded.
    #[error(
        "the checkpoint goes on at {next}, but the log holds only {log}: {lost} records were removed \
         before they were read. Start over with a new sink.database, checkpoint.dir and group, or set \
         allow_partial_start to write only what begins after the first record that is left"
    )]
    LogCut {
        /// The checkpoint's next offset.
        next: Offset,
        /// What the log holds.
        log: OffsetRange,
        /// How many offsets were lost.
        lost: u64,
    },
    /// There are rows, no checkpoint, and the log's beginning is gone.
    #[error(
        "there is no readable checkpoint, ClickHouse holds rows up to {stored}, and the log begins at \
         {begin}, not @0: folding from the middle would overwrite whole figures by partial ones. \
         Restore checkpoint.dir, start over with a new sink.database, checkpoint.dir and group, or set \
         allow_partial_start to write only what begins after the first record that is left",
        begin = log.begin()
    )]
    NoCheckpoint {
        /// How far the rows reach.
        stored: Offset,
        /// What the log holds.
        log: OffsetRange,
    },
    /// The checkpoint is ahead of ClickHouse: rows it counts as written are not there.
    #[error(
        "the checkpoint goes on at {next}, but ClickHouse {}: rows that the checkpoint counts as \
         written are not there. Check that sink.database is the one the checkpoint belongs to; if its \
         rows are lost, {}",
        match stored {
            Some(position) => format!("holds rows only up to {position}"),
            None => "holds no rows of this partition".to_owned(),
        },
        if log.begin() == Offset(0) {
            "remove the partition's checkpoints: the log still begins at @0 and will be folded anew"
        } else {
            "start over with a new sink.database, checkpoint.dir and group"
        }
    )]
    RowsMissing {
        /// The checkpoint's next offset.
        next: Offset,
        /// How far the rows reach, if there are any.
        stored: Option<Offset>,
        /// What the log holds.
        log: OffsetRange,
    },
}

/// Decides where a partition begins. The first line that fits decides.
///
/// | checkpoint | ClickHouse | the log | decision |
/// | --- | --- | --- | --- |
/// | other rules | any | any | refuse: [`Refusal::OtherRules`] |
/// | any | other rules | any | refuse: [`Refusal::OtherRules`] |
/// | beyond the end | any | any | refuse: [`Refusal::BeyondLog`] |
/// | any | beyond the end | any | refuse: [`Refusal::BeyondLog`] |
/// | before the beginning | any | any | partial if allowed, else refuse: [`Refusal::LogCut`] |
/// | in the log | behind it, or no rows and the checkpoint is past the log's beginning | any | refuse: [`Refusal::RowsMissing`] |
/// | in the log | otherwise | any | resume |
/// | none | no rows | any | fresh |
/// | none | rows | begins at 0 | fresh |
/// | none | rows | begins later | partial if allowed, else refuse: [`Refusal::NoCheckpoint`] |
///
/// A checkpoint at the log's very beginning with no rows is one of a partition that nothing was read
/// of, and resumes. A topic recreated and since filled beyond every known position looks like the old
/// one: offsets cannot tell.
pub fn decide_start(facts: StartFacts) -> Start {
    match refusal(&facts) {
        Some(reason) => Start::Refuse { reason },
        None => allowed(&facts),
    }
}

/// What forbids any start, whatever the policy.
fn refusal(facts: &StartFacts) -> Option<Refusal> {
    let claims = [
        (RulesHolder::Checkpoint, facts.checkpoint.map(|c| (c.next_offset, c.rules))),
        (RulesHolder::Rows, facts.stored.map(|s| (s.position, s.rules))),
    ];
    let claims = || claims.into_iter().filter_map(|(of, claim)| claim.map(|(at, rules)| (of, at, rules)));
    let other = claims().find(|(_, _, theirs)| *theirs != facts.rules);
    if let Some((of, _, theirs)) = other {
        return Some(Refusal::OtherRules { of, theirs, ours: facts.rules });
    }
    let beyond = claims().find(|(_, at, _)| *at > facts.log.end());
    beyond.map(|(of, position, _)| Refusal::BeyondLog { of, position, log: facts.log })
}

/// Where a start with the same rules and positions before the log's end begins.
fn allowed(facts: &StartFacts) -> Start {
    let StartFacts { log, stored, .. } = *facts;
    let begin = log.begin();
    let Some(CheckpointFact { next_offset: next, .. }) = facts.checkpoint else {
        return match stored {
            Some(stored) if begin > Offset(0) => {
                partial_or(facts, Refusal::NoCheckpoint { stored: stored.position, log })
            }
            _ => Start::Fresh { offset: begin },
        };
    };
    if next < begin {
        return partial_or(facts, Refusal::LogCut { next, log, lost: begin.0 - next.0 });
    }
    let rows_missing = match stored {
        Some(stored) => stored.position < next,
        None => next > begin,
    };
    if rows_missing {
        let reason = Refusal::RowsMissing { next, stored: stored.map(|s| s.position), log };
        return Start::Refuse { reason };
    }
    Start::Resume { offset: next }
}

fn partial_or(facts: &StartFacts, reason: Refusal) -> Start {
    if facts.policy.allow_partial_start {
        return Start::Partial { offset: facts.log.begin() };
    }
    Start::Refuse { reason }
}

#[cfg(test)]
#[path = "start_tests.rs"]
mod tests;
