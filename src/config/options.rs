//! Every option: one definition each, from which come the fields, the defaults, the checks and the reference.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use metric_defs::Window;

use super::{
    choice::{LogFormat, Profile, TimeOnPage},
    duration::{days, hours, millis, minutes, seconds},
    list::ListLimit,
    property::Properties,
    reader::Reader,
    secret::Secret,
    setting::Setting,
    table::{OptionDef, SectionDef},
    text::Text,
};

/// One definition: `key: Type, limit LIMIT, unit "what is counted", default "TOML", example "TOML";` under its meaning. An option without a
/// default has an empty text there.
macro_rules! options {
    ($(
        $(#[doc = $about:literal])+
        $section:ident: $Section:ident {
            $(
                $(#[doc = $meaning:literal])+
                $key:ident: $T:ty $(, limit $limit:expr)? $(, unit $unit:literal)?, default $default:literal, example $example:literal;
            )+
        }
    )+) => {
        $(
            $(#[doc = $about])+
            #[derive(Clone, Debug)]
            pub(crate) struct $Section { $($(#[doc = $meaning])+ pub(crate) $key: $T,)+ }

            impl $Section {
                /// Reads every field, noting every fault; `None` only if a definition's own default is wrong.
                pub(super) fn read(reader: &mut Reader) -> Option<Self> {
                    $(let $key = reader.get::<$T>(
                        concat!(stringify!($section), ".", stringify!($key)), $default, &options!(@limit $($limit)?),
                    );)+
                    Some(Self { $($key: $key?,)+ })
                }
            }
        )+

        /// The tables of the file, in the reference's order.
        pub(super) const SECTIONS: &[SectionDef] = &[$(SectionDef {
            name: stringify!($section),
            meaning: concat!($($about,)+).trim_ascii(),
        },)+];

        /// The options, in the reference's order.
        pub(super) const OPTIONS: &[OptionDef] = &[$($(OptionDef {
            path: concat!(stringify!($section), ".", stringify!($key)),
            meaning: concat!($($meaning,)+).trim_ascii(),
            unit: concat!($($unit)?),
            default: $default,
            example: $example,
            is_map: <$T as Setting>::IS_MAP,
            kind: || <$T as Setting>::kind(&options!(@limit $($limit)?)),
            from_env: <$T as Setting>::from_env,
            #[cfg(test)]
            canonical: |value| <$T as Setting>::read(value, &options!(@limit $($limit)?)).map(|setting| setting.show()),
        },)+)+];
    };
    (@limit $limit:expr) => { $limit };
    (@limit) => { () };
}

/// A limit for lists of texts.
const fn each(items: Text, from: usize, to: usize) -> ListLimit {
    ListLimit { items, count: from..=to }
}

options! {
    /// Where the events come from.
    kafka: Kafka {
        /// Brokers to ask first; the rest of the cluster is learned from them.
        brokers: Vec<String>, limit each(Text::Broker, 1, 100),
            default r#"["127.0.0.1:9092"]"#, example r#"["kafka-1:9092", "kafka-2:9092"]"#;
        /// Consumer group. Instances of one group share the partitions between them.
        group: String, limit Text::Name,
            default r#""tidegauge""#, example r#""tidegauge-staging""#;
        /// Topics with events.
        topics: Vec<String>, limit each(Text::Topic, 1, 100),
            default r#"["events"]"#, example r#"["web-events", "app-events"]"#;
        /// Whether the single topic is keyed by user, so that all events of a user are in one partition. If not, or with several
        /// topics, a merge stage first writes every event to `kafka.merged_topic`, keyed by site and user.
        keyed_by_user: bool,
            default "true", example "false";
        /// Topic that the merge stage writes and the fold reads; created if absent. Unused without a merge stage.
        merged_topic: String, limit Text::Topic,
            default r#""tidegauge-merged""#, example r#""merged-events""#;
        /// Partitions of `kafka.merged_topic` when it is created; the most instances that can share the fold. A change
        /// moves users between partitions: it needs a new topic and a rebuild.
        merged_partitions: u32, limit 1..=10_000, unit "partitions",
            default "12", example "48";
        /// Topic for records that break the event contract, whole, with headers that say why and where they came from.
        dead_letter_topic: String, limit Text::Topic,
            default r#""tidegauge-dead-letters""#, example r#""events-rejected""#;
        /// Any property of librdkafka (TLS, SASL, buffers, ...), for consumers and producers alike. A variable's name has `_` for the
        /// property's dots: `TIDEGAUGE__KAFKA__PROPERTIES__SECURITY_PROTOCOL`. Brokers, group and offset handling are not set here.
        /// Values of properties that look like secrets are never printed.
        properties: Properties,
            default "{}", example r#"{ "security.protocol" = "SASL_SSL", "sasl.username" = "tidegauge" }"#;
        /// Properties of librdkafka whose values are in files, like mounted secrets: the file's text without its last newline.
        /// Paths are relative to the working directory. A property may be in `kafka.properties` or here, not in both.
        properties_files: BTreeMap<String, PathBuf>,
            default "{}", example r#"{ "sasl.password" = "/run/secrets/kafka_password" }"#;
    }

    /// What decides how events become figures. These rules are part of the stored state: a start with other rules than those of the
    /// state and of the rows in ClickHouse is refused with an explanation.
    fold: Fold {
        /// How far behind the watermark an event may be and still count everywhere. An older one is late: it counts in `user_activity`
        /// only.
        allowed_lateness: Duration, limit seconds(0)..=days(30),
            default r#""1h""#, example r#""6h""#;
        /// How far the watermark trails the largest believed event time of a partition.
        watermark_trail: Duration, limit seconds(0)..=hours(1),
            default r#""1m""#, example r#""30s""#;
        /// An event further ahead of all before it than this does not move the watermark until confirmed, so that one wrong clock does
        /// not make everyone else late.
        max_ahead: Duration, limit minutes(1)..=days(30),
            default r#""1h""#, example r#""15m""#;
        /// Different users whose events must confirm a leap of more than `fold.max_ahead` before the watermark believes it.
        confirming_users: u32, limit 1..=10_000, unit "users",
            default "16", example "4";
        /// How far an event's time may be after the Kafka record's own timestamp; beyond it the record is a dead letter
        /// (`future_timestamp`). `"0s"` switches the check off.
        future_tolerance: Duration, limit seconds(0)..=days(365),
            default r#""5m""#, example r#""0s""#;
        /// How long an `event_id` is remembered, aged by the watermark. Longer than `fold.allowed_lateness` plus `fold.watermark_trail`.
        dedup_window: Duration, limit minutes(1)..=days(60),
            default r#""2h""#, example r#""12h""#;
        /// Event ids a partition remembers at most; beyond it the oldest are forgotten first.
        dedup_max_ids: u64, limit 1_000..=1_000_000_000, unit "ids per partition",
            default "16_000_000", example "4_000_000";
        /// Without a `session_id`: the pause after which a user's next event begins a new session (a pause of exactly this does not).
        session_gap: Duration, limit seconds(1)..=days(1),
            default r#""30m""#, example r#""20m""#;
        /// With a `session_id`: the silence after which the session closes.
        session_silence: Duration, limit minutes(1)..=days(7),
            default r#""2h""#, example r#""6h""#;
        /// By whose rules bounces, durations and scroll depths are counted.
        profile: Profile,
            default r#""plausible""#, example r#""plausible""#;
        /// Where the time on a page comes from. `engaged`: the engaged time that page views and page leaves report. `gap`, for sites
        /// that report none: from a view to the session's next event other than a page leave; the last view has none and is left
        /// out. Never a mixture: with `gap`, reported times are not used.
        time_on_page: TimeOnPage,
            default r#""engaged""#, example r#""gap""#;
        /// Whether a page keeps its query (`/search?q=a`). Every combination is then a page of its own.
        keep_query: bool,
            default "false", example "true";
        /// Patterns that make many paths one page; the first that matches wins. A segment `:name` matches any one segment, a last
        /// segment `*` all that is left. A path that none matches stays as it is.
        page_patterns: Vec<String>, limit each(Text::PagePattern, 0, 1_000),
            default "[]", example r#"["/users/:id", "/docs/*"]"#;
        /// Whether events of a user agent on `fold.bot_user_agents` are skipped and counted as such.
        bot_filter: bool,
            default "false", example "true";
        /// Parts of user agents that mark bots, in any case. Replaces the default list.
        bot_user_agents: Vec<String>, limit each(Text::Name, 0, 1_000),
            default r#"["bot", "crawler", "spider", "slurp", "headless", "phantomjs", "lighthouse", "pingdom", "facebookexternalhit", "curl/", "wget/", "python-requests", "scrapy", "go-http-client", "httpclient", "java/"]"#,
            example r#"["bot", "crawler", "our-monitor/"]"#;
        /// How long after its last event a user is forgotten; one who comes back later counts as new. At least the longest of
        /// `metrics.windows`.
        user_expiry: Duration, limit days(30)..=days(3_660),
            default r#""400d""#, example r#""90d""#;
        /// Sites a partition tells apart; events of further ones count under the site `(other)`.
        max_sites: u32, limit 1..=1_000_000, unit "sites per partition",
            default "1000", example "50";
        /// Pages a site tells apart in a window; further ones count under the page `(other)`.
        max_pages_per_window: u32, limit 1..=10_000_000, unit "pages per site and window",
            default "10000", example "2000";
        /// Features a site tells apart; further ones count under the feature `(other)`.
        max_features: u32, limit 1..=1_000_000, unit "features per site",
            default "1000", example "200";
        /// Page views kept of a session for `page_views`; the session's counts go on beyond.
        max_views_per_session: u32, limit 1..=100_000, unit "views per session",
            default "500", example "100";
        /// Feature uses kept of a session for `feature_uses`; the session's counts go on beyond.
        max_feature_uses_per_session: u32, limit 1..=100_000, unit "uses per session",
            default "500", example "100";
        /// Different features a user's day lists; further ones count as `(other)`.
        max_features_per_user_day: u32, limit 1..=10_000, unit "features per user and day",
            default "100", example "20";
    }

    /// The gauges, and where they are read.
    metrics: Metrics {
        /// Rolling windows. Stickiness needs `1d` and `30d`. The longest decides how long the state keeps what it counts: to change it is
        /// to change the rules of the fold. None may be longer than `fold.user_expiry`.
        windows: Vec<Window>, limit 1..=16,
            default r#"["1d", "7d", "30d"]"#, example r#"["1h", "1d", "7d", "30d", "90d"]"#;
        /// Pages and features that get gauges of their own, per site and window; the rest are summed up under `(other)`.
        top_labels: u32, limit 1..=10_000, unit "labels per site and window",
            default "50", example "20";
        /// Sites that get gauges of their own; all have their rows in ClickHouse.
        max_sites: u32, limit 1..=100_000, unit "sites",
            default "100", example "10";
        /// Address for `/metrics`, `/healthz` and `/readyz`. They need no password: open it beyond the machine only where that is safe.
        listen: SocketAddr,
            default r#""127.0.0.1:9464""#, example r#""0.0.0.0:9464""#;
        /// How often the gauges are written to the table `kpis`.
        kpi_interval: Duration, limit minutes(1)..=days(1),
            default r#""5m""#, example r#""15m""#;
    }

    /// ClickHouse, where the rows go.
    sink: Sink {
        /// ClickHouse's HTTP address. Credentials do not belong here.
        url: String, limit Text::Url,
            default r#""http://127.0.0.1:8123""#, example r#""http://clickhouse:8123""#;
        /// Database of the tables, not `default`.
        database: String, limit Text::Database,
            default r#""tidegauge""#, example r#""engagement""#;
        /// ClickHouse user.
        user: String, limit Text::Name,
            default r#""default""#, example r#""tidegauge""#;
        /// The user's password; none if not set. Better in a file: see `sink.password_file`.
        password: Option<Secret>,
            default "", example r#""correct horse""#;
        /// File that holds the password: its text without the last newline. The path is relative to the working directory. Set this
        /// or `sink.password`, not both.
        password_file: Option<PathBuf>,
            default "", example r#""/run/secrets/clickhouse_password""#;
        /// How long changed rows are gathered before they are written; how fresh the tables are.
        flush_interval: Duration, limit millis(100)..=minutes(10),
            default r#""2s""#, example r#""5s""#;
        /// Changed rows that are written before the interval is over.
        flush_rows: usize, limit 1..=10_000_000, unit "rows",
            default "200_000", example "50_000";
        /// Changed rows waiting for ClickHouse above which consumption pauses, until they are fewer. At least `sink.flush_rows`.
        max_pending_rows: usize, limit 1..=100_000_000, unit "rows",
            default "2_000_000", example "500_000";
        /// The least time between two writes of a session that is still open, or of a page's row.
        open_rows_interval: Duration, limit seconds(1)..=days(1),
            default r#""60s""#, example r#""5m""#;
        /// Pause before the first repeat of a failed write; it doubles with each.
        retry_initial: Duration, limit millis(10)..=minutes(1),
            default r#""200ms""#, example r#""1s""#;
        /// The longest pause between repeats. Writes are repeated for as long as it takes.
        retry_max: Duration, limit millis(10)..=hours(1),
            default r#""30s""#, example r#""2m""#;
        /// Whether every accepted and every late event is also written, whole, to the table `events`.
        raw_events: bool,
            default "false", example "true";
        /// How long the table `events` keeps an event, by its time.
        raw_events_ttl: Duration, limit days(1)..=days(36_500),
            default r#""30d""#, example r#""7d""#;
        /// How long `sessions_hourly` and `pages_hourly` keep an hour.
        hourly_ttl: Duration, limit days(1)..=days(36_500),
            default r#""90d""#, example r#""30d""#;
        /// How long `kpis` keeps an instant.
        kpi_ttl: Duration, limit days(1)..=days(36_500),
            default r#""400d""#, example r#""800d""#;
    }

    /// Where the state is kept between runs.
    checkpoint: Checkpoint {
        /// Folder for the state; created if absent. Relative to the working directory. Keep it on a disk that outlives the process.
        dir: PathBuf,
            default r#""./tidegauge-state""#, example r#""/var/lib/tidegauge""#;
        /// How often the state is saved; after a crash, at most this much is read again.
        interval: Duration, limit seconds(1)..=hours(1),
            default r#""30s""#, example r#""5m""#;
        /// Saved states kept of each partition, the newest first.
        keep: u32, limit 1..=100, unit "states per partition",
            default "2", example "3";
    }

    /// What the process says of itself, on standard error.
    log: Log {
        /// One line for people, or one JSON object a line.
        format: LogFormat,
            default r#""human""#, example r#""json""#;
        /// A level, or a tracing filter with levels per target.
        level: String, limit Text::LogFilter,
            default r#""info""#, example r#""info,kafka_source=debug""#;
    }
}
