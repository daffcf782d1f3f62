-- Feature uses by day and user, interactive or not.
CREATE TABLE oracle.feature_days ENGINE = MergeTree ORDER BY (site, feature, day) AS
SELECT site, feature, day, is_anonymous, user_id, count() AS uses
FROM oracle.events
WHERE type = 'feature_use'
GROUP BY site, feature, day, is_anonymous, user_id;

-- The table `feature_adoption_daily`: a use counts for the 30 days from its own on, up to the last day of active_users_daily.
CREATE TABLE oracle.feature_adoption_daily ENGINE = MergeTree ORDER BY (site, feature, day) AS
SELECT
    f.site AS site, f.day AS day, f.feature AS feature, f.uses AS uses, f.users AS users, a.dau AS active_users,
    if(active_users = 0, NULL, users / active_users) AS adoption_rate,
    f.users_30d AS users_30d, a.mau AS active_users_30d,
    if(active_users_30d = 0, NULL, users_30d / active_users_30d) AS adoption_rate_30d
FROM
(
    SELECT
        site, day + age AS day, feature,
        sumIf(uses, age = 0) AS uses,
        uniqExactIf((is_anonymous, user_id), age = 0) AS users,
        uniqExact(is_anonymous, user_id) AS users_30d
    FROM (SELECT *, arrayJoin(range(30)) AS age FROM oracle.feature_days)
    GROUP BY site, day, feature
) AS f
LEFT JOIN oracle.active_users_daily AS a ON a.site = f.site AND a.day = f.day
WHERE f.day <= (SELECT max(day) FROM oracle.user_activity);
