-- One row per (site, hour): visits by the hour of their last event, and the hour's visitors.
CREATE OR REPLACE VIEW {db}.sessions_hourly AS
SELECT
    r.site AS site,
    r.hour AS hour,
    toUInt64(sum(r.sessions)) AS sessions,
    toUInt64(sum(r.bounces)) AS bounces,
    toUInt64(sum(r.pageviews)) AS pageviews,
    sum(r.duration_ms) / 1000 AS duration_sum_s,
    toUInt64(sum(r.visitors)) AS visitors,
    if(sessions = 0, NULL, bounces / sessions) AS bounce_rate,
    if(sessions = 0, NULL, pageviews / sessions) AS pages_per_session,
    if(sessions = 0, NULL, duration_sum_s / sessions) AS avg_duration_s
FROM {db}.site_hour_rows AS r FINAL
WHERE {hourly_kept}
GROUP BY site, hour
HAVING sessions > 0 OR visitors > 0
SETTINGS do_not_merge_across_partitions_select_final = 1;
