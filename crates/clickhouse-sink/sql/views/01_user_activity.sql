-- One row per (site, day, user) with activity, late events included. Storage keeps each late event as a
-- row of its own, so rows add up; a row without activity (only non-interactive features) is hidden.
-- Aggregation in order streams along the storage key instead of hashing every user.
CREATE OR REPLACE VIEW {db}.user_activity AS
SELECT
    r.site AS site,
    r.day AS day,
    r.user_id AS user_id,
    r.is_anonymous AS is_anonymous,
    min(r.first_seen) AS first_seen,
    max(r.last_seen) AS last_seen,
    toUInt64(sum(r.events)) AS events,
    toUInt64(sum(r.pageviews)) AS pageviews,
    toUInt8(max(r.late_offset > 0)) AS is_late
FROM {db}.user_activity_rows AS r FINAL
WHERE r.events > 0
GROUP BY site, day, user_id, is_anonymous
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_aggregation_in_order = 1;
