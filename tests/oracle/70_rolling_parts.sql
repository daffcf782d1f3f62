-- The windows' bounds at the report's instant.
CREATE TABLE oracle.spans ENGINE = Memory AS
SELECT
    window, window_end - toIntervalMinute(minutes) AS window_start, window_end, minutes / 1440 AS days, today,
    first_event_at <= window_start AS is_covered
FROM oracle.windows CROSS JOIN oracle.instant;

-- Who was active when; `is_first` marks the user's first activity of all.
CREATE TABLE oracle.activity ENGINE = MergeTree ORDER BY (site, timestamp) AS
SELECT
    site, (is_anonymous, user_id) AS user, timestamp, day,
    row_number() OVER (PARTITION BY site, is_anonymous, user_id ORDER BY timestamp, line_no) = 1 AS is_first
FROM oracle.events
WHERE is_activity;

-- The parts: `label` is the value of the part's own label, '' for parts without one.
CREATE TABLE oracle.parts (site String, window String, part String, label String, value Float64) ENGINE = MergeTree ORDER BY (part, site, window, label);

-- Distinct users by the event's time.
INSERT INTO oracle.parts
SELECT site, window, figure.1, '', figure.2
FROM
(
    SELECT site, window, uniqExact(user) AS users, countIf(is_first) AS new_users
    FROM oracle.activity CROSS JOIN oracle.spans
    WHERE timestamp >= window_start AND timestamp < window_end
    GROUP BY site, window
)
ARRAY JOIN [('active_users', users), ('visitors', users), ('new_visitors', new_users)] AS figure;

-- Users and their days by the calendar: the days that end with the instant's.
INSERT INTO oracle.parts
SELECT site, window, figure.1, '', figure.2
FROM
(
    SELECT site, window, uniqExact(user) AS users, uniqExact(user, day) AS user_days
    FROM oracle.activity CROSS JOIN oracle.spans
    WHERE day > today - days AND day <= today
    GROUP BY site, window
)
ARRAY JOIN [('active_day_users', users), ('active_user_days', user_days)] AS figure;

-- Page views by the event's time, in all and per page; features' users.
INSERT INTO oracle.parts
SELECT site, window, figure.1, figure.2, if(figure.1 = 'feature_users', uniqExact(is_anonymous, user_id), count())
FROM oracle.events CROSS JOIN oracle.spans
ARRAY JOIN if(type = 'pageview', [('pageviews', ''), ('page_views', page)], [('feature_users', feature)]) AS figure
WHERE type IN ('pageview', 'feature_use') AND timestamp >= window_start AND timestamp < window_end
GROUP BY site, window, figure;

-- Visits by their last event, whole.
INSERT INTO oracle.parts
SELECT site, window, figure.1, figure.2, sum(figure.3)
FROM oracle.sessions CROSS JOIN oracle.spans
ARRAY JOIN arrayConcat(
    [('sessions', '', 1.), ('bounced_sessions', '', toFloat64(is_bounce)), ('session_pageviews', '', toFloat64(pageviews)), ('session_seconds', '', duration_s),
        ('sessions_up_to', '+Inf', 1.)],
    arrayMap(upper -> ('sessions_up_to', toString(upper), toFloat64(duration_s <= upper)), [1, 10, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600, 7200]),
    if(exit_page IS NULL, [], [('page_exits', ifNull(exit_page, ''), 1.)])) AS figure
WHERE ended_at >= window_start AND ended_at < window_end
GROUP BY site, window, figure.1, figure.2;

-- Pairs of visit and page, by the visit's last event.
INSERT INTO oracle.parts
SELECT site, window, figure.1, figure.2, sum(figure.3)
FROM oracle.visit_pages CROSS JOIN oracle.spans
ARRAY JOIN arrayConcat(
    [('engaged_seconds', '', ifNull(engaged_ms, 0) / 1000), ('engaged_sessions', '', toFloat64(is_engaged)),
        ('scroll_depth_sum', '', ifNull(deepest, 0) / 1000000), ('scroll_samples', '', toFloat64(has_scroll))],
    arrayMap(quarter -> ('scroll_reached', toString(quarter), toFloat64(ifNull(deepest >= quarter * 10000, 0))), [25, 50, 75, 100])) AS figure
WHERE ended_at >= window_start AND ended_at < window_end
GROUP BY site, window, figure.1, figure.2;
