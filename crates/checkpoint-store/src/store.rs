//! A folder of checkpoints.

use std::{
    fs::{self, File},
    io::{self, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use pipeline::{Offset, Partition};

use crate::{
    error::{CheckpointError, Unreadable},
    format::{self, Header},
    name,
};

/// How many checkpoints of a partition are kept unless told otherwise: 2.
const KEEP: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// A partition's last usable checkpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The offset after the last record in it.
    pub next_offset: Offset,
    /// Fingerprint of the rules it was folded by.
    pub rules: u64,
    /// The state, as it was given to [`Store::save`].
    pub payload: Vec<u8>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("next_offset", &self.next_offset)
            .field("rules", &format_args!("{:016x}", self.rules))
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .finish()
    }
}

/// A folder of checkpoints. Methods block; one writer a partition is assumed, any number of readers.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
    keep: NonZeroUsize,
}

impl Store {
    /// Opens the folder, creates it first if need be, and makes sure that it can be written to.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        let dir = dir.into();
        fs::create_dir_all(&dir).map_err(failed("create the folder", &dir))?;
        let probe = dir.join(format!(".probe-{}.tmp", std::process::id()));
        File::create(&probe)
            .and_then(|_| fs::remove_file(&probe))
            .map_err(failed("write to the folder", &dir))?;
        sync_dir(&dir)?;
        Ok(Self { dir, keep: KEEP })
    }

    /// Keeps the last `keep` checkpoints of a partition, not 2.
    #[must_use]
    pub fn keeping(self, keep: NonZeroUsize) -> Self {
        Self { keep, ..self }
    }

    /// Saves a partition's state, durably and whole, and removes what is older than the last few.
    ///
    /// After an error the checkpoints from before are still there. A state saved again at the same
    /// offset replaces the former one.
    pub fn save(
        &self,
        partition: &Partition,
        next_offset: Offset,
        rules: u64,
        payload: &[u8],
    ) -> Result<(), CheckpointError> {
        let path = self.dir.join(name::file_name(partition, next_offset)?);
        let temporary = self.dir.join(name::temporary_name(partition, next_offset)?);
        let header = Header { partition: partition.clone(), next_offset, rules };
        write_synced(&temporary, &format::encode(&header, payload), payload)
            .map_err(failed("write the checkpoint", &temporary))?;
        fs::rename(&temporary, &path).map_err(failed("put in place the checkpoint", &path))?;
        sync_dir(&self.dir)?;
        self.prune(partition, next_offset)
    }

    /// The furthest checkpoint of a partition that can be read, if there is any.
    ///
    /// What is torn or altered is named in the log and renamed to `.bad`; what a later version wrote is
    /// named and left. Only a folder or file that the system does not let be read is an error.
    pub fn load(&self, partition: &Partition) -> Result<Option<Loaded>, CheckpointError> {
        let mut found = self.checkpoints(partition)?;
        found.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
        for (offset, path) in found {
            let bytes = fs::read(&path).map_err(failed("read the checkpoint", &path))?;
            let decoded = format::decode(bytes).and_then(|(header, payload)| {
                let named = header.partition == *partition && header.next_offset == offset;
                let found = || header.partition.at(header.next_offset).to_string();
                if named { Ok((header, payload)) } else { Err(Unreadable::Misnamed { found: found() }) }
            });
            match decoded {
                Ok((Header { next_offset, rules, .. }, payload)) => {
                    return Ok(Some(Loaded { next_offset, rules, payload }));
                }
                Err(why) => set_aside(&path, &why),
            }
        }
        Ok(None)
    }

    /// The partition's checkpoints, in no order.
    fn checkpoints(&self, partition: &Partition) -> Result<Vec<(Offset, PathBuf)>, CheckpointError> {
        let names = self.names()?;
        let own = names.iter().filter_map(|name| Some((name::offset_in(name, partition)?, name)));
        Ok(own.map(|(offset, name)| (offset, self.dir.join(name))).collect())
    }

    fn names(&self) -> Result<Vec<String>, CheckpointError> {
        let listed = || -> io::Result<Vec<String>> {
            fs::read_dir(&self.dir)?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect()
        };
        listed().map_err(failed("list", &self.dir))
    }

    /// Removes the partition's checkpoints before the last few up to `saved`, and what was never finished.
    ///
    /// Those beyond `saved` are left alone: another instance may have taken the partition over.
    fn prune(&self, partition: &Partition, saved: Offset) -> Result<(), CheckpointError> {
        let mut before = self.checkpoints(partition)?;
        before.retain(|(offset, _)| *offset <= saved);
        before.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
        let old = before.into_iter().skip(self.keep.get()).map(|(_, path)| path);
        let names = self.names()?;
        let unfinished = names.iter().filter(|name| name::is_temporary(name, partition));
        for path in old.chain(unfinished.map(|name| self.dir.join(name))) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("remove the old checkpoint", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Names a file that cannot be used; what is damaged is kept under another name.
fn set_aside(path: &Path, why: &Unreadable) {
    let file = path.display();
    if matches!(why, Unreadable::Newer { .. }) {
        tracing::warn!(%file, %why, "a checkpoint cannot be used, trying the one before");
        return;
    }
    let mut bad = path.as_os_str().to_owned();
    bad.push(".bad");
    let kept = fs::rename(path, &bad);
    let aside = kept.map_or_else(|error| format!("not renamed: {error}"), |()| bad.display().to_string());
    tracing::warn!(%file, %why, aside, "a checkpoint cannot be used, trying the one before");
}

fn write_synced(path: &Path, header: &[u8], payload: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(header)?;
    file.write_all(payload)?;
    file.sync_all()
}

/// Forces the folder's entries to the disk, so that a rename outlives a power cut.
fn sync_dir(dir: &Path) -> Result<(), CheckpointError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("force to the disk", dir))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CheckpointError {
    move |error| CheckpointError::File { action, path: path.to_owned(), error }
}
