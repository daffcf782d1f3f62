-- One row per accepted or late event, where raw events are switched on. Fields as sent: a scroll depth is in
-- percent here, a page still has its query. Other fields: JSONExtract(raw, ...).
CREATE OR REPLACE VIEW {db}.events AS
SELECT
    site,
    type,
    timestamp,
    user_id,
    is_anonymous,
    session_id,
    event_id,
    is_late,
    topic,
    partition,
    offset,
    JSONExtract(raw, 'page', 'Nullable(String)') AS page,
    JSONExtract(raw, 'feature', 'Nullable(String)') AS feature,
    JSONExtract(raw, 'link', 'Nullable(String)') AS link,
    JSONExtract(raw, 'scroll_depth', 'Nullable(Float64)') AS scroll_depth,
    JSONExtract(raw, 'engaged_ms', 'Nullable(UInt64)') AS engaged_ms,
    raw
FROM {db}.event_rows AS r FINAL
WHERE {events_kept}
SETTINGS do_not_merge_across_partitions_select_final = 1;
