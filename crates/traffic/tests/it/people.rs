//! The traffic is that of people: sessions, days, habits.

use std::collections::{BTreeMap, BTreeSet};

use event_model::{Event, EventKind, EventType};
use traffic::{Generated, Note, Settings};

use crate::{event, is_fresh, records};

const DAY_MS: i64 = 86_400_000;
const GAP_MS: i64 = 30 * 60_000;

/// A user on a site: namespace and id; and the session id, if sent.
type Group = (String, bool, String, Option<String>);

fn group(event: &Event<'_>) -> Option<Group> {
    let user = event.user.as_ref()?;
    let session = event.session_id.as_deref().map(str::to_owned);
    Some((event.site.to_string(), user.is_anonymous(), user.id().to_owned(), session))
}

fn is_of_session(event: &Event<'_>) -> bool {
    !matches!(
        event.event_type(),
        EventType::Impression
            | EventType::Survey
            | EventType::Subscription
            | EventType::Ticket
            | EventType::Social
            | EventType::Spend
    )
}

/// Times of the events in each group, in order; leaves are marked.
fn groups(found: &[Generated]) -> BTreeMap<Group, Vec<(i64, bool)>> {
    let mut groups: BTreeMap<Group, Vec<(i64, bool)>> = BTreeMap::new();
    for record in found.iter().filter(|record| is_fresh(record) && record.note != Note::Late) {
        let event = event(record);
        if let Some(group) = group(&event).filter(|_| is_of_session(&event)) {
            let is_leave = event.event_type() == EventType::Pageleave;
            groups.entry(group).or_default().push((event.timestamp, is_leave));
        }
    }
    groups.values_mut().for_each(|times| times.sort_unstable());
    groups
}

#[test]
fn sessions_have_about_ten_events() {
    let found = records(&Settings { events: 200_000, users: 5_000, ..Settings::default() });
    let (mut sessions, mut events) = (0, 0);
    for ((.., session_id), times) in groups(&found) {
        let (mut is_open, mut before) = (false, i64::MIN / 2);
        for (at, is_leave) in times {
            is_open &= session_id.is_some() || at - before <= GAP_MS;
            before = at;
            sessions += u32::from(!is_open && !is_leave);
            is_open |= !is_leave;
            events += 1;
        }
    }
    let mean = f64::from(events) / f64::from(sessions);
    assert!((9.0..11.5).contains(&mean), "{mean} events a session");
}

#[test]
fn silences_end_on_both_sides_of_the_inactivity_gap() {
    let found =
        records(&Settings { events: 200_000, users: 5_000, disorder_share: 0.0, ..Settings::default() });
    let mut silences = BTreeSet::new();
    for ((.., session_id), times) in groups(&found) {
        if session_id.is_none() {
            silences.extend(times.windows(2).map(|pair| pair[1].0 - pair[0].0));
        }
    }
    for edge in [0, GAP_MS - 1, GAP_MS, GAP_MS + 1] {
        assert!(silences.contains(&edge), "{edge} ms");
    }
}

#[test]
fn ids_are_shared_where_real_ones_are() {
    let found = records(&Settings { events: 200_000, ..Settings::default() });
    let (mut known, mut anonymous) = (BTreeSet::new(), BTreeSet::new());
    let mut users_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut with_session, mut without) = (0, 0);
    for record in found.iter().filter(|record| is_fresh(record)) {
        let event = event(record);
        let Some((_, is_anonymous, user, session)) = group(&event) else { continue };
        if is_anonymous { &mut anonymous } else { &mut known }.insert(user.clone());
        match session {
            Some(id) => {
                with_session += 1;
                users_of.entry(id).or_default().insert(user);
            }
            None if is_of_session(&event) => without += 1,
            None => {}
        }
    }
    assert!(known.intersection(&anonymous).count() > 5, "one text in both namespaces");
    assert!(users_of.values().filter(|users| users.len() > 1).count() > 5, "one session id, two users");
    assert!(without > with_session, "{without} without a session id, {with_session} with one");
    let share = anonymous.len() as f64 / (known.len() + anonymous.len()) as f64;
    assert!((0.1..0.35).contains(&share), "{share} anonymous");
}

#[test]
fn users_arrive_return_and_stay_away() {
    let settings = Settings { events: 200_000, users: 5_000, late_share: 0.0, ..Settings::default() };
    let mut days: BTreeMap<i64, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for record in records(&settings).iter().filter(|record| is_fresh(record)) {
        let event = event(record);
        if event.is_activity() {
            days.entry((event.timestamp - settings.start()) / DAY_MS).or_default().insert(record.key.clone());
        }
    }
    assert_eq!(days.len(), 30);
    let mut seen = BTreeSet::new();
    for (day, users) in &days {
        let new = users.iter().filter(|user| !seen.contains(*user)).count();
        if *day > 0 {
            assert!(new > 10, "{new} new users on day {day}");
            assert!(users.len() > new + 100, "{} users on day {day}, {new} new", users.len());
        }
        seen.extend(users.iter().cloned());
    }
    let span = |range: std::ops::Range<i64>| -> BTreeSet<&Vec<u8>> {
        range.filter_map(|day| days.get(&day)).flatten().collect()
    };
    let (early, middle, end) = (span(0..5), span(6..20), span(21..30));
    assert!(
        early.iter().filter(|u| !middle.contains(*u) && end.contains(*u)).count() > 10,
        "back after two weeks"
    );
    assert!(early.iter().filter(|u| !middle.contains(*u) && !end.contains(*u)).count() > 50, "gone");
    assert!(seen.len() <= 5_000);
}

#[test]
fn a_few_users_cause_much_and_a_few_pages_are_seen_most() {
    let found = records(&Settings { events: 200_000, users: 5_000, ..Settings::default() });
    let (mut by_user, mut by_page): (BTreeMap<&[u8], u32>, BTreeMap<String, u32>) = Default::default();
    for record in found.iter().filter(|record| is_fresh(record)) {
        let event = event(record);
        *by_user.entry(&record.key).or_default() += 1;
        if let EventKind::Pageview(view) = event.kind {
            let path = view.page.split(['?', '#']).next().unwrap_or_default();
            let template = path.replace(|c: char| c.is_ascii_digit(), "");
            *by_page.entry(template).or_default() += 1;
        }
    }
    let most = |counts: Vec<u32>| {
        let (mut counts, all) = (counts.clone(), counts.iter().sum::<u32>());
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let tenth = counts.len() / 10;
        f64::from(counts[..tenth].iter().sum::<u32>()) / f64::from(all)
    };
    assert!((180..=200).contains(&by_page.len()), "{} pages", by_page.len());
    let (users, pages) = (most(by_user.into_values().collect()), most(by_page.into_values().collect()));
    assert!((0.25..0.6).contains(&users), "{users} by a tenth of the users");
    assert!((0.45..0.75).contains(&pages), "{pages} on a tenth of the pages");
}

#[test]
fn nights_and_weekends_are_quiet() {
    let settings = Settings { events: 200_000, ..Settings::default() };
    let (mut hours, mut days) = ([0u32; 24], [0u32; 7]);
    for record in records(&settings) {
        hours[(record.timestamp_ms / 3_600_000 % 24) as usize] += 1;
        days[((record.timestamp_ms / DAY_MS + 3) % 7) as usize] += 1; // Monday first
    }
    assert!(hours[3] * 4 < hours[10], "{hours:?}");
    assert!(days[5] * 4 < days[1] * 3 && days[6] * 4 < days[1] * 3, "{days:?}");
}
