-- The table `user_activity`: the users of each day.
CREATE TABLE oracle.user_activity ENGINE = MergeTree ORDER BY (site, day, user_id) AS
SELECT
    site, day, is_anonymous, user_id,
    min(timestamp) AS first_seen, max(timestamp) AS last_seen,
    count() AS events, countIf(type = 'pageview') AS pageviews, toUInt8(0) AS is_late
FROM oracle.events
WHERE is_activity
GROUP BY site, day, is_anonymous, user_id;

-- Every day of every site, from its first to the last on which any site had activity.
CREATE TABLE oracle.days ENGINE = MergeTree ORDER BY (site, day) AS
SELECT site, first_day + offset AS day
FROM (SELECT site, min(day) AS first_day, (SELECT max(day) FROM oracle.user_activity) AS last_day FROM oracle.user_activity GROUP BY site)
ARRAY JOIN range(toUInt64(last_day - first_day) + 1) AS offset;

-- Distinct users of the 1, 7 and 30 days that end with each day: a user and day counts for the 30 days from it on.
CREATE TABLE oracle.trailing_users ENGINE = MergeTree ORDER BY (site, day) AS
SELECT
    site, day + age AS day,
    uniqExactIf((is_anonymous, user_id), age = 0) AS dau,
    uniqExactIf((is_anonymous, user_id), age < 7) AS wau,
    uniqExact(is_anonymous, user_id) AS mau
FROM (SELECT site, day, is_anonymous, user_id, arrayJoin(range(30)) AS age FROM oracle.user_activity)
GROUP BY site, day;

-- Each user's days with what went before.
CREATE TABLE oracle.user_days ENGINE = MergeTree ORDER BY (site, day) AS
SELECT
    site, day, is_anonymous, user_id,
    min(day) OVER (PARTITION BY site, is_anonymous, user_id) AS first_day,
    (site, is_anonymous, user_id, day - 1) IN (SELECT site, is_anonymous, user_id, day FROM oracle.user_activity) AS active_before,
    (site, is_anonymous, user_id, day + 1) IN (SELECT site, is_anonymous, user_id, day FROM oracle.user_activity) AS active_after
FROM oracle.user_activity;

-- The table `active_users_daily`.
CREATE TABLE oracle.active_users_daily ENGINE = MergeTree ORDER BY (site, day) AS
SELECT
    d.site AS site, d.day AS day, t.dau AS dau, t.wau AS wau, t.mau AS mau,
    if(mau = 0, NULL, dau / mau) AS stickiness,
    l.new_users AS new_users, l.returning_users AS returning_users, l.resurrected_users AS resurrected_users,
    b.dormant_users AS dormant_users
FROM oracle.days AS d
LEFT JOIN oracle.trailing_users AS t ON t.site = d.site AND t.day = d.day
LEFT JOIN
(
    SELECT
        site, day,
        countIf(day = first_day) AS new_users,
        countIf(day != first_day AND active_before) AS returning_users,
        countIf(day != first_day AND NOT active_before) AS resurrected_users
    FROM oracle.user_days GROUP BY site, day
) AS l ON l.site = d.site AND l.day = d.day
LEFT JOIN (SELECT site, day + 1 AS day, countIf(NOT active_after) AS dormant_users FROM oracle.user_days GROUP BY site, day) AS b
    ON b.site = d.site AND b.day = d.day;
