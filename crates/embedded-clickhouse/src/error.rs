//! What can go wrong when the embedded ClickHouse starts or stops.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the embedded ClickHouse could not be started. What goes wrong with a statement later is answered
/// over HTTP, as ClickHouse does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no library at the place it was looked for.
    #[error(
        "the ClickHouse engine is not at {}: run `make libchdb` (scripts/fetch-libchdb.sh), \
         or set TIDEGAUGE_LIBCHDB to a libchdb.so",
        path.display()
    )]
    LibraryNotFound {
        /// Where it was looked for.
        path: PathBuf,
    },

    /// Neither `HOME` nor `XDG_CACHE_HOME` nor `TIDEGAUGE_CACHE` says where the cache is.
    #[error(
        "cannot look for the ClickHouse engine: HOME is not set; set TIDEGAUGE_LIBCHDB to a libchdb.so, \
         or TIDEGAUGE_CACHE and run `make libchdb` (scripts/fetch-libchdb.sh)"
    )]
    NoCacheFolder,

    /// The file is not a library that can be loaded here.
    #[error("cannot load the ClickHouse engine from {}: {source}; fetch it anew with `make libchdb`", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What the dynamic linker says.
        source: libloading::Error,
    },

    /// A process can load one engine only.
    #[error(
        "cannot load the ClickHouse engine from {}: this process has already loaded {}",
        asked.display(), loaded.display()
    )]
    OtherLibrary {
        /// The library asked for.
        asked: PathBuf,
        /// The library loaded before.
        loaded: PathBuf,
    },

    /// The data folder cannot be made.
    #[error("cannot create the ClickHouse data folder {}: {source}", path.display())]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What the file system says.
        source: io::Error,
    },

    /// The data folder's name has a zero byte.
    #[error("the ClickHouse data folder {} has a zero byte in its name; choose another", path.display())]
    DataDirName {
        /// The folder.
        path: PathBuf,
    },

    /// An engine with another data folder runs in this process.
    #[error(
        "cannot start ClickHouse on {}: one already runs in this process on {}, and a process can have one \
         data folder only; shut that one down first, or use another process",
        asked.display(), running.display()
    )]
    OtherDataDir {
        /// The folder asked for.
        asked: PathBuf,
        /// The folder of the engine that runs.
        running: PathBuf,
    },

    /// An engine on the same data folder, but with other limits, runs in this process.
    #[error(
        "cannot start ClickHouse on {} with other limits: it already runs in this process; shut it down first",
        path.display()
    )]
    OtherLimits {
        /// The folder.
        path: PathBuf,
    },

    /// The engine does not open the data folder. It has told the reason on standard error.
    #[error(
        "ClickHouse did not open its data folder {} (its own message is on standard error): check that no \
         other process uses it, and that it can be written",
        path.display()
    )]
    Open {
        /// The folder.
        path: PathBuf,
    },

    /// The engine opened its data folder but does not answer.
    #[error("ClickHouse on {} does not answer its first query: {message}", path.display())]
    FirstQuery {
        /// The folder.
        path: PathBuf,
        /// What the engine says.
        message: String,
    },

    /// An address other machines can reach was asked for, and the engine has no passwords.
    #[error(
        "refusing to serve ClickHouse on {addr}: it has no passwords, and who reaches it can read and write \
         files; listen on 127.0.0.1, or allow remote clients explicitly"
    )]
    Remote {
        /// The address asked for.
        addr: SocketAddr,
    },

    /// The address cannot be listened on.
    #[error("cannot listen on {addr} for ClickHouse's HTTP interface: {source}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },

    /// The HTTP server ended by itself.
    #[error("ClickHouse's HTTP interface stopped: {0}")]
    Serve(io::Error),

    /// A thread of ours died.
    #[error("a thread of the embedded ClickHouse died while {doing}: {source}")]
    Thread {
        /// What it was doing.
        doing: &'static str,
        /// What tokio says.
        source: tokio::task::JoinError,
    },
}
