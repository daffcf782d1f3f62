//! `tidegauge run`: the pipeline.

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use clickhouse_sink::ClickHouse;
use tracing::{info, warn};

use crate::{
    cli::RunArgs,
    config::{Settings, environment},
    instance::{Instance, signals},
    serve,
};

/// Pause between two tries to reach ClickHouse at the start.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// Runs the pipeline until SIGINT or SIGTERM.
///
/// # Errors
/// A configuration at fault, or what the pipeline cannot go on from.
pub(crate) async fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let settings = match Settings::load(args.config.as_deref(), environment()) {
        Ok(settings) => settings,
        Err(errors) => {
            eprintln!("{errors}");
            return Ok(ExitCode::from(2));
        }
    };
    serve::logs(&settings.log);
    let clickhouse = serve::clickhouse(&settings.sink, None)?;
    let instance = Instance::bind(&settings).await?;
    let stop = instance.stop();
    let signalled = stop.clone();
    tokio::spawn(async move { signals(signalled).await });
    if !apply_schema(&clickhouse, &settings, &stop).await? {
        return Ok(ExitCode::SUCCESS);
    }
    instance.run(&settings, clickhouse).await?;
    Ok(ExitCode::SUCCESS)
}

/// Brings the schema up to date, waiting for a ClickHouse that is away; false if told to stop before.
async fn apply_schema(
    clickhouse: &ClickHouse,
    settings: &Settings,
    stop: &crate::engine::Stop,
) -> anyhow::Result<bool> {
    while !stop.is_set() {
        match clickhouse.ping().await {
            Ok(version) => {
                info!(%version, url = %settings.sink.url, "ClickHouse is there");
                clickhouse
                    .apply_schema(&serve::schema_options(&settings.sink))
                    .await
                    .context("applying the schema")?;
                return Ok(true);
            }
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "waiting for ClickHouse");
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }
    Ok(false)
}
