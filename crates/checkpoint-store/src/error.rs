//! What can go wrong with checkpoints.

use std::{io, path::PathBuf};

use pipeline::Partition;

/// A checkpoint that could not be saved or looked for.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system said no.
    #[error("cannot {action} {}: {error}. Check checkpoint.dir: its disk, its owner", path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The topic's name cannot be a file's name; Kafka does not allow it either.
    #[error("the topic of {0} cannot name a checkpoint: only letters, digits, '.', '_' and '-' can")]
    TopicName(Partition),
}

/// Why a file is not a checkpoint that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It does not begin as checkpoints do.
    #[error("it is not a checkpoint")]
    NotACheckpoint,
    /// A later version wrote it.
    #[error("its format is version {found}, newer than {known}, the newest this program reads")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest known.
        known: u32,
    },
    /// It ends early.
    #[error("it is torn: {found} bytes of {expected}")]
    Torn {
        /// The file's size.
        found: u64,
        /// The size it should have.
        expected: u64,
    },
    /// Its checksum does not match.
    #[error("its checksum does not match: it was altered, or the disk fails")]
    Altered,
    /// It is a checkpoint of something else than its name says.
    #[error("it holds {found}, not what its name says")]
    Misnamed {
        /// `topic/partition/offset` in the file.
        found: String,
    },
}
