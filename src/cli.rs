//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};

/// Streaming engagement gauges: Kafka in, ClickHouse and Prometheus out, counted exactly once.
#[derive(Debug, Parser)]
#[command(name = "tidegauge", version, about, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the pipeline: Kafka -> state -> ClickHouse and /metrics.
    Run(RunArgs),
    /// Show it all in one process: Kafka, ClickHouse, traffic and the pipeline, all embedded.
    Demo(DemoArgs),
    /// Fold NDJSON files through the same core into ClickHouse and print the figures.
    Replay(ReplayArgs),
    /// Generate realistic traffic, the same bytes for the same seed.
    Generate(GenerateArgs),
    /// Print or apply the ClickHouse schema.
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Check a configuration or print the reference of all options.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Serve the embedded ClickHouse over HTTP, for trying things and for tests.
    Clickhouse(ClickhouseArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The configuration (TOML); variables TIDEGAUGE__SECTION__KEY override it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How long live traffic runs after a month of history, like 60s or 5m.
    #[arg(long, default_value = "60s", value_parser = duration)]
    pub(crate) duration: Duration,
    /// Live events per second.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) rate: u32,
    /// Decides the traffic.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// NDJSON files, plain, gzip or zstd; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The configuration; only its fold, metrics and sink sections count here.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write to this ClickHouse in place of an embedded one.
    #[arg(long, value_name = "URL", conflicts_with = "data_dir")]
    pub(crate) clickhouse: Option<String>,
    /// Keep the embedded ClickHouse's data here in place of a temporary folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Replace the rows of the database if it has any.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// The instant of the figures (RFC 3339); later events are skipped. Default: the last event's.
    #[arg(long, value_name = "T")]
    pub(crate) as_of: Option<Timestamp>,
    /// A query to run on the result; may be given several times.
    #[arg(long, value_name = "QUERY")]
    pub(crate) sql: Vec<String>,
    /// Keep rejected lines in this file, an NDJSON object each.
    #[arg(long, value_name = "FILE")]
    pub(crate) dead_letters: Option<PathBuf>,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Records in all, duplicates and bad ones included.
    #[arg(long, value_name = "N")]
    pub(crate) events: u64,
    /// The population.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(crate) users: u32,
    /// The same seed gives the same bytes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Days of history.
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) days: u32,
    /// The history's end (RFC 3339). Default: a fixed day, so that the bytes stay the same.
    #[arg(long, value_name = "T")]
    pub(crate) end: Option<Timestamp>,
    /// Sites, the busiest first.
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "demo")]
    pub(crate) sites: Vec<String>,
    /// Share of records that break the contract, 0..0.5.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) bad: f64,
    /// Share of records that repeat an earlier one, 0..0.5.
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    pub(crate) duplicates: f64,
    /// Share of records more than an hour behind, 0..0.5.
    #[arg(long, value_name = "SHARE", default_value_t = 0.005)]
    pub(crate) late: f64,
    /// Share of records overtaken by others, 0..0.5.
    #[arg(long, value_name = "SHARE", default_value_t = 0.03)]
    pub(crate) disorder: f64,
    /// Write NDJSON to this file; `-` is standard output, the default.
    #[arg(long, value_name = "FILE", conflicts_with = "kafka")]
    pub(crate) out: Option<PathBuf>,
    /// Produce to Kafka at these brokers, keyed by user.
    #[arg(long, value_name = "BROKERS", requires = "topic")]
    pub(crate) kafka: Option<String>,
    /// The topic to produce to.
    #[arg(long, value_name = "T", requires = "kafka")]
    pub(crate) topic: Option<String>,
    /// A librdkafka property as name=value, like security.protocol=SASL_SSL; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", requires = "kafka")]
    pub(crate) property: Vec<String>,
    /// Create the topic with this many partitions if it is not there.
    #[arg(long, value_name = "N", requires = "kafka")]
    pub(crate) partitions: Option<i32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Print the SQL of every migration and view.
    Print(SchemaArgs),
    /// Apply what the database does not have yet.
    Apply(SchemaArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The configuration; only its sink section counts here.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The ClickHouse in place of the configured one.
    #[arg(long, value_name = "URL")]
    pub(crate) clickhouse: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check a configuration file: a syntax error with its line, else every fault at once.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Print the reference of all options in Markdown.
    Reference,
}

#[derive(Debug, Args)]
pub(crate) struct ClickhouseArgs {
    /// The folder of its data.
    #[arg(long, value_name = "DIR")]
    pub(crate) path: PathBuf,
    /// The address to serve.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8123")]
    pub(crate) listen: SocketAddr,
    /// Allow an address other than loopback: there are no passwords.
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration: SignedDuration =
        text.parse().map_err(|error| format!("{error}; write it like 60s or 5m"))?;
    Duration::try_from(duration).map_err(|_| "a duration cannot be negative".to_owned())
}
