//! Where `libchdb.so` is looked for.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Version of the npm package `@chdb/lib-linux-x64-gnu` that `deploy/libchdb` pins.
pub const LIBCHDB_VERSION: &str = "26.7.3-stable.1";

/// SHA-256 of the pinned `libchdb.so`, as in `deploy/libchdb/libchdb.so.sha256`.
pub const LIBCHDB_SHA256: &str = "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5";

/// Finds `libchdb.so`: the path given, else the one in the environment variable `TIDEGAUGE_LIBCHDB`,
/// else the place where `scripts/fetch-libchdb.sh` puts it (`TIDEGAUGE_CACHE`, else
/// `$XDG_CACHE_HOME/tidegauge`, else `~/.cache/tidegauge`). A path that was asked for is never replaced
/// by another one.
///
/// # Errors
///
/// [`Error::LibraryNotFound`], which says where it was looked for and how to get it.
pub fn find_library(explicit: Option<&Path>) -> Result<PathBuf, Error> {
    let candidate = match explicit {
        Some(path) => path.to_path_buf(),
        None => match set("TIDEGAUGE_LIBCHDB") {
            Some(path) => PathBuf::from(path),
            None => cached().ok_or(Error::NoCacheFolder)?,
        },
    };
    if candidate.is_file() { Ok(candidate) } else { Err(Error::LibraryNotFound { path: candidate }) }
}

fn cached() -> Option<PathBuf> {
    let cache = set("TIDEGAUGE_CACHE").map(PathBuf::from).or_else(|| {
        let user = set("XDG_CACHE_HOME").map(PathBuf::from);
        let user = user.or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
        Some(user?.join("tidegauge"))
    })?;
    let folder = format!("libchdb-{LIBCHDB_VERSION}-{}", &LIBCHDB_SHA256[..12]);
    Some(cache.join(folder).join("libchdb.so"))
}

/// An environment variable that is set and not empty, as the shell's `${NAME:-}` reads it.
fn set(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::fs;

    use super::*;

    #[test]
    fn pins_agree_with_the_fetch_script() {
        let pins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/libchdb");
        let package = fs::read_to_string(pins.join("package.json")).unwrap();
        let pinned = format!("\"@chdb/lib-linux-x64-gnu\": \"{LIBCHDB_VERSION}\"");
        assert!(package.contains(&pinned), "{package}");
        let sum = fs::read_to_string(pins.join("libchdb.so.sha256")).unwrap();
        assert_eq!(sum.split_whitespace().next(), Some(LIBCHDB_SHA256));
    }

    #[test]
    fn a_path_that_was_asked_for_is_not_replaced() {
        let error = find_library(Some(Path::new("/nowhere/libchdb.so"))).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("/nowhere/libchdb.so") && text.contains("make libchdb"), "{text}");
    }
}
