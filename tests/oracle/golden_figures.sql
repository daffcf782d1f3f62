-- The oracle's own golden figures, written by hand: accounting and rolling figures at 2024-03-01T23:30:30Z, whose day-long window
-- is [2024-02-29T23:31:00, 2024-03-01T23:31:00). tidegauge's report is compared with the oracle's figures.

-- 121 lines that are not blank, and two that the test adds: one that is not UTF-8 and one over 1 MiB.
SELECT read, accepted, duplicate, late, skipped, dead_lettered FROM oracle.accounting;
--= 123 | 86 | 2 | 0 | 2 | 33

-- A view at the window's first instant counts, one a millisecond before does not; its user came back and is not new.
SELECT part, label, value FROM oracle.parts
WHERE site = 'rolling' AND window = '1d' AND part NOT IN ('sessions_up_to', 'scroll_reached', 'active_day_users', 'active_user_days') ORDER BY part, label;
--= active_users |  | 3
--= bounced_sessions |  | 1
--= engaged_seconds |  | 5.5
--= engaged_sessions |  | 2
--= feature_users | f | 1
--= new_visitors |  | 2
--= page_exits | /edge | 2
--= page_views | /edge | 3
--= pageviews |  | 3
--= scroll_depth_sum |  | 0.5
--= scroll_samples |  | 1
--= session_pageviews |  | 3
--= session_seconds |  | 10
--= sessions |  | 3
--= visitors |  | 3

-- Two visits of no time at all, one of ten seconds; one scroll of half a page.
SELECT part, label, value FROM oracle.parts
WHERE site = 'rolling' AND window = '1d' AND (part, label) IN (('sessions_up_to', '1'), ('sessions_up_to', '10'), ('sessions_up_to', '+Inf'), ('scroll_reached', '50'), ('scroll_reached', '75'))
ORDER BY part, label;
--= scroll_reached | 50 | 1
--= scroll_reached | 75 | 0
--= sessions_up_to | +Inf | 3
--= sessions_up_to | 1 | 2
--= sessions_up_to | 10 | 3

-- Ratios; samples below 100 are not rated.
SELECT metric, label, window, numerator, denominator, round(value, 6), rating FROM oracle.metrics
WHERE site = 'rolling' AND (metric, window) IN (('stickiness_ratio', '30d'), ('active_days_per_user', '30d'), ('bounce_ratio', '1d'), ('exit_ratio', '1d'), ('feature_adoption_ratio', '1d'), ('time_on_site_seconds', '1d'))
ORDER BY metric;
--= active_days_per_user |  | 30d | 4 | 3 | 1.333333 |
--= bounce_ratio |  | 1d | 1 | 3 | 0.333333 | no_sample
--= exit_ratio | /edge | 1d | 2 | 3 | 0.666667 |
--= feature_adoption_ratio | f | 1d | 1 | 3 | 0.333333 | no_sample
--= stickiness_ratio |  | 30d | 3 | 3 | 1 | no_sample
--= time_on_site_seconds |  | 1d | 10 | 3 | 3.333333 |
