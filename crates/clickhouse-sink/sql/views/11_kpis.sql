-- What the gauges said, every metric of the catalogue: one row per (site, instant, metric, window, labels).
-- Parts add up over partitions; a metric is a part, or the ratio of two. {roles} and {rating} are generated
-- from the catalogue. numerator and denominator are NULL for a metric that is a plain sum.
CREATE OR REPLACE VIEW {db}.kpis AS
WITH
    -- each part's role in a metric; 0 minutes: any window, or the sample's own
    roles AS
    (
        SELECT *
        FROM values(
            'part String, metric String, label_key String, role String, from_minutes UInt32, to_minutes UInt32, only_minutes UInt32, broadcast UInt8',
            {roles})
    ),
    instants AS
    (
        SELECT r.site AS site, r.instant AS instant, groupArrayArray(r.parts) AS parts, min(r.first_event) AS first_event
        FROM {db}.kpi_rows AS r FINAL
        WHERE r.site != '' AND {kpis_kept}
        GROUP BY site, instant
    ),
    partial AS
    (
        SELECT r.instant AS instant, max(r.partial_from) AS partial_from
        FROM {db}.kpi_rows AS r FINAL
        WHERE r.site = '' AND {kpis_kept}
        GROUP BY instant
    ),
    samples AS
    (
        SELECT
            site,
            instant,
            first_event,
            p.part::String AS part,
            p.window_minutes AS window_minutes,
            p.label AS label,
            p.value AS value
        FROM instants
        ARRAY JOIN parts AS p
    ),
    figures AS
    (
        SELECT
            s.site AS site,
            s.instant AS instant,
            s.first_event AS first_event,
            r.metric AS metric,
            r.label_key AS label_key,
            if(r.to_minutes = 0, s.window_minutes, r.to_minutes) AS minutes,
            s.label AS label,
            countIf(r.role = 'sum') AS sums,
            countIf(r.role = 'numerator') AS numerators,
            countIf(r.role = 'denominator') AS denominators,
            sumIf(s.value, r.role != 'denominator') AS upper,
            sumIf(s.value, r.role = 'denominator') AS lower,
            max(r.broadcast) AS broadcast
        FROM samples AS s
        INNER JOIN roles AS r ON s.part = r.part
        WHERE (r.from_minutes = 0 OR r.from_minutes = s.window_minutes)
        GROUP BY site, instant, first_event, metric, label_key, minutes, label, r.only_minutes
        HAVING r.only_minutes = 0 OR r.only_minutes = minutes
    ),
    -- a denominator without label serves every label of its metric
    divided AS
    (
        SELECT
            *,
            if(broadcast > 0, max(if(label = '', lower, 0)) OVER (PARTITION BY site, instant, metric, minutes), lower) AS below
        FROM figures
    )
SELECT
    d.site AS site,
    d.instant AS instant,
    d.metric AS metric,
    multiIf(
        d.minutes % 1440 = 0, concat(toString(intDiv(d.minutes, 1440)), 'd'),
        d.minutes % 60 = 0, concat(toString(intDiv(d.minutes, 60)), 'h'),
        concat(toString(d.minutes), 'm')) AS window,
    if(d.label = '', map(), map(d.label_key, d.label)) AS labels,
    multiIf(d.sums > 0, d.upper, d.below = 0, NULL, d.upper / d.below) AS value,
    if(d.sums > 0, NULL, d.upper) AS numerator,
    if(d.sums > 0, NULL, d.below) AS denominator,
    d.instant + toIntervalSecond(60) - toIntervalSecond(60 * toInt64(d.minutes)) AS window_start,
    toUInt8(ifNull(d.first_event <= window_start, 0) AND ifNull(p.partial_from <= window_start, 1)) AS covered,
    {rating} AS rating
FROM divided AS d
LEFT JOIN partial AS p ON d.instant = p.instant
-- a metric with a label has no row without, and an unlabelled ratio needs both of its windows
WHERE (d.label != '') = (d.label_key != '') AND (d.label_key != '' OR d.sums > 0 OR (d.numerators > 0 AND d.denominators > 0))
SETTINGS join_use_nulls = 0, do_not_merge_across_partitions_select_final = 1;
