//! The tables in the end, against the oracle's.

use tokio::{runtime::Runtime, sync::Mutex};

use crate::{clickhouse::ClickHouse, compare, database::Database};

/// A process has one engine at a time, on one folder.
static ENGINE: Mutex<()> = Mutex::const_new(());

/// Stops ClickHouse, opens its data in this process, computes the oracle of `lines` beside the tables, and looks.
pub(crate) fn judge(clickhouse: &mut ClickHouse, lines: &[&[u8]], look: impl AsyncFnOnce(&Database)) {
    clickhouse.stop();
    let data = clickhouse.data();
    Runtime::new().unwrap().block_on(async {
        let _one_at_a_time = ENGINE.lock().await;
        let database = Database::open(&data).await;
        database.compute_oracle(lines, None).await;
        // A position may be further: of a transaction's end there is nothing to read.
        let broken = "SELECT * FROM tidegauge.accounting \
                      WHERE read != accepted + duplicate + late + skipped + dead_lettered OR read > position";
        assert_eq!(database.rows(broken).await, Vec::<String>::new(), "accounting by partition");
        look(&database).await;
        database.close().await;
    });
}

/// As [`judge`]: every table must equal the oracle's.
pub(crate) fn hold(clickhouse: &mut ClickHouse, lines: &[&[u8]], name: &str) {
    judge(clickhouse, lines, async |database| compare::assert_equal(database, name).await);
}

/// Asserts that two queries have the same rows, at least one.
pub(crate) async fn assert_same(database: &Database, what: &str, expected: &str, actual: &str) {
    let count = database.number(&format!("SELECT count() FROM ({expected})")).await;
    assert!(count > 0, "{what}: nothing is expected, so nothing is proved");
    assert_eq!(database.number(&format!("SELECT count() FROM ({actual})")).await, count, "{what}: rows");
    for (kind, one, other) in [("missing", expected, actual), ("unexpected", actual, expected)] {
        let only = format!(
            "SELECT * FROM (SELECT * FROM ({one}) EXCEPT SELECT * FROM ({other})) ORDER BY ALL LIMIT 5"
        );
        assert_eq!(database.rows(&only).await, Vec::<String>::new(), "{what}: rows {kind}");
    }
}
