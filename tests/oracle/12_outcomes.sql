-- Valid events up to `--as-of` whose event_id came before from the same user, or from nobody where no user is sent.
CREATE TABLE oracle.repeats ENGINE = MergeTree ORDER BY line_no AS
SELECT line_no FROM
(
    SELECT line_no, row_number() OVER (PARTITION BY if(user_id = '', '', site), is_anonymous, user_id, event_id ORDER BY line_no) AS arrival
    FROM oracle.valid
    WHERE event_id != '' AND ms <= (SELECT ifNull(any(as_of), toInt64(4102444800000)) FROM oracle.parameters)
)
WHERE arrival > 1;

-- One outcome per record, in the order the outcomes are judged; nothing is late in a replay of unlimited lateness.
CREATE TABLE oracle.outcomes ENGINE = MergeTree ORDER BY line_no AS
SELECT
    records.line_no AS line_no,
    multiIf(
        records.is_unknown_type, 'skipped',
        records.line_no NOT IN (SELECT line_no FROM oracle.valid), 'dead_lettered',
        records.line_no IN (
            SELECT line_no FROM oracle.valid WHERE ms > (SELECT ifNull(any(as_of), toInt64(4102444800000)) FROM oracle.parameters)), 'skipped',
        records.line_no IN (SELECT line_no FROM oracle.repeats), 'duplicate',
        'accepted') AS outcome
FROM oracle.records;

-- Accepted events; what the tables are made of.
CREATE TABLE oracle.events ENGINE = MergeTree ORDER BY line_no AS
SELECT
    * EXCEPT (path), fromUnixTimestamp64Milli(ms, 'UTC') AS timestamp, toDate(timestamp) AS day,
    type IN ('pageview', 'session', 'click', 'purchase') OR (type = 'feature_use' AND interactive) AS is_activity
FROM oracle.valid
WHERE line_no IN (SELECT line_no FROM oracle.outcomes WHERE outcome = 'accepted');

-- The instant of the report: `--as-of`, else the largest event time; and its minute's end.
CREATE TABLE oracle.instant ENGINE = Memory AS
SELECT
    ifNull((SELECT any(as_of) FROM oracle.parameters), max(ms)) AS as_of_ms,
    fromUnixTimestamp64Milli(intDiv(as_of_ms, 60000) * 60000 + 60000, 'UTC') AS window_end,
    toDate(fromUnixTimestamp64Milli(as_of_ms, 'UTC')) AS today,
    min(timestamp) AS first_event_at
FROM oracle.events;

-- Records by outcome, summed over the partitions.
CREATE TABLE oracle.accounting ENGINE = Memory AS
SELECT
    count() AS read,
    countIf(outcome = 'accepted') AS accepted,
    countIf(outcome = 'duplicate') AS duplicate,
    toUInt64(0) AS late,
    countIf(outcome = 'skipped') AS skipped,
    countIf(outcome = 'dead_lettered') AS dead_lettered
FROM oracle.outcomes;
