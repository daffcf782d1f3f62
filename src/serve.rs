//! What commands share: ClickHouse from the settings, the embedded one, logs.

use std::{
    io::IsTerminal,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use anyhow::{Context as _, bail};
use clickhouse_sink::{ClickHouse, ClickHouseOptions, SchemaOptions, Secret};
use embedded_clickhouse::{EmbeddedClickHouse, find_library};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat, Sink};

/// The configured ClickHouse, at `url` if one is given.
///
/// # Errors
/// Options that cannot work with any server.
pub(crate) fn clickhouse(sink: &Sink, url: Option<&str>) -> anyhow::Result<ClickHouse> {
    if url.is_some_and(|url| url.contains('@')) {
        bail!(
            "credentials do not belong in --clickhouse, where logs could show them: set sink.user and sink.password_file"
        );
    }
    Ok(ClickHouse::new(ClickHouseOptions {
        url: url.unwrap_or(&sink.url).to_owned(),
        database: sink.database.clone(),
        user: Some(sink.user.clone()),
        password: sink.password.as_ref().map(|password| Secret::new(password.expose())),
        ..ClickHouseOptions::default()
    })?)
}

/// How long the configured tables keep their rows.
pub(crate) fn schema_options(sink: &Sink) -> SchemaOptions {
    let days = |duration: std::time::Duration| u32::try_from(duration.as_secs().div_ceil(86_400)).ok();
    SchemaOptions {
        hourly_days: days(sink.hourly_ttl),
        kpis_days: days(sink.kpi_ttl),
        events_days: days(sink.raw_events_ttl),
    }
}

/// Starts the embedded ClickHouse on a folder, on a free loopback port.
///
/// # Errors
/// The engine's library is not there, or the folder is in use.
pub(crate) async fn embedded(data_dir: &Path) -> anyhow::Result<EmbeddedClickHouse> {
    let library = find_library(None)?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    EmbeddedClickHouse::start(&library, data_dir, listen)
        .await
        .with_context(|| format!("starting the embedded ClickHouse on {}", data_dir.display()))
}

/// Sends logs to standard error, as configured.
pub(crate) fn logs(log: &Log) {
    let filter = EnvFilter::new(&log.level);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Human => builder.with_target(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}
