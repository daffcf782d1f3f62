-- Records: every line that is not blank, its fields by name. Of a repeated key the last counts, null is absent.
CREATE TABLE oracle.records ENGINE = MergeTree ORDER BY line_no AS
SELECT
    line_no,
    isValidUTF8(line) AND length(line) <= 1048576 AND isValidJSON(line) AND JSONType(line) = 'Object' AS is_object,
    if(is_object, CAST(arrayReverse(JSONExtractKeysAndValuesRaw(line)) AS Map(String, String)), map()) AS sent,
    mapFilter((key, value) -> sent[key] != 'null', sent) AS fields,
    if(JSONType(fields['type']) = 'String', JSONExtractString(fields['type']), '') AS type,
    type IN (SELECT type FROM oracle.contract) AS is_known_type,
    is_object AND NOT is_known_type AND JSONType(fields['type']) = 'String' AS is_unknown_type
FROM oracle.raw
WHERE NOT match(line, '^[ \\t\\r\\n]*$');

-- Event times in epoch milliseconds, NULL where neither an integer nor RFC 3339 with a zone, or outside 1970 to 2099.
CREATE TABLE oracle.times ENGINE = MergeTree ORDER BY line_no AS
SELECT
    line_no,
    multiIf(fields['timestamp'] != '', fields['timestamp'], fields['ts'] != '', fields['ts'], fields['time']) AS raw,
    extractGroups(if(JSONType(raw) = 'String', JSONExtractString(raw), ''),
        '^(\\d{4})-(\\d{2})-(\\d{2})[Tt](\\d{2}):(\\d{2}):(\\d{2})(?:\\.(\\d+))?(?:[Zz]|([+-])(\\d{2}):(\\d{2}))$') AS parts,
    arrayMap(part -> toInt64OrZero(part), parts) AS numbers,
    makeDate32(numbers[1], numbers[2], numbers[3]) AS day,
    toYear(day) = numbers[1] AND toMonth(day) = numbers[2] AND toDayOfMonth(day) = numbers[3]
        AND numbers[4] < 24 AND numbers[5] < 60 AND numbers[9] < 24 AND numbers[10] < 60 AS is_civil,
    (toInt64(toInt32(day)) * 86400 + numbers[4] * 3600 + numbers[5] * 60 + numbers[6]
        - if(parts[8] = '-', -1, 1) * (numbers[9] * 3600 + numbers[10] * 60)) * 1000
        + toInt64OrZero(rightPad(substring(parts[7], 1, 3), 3, '0')) AS civil_ms,
    numbers[6] < 60 OR (numbers[6] = 60 AND civil_ms % 86400000 < 1000) AS is_minute_or_leap,
    multiIf(
        JSONType(raw) IN ('Int64', 'UInt64'), toInt64OrNull(raw),
        notEmpty(parts) AND is_civil AND is_minute_or_leap, civil_ms,
        NULL) AS ms,
    if(ms >= 0 AND ms < 4102444800000, ms, NULL) AS timestamp
FROM oracle.records
WHERE is_known_type;

-- Every field of every known record that breaks its rule.
CREATE TABLE oracle.broken_fields ENGINE = MergeTree ORDER BY line_no AS
SELECT
    line_no, contract.field AS field, fields[contract.field] AS raw, JSONType(raw) AS json_type,
    json_type IN ('Int64', 'UInt64', 'Double') AS is_number,
    if(json_type = 'String', JSONExtractString(raw), '') AS text
FROM oracle.records
INNER JOIN oracle.contract USING (type)
WHERE multiIf(
    raw = '', required = 1,
    kind = 'text', json_type != 'String' OR length(text) < smallest OR length(text) > largest OR (notEmpty(words) AND NOT has(words, text)),
    kind = 'number', NOT is_number OR toFloat64OrZero(raw) < smallest OR toFloat64OrZero(raw) > largest,
    kind = 'whole', json_type NOT IN ('Int64', 'UInt64') OR toFloat64OrZero(raw) < smallest,
    kind = 'flag', json_type != 'Bool',
    kind = 'amount', NOT (is_number AND toFloat64OrZero(raw) >= 0) AND NOT match(text, '^[0-9]+(\\.[0-9]+)?$'),
    kind = 'currency', NOT match(text, '^[A-Z]{3}$'),
    1);

-- Rules that need more than one field: a user but for social and spend, a survey's score within its scale, mrr with its currency.
CREATE TABLE oracle.broken_records ENGINE = MergeTree ORDER BY line_no AS
SELECT
    line_no,
    JSONExtractString(fields['kind']) AS kind,
    toFloat64OrNull(fields['scale']) AS scale,
    toFloat64OrNull(fields['score']) AS score,
    type NOT IN ('social', 'spend') AND fields['user_id'] = '' AND fields['anonymous_id'] = '' AS lacks_user,
    type = 'survey' AND (
        NOT mapContains(sent, 'score')
        OR (scale IS NOT NULL AND NOT has(multiIf(kind = 'nps', [10.], kind = 'csat', [5.], [5., 7.]), scale))
        OR (score IS NOT NULL AND (
            score < if(kind = 'nps', 0, 1)
            OR score > multiIf(kind = 'nps', 10, kind = 'csat', 5, ifNull(scale, if(kind = 'ces', 7, 5)))))) AS breaks_survey,
    type = 'subscription' AND (
        (fields['mrr'] = '' AND JSONExtractString(fields['action']) IN ('start', 'upgrade', 'downgrade'))
        OR (fields['mrr'] != '' AND fields['currency'] = '')) AS breaks_subscription
FROM oracle.records
WHERE is_known_type AND (lacks_user OR breaks_survey OR breaks_subscription);

-- Valid events, typed. Ids that were not sent are '', which no sent one can be; a pageview_id may be, so it is NULL.
CREATE TABLE oracle.valid ENGINE = MergeTree ORDER BY line_no AS
SELECT
    line_no, type, assumeNotNull(times.timestamp) AS ms,
    if(fields['site'] = '', 'default', JSONExtractString(fields['site'])) AS site,
    fields['user_id'] = '' AND fields['anonymous_id'] != '' AS is_anonymous,
    JSONExtractString(if(fields['user_id'] = '', fields['anonymous_id'], fields['user_id'])) AS user_id,
    JSONExtractString(fields['event_id']) AS event_id,
    JSONExtractString(fields['session_id']) AS session_id,
    if(fields['referrer'] = '', NULL, JSONExtractString(fields['referrer'])) AS referrer,
    JSONExtractString(fields['action']) AS action,
    JSONExtractString(fields['feature']) AS feature,
    fields['interactive'] != 'false' AS interactive,
    splitByChar('?', splitByChar('#', JSONExtractString(fields['page']))[1])[1] AS path,
    if(path = '', '/', path) AS page,
    if(fields['pageview_id'] = '', NULL, JSONExtractString(fields['pageview_id'])) AS pageview_id,
    toInt64(floor(toFloat64OrNull(fields['scroll_depth']) * 10000 + 0.5)) AS scroll_millionths,
    toInt64(floor(toFloat64OrNull(fields['engaged_ms']))) AS engaged_ms
FROM oracle.records
INNER JOIN oracle.times ON times.line_no = records.line_no
WHERE times.timestamp IS NOT NULL
    AND line_no NOT IN (SELECT line_no FROM oracle.broken_fields)
    AND line_no NOT IN (SELECT line_no FROM oracle.broken_records);
