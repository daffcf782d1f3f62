-- The event contract as data: per type and field what the value must be. `kind` is one of
-- text (a string of `smallest`..`largest` bytes, one of `words` if there are any), number, whole (a number
-- without a fraction), flag, amount, currency.
CREATE TABLE oracle.field_rules
(
    types Array(String), field String, required UInt8, kind String,
    smallest Float64, largest Float64, words Array(String)
) ENGINE = Memory;

-- Fields that every type has; the user and the timestamp have rules of their own in 11_decode.sql.
INSERT INTO oracle.field_rules VALUES
    ([], 'user_id', 0, 'text', 1, 256, []),
    ([], 'anonymous_id', 0, 'text', 1, 256, []),
    ([], 'event_id', 0, 'text', 1, 128, []),
    ([], 'site', 0, 'text', 1, 128, []),
    ([], 'user_agent', 0, 'text', 0, inf, []),
    ([], 'referrer', 0, 'text', 0, inf, []),
    ([], 'country', 0, 'text', 0, inf, []),
    ([], 'device', 0, 'text', 0, inf, []),
    ([], 'platform', 0, 'text', 0, inf, []),
    ([], 'plan', 0, 'text', 0, inf, []);

-- The client's session id: optional, but for the type `session`.
INSERT INTO oracle.field_rules VALUES
    (['pageview', 'pageleave', 'feature_use', 'impression', 'click', 'survey', 'purchase', 'subscription', 'ticket', 'social', 'spend'],
        'session_id', 0, 'text', 1, 128, []),
    (['session'], 'session_id', 1, 'text', 1, 128, []);

-- Fields of the types that this catalogue's tables are made of.
INSERT INTO oracle.field_rules VALUES
    (['pageview', 'pageleave'], 'page', 1, 'text', 1, 2048, []),
    (['pageview', 'pageleave'], 'pageview_id', 0, 'text', 0, inf, []),
    (['pageview', 'pageleave'], 'scroll_depth', 0, 'number', 0, 100, []),
    (['pageview', 'pageleave'], 'engaged_ms', 0, 'number', 0, inf, []),
    (['session'], 'action', 1, 'text', 0, inf, ['start', 'end']),
    (['feature_use'], 'feature', 1, 'text', 1, 128, []),
    (['feature_use', 'click'], 'page', 0, 'text', 1, 2048, []),
    (['feature_use'], 'interactive', 0, 'flag', 0, 0, []),
    (['impression', 'click'], 'link', 1, 'text', 1, 256, []),
    (['impression', 'click'], 'campaign', 0, 'text', 0, inf, []),
    (['purchase'], 'amount', 1, 'amount', 0, inf, []),
    (['purchase'], 'currency', 1, 'currency', 0, inf, []),
    (['purchase'], 'refund', 0, 'flag', 0, 0, []),
    (['purchase'], 'kind', 0, 'text', 0, inf, []),
    (['purchase'], 'product', 0, 'text', 0, inf, []),
    (['purchase'], 'order_id', 0, 'text', 0, inf, []);

-- Fields of the types that are only accepted and counted for now; conditional ones stand in 11_decode.sql.
INSERT INTO oracle.field_rules VALUES
    (['survey'], 'kind', 1, 'text', 0, inf, ['nps', 'csat', 'ces', 'cxi']),
    (['survey'], 'score', 0, 'number', 0, 10, []),
    (['survey'], 'scale', 0, 'number', 5, 10, []),
    (['survey'], 'component', 0, 'text', 0, inf, ['effort', 'empathy', 'understanding', 'efficiency']),
    (['survey'], 'ticket_id', 0, 'text', 0, inf, []),
    (['survey', 'ticket', 'spend'], 'channel', 0, 'text', 0, inf, []),
    (['survey', 'subscription', 'ticket'], 'agent', 0, 'text', 0, inf, []),
    (['subscription'], 'subscription_id', 0, 'text', 0, inf, []),
    (['subscription'], 'action', 1, 'text', 0, inf, ['start', 'renew', 'upgrade', 'downgrade', 'cancel']),
    (['subscription'], 'mrr', 0, 'amount', 0, inf, []),
    (['subscription'], 'currency', 0, 'currency', 0, inf, []),
    (['subscription'], 'reason', 0, 'text', 0, inf, []),
    (['ticket'], 'ticket_id', 1, 'text', 0, inf, []),
    (['ticket'], 'action', 1, 'text', 0, inf, ['opened', 'replied', 'resolved']),
    (['social'], 'post_id', 1, 'text', 0, inf, []),
    (['social'], 'action', 1, 'text', 0, inf, ['impression', 'like', 'share', 'save', 'comment', 'mention']),
    (['social'], 'network', 0, 'text', 0, inf, []),
    (['social'], 'count', 0, 'whole', 0, inf, []),
    (['spend'], 'amount', 1, 'amount', 0, inf, []),
    (['spend'], 'currency', 1, 'currency', 0, inf, []);

-- The rules by type: one row per type the contract knows and field it has.
CREATE TABLE oracle.contract ENGINE = Memory AS
SELECT type, field, required, kind, smallest, largest, words
FROM oracle.field_rules
ARRAY JOIN if(empty(types), ['pageview', 'pageleave', 'session', 'feature_use', 'impression', 'click',
    'survey', 'purchase', 'subscription', 'ticket', 'social', 'spend'], types) AS type;
