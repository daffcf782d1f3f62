-- One row per feature use in a visit, as far as the visit's capped list goes.
CREATE OR REPLACE VIEW {db}.feature_uses AS
SELECT
    site,
    user_id,
    is_anonymous,
    session_id,
    started_at,
    use.used_at AS used_at,
    use.feature AS feature
FROM {db}.session_rows AS s FINAL
ARRAY JOIN s.features AS use
SETTINGS do_not_merge_across_partitions_select_final = 1;
