-- One row per page view of a visit, as far as the visit's capped list goes.
CREATE OR REPLACE VIEW {db}.page_views AS
SELECT
    site,
    user_id,
    is_anonymous,
    session_id,
    started_at,
    view.viewed_at AS viewed_at,
    view.page AS page,
    view.left_at AS left_at,
    view.engaged_ms AS engaged_ms,
    view.scroll_depth AS scroll_depth
FROM {db}.session_rows AS s FINAL
ARRAY JOIN s.pages AS view
SETTINGS do_not_merge_across_partitions_select_final = 1;
