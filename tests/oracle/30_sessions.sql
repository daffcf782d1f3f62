-- All that was opened, visit or not.
CREATE TABLE oracle.all_sessions ENGINE = MergeTree ORDER BY session AS
SELECT
    session,
    any(site) AS site, any(is_anonymous) AS is_anonymous, any(user_id) AS user_id, any(session_id) AS session_id,
    minIf(timestamp, NOT is_leave) AS started_at,
    maxIf(timestamp, NOT is_leave) AS ended_at,
    max(timestamp) AS left_at,
    countIf(type = 'pageview') AS pageviews,
    countIf(type = 'click') AS clicks,
    countIf(type IN ('click', 'purchase') OR (type = 'feature_use' AND interactive)) AS interactive_events,
    countIf(type IN ('pageview', 'feature_use', 'click', 'purchase')) AS events,
    argMinIf(page, position, type = 'pageview') AS first_page,
    argMaxIf(page, position, type = 'pageview') AS last_page,
    argMinIf(referrer, position, referrer IS NOT NULL) AS referrer,
    if(count(engaged_ms) = 0, NULL, sum(engaged_ms)) AS engaged_ms,
    max(scroll_millionths) AS scroll_millionths
FROM oracle.session_events
GROUP BY session;

-- The first 500 views of each session.
CREATE TABLE oracle.session_pages ENGINE = MergeTree ORDER BY session AS
SELECT
    session,
    CAST(arrayMap(v -> (v.2, v.3, v.4, v.5, v.6), arraySlice(arraySort(v -> v.1, groupArray(
        (view, viewed_at, page, left_at, engaged_ms, scroll_millionths / 1000000))), 1, 500))
        AS Array(Tuple(viewed_at DateTime64(3, 'UTC'), page String, left_at Nullable(DateTime64(3, 'UTC')),
            engaged_ms Nullable(Int64), scroll_depth Nullable(Float64)))) AS pages
FROM oracle.view_details
GROUP BY session;

-- The first 500 feature uses of each session.
CREATE TABLE oracle.session_features ENGINE = MergeTree ORDER BY session AS
SELECT
    session,
    CAST(arrayMap(u -> (u.2, u.3), arraySlice(arraySort(u -> u.1, groupArray((position, timestamp, feature))), 1, 500))
        AS Array(Tuple(used_at DateTime64(3, 'UTC'), feature String))) AS features
FROM oracle.session_events
WHERE type = 'feature_use'
GROUP BY session;

-- The table `sessions`: visits.
CREATE TABLE oracle.sessions ENGINE = MergeTree ORDER BY (site, user_id, started_at) AS
SELECT
    s.session AS session, site, is_anonymous, user_id, session_id, started_at, ended_at, left_at,
    (toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at)) / 1000 AS duration_s,
    pageviews, events, clicks, interactive_events,
    if(pageviews = 0, NULL, first_page) AS entry_page,
    if(pageviews = 0, NULL, last_page) AS exit_page,
    referrer,
    pageviews < 2 AND interactive_events = 0 AS is_bounce,
    engaged_ms / 1000 AS engaged_s,
    scroll_millionths / 1000000 AS max_scroll_depth,
    p.pages AS pages, f.features AS features,
    toUInt8(0) AS is_open
FROM oracle.all_sessions AS s
LEFT JOIN oracle.session_pages AS p ON p.session = s.session
LEFT JOIN oracle.session_features AS f ON f.session = s.session
WHERE pageviews > 0 OR interactive_events > 0;

-- The table `page_views`.
CREATE TABLE oracle.page_views ENGINE = MergeTree ORDER BY (site, user_id, viewed_at) AS
SELECT
    site, is_anonymous, user_id, session_id, started_at,
    view.1 AS viewed_at, view.2 AS page, view.3 AS left_at, view.4 AS engaged_ms, view.5 AS scroll_depth
FROM oracle.sessions
ARRAY JOIN pages AS view;

-- The table `feature_uses`.
CREATE TABLE oracle.feature_uses ENGINE = MergeTree ORDER BY (site, user_id, used_at) AS
SELECT site, is_anonymous, user_id, session_id, started_at, use.1 AS used_at, use.2 AS feature
FROM oracle.sessions
ARRAY JOIN features AS use;
