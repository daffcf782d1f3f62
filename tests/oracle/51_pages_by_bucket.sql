-- Pairs of visit and page: what the visit did on the page. A leave counts for the page of its view.
CREATE TABLE oracle.visit_pages ENGINE = MergeTree ORDER BY (session, page) AS
SELECT
    p.session AS session, any(s.site) AS site, any(s.ended_at) AS ended_at, p.page AS page,
    countIf(NOT is_leave) > 0 AS is_visit,
    is_visit AND any(s.entry_page) = page AS is_entry,
    is_visit AND any(s.exit_page) = page AS is_exit,
    is_visit AND any(s.is_bounce) AS is_bounced,
    count(p.engaged_ms) > 0 AS is_engaged, sum(p.engaged_ms) AS engaged_ms,
    count(p.scroll_millionths) > 0 AS has_scroll, max(p.scroll_millionths) AS deepest
FROM oracle.page_events AS p
INNER JOIN oracle.sessions AS s ON s.session = p.session
GROUP BY session, page;

-- Each page's figures per day and hour: views by their own time, the rest by the visit's last event.
CREATE TABLE oracle.pages_by_bucket ENGINE = MergeTree ORDER BY (length, site, bucket, page) AS
SELECT
    length, site, bucket, page,
    countIf(user IS NOT NULL) AS pageviews, uniqExact(user) AS visitors,
    sum(is_visit) AS visits, sum(is_entry) AS entries, sum(is_exit) AS exits, sum(is_bounced) AS bounces,
    sum(engaged_ms) / 1000 AS engaged_sum_s, sum(is_engaged) AS engaged_sessions,
    sum(ifNull(deepest, 0)) / 1000000 AS scroll_sum, sum(has_scroll) AS scroll_samples,
    countIf(deepest >= 250000) AS scroll_25, countIf(deepest >= 500000) AS scroll_50,
    countIf(deepest >= 750000) AS scroll_75, countIf(deepest >= 1000000) AS scroll_100,
    if(pageviews = 0, NULL, exits / pageviews) AS exit_rate,
    if(engaged_sessions = 0, NULL, engaged_sum_s / engaged_sessions) AS avg_time_on_page_s,
    if(scroll_samples = 0, NULL, scroll_sum / scroll_samples) AS avg_scroll_depth
FROM
(
    SELECT site, page, timestamp AS at, toNullable(concat(toString(is_anonymous), user_id)) AS user,
        0 AS is_visit, 0 AS is_entry, 0 AS is_exit, 0 AS is_bounced, 0 AS engaged_ms, 0 AS is_engaged, 0 AS has_scroll, NULL AS deepest
    FROM oracle.events WHERE type = 'pageview'
    UNION ALL
    SELECT site, page, ended_at, NULL, is_visit, ifNull(is_entry, 0), ifNull(is_exit, 0), is_bounced, ifNull(engaged_ms, 0), is_engaged, has_scroll, deepest
    FROM oracle.visit_pages
)
ARRAY JOIN ['day', 'hour'] AS length, [toStartOfDay(at, 'UTC'), toStartOfHour(at, 'UTC')] AS bucket
GROUP BY length, site, bucket, page
HAVING pageviews + visits + entries + exits + bounces + engaged_sum_s + engaged_sessions + scroll_sum + scroll_samples > 0;

-- The table `pages_daily`.
CREATE VIEW oracle.pages_daily AS SELECT toDate(bucket, 'UTC') AS day, * EXCEPT (length, bucket) FROM oracle.pages_by_bucket WHERE length = 'day';

-- The table `pages_hourly`.
CREATE VIEW oracle.pages_hourly AS SELECT bucket AS hour, * EXCEPT (length, bucket) FROM oracle.pages_by_bucket WHERE length = 'hour';
