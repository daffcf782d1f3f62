-- Expected figures of golden.ndjson, written by hand; the site names the case. Each query runs on the oracle's tables and on
-- tidegauge's ({db}); its rows, columns joined by ` | `, must be the lines after it that begin with `--=`.

-- A gap of exactly 30:00 does not cut, a millisecond more does; arrival order does not matter; the first referrer counts.
SELECT formatDateTime(started_at, '%H:%i:%S'), formatDateTime(ended_at, '%H:%i:%S'), duration_s, pageviews, toUInt8(is_bounce), entry_page, exit_page, ifNull(referrer, '')
FROM {db}.sessions WHERE site = 'gap' ORDER BY started_at;
--= 10:00:00 | 10:30:00 | 1800 | 2 | 0 | /a | /b | https://example.org/
--= 11:00:00 | 11:00:00 | 0 | 1 | 1 | /c | /c |

-- A visit over midnight is one, and belongs whole to the day of its last event; its visitor was there on both.
SELECT toDate(day), sessions, bounces, pageviews, duration_sum_s, visitors, bounce_rate, pages_per_session, avg_duration_s
FROM {db}.sessions_daily WHERE site = 'midnight' ORDER BY day;
--= 2024-02-29 | 0 | 0 | 0 | 0 | 1 | \N | \N | \N
--= 2024-03-01 | 1 | 0 | 2 | 1200 | 1 | 0 | 2 | 1200

-- The same by the hour.
SELECT formatDateTime(hour, '%Y-%m-%d %H:%i'), sessions, bounces, pageviews, visitors FROM {db}.sessions_hourly WHERE site = 'midnight' ORDER BY hour;
--= 2024-02-29 23:00 | 0 | 0 | 0 | 1
--= 2024-03-01 00:00 | 1 | 0 | 2 | 1

-- Views count on their own day, visits, entries and exits on the visit's; no ratio over no views.
SELECT toDate(day), page, pageviews, visitors, visits, entries, exits, exit_rate FROM {db}.pages_daily WHERE site = 'midnight' ORDER BY day, page;
--= 2024-02-29 | /a | 1 | 1 | 0 | 0 | 0 | 0
--= 2024-03-01 | /a | 0 | 0 | 1 | 1 | 0 | \N
--= 2024-03-01 | /b | 1 | 1 | 1 | 0 | 1 | 1

-- A pageleave keeps a session open, and changes neither its last event nor its duration.
SELECT formatDateTime(started_at, '%H:%i:%S'), formatDateTime(ended_at, '%H:%i:%S'), formatDateTime(left_at, '%H:%i:%S'), duration_s, pageviews, events
FROM {db}.sessions WHERE site = 'leave-keeps-open';
--= 10:00:00 | 10:50:00 | 10:55:00 | 3000 | 2 | 2

-- A pageleave opens no session, nor does it bridge a gap: before any and after the gap it has no effect.
SELECT formatDateTime(started_at, '%H:%i:%S'), formatDateTime(left_at, '%H:%i:%S'), toUInt8(is_bounce), engaged_s
FROM {db}.sessions WHERE site = 'leave-opens-none' ORDER BY started_at;
--= 10:00:00 | 10:00:00 | 1 | \N
--= 10:50:00 | 10:50:00 | 1 | \N

-- A pageleave belongs to the latest view with its id, whatever page it names; then to the oldest of its page without a leave.
SELECT formatDateTime(viewed_at, '%H:%i:%S'), page, formatDateTime(left_at, '%H:%i:%S'), engaged_ms FROM {db}.page_views WHERE site = 'leave-by-id' ORDER BY viewed_at;
--= 10:00:00 | /a | 10:04:00 | 2000
--= 10:01:00 | /b | \N | \N
--= 10:02:00 | /a | 10:03:00 | 1000

-- Its time counts for the page of the view it belongs to.
SELECT page, engaged_sum_s, engaged_sessions FROM {db}.pages_daily WHERE site = 'leave-by-id' ORDER BY page;
--= /a | 3 | 1
--= /b | 0 | 0

-- Oldest view without a leave first, then the latest, also with an unheard-of id; time adds up, the deepest scroll stays.
SELECT formatDateTime(viewed_at, '%H:%i:%S'), formatDateTime(left_at, '%H:%i:%S'), engaged_ms, round(scroll_depth, 6) FROM {db}.page_views WHERE site = 'leave-oldest' ORDER BY viewed_at;
--= 10:00:00 | 10:02:00 | 1500 | 0.405
--= 10:01:00 | 10:04:00 | 6000 | 0.9

-- One visit, one sample per page: its whole time and its deepest scroll.
SELECT pageviews, visits, engaged_sum_s, engaged_sessions, avg_time_on_page_s, round(scroll_sum, 6), scroll_samples, scroll_25, scroll_50, scroll_75, scroll_100
FROM {db}.pages_daily WHERE site = 'leave-oldest';
--= 2 | 1 | 7.5 | 1 | 7.5 | 0.9 | 1 | 1 | 1 | 1 | 0

-- A leave without a view counts for the session and its page, not as a visit of the page.
SELECT page, pageviews, visits, entries, exits, bounces, engaged_sum_s, engaged_sessions, round(scroll_sum, 6), scroll_samples, exit_rate
FROM {db}.pages_daily WHERE site = 'leave-without-view' ORDER BY page;
--= /a | 1 | 1 | 1 | 1 | 1 | 0 | 0 | 0 | 0 | 1
--= /b | 0 | 0 | 0 | 0 | 0 | 3 | 1 | 0.6 | 1 | \N

-- The session of that leave.
SELECT pageviews, toUInt8(is_bounce), engaged_s, round(max_scroll_depth, 6) FROM {db}.sessions WHERE site = 'leave-without-view';
--= 1 | 1 | 3 | 0.6

-- Events of one instant: without an id first, then by id, a pageleave last of all.
SELECT entry_page, exit_page, engaged_s FROM {db}.sessions WHERE site = 'ties';
--= /first | /last | 7

-- The leave of that instant found its view.
SELECT page, engaged_ms FROM {db}.page_views WHERE site = 'ties' AND engaged_ms IS NOT NULL;
--= /last | 7000

-- An `end` closes, a later event under the same id opens a new session, silence does not cut one with an id; a leave after the
-- close belongs to the closed one; events without the id keep to themselves; one id under two users is two sessions; start and
-- end alone are no visit.
SELECT user_id, ifNull(toString(session_id), ''), formatDateTime(started_at, '%H:%i:%S'), formatDateTime(ended_at, '%H:%i:%S'), formatDateTime(left_at, '%H:%i:%S'),
    duration_s, pageviews, events, clicks, interactive_events, toUInt8(is_bounce), engaged_s
FROM {db}.sessions WHERE site = 'session-ids' ORDER BY started_at;
--= s | S | 10:00:00 | 10:10:00 | 10:11:00 | 600 | 1 | 1 | 0 | 0 | 1 | 9
--= s2 | S | 10:05:30 | 10:05:30 | 10:05:30 | 0 | 1 | 1 | 0 | 0 | 1 | \N
--= s |  | 10:06:00 | 10:06:00 | 10:06:00 | 0 | 1 | 1 | 0 | 0 | 1 | \N
--= s | S | 15:00:00 | 18:30:00 | 18:30:00 | 12600 | 1 | 2 | 1 | 1 | 0 | \N

-- `session` events are activity of their user, even those that open and close nothing.
SELECT user_id, events, pageviews, formatDateTime(first_seen, '%H:%i:%S'), formatDateTime(last_seen, '%H:%i:%S') FROM {db}.user_activity WHERE site = 'session-ids' ORDER BY user_id;
--= s | 9 | 3 | 09:00:00 | 18:30:00
--= s2 | 1 | 1 | 10:05:30 | 10:05:30
--= s3 | 2 | 0 | 10:00:00 | 10:01:00

-- A use that is not interactive is an event, un-bounces nothing and makes no visit; a purchase and a use that is do.
SELECT user_id, pageviews, events, interactive_events, toUInt8(is_bounce), duration_s, entry_page, length(features) FROM {db}.sessions WHERE site = 'interactive' ORDER BY user_id;
--= n1 | 1 | 2 | 0 | 1 | 60 | /a | 1
--= n3 | 0 | 2 | 2 | 0 | 10 | \N | 2
--= n4 | 0 | 1 | 1 | 0 | 0 | \N | 0

-- It is no activity, nor is an impression.
SELECT user_id, events FROM {db}.user_activity WHERE site = 'interactive' ORDER BY user_id;
--= n1 | 1
--= n3 | 2
--= n4 | 1

-- But it is a use of the feature; on the next day the month still knows of it.
SELECT toDate(day), uses, users, active_users, adoption_rate, users_30d, active_users_30d, adoption_rate_30d FROM {db}.feature_adoption_daily WHERE site = 'interactive' ORDER BY day;
--= 2024-02-29 | 4 | 3 | 3 | 1 | 3 | 3 | 1
--= 2024-03-01 | 0 | 0 | 0 | \N | 3 | 3 | 1

-- Known and anonymous users are of different namespaces; user_id decides where both are sent; null is not sent.
SELECT user_id, toUInt8(is_anonymous), events FROM {db}.user_activity WHERE site = 'identity' ORDER BY is_anonymous;
--= x | 0 | 2
--= x | 1 | 2

-- Two users, two visits.
SELECT toUInt8(is_anonymous), entry_page, exit_page FROM {db}.sessions WHERE site = 'identity' ORDER BY is_anonymous;
--= 0 | /known | /both
--= 1 | /anonymous | /null

-- The first arrival of an event_id counts, per site, namespace and user; events without one are never duplicates.
SELECT site, page, count() FROM {db}.page_views WHERE site LIKE 'duplicates%' GROUP BY site, page ORDER BY site, page;
--= duplicates | /first | 1
--= duplicates | /no-id | 2
--= duplicates | /other-namespace | 1
--= duplicates | /other-user | 1
--= duplicates-too | /other-site | 1

-- A depth or time of 0 is a report, an unsaid one is none.
SELECT user_id, round(max_scroll_depth, 6), engaged_s FROM {db}.sessions WHERE site = 'scroll' ORDER BY user_id;
--= c | 0 | 0
--= c2 | 0.75 | \N
--= c3 | \N | \N

-- Of a visit's views of one page the deepest scroll counts, once.
SELECT page, round(scroll_sum, 6), scroll_samples, round(avg_scroll_depth, 6), scroll_25, scroll_50, scroll_75, scroll_100, engaged_sum_s, engaged_sessions, avg_time_on_page_s
FROM {db}.pages_daily WHERE site = 'scroll' ORDER BY page;
--= /unsaid | 0 | 0 | \N | 0 | 0 | 0 | 0 | 0 | 0 | \N
--= /zero | 0.75 | 2 | 0.375 | 1 | 1 | 1 | 0 | 0 | 1 | 0

-- Depths are rounded to a millionth of the page.
SELECT round(scroll_depth, 9) FROM {db}.page_views WHERE site = 'scroll' AND scroll_depth > 0.3 ORDER BY scroll_depth;
--= 0.333333
--= 0.75

-- Times in all their forms, aliases, pages cut at the fragment and the query, the last of a repeated key.
SELECT user_id, page, toUnixTimestamp64Milli(toDateTime64(viewed_at, 3, 'UTC')) FROM {db}.page_views WHERE site = 'fields' ORDER BY user_id;
--= f1 | /path | 1709200800123
--= f2 | / | 1709200800500
--= f3 | / | 1709200800000
--= f4 | / | 1709200803000
--= f5 | /last-key | 1709200804000

-- The site that is not sent; escapes in ids.
SELECT user_id, page FROM {db}.page_views WHERE site = 'default';
--= f65 | /default-site

-- New, returning, resurrected and dormant users, on days without events too.
SELECT toDate(day), dau, wau, mau, round(stickiness, 6), new_users, returning_users, resurrected_users, dormant_users
FROM {db}.active_users_daily WHERE site = 'days' ORDER BY day;
--= 2024-02-27 | 2 | 2 | 2 | 1 | 2 | 0 | 0 | 0
--= 2024-02-28 | 2 | 3 | 3 | 0.666667 | 1 | 1 | 0 | 1
--= 2024-02-29 | 2 | 3 | 3 | 0.666667 | 0 | 1 | 1 | 1
--= 2024-03-01 | 0 | 3 | 3 | 0 | 0 | 0 | 0 | 2

-- Nothing of the bad records is anywhere.
SELECT count() FROM {db}.user_activity WHERE site IN ('bad', 'lost', '');
--= 0

-- An event at the very instant at which the closed session began opens it again: two sessions cannot have one key.
SELECT session_id, formatDateTime(started_at, '%H:%i:%S'), pageviews, duration_s FROM {db}.sessions WHERE site = 'reopened';
--= R | 11:00:00 | 1 | 0
