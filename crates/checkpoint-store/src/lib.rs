//! Atomic save and load of partition snapshots, with versioned, checksummed files.
//!
//! A checkpoint is a file of its own, named by topic, partition and next offset. It appears whole or
//! not at all: written under another name, forced to the disk, renamed, the folder forced to the
//! disk. What is in it is the caller's affair: this crate keeps bytes and never guesses. A file that is
//! torn or altered is named in the log and set aside, and the one before it is used.

mod error;
mod format;
mod name;
mod store;

pub use error::{CheckpointError, Unreadable};
pub use format::FORMAT_VERSION;
pub use store::{Loaded, Store};
