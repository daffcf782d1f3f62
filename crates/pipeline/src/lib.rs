//! Pure decisions around the fold: positions, recovery, the order of flush and checkpoint.
//!
//! Nothing here reads a clock, a file or a socket. The shells gather facts, ask for a decision and
//! carry it out: [`decide_start`] says where a partition may begin, [`FlushClock`] when rows are
//! written, when a checkpoint is taken and when consumption pauses.

mod flush;
mod position;
mod start;

pub use flush::{Backlog, Due, Flow, FlushClock, FlushLimits, LimitsError};
pub use position::{Offset, OffsetRange, Origin, Partition, Position, RangeError};
pub use start::{
    CheckpointFact, Refusal, RulesHolder, Start, StartFacts, StartPolicy, StoredFact, decide_start,
};
