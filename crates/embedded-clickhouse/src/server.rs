//! Start and stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::{self, JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::engine::Engine;
use crate::error::Error;
use crate::http::{self, Shared};
use crate::options::Options;

/// A ClickHouse in this process, served over ClickHouse's HTTP interface.
///
/// Call [`EmbeddedClickHouse::shutdown`] in the end. If it is only dropped, it stops serving, and the engine
/// closes with the last statement that still runs.
pub struct EmbeddedClickHouse {
    addr: SocketAddr,
    shared: Arc<Shared>,
    options: Options,
    stop: DropGuard,
    serving: JoinHandle<std::io::Result<()>>,
}

impl EmbeddedClickHouse {
    /// Starts ClickHouse with the default [`Options`]; see [`EmbeddedClickHouse::start_with`].
    ///
    /// # Errors
    ///
    /// Those of [`EmbeddedClickHouse::start_with`].
    pub async fn start(library: &Path, data_dir: &Path, listen: SocketAddr) -> Result<Self, Error> {
        Self::start_with(library, data_dir, listen, Options::default()).await
    }

    /// Loads the engine from `library` (see [`crate::find_library`]), opens it on `data_dir`, which is made
    /// if absent, and serves it at `listen`, port 0 for any free one. Takes 0.1 to 0.5 s. The server runs on
    /// the current tokio runtime, the engine on threads of its own.
    ///
    /// The engine has one data folder in a process. A second start on the same folder with the same options
    /// shares the engine; on another folder it fails until the first has been shut down.
    ///
    /// # Errors
    ///
    /// The library cannot be loaded, the folder not opened (one other process may have it open), the address
    /// not listened on, or it is not a loopback address and the options do not allow that.
    pub async fn start_with(
        library: &Path,
        data_dir: &Path,
        listen: SocketAddr,
        options: Options,
    ) -> Result<Self, Error> {
        let local = listen.ip().is_loopback();
        if !local && !options.allow_remote {
            return Err(Error::Remote { addr: listen });
        }
        let listening = |source| Error::Listen { addr: listen, source };
        // First of all, since it fails without a trace.
        let listener = TcpListener::bind(listen).await.map_err(listening)?;
        let addr = listener.local_addr().map_err(listening)?;

        let (library, folder, limits) = (library.to_path_buf(), data_dir.to_path_buf(), options.clone());
        let opening = task::spawn_blocking(move || {
            let engine = Engine::open(&library, &folder, &limits)?;
            let version = engine
                .connect()
                .and_then(|mut connection| connection.query(b"SELECT version()", "TabSeparated", &[]))
                .map_err(|error| Error::FirstQuery { path: folder, message: error.message })?;
            Ok((engine, String::from_utf8_lossy(&version.data).trim().to_owned()))
        });
        let opened: Result<_, Error> =
            opening.await.map_err(|source| Error::Thread { doing: "opening the engine", source })?;
        let (engine, version) = opened?;
        tracing::info!(version, data = %data_dir.display(), %addr, "embedded ClickHouse is up");

        let shared = Arc::new(Shared::new(engine, version, options.max_concurrent_statements, local));
        let stop = CancellationToken::new();
        // Answers are small and waited for.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let server = axum::serve(listener, http::routes(Arc::clone(&shared)))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let serving = tokio::spawn(async move { server.await });
        Ok(Self { addr, shared, options, stop: stop.drop_guard(), serving })
    }

    /// The address it is served at, with the port that was chosen.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL for ClickHouse's HTTP clients, as `http://127.0.0.1:8123`. There is one user, `default`,
    /// without a password; the database `default` is not meant for tables: make one of your own.
    #[must_use]
    pub fn url(&self) -> String {
        let mut addr = self.addr;
        if addr.ip().is_unspecified() {
            // Where this machine's clients reach what listens everywhere.
            addr.set_ip(if addr.is_ipv4() {
                std::net::Ipv4Addr::LOCALHOST.into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        format!("http://{addr}")
    }

    /// Takes no more statements, waits for those that run (at most [`Options::shutdown_grace`]) and closes
    /// the engine, after which another one may be started in this process.
    ///
    /// # Errors
    ///
    /// The server had stopped by itself before.
    pub async fn shutdown(self) -> Result<(), Error> {
        let Self { shared, options, stop, mut serving, .. } = self;
        drop(stop);
        let ended = tokio::time::timeout(options.shutdown_grace, &mut serving).await;
        if ended.is_err() {
            let running = shared.running();
            tracing::warn!(running, "statements still run; the embedded ClickHouse closes after them");
            serving.abort();
        }
        // Closing waits for merges.
        let closing = task::spawn_blocking(move || drop(shared)).await;
        closing.map_err(|source| Error::Thread { doing: "closing the engine", source })?;
        match ended {
            Ok(Ok(served)) => served.map_err(Error::Serve),
            Ok(Err(source)) => Err(Error::Thread { doing: "serving", source }),
            Err(_elapsed) => Ok(()),
        }
    }
}

/// Runs an embedded ClickHouse until `shutdown` resolves: the command `tidegauge clickhouse`. `ready` is
/// called with the instance once it serves, to print its address.
///
/// # Errors
///
/// Those of [`EmbeddedClickHouse::start_with`] and [`EmbeddedClickHouse::shutdown`].
pub async fn run_until(
    library: &Path,
    data_dir: &Path,
    listen: SocketAddr,
    options: Options,
    ready: impl FnOnce(&EmbeddedClickHouse),
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let mut server = EmbeddedClickHouse::start_with(library, data_dir, listen, options).await?;
    ready(&server);
    tokio::select! {
        () = shutdown => server.shutdown().await,
        ended = &mut server.serving => match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::Serve(error)),
            Err(source) => Err(Error::Thread { doing: "serving", source }),
        },
    }
}
