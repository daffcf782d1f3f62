#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const OURS: u64 = 7;
const OTHER: u64 = 8;

/// The log's begin and end.
type Log = (u64, u64);
/// A position and its rules, if there is one.
type Claim = Option<(u64, u64)>;

fn facts(log: Log, checkpoint: Claim, stored: Claim, allow_partial_start: bool) -> StartFacts {
    StartFacts {
        log: OffsetRange::new(Offset(log.0), Offset(log.1)).unwrap(),
        checkpoint: checkpoint.map(|(at, rules)| CheckpointFact { next_offset: Offset(at), rules }),
        stored: stored.map(|(at, rules)| StoredFact { position: Offset(at), rules }),
        rules: OURS,
        policy: StartPolicy { allow_partial_start },
    }
}

/// A decision in brief, for tables.
fn brief(start: Start) -> String {
    match start {
        Start::Resume { offset } => format!("resume {offset}"),
        Start::Fresh { offset } => format!("fresh {offset}"),
        Start::Partial { offset } => format!("partial {offset}"),
        Start::Refuse { reason } => match reason {
            Refusal::OtherRules { of: RulesHolder::Checkpoint, .. } => "rules of checkpoint",
            Refusal::OtherRules { of: RulesHolder::Rows, .. } => "rules of rows",
            Refusal::BeyondLog { of: RulesHolder::Checkpoint, .. } => "checkpoint beyond",
            Refusal::BeyondLog { of: RulesHolder::Rows, .. } => "rows beyond",
            Refusal::LogCut { .. } => "cut",
            Refusal::NoCheckpoint { .. } => "no checkpoint",
            Refusal::RowsMissing { .. } => "rows missing",
        }
        .to_owned(),
    }
}

#[test]
fn every_line_of_the_table() {
    let whole = (0, 100);
    let cut = (40, 100);
    let table: &[(Log, Claim, Claim, &str, &str)] = &[
        // log, checkpoint, stored, decision, decision with allow_partial_start
        (whole, Some((50, OTHER)), Some((50, OURS)), "rules of checkpoint", "rules of checkpoint"),
        (cut, Some((20, OTHER)), None, "rules of checkpoint", "rules of checkpoint"),
        (whole, Some((50, OURS)), Some((50, OTHER)), "rules of rows", "rules of rows"),
        (whole, None, Some((50, OTHER)), "rules of rows", "rules of rows"),
        (whole, None, Some((101, OTHER)), "rules of rows", "rules of rows"),
        (whole, Some((101, OURS)), Some((101, OURS)), "checkpoint beyond", "checkpoint beyond"),
        (whole, Some((50, OURS)), Some((101, OURS)), "rows beyond", "rows beyond"),
        (whole, None, Some((101, OURS)), "rows beyond", "rows beyond"),
        ((0, 0), None, Some((1, OURS)), "rows beyond", "rows beyond"),
        (cut, Some((39, OURS)), Some((39, OURS)), "cut", "partial @40"),
        (cut, Some((39, OURS)), Some((80, OURS)), "cut", "partial @40"),
        (cut, Some((39, OURS)), None, "cut", "partial @40"),
        (whole, Some((50, OURS)), Some((49, OURS)), "rows missing", "rows missing"),
        (whole, Some((50, OURS)), None, "rows missing", "rows missing"),
        (cut, Some((41, OURS)), None, "rows missing", "rows missing"),
        (whole, Some((50, OURS)), Some((50, OURS)), "resume @50", "resume @50"),
        (whole, Some((50, OURS)), Some((60, OURS)), "resume @50", "resume @50"),
        (whole, Some((100, OURS)), Some((100, OURS)), "resume @100", "resume @100"),
        (cut, Some((40, OURS)), Some((40, OURS)), "resume @40", "resume @40"),
        (cut, Some((40, OURS)), None, "resume @40", "resume @40"),
        ((0, 0), Some((0, OURS)), None, "resume @0", "resume @0"),
        (whole, None, None, "fresh @0", "fresh @0"),
        (cut, None, None, "fresh @40", "fresh @40"),
        ((100, 100), None, None, "fresh @100", "fresh @100"),
        (whole, None, Some((50, OURS)), "fresh @0", "fresh @0"),
        (whole, None, Some((100, OURS)), "fresh @0", "fresh @0"),
        (cut, None, Some((50, OURS)), "no checkpoint", "partial @40"),
        (cut, None, Some((20, OURS)), "no checkpoint", "partial @40"),
    ];
    for (log, checkpoint, stored, strict, partial) in table {
        let found = format!("log {log:?}, checkpoint {checkpoint:?}, stored {stored:?}");
        let decide = |allow| brief(decide_start(facts(*log, *checkpoint, *stored, allow)));
        assert_eq!(decide(false), *strict, "{found}");
        assert_eq!(decide(true), *partial, "{found}, partial allowed");
    }
}

/// Over every combination of small offsets: what each decision promises holds.
#[test]
fn no_combination_breaks_a_promise() {
    let offsets = || 0..5u64;
    let claims = || {
        let some = offsets().flat_map(|at| [Some((at, OURS)), Some((at, OTHER))]);
        std::iter::once(None).chain(some)
    };
    let mut decided = std::collections::BTreeMap::new();
    for (begin, end) in offsets().flat_map(|b| (b..5).map(move |e| (b, e))) {
        for checkpoint in claims() {
            for stored in claims() {
                for allow in [false, true] {
                    let facts = facts((begin, end), checkpoint, stored, allow);
                    let start = decide_start(facts);
                    hold_promise(&facts, start);
                    let name = brief(start).split(' ').next().unwrap().to_owned();
                    *decided.entry(name).or_insert(0) += 1;
                }
            }
        }
    }
    for kind in ["resume", "fresh", "partial", "rules", "cut", "no", "rows"] {
        assert!(decided.contains_key(kind), "{kind} never decided: {decided:?}");
    }
}

fn hold_promise(facts: &StartFacts, start: Start) {
    let same_rules =
        facts.checkpoint.is_none_or(|c| c.rules == OURS) && facts.stored.is_none_or(|s| s.rules == OURS);
    match start {
        Start::Resume { offset } => {
            assert!(same_rules, "{facts:?}");
            assert_eq!(Some(offset), facts.checkpoint.map(|c| c.next_offset), "{facts:?}");
            assert!(facts.log.can_start_at(offset), "a record is missing: {facts:?}");
        }
        Start::Fresh { offset } => {
            assert!(same_rules && facts.checkpoint.is_none(), "{facts:?}");
            assert_eq!(offset, facts.log.begin(), "{facts:?}");
            assert!(offset == Offset(0) || facts.stored.is_none(), "overwrites: {facts:?}");
        }
        Start::Partial { offset } => {
            assert!(same_rules && facts.policy.allow_partial_start, "{facts:?}");
            assert!(offset == facts.log.begin() && offset > Offset(0), "{facts:?}");
        }
        Start::Refuse { reason } => {
            let text = reason.to_string();
            assert!(text.contains("sink.database"), "says no way forward: {text}");
        }
    }
    if !matches!(start, Start::Refuse { .. }) {
        let positions = [facts.checkpoint.map(|c| c.next_offset), facts.stored.map(|s| s.position)];
        assert!(positions.iter().flatten().all(|p| *p <= facts.log.end()), "{facts:?}");
    }
}

#[test]
fn a_refusal_says_what_was_found_and_what_to_do() {
    let refused = |facts| match decide_start(facts) {
        Start::Refuse { reason } => reason.to_string(),
        other => panic!("not refused: {other:?}"),
    };
    let cut = refused(facts((40, 100), Some((30, OURS)), Some((30, OURS)), false));
    assert!(cut.contains("goes on at @30"), "{cut}");
    assert!(cut.contains("[40, 100): 10 records were removed"), "{cut}");
    assert!(cut.contains("allow_partial_start"), "{cut}");
    let rules = refused(facts((0, 100), None, Some((30, OTHER)), false));
    assert!(rules.contains("the rows in ClickHouse: folded by other rules (0000000000000008)"), "{rules}");
    let missing = refused(facts((0, 100), Some((30, OURS)), None, false));
    assert!(missing.contains("holds no rows of this partition"), "{missing}");
    assert!(missing.contains("remove the partition's checkpoints"), "{missing}");
    let missing = refused(facts((5, 100), Some((30, OURS)), Some((29, OURS)), false));
    assert!(missing.contains("holds rows only up to @29"), "{missing}");
    assert!(!missing.contains("remove the partition's checkpoints"), "{missing}");
}
