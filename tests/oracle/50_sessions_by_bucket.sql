-- The visits of each day and hour, by the last event; and who was active in it.
CREATE TABLE oracle.sessions_by_bucket ENGINE = MergeTree ORDER BY (length, site, bucket) AS
SELECT
    length, site, bucket,
    sum(visit) AS sessions, sum(bounce) AS bounces, sum(views) AS pageviews, sum(duration_ms) / 1000 AS duration_sum_s,
    uniqExactIf((is_anonymous, user_id), visit = 0) AS visitors,
    if(sessions = 0, NULL, bounces / sessions) AS bounce_rate,
    if(sessions = 0, NULL, pageviews / sessions) AS pages_per_session,
    if(sessions = 0, NULL, duration_sum_s / sessions) AS avg_duration_s
FROM
(
    SELECT site, is_anonymous, user_id, ended_at AS at, 1 AS visit, is_bounce AS bounce, pageviews AS views,
        toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at) AS duration_ms
    FROM oracle.sessions
    UNION ALL
    SELECT site, is_anonymous, user_id, timestamp, 0, 0, 0, 0 FROM oracle.events WHERE is_activity
)
ARRAY JOIN ['day', 'hour'] AS length, [toStartOfDay(at, 'UTC'), toStartOfHour(at, 'UTC')] AS bucket
GROUP BY length, site, bucket;

-- The table `sessions_daily`.
CREATE VIEW oracle.sessions_daily AS SELECT toDate(bucket, 'UTC') AS day, * EXCEPT (length, bucket) FROM oracle.sessions_by_bucket WHERE length = 'day';

-- The table `sessions_hourly`.
CREATE VIEW oracle.sessions_hourly AS SELECT bucket AS hour, * EXCEPT (length, bucket) FROM oracle.sessions_by_bucket WHERE length = 'hour';
