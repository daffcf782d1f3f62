//! Snapshots: the whole state as bytes, and back.

use std::{fmt, sync::Arc};

use super::{Data, PartitionState};
use crate::{bots::BotFilter, rules::FoldRules};

/// Bytes that are no snapshot of this revision.
#[derive(Debug)]
pub struct RestoreError(postcard::Error);

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the snapshot does not hold a partition's state: {}; use an older checkpoint or rebuild",
            self.0
        )
    }
}

impl std::error::Error for RestoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl PartitionState {
    /// The whole state as bytes, what is still to be written included.
    ///
    /// # Errors
    /// If the encoder fails, which takes memory running out.
    pub fn snapshot(&self) -> Result<Vec<u8>, RestoreError> {
        postcard::to_stdvec(&self.data).map_err(RestoreError)
    }

    /// The state a snapshot was taken of. `rules` must have the fingerprint of the rules it was folded by.
    ///
    /// # Errors
    /// If the bytes are no snapshot of this revision.
    pub fn restore(bytes: &[u8], rules: Arc<FoldRules>) -> Result<Self, RestoreError> {
        let data: Data = postcard::from_bytes(bytes).map_err(RestoreError)?;
        Ok(Self { bots: BotFilter::new(&rules.bot_user_agents), rules, data })
    }
}
