-- One row per (site, day, feature) from the feature's first day on while anyone used it within 30 days.
-- users_30d is summed up from steps, as in active_users_daily. On-time uses only.
CREATE OR REPLACE VIEW {db}.feature_adoption_daily AS
WITH
    assumeNotNull((SELECT toInt64(max(day)) FROM {db}.user_activity_rows WHERE events > 0)) AS last_day,
    users AS
    (
        SELECT
            r.site AS site,
            f.feature AS feature,
            groupArray((toInt64(r.day), toInt64(f.uses))) AS uses,
            arrayCompact(arraySort(uses.1)) AS days,
            arrayMap((d, i) -> if(i = 1, 1000000, d - days[i - 1]), days, arrayEnumerate(days)) AS before,
            arrayMap((d, i) -> if(i = length(days), 1000000, days[i + 1] - d), days, arrayEnumerate(days)) AS after
        FROM {db}.user_activity_rows AS r FINAL
        ARRAY JOIN r.features AS f
        WHERE r.late_offset = 0
        GROUP BY site, feature, r.user_id, r.is_anonymous
    ),
    steps AS
    (
        SELECT
            site,
            feature,
            -- (day, uses, users, users_30d step)
            arrayConcat(
                arrayMap(u -> (u.1, u.2, toInt64(0), toInt64(0)), uses),
                arrayMap((d, gap) -> (d, toInt64(0), toInt64(1), toInt64(gap >= 30)), days, before),
                arrayMap(
                    d -> (d + 30, toInt64(0), toInt64(0), toInt64(-1)),
                    arrayFilter((d, gap) -> gap >= 30 AND d + 30 <= last_day, days, after))) AS steps
        FROM users
    ),
    days AS
    (
        SELECT
            site,
            feature,
            step.1 AS at,
            sum(step.2) AS uses,
            sum(step.3) AS users,
            sum(step.4) AS step_30d
        FROM steps
        ARRAY JOIN steps AS step
        GROUP BY site, feature, at
    ),
    runs AS
    (
        SELECT
            *,
            sum(step_30d) OVER (PARTITION BY site, feature ORDER BY at ROWS UNBOUNDED PRECEDING) AS users_30d,
            leadInFrame(at, 1, last_day + 1) OVER (
                PARTITION BY site, feature ORDER BY at ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next_at
        FROM days
    ),
    used AS
    (
        SELECT
            site,
            feature,
            toDate(at + ahead) AS day,
            toUInt64(if(ahead = 0, runs.uses, 0)) AS uses,
            toUInt64(if(ahead = 0, runs.users, 0)) AS users,
            toUInt64(runs.users_30d) AS users_30d
        FROM runs
        ARRAY JOIN range(toUInt32(greatest(next_at - at, 0))) AS ahead
        WHERE runs.users_30d > 0 AND at + ahead <= last_day
    )
SELECT
    u.site AS site,
    u.day AS day,
    u.feature AS feature,
    u.uses AS uses,
    u.users AS users,
    a.dau AS active_users,
    if(active_users = 0, NULL, users / active_users) AS adoption_rate,
    u.users_30d AS users_30d,
    a.mau AS active_users_30d,
    if(active_users_30d = 0, NULL, users_30d / active_users_30d) AS adoption_rate_30d
FROM used AS u
LEFT JOIN {db}.active_users_daily AS a ON u.site = a.site AND u.day = a.day
SETTINGS join_use_nulls = 0, do_not_merge_across_partitions_select_final = 1;
