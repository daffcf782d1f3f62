-- One row per (site, day) from the site's first active day to the last active day of any site.
--
-- A user is counted in a trailing window of W days once per run of days that are less than W apart: +1 on
-- the run's first day, -1 W days after its last. Summed up from the first day on, these steps are the exact
-- wau and mau, with far fewer rows than giving each user-day to every window it lies in.
--
-- No FINAL: that a user was active on a day is a set, and reading a row twice adds nothing to a set.
-- Days are numbers since 1970-01-01.
CREATE OR REPLACE VIEW {db}.active_users_daily AS
WITH
    assumeNotNull((SELECT toInt64(max(day)) FROM {db}.user_activity_rows WHERE events > 0)) AS last_day,
    users AS
    (
        SELECT
            site,
            arrayCompact(arraySort(groupArray(toInt64(day)))) AS days,
            -- the gap before and after each day; no neighbour is farther than any window
            arrayMap((d, i) -> if(i = 1, 1000000, d - days[i - 1]), days, arrayEnumerate(days)) AS before,
            arrayMap((d, i) -> if(i = length(days), 1000000, days[i + 1] - d), days, arrayEnumerate(days)) AS after
        FROM {db}.user_activity_rows
        WHERE events > 0
        GROUP BY site, user_id, is_anonymous
    ),
    steps AS
    (
        SELECT
            site,
            -- (day, dau, new, returning, wau step, mau step)
            arrayConcat(
                arrayMap(
                    (d, i, gap) -> (d, toInt64(1), toInt64(i = 1), toInt64(gap = 1), toInt64(gap >= 7), toInt64(gap >= 30)),
                    days, arrayEnumerate(days), before),
                arrayMap(
                    d -> (d + 7, toInt64(0), toInt64(0), toInt64(0), toInt64(-1), toInt64(0)),
                    arrayFilter((d, gap) -> gap >= 7 AND d + 7 <= last_day, days, after)),
                arrayMap(
                    d -> (d + 30, toInt64(0), toInt64(0), toInt64(0), toInt64(0), toInt64(-1)),
                    arrayFilter((d, gap) -> gap >= 30 AND d + 30 <= last_day, days, after))) AS steps
        FROM users
    ),
    days AS
    (
        SELECT
            site,
            step.1 AS at,
            sum(step.2) AS dau,
            sum(step.3) AS new_users,
            sum(step.4) AS returning_users,
            sum(step.5) AS wau_step,
            sum(step.6) AS mau_step
        FROM steps
        ARRAY JOIN steps AS step
        GROUP BY site, at
    ),
    -- the sums, and how many days until the next row
    runs AS
    (
        SELECT
            *,
            sum(wau_step) OVER (PARTITION BY site ORDER BY at ROWS UNBOUNDED PRECEDING) AS wau,
            sum(mau_step) OVER (PARTITION BY site ORDER BY at ROWS UNBOUNDED PRECEDING) AS mau,
            leadInFrame(at, 1, last_day + 1) OVER next AS next_at,
            lagInFrame(at, 1, 0) OVER (PARTITION BY site ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS previous_at,
            lagInFrame(dau, 1, 0) OVER (PARTITION BY site ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS previous_dau
        FROM days
        WINDOW next AS (PARTITION BY site ORDER BY at ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
    )
SELECT
    site,
    toDate(at + ahead) AS day,
    toUInt64(if(ahead = 0, runs.dau, 0)) AS dau,
    toUInt64(runs.wau) AS wau,
    toUInt64(runs.mau) AS mau,
    if(mau = 0, NULL, dau / mau) AS stickiness,
    toUInt64(if(ahead = 0, runs.new_users, 0)) AS new_users,
    toUInt64(if(ahead = 0, runs.returning_users, 0)) AS returning_users,
    toUInt64(dau - new_users - returning_users) AS resurrected_users,
    -- active the day before, less those who returned
    toUInt64(multiIf(ahead = 1, runs.dau, ahead = 0 AND previous_at = at - 1, previous_dau, 0) - returning_users) AS dormant_users
FROM runs
ARRAY JOIN range(toUInt32(next_at - at)) AS ahead;
