-- One row per (site, hour, page): views and visitors by the view's time, all else by the visit's last event.
CREATE OR REPLACE VIEW {db}.pages_hourly AS
SELECT
    r.site AS site,
    r.hour AS hour,
    r.page AS page,
    toUInt64(sum(r.pageviews)) AS pageviews,
    toUInt64(sum(r.visitors)) AS visitors,
    toUInt64(sum(r.visits)) AS visits,
    toUInt64(sum(r.entries)) AS entries,
    toUInt64(sum(r.exits)) AS exits,
    toUInt64(sum(r.bounces)) AS bounces,
    if(pageviews = 0, NULL, exits / pageviews) AS exit_rate,
    sum(r.engaged_ms) / 1000 AS engaged_sum_s,
    toUInt64(sum(r.engaged_sessions)) AS engaged_sessions,
    if(engaged_sessions = 0, NULL, engaged_sum_s / engaged_sessions) AS avg_time_on_page_s,
    sum(r.scroll_sum) / 1000000 AS scroll_sum,
    toUInt64(sum(r.scroll_samples)) AS scroll_samples,
    if(scroll_samples = 0, NULL, scroll_sum / scroll_samples) AS avg_scroll_depth,
    toUInt64(sum(r.scroll_25)) AS scroll_25,
    toUInt64(sum(r.scroll_50)) AS scroll_50,
    toUInt64(sum(r.scroll_75)) AS scroll_75,
    toUInt64(sum(r.scroll_100)) AS scroll_100
FROM {db}.page_hour_rows AS r FINAL
WHERE {hourly_kept}
GROUP BY site, hour, page
HAVING pageviews > 0 OR visits > 0 OR exits > 0 OR engaged_sessions > 0 OR scroll_samples > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;
