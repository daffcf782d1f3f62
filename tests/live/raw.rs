//! Late events and raw events.

use std::fmt::Write as _;

use traffic::Settings;

use crate::{
    kafka::produce,
    log::{Log, traffic},
    mock::{PARTITIONS, cluster},
    setup::{Setup, TOPIC},
    truth::{assert_same, judge},
};

/// Every event that is no repeat, and whether it is late: by more than an hour behind the largest time that came
/// before it in its partition, less a minute.
const EVENTS: &str = "SELECT line_no, partition, offset, ms < largest - 3660000 AS late \
    FROM (SELECT line_no, partition, offset, ms, \
        max(ms) OVER (PARTITION BY partition ORDER BY line_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS largest \
        FROM oracle.valid INNER JOIN oracle.placed USING (line_no)) \
    WHERE line_no IN (SELECT line_no FROM oracle.events)";

#[test]
fn late_events_are_told_apart_and_raw_events_are_all_there() {
    let (_mock, brokers) = cluster();
    let mut setup = Setup::new(&brokers);
    setup.set("sink.raw_events", true);
    let log = Log::generate(Settings { late_share: 0.05, ..traffic(8_000, 5) }, PARTITIONS);
    produce(&brokers, TOPIC, &log.records, None);
    let mut instance = setup.start("instance");
    instance.until_read(log.records.len());
    instance.stop();

    let mut placed = String::from(
        "CREATE TABLE oracle.placed ENGINE = Memory AS \
         SELECT line_no, partition, offset FROM values('line_no UInt64, partition Int32, offset UInt64'",
    );
    for (number, sent) in log.records.iter().enumerate() {
        write!(placed, ", ({number}, {}, {})", sent.partition, sent.offset).unwrap();
    }
    placed.push(')');

    judge(&mut setup.clickhouse, &log.lines(), async |database| {
        database.execute(&placed).await;
        database.execute(&format!("CREATE TABLE oracle.lateness ENGINE = Memory AS {EVENTS}")).await;
        let counts = [
            "SELECT sum(late), sum(accepted) FROM tidegauge.accounting",
            "SELECT countIf(late), countIf(NOT late) FROM oracle.lateness",
        ];
        let [actual, expected] = [database.rows(counts[0]).await, database.rows(counts[1]).await];
        assert_eq!(actual, expected, "late and accepted");
        assert_ne!(database.number("SELECT countIf(late) FROM oracle.lateness").await, 0, "nothing is late");
        assert_same(
            database,
            "events",
            "SELECT l.partition, l.offset, l.late, e.type, e.ms, e.site, e.user_id, r.line AS raw \
             FROM oracle.lateness AS l INNER JOIN oracle.valid AS e USING (line_no) INNER JOIN oracle.raw AS r USING (line_no)",
            "SELECT partition, offset, is_late, toString(type), toUnixTimestamp64Milli(timestamp), toString(site), \
             ifNull(user_id, ''), raw FROM tidegauge.events",
        )
        .await;
        assert_same(
            database,
            "user_activity",
            "SELECT e.site, e.day, e.is_anonymous, e.user_id, min(e.ms), max(e.ms), count(), countIf(e.type = 'pageview'), \
             max(l.late) FROM oracle.events AS e INNER JOIN oracle.lateness AS l USING (line_no) \
             WHERE e.is_activity GROUP BY ALL",
            "SELECT toString(site), day, is_anonymous, user_id, toUnixTimestamp64Milli(first_seen), \
             toUnixTimestamp64Milli(last_seen), events, pageviews, is_late FROM tidegauge.user_activity",
        )
        .await;
    });
}
