//! `user_activity`, `active_users_daily`, `feature_adoption_daily`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use window_state::rows::{Changes, UserDayRow, UserId};

use super::{Dice, at, json, on_engine, plan, ratio, rows, user, write};

/// 2025-12-20, so that a few weeks cross months and a year.
const DAY: i32 = 20_442;

fn row(day: i32, id: &str, events: u32) -> UserDayRow {
    UserDayRow {
        site: "shop".into(),
        day,
        user: user(id),
        late_offset: 0,
        first_seen: at(day, 9, 0),
        last_seen: at(day, 10, 30),
        events,
        pageviews: events / 2,
        features: Vec::new(),
    }
}

fn changes(partition: i32, version: u64, user_days: Vec<UserDayRow>) -> Changes {
    Changes { partition, version, user_days, ..Changes::default() }
}

#[test]
fn the_furthest_version_of_a_user_day_counts_and_late_events_are_added() {
    on_engine("users_upsert", |writer| async move {
        write(&writer, changes(0, 200, vec![row(DAY, "ann", 7), row(DAY, "bob", 0)])).await;
        // An older version that arrives later changes nothing.
        write(&writer, changes(0, 100, vec![row(DAY, "ann", 3)])).await;
        let late = |offset, hour| UserDayRow {
            late_offset: offset,
            first_seen: at(DAY, hour, 0),
            last_seen: at(DAY, hour, 0),
            ..row(DAY, "ann", 1)
        };
        write(&writer, changes(0, 300, vec![late(250, 3), late(251, 23)])).await;
        write(&writer, changes(0, 300, vec![late(250, 3)])).await;
        let anonymous = UserDayRow { user: UserId { anonymous: true, ..user("ann") }, ..row(DAY, "ann", 1) };
        write(&writer, changes(1, 9, vec![anonymous])).await;
        // Late events only, before and after the on-time row comes to be; pageviews add up.
        let late_of = |id, offset| UserDayRow { late_offset: offset, pageviews: 1, ..row(DAY, id, 1) };
        write(&writer, changes(0, 400, vec![late_of("cid", 300), late_of("dan", 301), late_of("dan", 302)]))
            .await;
        write(&writer, changes(0, 410, vec![row(DAY, "dan", 4)])).await;
        write(&writer, changes(0, 420, vec![late_of("dan", 415)])).await;
        let sql = "SELECT * FROM user_activity ORDER BY site, day, user_id, is_anonymous";
        let nine = "2025-12-20 09:00:00.000";
        let half = "2025-12-20 10:30:00.000";
        assert_eq!(
            json(writer.clickhouse(), sql).await,
            json!([
                [
                    "shop",
                    "2025-12-20",
                    "ann",
                    0,
                    "2025-12-20 03:00:00.000",
                    "2025-12-20 23:00:00.000",
                    9,
                    3,
                    1
                ],
                ["shop", "2025-12-20", "ann", 1, nine, half, 1, 0, 0],
                ["shop", "2025-12-20", "cid", 0, nine, half, 1, 1, 1],
                ["shop", "2025-12-20", "dan", 0, nine, half, 7, 5, 1],
            ])
        );
        let sql = "SELECT dau, new_users FROM active_users_daily";
        assert_eq!(json(writer.clickhouse(), sql).await, json!([[4, 4]]));
        let sql = "SELECT min(first_seen) FROM user_activity WHERE user_id = 'ann' AND day = '2025-12-20'";
        assert_eq!(json(writer.clickhouse(), sql).await, json!([["2025-12-20 03:00:00.000"]]));
    });
}

/// How often each user of a day used a feature.
type Users = BTreeMap<String, u64>;

/// Sparse activity of a few users on three sites over four months: (site, day, user).
fn traffic(seed: u64) -> BTreeSet<(&'static str, i32, String)> {
    let mut dice = Dice(seed);
    let mut days = BTreeSet::new();
    for (index, site) in ["a", "b", "c"].into_iter().enumerate() {
        for user in 0..30 {
            for _ in 0..dice.roll(9) {
                let spread = [120, 20][dice.roll(2) as usize];
                let day = DAY + 40 * index as i32 + dice.roll(spread) as i32;
                days.insert((site, day, format!("u{user}")));
            }
        }
    }
    days
}

#[test]
fn daily_actives_equal_a_count_of_sets() {
    on_engine("users_daily", |writer| async move {
        let traffic = traffic(1);
        let mut days: Vec<_> = traffic
            .iter()
            .map(|(site, day, id)| UserDayRow { site: (*site).into(), ..row(*day, id, 1) })
            .collect();
        // Hidden from activity: neither a first day nor the calendar's last.
        days.push(UserDayRow { site: "a".into(), ..row(DAY - 9, "u1", 0) });
        days.push(UserDayRow { site: "a".into(), ..row(DAY + 900, "u1", 0) });
        write(&writer, changes(0, 10, days.clone())).await;
        write(&writer, changes(0, 11, days.split_off(days.len() / 2))).await;

        let mut sites: BTreeMap<&str, BTreeMap<i32, BTreeSet<&str>>> = BTreeMap::new();
        for (site, day, id) in &traffic {
            sites.entry(site).or_default().entry(*day).or_default().insert(id);
        }
        let last = *sites.values().flat_map(BTreeMap::keys).max().unwrap();
        let mut expected = Vec::new();
        for (site, days) in &sites {
            let on = |day: i32| days.get(&day).cloned().unwrap_or_default();
            let within = |day: i32, n: i32| (day - n + 1..=day).flat_map(on).collect::<BTreeSet<_>>().len();
            let mut seen = BTreeSet::new();
            for day in *days.keys().next().unwrap()..=last {
                let (today, yesterday) = (on(day), on(day - 1));
                let new = today.difference(&seen).count();
                let returning = today.intersection(&yesterday).count();
                let (wau, mau) = (within(day, 7), within(day, 30));
                let stickiness = ratio(today.len() as f64, mau as f64);
                let dormant = yesterday.difference(&today).count();
                let resurrected = today.len() - new - returning;
                expected.push(json!([
                    site,
                    day,
                    today.len(),
                    wau,
                    mau,
                    stickiness,
                    new,
                    returning,
                    resurrected,
                    dormant
                ]));
                seen.extend(today);
            }
        }
        assert!(expected.len() > 300);
        let sql = "SELECT site, toUInt16(day), dau, wau, mau, stickiness, new_users, returning_users, \
                   resurrected_users, dormant_users FROM active_users_daily ORDER BY site, day";
        let found = rows(writer.clickhouse(), sql).await;
        let found: Vec<_> = found.into_iter().map(serde_json::Value::from).collect();
        let same = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
        assert_eq!(found.get(same), expected.get(same), "row {same}");

        let sql = "SELECT * FROM active_users_daily WHERE site = 'b' AND day = '2026-02-01'";
        assert_eq!(rows(writer.clickhouse(), sql).await.len(), 1);
        let plan = plan(writer.clickhouse(), sql).await;
        assert!(plan.contains("Condition: (site in ['b', 'b'])"), "{plan}");
    });
}

#[test]
fn before_any_event_the_calendar_is_empty() {
    on_engine("users_none", |writer| async move {
        for view in ["user_activity", "active_users_daily", "feature_adoption_daily"] {
            let sql = format!("SELECT * FROM {view}");
            assert!(rows(writer.clickhouse(), &sql).await.is_empty(), "{view}");
        }
    });
}

#[test]
fn feature_adoption_equals_a_count_of_sets() {
    on_engine("users_features", |writer| async move {
        let mut dice = Dice(7);
        let mut uses: BTreeMap<(&str, &str), BTreeMap<i32, Users>> = BTreeMap::new();
        let mut days = Vec::new();
        for (site, day, id) in traffic(2) {
            let mut features = Vec::new();
            for feature in ["export", "search"] {
                let times = dice.roll(3) as u32;
                if times > 0 {
                    features.push((feature.into(), times));
                    let days = uses.entry((site, feature)).or_default();
                    days.entry(day).or_default().insert(id.clone(), times.into());
                }
            }
            days.push(UserDayRow { site: site.into(), features, ..row(day, &id, 1) });
        }
        // A feature that is no activity, used before the site's first active day and after the last of all.
        for day in [DAY - 5, DAY + 900] {
            let features = vec![("sync".into(), 4)];
            days.push(UserDayRow { site: "a".into(), features, ..row(day, "u1", 0) });
            uses.entry(("a", "sync")).or_default().entry(day).or_default().insert("u1".to_owned(), 4);
        }
        // Late: not counted.
        let features = vec![("export".into(), 100)];
        days.push(UserDayRow { late_offset: 5, features, ..row(DAY, "u1", 1) });
        write(&writer, changes(0, 10, days)).await;

        let sql = "SELECT site, toUInt16(day), dau, mau FROM active_users_daily";
        let mut active = BTreeMap::new();
        let mut last = 0;
        for row in rows(writer.clickhouse(), sql).await {
            let day = row[1].as_i64().unwrap() as i32;
            last = last.max(day);
            let key = (row[0].as_str().unwrap().to_owned(), day);
            active.insert(key, (row[2].as_u64().unwrap(), row[3].as_u64().unwrap()));
        }
        let mut expected = Vec::new();
        for ((site, feature), days) in &uses {
            for day in *days.keys().next().unwrap()..=last {
                let today = days.get(&day).cloned().unwrap_or_default();
                let month = days.range(day - 29..=day).flat_map(|(_, users)| users.keys());
                let month = month.collect::<BTreeSet<_>>().len() as u64;
                if month == 0 {
                    continue;
                }
                let (dau, mau) = active.get(&((*site).to_owned(), day)).copied().unwrap_or_default();
                let users = today.len() as u64;
                let rate = |n: u64, of: u64| ratio(n as f64, of as f64);
                expected.push(json!([
                    site,
                    feature,
                    day,
                    today.values().sum::<u64>(),
                    users,
                    dau,
                    rate(users, dau),
                    month,
                    mau,
                    rate(month, mau)
                ]));
            }
        }
        assert!(expected.len() > 300);
        let sql = "SELECT site, feature, toUInt16(day), uses, users, active_users, adoption_rate, users_30d, \
                   active_users_30d, adoption_rate_30d FROM feature_adoption_daily ORDER BY site, feature, day";
        let found = rows(writer.clickhouse(), sql).await;
        let found: Vec<_> = found.into_iter().map(serde_json::Value::from).collect();
        let same = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
        assert_eq!(found.get(same), expected.get(same), "row {same}");
    });
}

#[test]
fn a_question_about_a_day_reads_that_day() {
    on_engine("users_pushdown", |writer| async move {
        let days = (0..60).map(|n| row(DAY + n, "ann", 1)).collect();
        write(&writer, changes(0, 1, days)).await;
        let sql = "SELECT count() FROM user_activity WHERE site = 'shop' AND day = '2026-01-05'";
        assert_eq!(json(writer.clickhouse(), sql).await, json!([[1]]));
        let plan = plan(writer.clickhouse(), sql).await;
        let key = "and((day in [20458, 20458]), (site in ['shop', 'shop']))";
        assert!(plan.contains(key) && plan.contains("Parts: 1/3"), "{plan}");
    });
}
