//! `tidegauge clickhouse`.

use std::{
    future::Future,
    io::{self, Write as _},
    process::ExitCode,
};

use embedded_clickhouse::{EmbeddedClickHouse, Options, find_library, run_until};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

use crate::{
    cli::ClickhouseArgs,
    config::{Settings, environment},
    serve,
};

/// Serves the embedded ClickHouse until SIGINT or SIGTERM.
///
/// # Errors
/// The engine's library is not there, its folder cannot be opened, or the address not be listened on.
pub(crate) async fn clickhouse(args: ClickhouseArgs) -> anyhow::Result<ExitCode> {
    serve::logs(&Settings::load(None, environment())?.log);
    // Listened for before the start, so that a signal that comes meanwhile stops in good order too.
    let stop = stop_signal()?;
    let library = find_library(None)?;
    let options = Options { allow_remote: args.allow_remote, ..Options::default() };
    run_until(&library, &args.path, args.listen, options, announce, stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// Says where it is served, and how to ask.
fn announce(server: &EmbeddedClickHouse) {
    let url = server.url();
    let text = format!(
        "{url}\n\nTry:\n  curl '{url}/' --data-binary 'SELECT version()'\nCtrl-C stops it; the data stays.\n"
    );
    let mut out = io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        tracing::warn!(%error, url, "cannot print the address to standard output");
    }
}

/// Resolves at the first SIGINT or SIGTERM. The second ends the process at once.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (first, stop) = oneshot::channel();
    tokio::spawn(async move {
        next(&mut signals).await;
        let _ = first.send(());
        let code = next(&mut signals).await;
        std::process::exit(code);
    });
    Ok(async move {
        // An error would mean that nobody listens for signals any more.
        let _ = stop.await;
    })
}

/// Waits for one of the signals; returns the exit code of a process that it ends.
async fn next((interrupt, terminate): &mut (Signal, Signal)) -> i32 {
    tokio::select! {
        _ = interrupt.recv() => 128 + SignalKind::interrupt().as_raw_value(),
        _ = terminate.recv() => 128 + SignalKind::terminate().as_raw_value(),
    }
}
