//! Where Kafka's jars are.

use crate::{Error, skip::skip};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Exit status of `scripts/fetch-kafka.sh` for "not here, not now".
const UNAVAILABLE: i32 = 69;

/// The jars of an Apache Kafka, checked against the pinned checksums when they were fetched.
#[derive(Clone, Debug)]
pub struct Installation {
    libs: PathBuf,
}

impl Installation {
    /// Finds Kafka in the cache, and fetches it there first if need be.
    ///
    /// # Errors
    /// [`Error::Unavailable`] without Java, Maven or a way to Maven Central; [`Error::Fetch`] if what came
    /// is not what is pinned.
    pub fn locate() -> Result<Self, Error> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/fetch-kafka.sh");
        let output = Command::new("bash")
            .arg(&script)
            .stdin(Stdio::null())
            .output()
            .map_err(Error::io(format!("run {}", script.display())))?;
        let complaint = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.code() {
            Some(0) => {
                let folder = String::from_utf8_lossy(&output.stdout);
                Ok(Self { libs: Path::new(folder.trim()).join("libs") })
            }
            Some(UNAVAILABLE) => Err(Error::Unavailable(complaint())),
            _ => Err(Error::Fetch(complaint())),
        }
    }

    /// Like [`Installation::locate`], for tests: `None` after the test was noted as skipped.
    ///
    /// # Panics
    /// If Kafka is unavailable under `CI=true`, or broken anywhere.
    pub fn or_skip() -> Option<Self> {
        match Self::locate() {
            Ok(found) => Some(found),
            Err(Error::Unavailable(reason)) => {
                skip(&reason);
                None
            }
            Err(broken) => panic!("{broken}"),
        }
    }

    /// The Java class path.
    pub(crate) fn class_path(&self) -> String {
        format!("{}/*", self.libs.display())
    }
}
