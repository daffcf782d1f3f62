-- Rows are upserts of whole values: the row with the largest version (the partition's next offset when it
-- was taken) is the one that counts, whatever order and however often rows arrive. A deletion is a row
-- too and stays, so that an older version that arrives later changes nothing.
--
-- `partition` is the Kafka partition. It is part of every key, since versions of different partitions do not
-- compare. A key determines its month, so it never spans ClickHouse partitions.
--
-- Codecs: T64 drops the unused high bits of small numbers and of times within a day; Delta makes long
-- runs of zeros of sorted columns; ZSTD(1) is the cheapest level and does the rest.

-- What a user did on a day. late_offset is 0 for the day's on-time events together, and the record's offset
-- plus one for a late event, which is a row of its own. Beside late rows there is always an on-time row, an
-- empty one of version 0 if nothing else.
CREATE TABLE IF NOT EXISTS {db}.user_activity_rows
(
    site LowCardinality(String),
    day Date CODEC(Delta, ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    is_anonymous UInt8 CODEC(T64, ZSTD(1)),
    partition Int32 CODEC(T64, ZSTD(1)),
    late_offset UInt64 CODEC(T64, ZSTD(1)),
    first_seen DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    last_seen DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    events UInt32 CODEC(T64, ZSTD(1)),
    pageviews UInt32 CODEC(T64, ZSTD(1)),
    features Array(Tuple(feature LowCardinality(String), uses UInt32)) CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1)),
    is_deleted UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (site, day, user_id, is_anonymous, partition, late_offset);

-- Visits, with their page views and feature uses. The index on ended_at serves questions by the visit's bucket.
CREATE TABLE IF NOT EXISTS {db}.session_rows
(
    site LowCardinality(String),
    user_id String CODEC(ZSTD(1)),
    is_anonymous UInt8 CODEC(T64, ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    started_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    partition Int32 CODEC(T64, ZSTD(1)),
    ended_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    left_at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    pageviews UInt32 CODEC(T64, ZSTD(1)),
    events UInt32 CODEC(T64, ZSTD(1)),
    clicks UInt32 CODEC(T64, ZSTD(1)),
    interactive_events UInt32 CODEC(T64, ZSTD(1)),
    entry_page LowCardinality(Nullable(String)),
    exit_page LowCardinality(Nullable(String)),
    referrer LowCardinality(Nullable(String)),
    is_bounce UInt8 CODEC(T64, ZSTD(1)),
    engaged_ms Nullable(UInt64) CODEC(T64, ZSTD(1)),
    max_scroll_depth Nullable(Float64) CODEC(ZSTD(1)),
    pages Array(Tuple(
        viewed_at DateTime64(3, 'UTC'),
        page LowCardinality(String),
        left_at Nullable(DateTime64(3, 'UTC')),
        engaged_ms Nullable(UInt64),
        scroll_depth Nullable(Float64))) CODEC(ZSTD(1)),
    features Array(Tuple(used_at DateTime64(3, 'UTC'), feature LowCardinality(String))) CODEC(ZSTD(1)),
    is_open UInt8 CODEC(T64, ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1)),
    is_deleted UInt8 CODEC(T64, ZSTD(1)),
    INDEX ended_at ended_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(started_at)
ORDER BY (site, toDate(started_at), user_id, is_anonymous, session_id, started_at, partition);

-- A site's visits and visitors per day and per hour. Where rows expire, whole parts are dropped: cheap, and the
-- views hide what is past its time anyway.
CREATE TABLE IF NOT EXISTS {db}.site_day_rows
(
    site LowCardinality(String),
    day Date CODEC(Delta, ZSTD(1)),
    partition Int32 CODEC(T64, ZSTD(1)),
    sessions UInt64 CODEC(T64, ZSTD(1)),
    bounces UInt64 CODEC(T64, ZSTD(1)),
    pageviews UInt64 CODEC(T64, ZSTD(1)),
    duration_ms UInt64 CODEC(T64, ZSTD(1)),
    visitors UInt64 CODEC(T64, ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1)),
    is_deleted UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (site, day, partition);

CREATE TABLE IF NOT EXISTS {db}.site_hour_rows
(
    site LowCardinality(String),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    partition Int32 CODEC(T64, ZSTD(1)),
    sessions UInt64 CODEC(T64, ZSTD(1)),
    bounces UInt64 CODEC(T64, ZSTD(1)),
    pageviews UInt64 CODEC(T64, ZSTD(1)),
    duration_ms UInt64 CODEC(T64, ZSTD(1)),
    visitors UInt64 CODEC(T64, ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1)),
    is_deleted UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(hour)
ORDER BY (site, hour, partition)
SETTINGS ttl_only_drop_parts = 1;

-- Pages per day and per hour. scroll_sum is in millionths, so that sums are exact.
CREATE TABLE IF NOT EXISTS {db}.page_day_rows
(
    site LowCardinality(String),
    day Date CODEC(Delta, ZSTD(1)),
    page String CODEC(ZSTD(1)),
    partition Int32 CODEC(T64, ZSTD(1)),
    pageviews UInt64 CODEC(T64, ZSTD(1)),
    visitors UInt64 CODEC(T64, ZSTD(1)),
    visits UInt64 CODEC(T64, ZSTD(1)),
    entries UInt64 CODEC(T64, ZSTD(1)),
    exits UInt64 CODEC(T64, ZSTD(1)),
    bounces UInt64 CODEC(T64, ZSTD(1)),
    engaged_ms UInt64 CODEC(T64, ZSTD(1)),
    engaged_sessions UInt64 CODEC(T64, ZSTD(1)),
    scroll_sum UInt64 CODEC(T64, ZSTD(1)),
    scroll_samples UInt64 CODEC(T64, ZSTD(1)),
    scroll_25 UInt64 CODEC(T64, ZSTD(1)),
    scroll_50 UInt64 CODEC(T64, ZSTD(1)),
    scroll_75 UInt64 CODEC(T64, ZSTD(1)),
    scroll_100 UInt64 CODEC(T64, ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1)),
    is_deleted UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(day)
ORDER BY (site, day, page, partition);

CREATE TABLE IF NOT EXISTS {db}.page_hour_rows
(
    site LowCardinality(String),
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    page String CODEC(ZSTD(1)),
    partition Int32 CODEC(T64, ZSTD(1)),
    pageviews UInt64 CODEC(T64, ZSTD(1)),
    visitors UInt64 CODEC(T64, ZSTD(1)),
    visits UInt64 CODEC(T64, ZSTD(1)),
    entries UInt64 CODEC(T64, ZSTD(1)),
    exits UInt64 CODEC(T64, ZSTD(1)),
    bounces UInt64 CODEC(T64, ZSTD(1)),
    engaged_ms UInt64 CODEC(T64, ZSTD(1)),
    engaged_sessions UInt64 CODEC(T64, ZSTD(1)),
    scroll_sum UInt64 CODEC(T64, ZSTD(1)),
    scroll_samples UInt64 CODEC(T64, ZSTD(1)),
    scroll_25 UInt64 CODEC(T64, ZSTD(1)),
    scroll_50 UInt64 CODEC(T64, ZSTD(1)),
    scroll_75 UInt64 CODEC(T64, ZSTD(1)),
    scroll_100 UInt64 CODEC(T64, ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1)),
    is_deleted UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(hour)
ORDER BY (site, hour, page, partition)
SETTINGS ttl_only_drop_parts = 1;

-- What the gauges said: the parts of one site in one partition at one instant. The row of site '' says from
-- when the partition's state reaches back (partial_from), whatever sites it holds.
CREATE TABLE IF NOT EXISTS {db}.kpi_rows
(
    site LowCardinality(String),
    instant DateTime('UTC') CODEC(Delta, ZSTD(1)),
    partition Int32 CODEC(T64, ZSTD(1)),
    first_event Nullable(DateTime64(3, 'UTC')) CODEC(T64, ZSTD(1)),
    partial_from Nullable(DateTime64(3, 'UTC')) CODEC(T64, ZSTD(1)),
    parts Array(Tuple(
        part LowCardinality(String),
        window_minutes UInt32,
        label String,
        value Float64)) CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1)),
    is_deleted UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(instant)
ORDER BY (site, instant, partition)
SETTINGS ttl_only_drop_parts = 1;

-- Accounting and position of each partition; version is the position.
CREATE TABLE IF NOT EXISTS {db}.accounting_rows
(
    topic LowCardinality(String),
    partition Int32,
    read UInt64,
    accepted UInt64,
    duplicate UInt64,
    late UInt64,
    skipped UInt64,
    dead_lettered UInt64,
    rules UInt64,
    version UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (topic, partition);

-- Raw events, where they are switched on: a record is its own key, so writing it again changes nothing.
CREATE TABLE IF NOT EXISTS {db}.event_rows
(
    site LowCardinality(String),
    type LowCardinality(String),
    timestamp DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    is_anonymous UInt8 CODEC(T64, ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    is_late UInt8 CODEC(T64, ZSTD(1)),
    topic LowCardinality(String),
    partition Int32 CODEC(T64, ZSTD(1)),
    offset UInt64 CODEC(T64, ZSTD(1)),
    -- JSON of the same few shapes over and over: a higher level pays.
    raw String CODEC(ZSTD(3)),
    version UInt64 CODEC(T64, ZSTD(1)),
    is_deleted UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(timestamp)
ORDER BY (site, toDate(timestamp), type, timestamp, topic, partition, offset)
SETTINGS ttl_only_drop_parts = 1;
