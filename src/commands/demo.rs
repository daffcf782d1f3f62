//! `tidegauge demo`: everything embedded, in one go.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clickhouse_sink::{ClickHouse, KpiSnapshots, SchemaOptions};
use embedded_clickhouse::{EmbeddedClickHouse, find_library};
use jiff::Timestamp;
use kafka_source::MockKafka;
use window_state::rows::AccountingRow;

use crate::{
    cli::DemoArgs,
    config::Settings,
    demo::{Figures, History, Traffic, TrafficOptions, View},
    engine::{Shared, now_ms},
    instance::{Instance, signals},
    replay::{QueryReport, Report, print_table, report},
    serve,
};

/// The demo's topic.
const TOPIC: &str = "events";
const DEAD_LETTERS: &str = "tidegauge-dead-letters";
const PARTITIONS: i32 = 4;
/// How often the figures on the terminal change.
const TICK: Duration = Duration::from_millis(500);
/// How long the pipeline may take to read what was sent last.
const CATCH_UP: Duration = Duration::from_secs(30);

/// Queries worth trying.
const QUERIES: [&str; 3] = [
    "SELECT day, dau, wau, mau, round(stickiness, 3) AS stickiness, new_users FROM active_users_daily ORDER BY day DESC LIMIT 5",
    "SELECT page, sum(pageviews) AS views, round(sum(exits) / sum(pageviews), 3) AS exit_rate, \
     round(sum(scroll_sum) / sum(scroll_samples), 3) AS scroll_depth FROM pages_daily GROUP BY page ORDER BY views DESC LIMIT 5",
    "SELECT feature, users_30d, round(adoption_rate_30d, 3) AS adoption_30d FROM feature_adoption_daily \
     WHERE day = (SELECT max(day) FROM feature_adoption_daily) ORDER BY users_30d DESC LIMIT 5",
];

/// Runs the demo and ends with a report.
///
/// # Errors
/// The embedded ClickHouse's library is not there, or the pipeline cannot go on.
pub(crate) async fn demo(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let folder = tempfile::tempdir().context("making a temporary folder for the demo")?;
    let kafka = MockKafka::start(1).context("starting the embedded Kafka")?;
    kafka.create_topic(TOPIC, PARTITIONS)?;
    kafka.create_topic(DEAD_LETTERS, 1)?;
    let embedded =
        EmbeddedClickHouse::start(&find_library(None)?, &folder.path().join("clickhouse"), free(8123))
            .await
            .context("starting the embedded ClickHouse")?;
    let settings = settings(&kafka.brokers()?, &embedded.url(), folder.path())?;
    serve::logs(&settings.log);
    let clickhouse = serve::clickhouse(&settings.sink, None)?;
    clickhouse.apply_schema(&SchemaOptions::default()).await?;
    let instance = Instance::bind(&settings).await?.without_transactions();
    say_hello(&args, &kafka.brokers()?, &embedded.url(), instance.metrics_addr())?;

    let shared = instance.shared().clone();
    let stop = instance.stop();
    let traffic = Traffic::default();
    let options = TrafficOptions {
        brokers: kafka.brokers()?,
        topic: TOPIC.to_owned(),
        seed: args.seed,
        rate: f64::from(args.rate),
        duration: args.duration,
    };
    let traffic_stop = Arc::new(AtomicBool::new(false));
    let sending = {
        let (traffic, progress, stop) = (traffic.clone(), shared.progress.clone(), traffic_stop.clone());
        tokio::task::spawn_blocking(move || traffic.run(&options, progress, stop))
    };
    let signalled = crate::engine::Stop::default();
    tokio::spawn(signals(signalled.clone()));
    let running = {
        let (settings, clickhouse) = (settings.clone(), clickhouse.clone());
        tokio::spawn(async move { instance.run(&settings, clickhouse).await })
    };
    let began = Instant::now();
    watch(&shared, &traffic, &signalled, &traffic_stop, sending, &running).await?;
    stop.stop();
    running.await.context("the pipeline panicked")??;
    say_goodbye(&settings, &shared, &clickhouse, began.elapsed()).await?;
    embedded.shutdown().await?;
    Ok(ExitCode::SUCCESS)
}

/// Shows the figures until the traffic has ended and all of it is read.
async fn watch(
    shared: &Shared,
    traffic: &Traffic,
    signalled: &crate::engine::Stop,
    traffic_stop: &AtomicBool,
    sending: tokio::task::JoinHandle<anyhow::Result<()>>,
    running: &tokio::task::JoinHandle<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let mut view = View::new();
    let mut before = (0, Instant::now());
    let mut caught_up_by = None;
    loop {
        tokio::time::sleep(TICK).await;
        let figures = Figures::take(shared, traffic, (before.0, before.1.elapsed()));
        before = (figures.read(), Instant::now());
        view.show(&figures)?;
        if signalled.is_set() {
            traffic_stop.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        if sending.is_finished() {
            let deadline = *caught_up_by.get_or_insert_with(|| Instant::now() + CATCH_UP);
            if figures.read() >= traffic.sent() || Instant::now() > deadline {
                break;
            }
        }
        if running.is_finished() {
            traffic_stop.store(true, std::sync::atomic::Ordering::Relaxed);
            break;
        }
    }
    view.release();
    sending.await.context("the generator panicked")?
}

fn settings(brokers: &str, clickhouse: &str, folder: &Path) -> anyhow::Result<Settings> {
    let state = folder.join("state");
    let metrics = free(9464).to_string();
    let options = [
        ("KAFKA__BROKERS", brokers),
        ("KAFKA__TOPICS", TOPIC),
        ("KAFKA__DEAD_LETTER_TOPIC", DEAD_LETTERS),
        ("SINK__URL", clickhouse),
        ("SINK__FLUSH_INTERVAL", "1s"),
        ("METRICS__LISTEN", &metrics),
        ("METRICS__KPI_INTERVAL", "1m"),
        ("CHECKPOINT__DIR", &state.to_string_lossy()),
        ("CHECKPOINT__INTERVAL", "5s"),
        ("LOG__LEVEL", "warn"),
    ];
    let env = options.map(|(name, value)| (format!("TIDEGAUGE__{name}"), value.to_owned()));
    Ok(Settings::load(None, env.into_iter())?)
}

/// The usual port if nobody has it, else any.
fn free(port: u16) -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpListener::bind(usual) {
        Ok(_) => usual,
        Err(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    }
}

fn say_hello(args: &DemoArgs, brokers: &str, clickhouse: &str, metrics: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "tidegauge demo: {} days of history, then {:?} live at {} events/s",
        History::DAYS,
        args.duration,
        args.rate
    )?;
    writeln!(out)?;
    writeln!(out, "  metrics     http://{metrics}/metrics")?;
    writeln!(out, "  ClickHouse  {clickhouse}  (database tidegauge)")?;
    writeln!(out, "  Kafka       {brokers}  (topic {TOPIC})")?;
    writeln!(out)?;
    writeln!(out, "  try, while it runs:")?;
    for query in QUERIES {
        let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(
            out,
            "    curl '{clickhouse}/?database=tidegauge' --data-binary \"{query} FORMAT PrettyCompact\""
        )?;
    }
    writeln!(out)
}

async fn say_goodbye(
    settings: &Settings,
    shared: &Shared,
    clickhouse: &ClickHouse,
    took: Duration,
) -> anyhow::Result<()> {
    let snapshots = shared.published.snapshots();
    let accounting =
        snapshots.iter().fold(AccountingRow::default(), |sum, snapshot| sum + snapshot.accounting);
    let as_of = snapshots.iter().map(|snapshot| snapshot.as_of).max().unwrap_or_else(now_ms);
    let gauges = KpiSnapshots { windows: settings.metrics.windows.clone(), snapshots };
    let mut queries = Vec::new();
    for sql in QUERIES {
        queries.push(QueryReport::new(sql.to_owned(), clickhouse.run_sql(sql).await?));
    }
    let report = Report {
        as_of: Timestamp::from_millisecond(as_of).ok(),
        accounting,
        metrics: report::metrics(&gauges, as_of),
        queries,
    };
    let mut out = io::stdout().lock();
    writeln!(out)?;
    print_table(&report, &Default::default(), &mut out)?;
    let rate = accounting.read as f64 / took.as_secs_f64();
    writeln!(
        out,
        "\n{} records in {:.1} s ({rate:.0}/s on average), all written and committed",
        accounting.read,
        took.as_secs_f64()
    )?;
    Ok(())
}
