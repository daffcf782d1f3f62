-- One row per (site, day, user) with activity, late events included; a row without activity (only
-- non-interactive features) is hidden.
--
-- Storage keeps each late event as a row of its own, beside the row of the day's on-time events, which the
-- writer sees to it is there (empty, if there were none). So the few late rows are joined to the many on-time
-- rows: adding all rows up by key takes three times as long.
CREATE OR REPLACE VIEW {db}.user_activity AS
WITH late AS
(
    SELECT
        r.site AS site,
        r.day AS day,
        r.user_id AS user_id,
        r.is_anonymous AS is_anonymous,
        r.partition AS partition,
        min(r.first_seen) AS first_seen,
        max(r.last_seen) AS last_seen,
        sum(r.events) AS events,
        sum(r.pageviews) AS pageviews
    FROM {db}.user_activity_rows AS r FINAL
    WHERE r.late_offset > 0 AND r.events > 0
    GROUP BY site, day, user_id, is_anonymous, partition
)
SELECT
    r.site AS site,
    r.day AS day,
    r.user_id AS user_id,
    r.is_anonymous AS is_anonymous,
    multiIf(
        l.events = 0, r.first_seen,
        r.events = 0, l.first_seen,
        least(r.first_seen, l.first_seen)) AS first_seen,
    multiIf(
        l.events = 0, r.last_seen,
        r.events = 0, l.last_seen,
        greatest(r.last_seen, l.last_seen)) AS last_seen,
    toUInt64(r.events + l.events) AS events,
    toUInt64(r.pageviews + l.pageviews) AS pageviews,
    toUInt8(l.events > 0) AS is_late
FROM {db}.user_activity_rows AS r FINAL
LEFT ANY JOIN late AS l
    ON r.site = l.site AND r.day = l.day AND r.user_id = l.user_id AND r.is_anonymous = l.is_anonymous
    AND r.partition = l.partition
WHERE r.late_offset = 0 AND r.events + l.events > 0
SETTINGS do_not_merge_across_partitions_select_final = 1, join_use_nulls = 0;
