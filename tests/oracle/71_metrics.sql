-- The ratios as data: which parts, in which window alone (or in all), and the benchmark: ratings of the ranges between the steps;
-- a value on a step belongs to the range below it where `step_is_below`.
CREATE TABLE oracle.ratios
(
    metric String, numerator String, denominator String, numerator_window String, only_window String,
    steps Array(Float64), step_is_below Array(UInt8), ratings Array(String)
) ENGINE = Memory;

INSERT INTO oracle.ratios VALUES
    ('stickiness_ratio', 'active_users', 'active_users', '1d', '30d', [0.13], [1], ['poor', 'good']),
    ('active_days_per_user', 'active_user_days', 'active_day_users', '', '30d', [], [], []),
    ('new_visitor_ratio', 'new_visitors', 'visitors', '', '', [0.05, 0.20], [0, 1], ['low', 'balanced', 'high']),
    ('bounce_ratio', 'bounced_sessions', 'sessions', '', '', [0.20, 0.55], [0, 1], ['great', 'usual', 'poor']),
    ('pages_per_session', 'session_pageviews', 'sessions', '', '', [1.7, 4], [0, 1], ['poor', 'good', 'great']),
    ('session_duration_seconds', 'session_seconds', 'sessions', '', '', [], [], []),
    ('time_on_site_seconds', 'session_seconds', 'visitors', '', '', [], [], []),
    ('time_on_page_seconds', 'engaged_seconds', 'engaged_sessions', '', '', [52], [0], ['poor', 'good']),
    ('scroll_depth_ratio', 'scroll_depth_sum', 'scroll_samples', '', '', [0.50], [0], ['poor', 'good']),
    ('exit_ratio', 'page_exits', 'page_views', '', '', [], [], []),
    ('feature_adoption_ratio', 'feature_users', 'active_users', '', '', [0.28], [0], ['poor', 'good']);

-- Every ratio of every site, window and label that its parts have; a part without a row is 0. Active users have no label.
CREATE TABLE oracle.metrics ENGINE = MergeTree ORDER BY (metric, site, window, label) AS
SELECT
    l.site AS site, l.metric AS metric, l.window AS window, l.label AS label,
    n.value AS numerator, d.value AS denominator,
    if(denominator = 0, NULL, numerator / denominator) AS value,
    multiIf(
        empty(ratings), '',
        denominator < 100 OR NOT s.is_covered, 'no_sample',
        ratings[1 + arrayCount((step, below) -> value > step OR (value = step AND NOT below), steps, step_is_below)]) AS rating
FROM
(
    SELECT DISTINCT
        ratios.*, parts.site, parts.window, parts.label,
        if(numerator_window = '', window, numerator_window) AS above_window,
        if(denominator = 'active_users', '', label) AS below_label
    FROM oracle.ratios CROSS JOIN oracle.parts
    WHERE (part = numerator OR (part = denominator AND denominator != 'active_users')) AND only_window IN ('', window)
) AS l
INNER JOIN oracle.spans AS s ON s.window = l.window
LEFT JOIN oracle.parts AS n ON n.part = l.numerator AND n.site = l.site AND n.label = l.label AND n.window = l.above_window
LEFT JOIN oracle.parts AS d ON d.part = l.denominator AND d.site = l.site AND d.label = l.below_label AND d.window = l.window;

-- All figures by name: the parts as they are, the ratios with what they are made of.
CREATE VIEW oracle.figures AS
SELECT site, part AS metric, label, window, toNullable(value) AS value, CAST(NULL AS Nullable(Float64)) AS numerator,
    CAST(NULL AS Nullable(Float64)) AS denominator, '' AS rating
FROM oracle.parts
UNION ALL
SELECT site, metric, label, window, value, toNullable(numerator), toNullable(denominator), rating FROM oracle.metrics;
