-- Views and leaves of each session as lists of (position, page, pageview_id with a mark, or '' if not sent).
CREATE TABLE oracle.page_lists ENGINE = MergeTree ORDER BY session AS
SELECT
    session,
    arraySort(groupArrayIf((position, page, if(pageview_id IS NULL, '', concat('=', pageview_id))), type = 'pageview')) AS views,
    arraySort(groupArrayIf((position, page, if(pageview_id IS NULL, '', concat('=', pageview_id))), is_leave)) AS leaves
FROM oracle.session_events
WHERE type IN ('pageview', 'pageleave')
GROUP BY session;

-- The view of each leave, by position, 0 for none. `taken` holds the views of the leaves before: by id, else the oldest view of
-- the page without a leave, else the latest of the page.
CREATE TABLE oracle.leave_views ENGINE = MergeTree ORDER BY (session, position) AS
SELECT session, leaf.1.1 AS position, leaf.2 AS view
FROM
(
    SELECT
        session, leaves,
        arrayFold((taken, leaf) -> arrayPushBack(taken, multiIf(
            arrayExists(v -> v.1 < leaf.1 AND leaf.3 != '' AND v.3 = leaf.3, views),
                arrayLast(v -> v.1 < leaf.1 AND v.3 = leaf.3, views).1,
            arrayExists(v -> v.1 < leaf.1 AND v.2 = leaf.2 AND NOT has(taken, v.1), views),
                arrayFirst(v -> v.1 < leaf.1 AND v.2 = leaf.2 AND NOT has(taken, v.1), views).1,
            arrayLast(v -> v.1 < leaf.1 AND v.2 = leaf.2, views).1)),
            leaves, CAST([] AS Array(UInt64))) AS taken
    FROM oracle.page_lists
    WHERE notEmpty(leaves)
)
ARRAY JOIN arrayZip(leaves, taken) AS leaf;

-- Views and leaves with the view they count for, by its position (0 for none), and that view's page.
CREATE TABLE oracle.page_events ENGINE = MergeTree ORDER BY (session, position) AS
SELECT
    e.session AS session, e.position AS position, e.is_leave AS is_leave, e.timestamp AS timestamp,
    e.engaged_ms AS engaged_ms, e.scroll_millionths AS scroll_millionths,
    if(e.is_leave, l.view, e.position) AS view,
    if(e.is_leave AND l.view > 0, v.page, e.page) AS page
FROM oracle.session_events AS e
LEFT JOIN oracle.leave_views AS l ON l.session = e.session AND l.position = e.position
LEFT JOIN oracle.session_events AS v ON v.session = e.session AND v.position = l.view
WHERE e.type IN ('pageview', 'pageleave');

-- Page views with what their leaves added.
CREATE TABLE oracle.view_details ENGINE = MergeTree ORDER BY (session, view) AS
SELECT
    session, view, page,
    anyIf(timestamp, NOT is_leave) AS viewed_at,
    if(countIf(is_leave) = 0, NULL, maxIf(timestamp, is_leave)) AS left_at,
    sum(engaged_ms) AS engaged_ms,
    max(scroll_millionths) AS scroll_millionths
FROM oracle.page_events
WHERE view > 0
GROUP BY session, view, page;
