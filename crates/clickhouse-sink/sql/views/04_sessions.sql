-- One row per visit. A visit lies in the ClickHouse partition of its start's month; ended_at has an index, which must
-- not leave out the newer version of a row whose older one it lets through: hence the exact mode.
CREATE OR REPLACE VIEW {db}.sessions AS
SELECT
    site,
    user_id,
    is_anonymous,
    session_id,
    started_at,
    ended_at,
    left_at,
    dateDiff('millisecond', started_at, ended_at) / 1000 AS duration_s,
    toUInt64(s.pageviews) AS pageviews,
    toUInt64(s.events) AS events,
    toUInt64(s.clicks) AS clicks,
    toUInt64(s.interactive_events) AS interactive_events,
    entry_page,
    exit_page,
    referrer,
    is_bounce,
    engaged_ms / 1000 AS engaged_s,
    max_scroll_depth,
    pages,
    features,
    is_open
FROM {db}.session_rows AS s FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1, use_skip_indexes_if_final_exact_mode = 1;
