-- Events that belong to sessions, in the order of their group (site, user, session_id or none).
CREATE TABLE oracle.ordered ENGINE = MergeTree ORDER BY (site, is_anonymous, user_id, session_id, position) AS
SELECT
    *,
    type = 'pageleave' AS is_leave,
    type = 'session' AND action = 'end' AS is_end,
    NOT is_leave AND NOT is_end AS can_open,
    row_number() OVER (PARTITION BY site, is_anonymous, user_id, session_id ORDER BY timestamp, is_leave, event_id, line_no) AS position
FROM oracle.events
WHERE type IN ('pageview', 'pageleave', 'session', 'feature_use', 'click', 'purchase');

-- Stretches: a silence of more than 30 min after any event (pageleave included) starts one, where no session_id is sent.
CREATE TABLE oracle.stretches ENGINE = MergeTree ORDER BY (site, is_anonymous, user_id, session_id, position) AS
SELECT *, sum(is_cut) OVER (PARTITION BY site, is_anonymous, user_id, session_id ORDER BY position) AS stretch
FROM
(
    SELECT
        *,
        session_id = '' AND position > 1 AND ms
            - lagInFrame(ms) OVER (PARTITION BY site, is_anonymous, user_id, session_id ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) > 1800000 AS is_cut
    FROM oracle.ordered
);

-- Cycles: within a stretch, the events up to and with an `end`; the number of ends before the event names it.
CREATE TABLE oracle.cycles ENGINE = MergeTree ORDER BY (site, is_anonymous, user_id, session_id, position) AS
SELECT
    *,
    sum(is_end) OVER (PARTITION BY site, is_anonymous, user_id, session_id, stretch ORDER BY position) - is_end AS cycle
FROM oracle.stretches;

-- Openers: the first event of a cycle that is neither a pageleave nor an `end`. A cycle without one opens no session.
CREATE TABLE oracle.openers ENGINE = MergeTree ORDER BY (site, is_anonymous, user_id, session_id, position) AS
SELECT
    *,
    can_open AND sum(can_open) OVER (PARTITION BY site, is_anonymous, user_id, session_id, stretch, cycle ORDER BY position) = 1 AS opens,
    max(can_open) OVER (PARTITION BY site, is_anonymous, user_id, session_id, stretch, cycle) AS cycle_has_session
FROM oracle.cycles;

-- Events with their session: the opener's line names it. Pageleaves before the first session of their stretch belong to
-- none, after an `end` to the session it closed; an `end` that closes nothing belongs to none. An opener at the instant at which
-- the session before it began opens that one again.
CREATE TABLE oracle.session_events ENGINE = MergeTree ORDER BY (session, position) AS
SELECT
    * EXCEPT (can_open, stretch, cycle, opens, cycle_has_session, is_cut, nth),
    minIf(line_no, opens) OVER (PARTITION BY site, is_anonymous, user_id, session_id, stretch, nth) AS session
FROM
(
    SELECT *, uniqExactIf(ms, opens) OVER (PARTITION BY site, is_anonymous, user_id, session_id, stretch ORDER BY position) AS nth
    FROM oracle.openers
)
WHERE nth > 0 AND (cycle_has_session OR NOT is_end);
