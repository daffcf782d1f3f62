//! `tidegauge replay`: files in, tables and figures out.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use clickhouse_sink::{Batch, ClickHouse, Origin, SchemaOptions, Writer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use kafka_source::{FileDeadLetters, Letter, RecordTimestamp};

use crate::{
    cli::{Format, ReplayArgs},
    config::{Settings, environment},
    replay::{Lines, QueryReport, Replay, ReplayOptions, Report, print_table, report},
    rules::replay_rules,
    serve,
};

/// The topic's name that a replay's rows are accounted under.
const TOPIC: &str = "replay";
/// Raw events in one write.
const RAW_EVENTS: usize = 100_000;
/// Lines between two writes where sessions and days close on the way.
const LINES_PER_FLUSH: u64 = 500_000;

/// Replays the files and prints the report.
///
/// # Errors
/// A file that cannot be read, a ClickHouse that has rows already or does not answer, a query it refuses.
pub(crate) async fn replay(args: ReplayArgs) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(args.config.as_deref(), environment())?;
    let rules = Arc::new(replay_rules(&settings, args.as_of.map(Timestamp::as_millisecond))?);
    let folder = tempfile::tempdir().context("making a temporary folder for the embedded ClickHouse")?;
    let embedded = match args.clickhouse {
        Some(_) => None,
        None => Some(serve::embedded(args.data_dir.as_deref().unwrap_or(folder.path())).await?),
    };
    let url = embedded.as_ref().map(|embedded| embedded.url()).or_else(|| args.clickhouse.clone());
    let clickhouse = serve::clickhouse(&settings.sink, url.as_deref())?;
    let result = replay_into(&args, &settings, rules, clickhouse).await;
    if let Some(embedded) = embedded {
        embedded.shutdown().await?;
    }
    result
}

async fn replay_into(
    args: &ReplayArgs,
    settings: &Settings,
    rules: Arc<window_state::FoldRules>,
    clickhouse: ClickHouse,
) -> anyhow::Result<ExitCode> {
    prepare(&clickhouse, args.overwrite).await?;
    let origin = Origin { topic: TOPIC.into(), rules: rules.fingerprint() };
    let writer = Writer::new(clickhouse.clone(), origin);
    let closes = rules.allowed_lateness.is_some();
    let mut replay = Replay::new(ReplayOptions { rules, raw_events: settings.sink.raw_events });
    fold(args, &mut replay, &writer, closes).await?;

    let as_of = args.as_of.or(replay.max_event().and_then(|ts| Timestamp::from_millisecond(ts).ok()));
    let mut batch = replay.changes(true);
    let mut metrics = Vec::new();
    if let Some(as_of) = as_of {
        let gauges = replay.gauges(as_of.as_millisecond());
        metrics = report::metrics(&gauges, as_of.as_millisecond());
        batch.kpis = Some(gauges);
    }
    write(&writer, &batch).await?;
    let mut queries = Vec::new();
    for sql in &args.sql {
        let result = clickhouse.run_sql(sql).await.with_context(|| format!("in --sql {sql:?}"))?;
        queries.push(QueryReport::new(sql.clone(), result));
    }
    let report = Report { as_of, accounting: replay.accounting(), metrics, queries };
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        Format::Table => {
            print_table(&report, replay.rejected(), &mut out)?;
            if report.accounting.dead_lettered > 0 && args.dead_letters.is_none() {
                writeln!(out, "\n--dead-letters FILE keeps the rejected lines")?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the schema, in a database without rows.
async fn prepare(clickhouse: &ClickHouse, overwrite: bool) -> anyhow::Result<()> {
    if overwrite {
        clickhouse.drop_database().await.context("dropping the database for --overwrite")?;
    }
    // Retention counts from the clock, a replay may be of any time.
    clickhouse.apply_schema(&SchemaOptions::keep_everything()).await?;
    if clickhouse.has_rows().await? {
        bail!(
            "database {} holds rows already, and a replay would mix with them: give --overwrite to replace \
             them, or another sink.database, --data-dir or --clickhouse",
            clickhouse.database()
        );
    }
    Ok(())
}

async fn fold(args: &ReplayArgs, replay: &mut Replay, writer: &Writer, closes: bool) -> anyhow::Result<()> {
    let progress = progress(Lines::total_bytes(&args.files));
    let mut lines = Lines::new(args.files.clone(), progress.clone());
    let mut letters = args.dead_letters.as_deref().map(FileDeadLetters::create).transpose()?;
    let mut line = Vec::new();
    while let Some(number) = lines.next_into(&mut line)? {
        let rejection = replay.line(number, &line);
        if let (Some((partition, rejection)), Some(letters)) = (rejection, &mut letters) {
            letters.send(&Letter {
                origin: pipeline::Origin { topic: TOPIC, partition, offset: number },
                key: None,
                value: Some(&line),
                timestamp: RecordTimestamp::None,
                reason: rejection.reason.code(),
                field: rejection.field,
            })?;
        }
        if replay.raw_waiting() >= RAW_EVENTS {
            write(writer, &replay.raw_events()).await?;
        }
        if closes && (number + 1).is_multiple_of(LINES_PER_FLUSH) {
            write(writer, &replay.changes(false)).await?;
        }
    }
    write(writer, &replay.raw_events()).await?;
    if let Some(letters) = &mut letters {
        letters.flush()?;
    }
    progress.finish_and_clear();
    Ok(())
}

async fn write(writer: &Writer, batch: &Batch) -> anyhow::Result<()> {
    if !batch.is_empty() {
        writer.write(batch).await.context("writing the rows of a replay")?;
    }
    Ok(())
}

/// A progress bar on a terminal, nothing elsewhere.
fn progress(bytes: Option<u64>) -> ProgressBar {
    let bar = match bytes {
        Some(bytes) => {
            ProgressBar::new(bytes).with_style(style("{bar:30} {percent:>3} %  {bytes_per_sec}  {eta} left"))
        }
        None => ProgressBar::new_spinner().with_style(style("{spinner} {bytes}  {bytes_per_sec}")),
    };
    let shown = io::stderr().is_terminal();
    bar.set_draw_target(if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
