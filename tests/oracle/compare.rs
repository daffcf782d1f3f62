//! tidegauge's tables against the oracle's, row by row.

use std::fmt::Write as _;

use crate::{
    database::Database,
    tables::{Form, TABLES, Table},
};

/// Rows shown of each kind of difference.
const SHOWN: usize = 5;

/// Compares every table; the differences as text, empty when there are none. `accounting` is compared in sum.
pub(crate) async fn differences(database: &Database) -> String {
    let mut report = String::new();
    for table in TABLES {
        report += &table_differences(database, table).await;
    }
    let [expected, actual] = ["oracle", "tidegauge"].map(|db| {
        format!("SELECT sum(read), sum(accepted), sum(duplicate), sum(late), sum(skipped), sum(dead_lettered) FROM {db}.accounting")
    });
    let (expected, actual) = (database.rows(&expected).await, database.rows(&actual).await);
    if expected != actual {
        let _ = writeln!(report, "accounting: the oracle has {expected:?}, tidegauge {actual:?}");
    }
    report
}

/// Asserts that every table equals the oracle's, and that the oracle's are not all empty.
pub(crate) async fn assert_equal(database: &Database, input: &str) {
    let rows = database.number("SELECT count() FROM oracle.sessions").await;
    assert!(rows > 0, "{input}: the oracle found no visit, so it proves nothing");
    let report = differences(database).await;
    assert!(report.is_empty(), "{input}: tables differ from the oracle's\n{report}");
}

async fn table_differences(database: &Database, table: &Table) -> String {
    let columns: Vec<&(Form, &str)> = table.key.iter().chain(table.exact).collect();
    let rows = |db: &str| {
        let list: Vec<String> = columns
            .iter()
            .map(|(form, name)| format!("{} AS c_{name}", form.of(&format!("t.{name}"))))
            .collect();
        format!("SELECT {}, count() AS copies FROM {db}.{} AS t GROUP BY ALL", list.join(", "), table.name)
    };
    let mut report = String::new();
    for (kind, from, other) in [("missing", "oracle", "tidegauge"), ("unexpected", "tidegauge", "oracle")] {
        let only = format!("SELECT * FROM ({}) EXCEPT SELECT * FROM ({})", rows(from), rows(other));
        let count = database.number(&format!("SELECT count() FROM ({only})")).await;
        if count > 0 {
            let _ = writeln!(report, "  {count} rows {kind}, the first of them:");
            for row in database.rows(&format!("SELECT * FROM ({only}) ORDER BY ALL LIMIT {SHOWN}")).await {
                let _ = writeln!(report, "    {row}");
            }
        }
    }
    for ratio in table.ratios {
        report += &ratio_differences(database, table, ratio).await;
    }
    if report.is_empty() {
        return report;
    }
    let mut counts = Vec::new();
    for db in ["oracle", "tidegauge"] {
        counts.push(database.number(&format!("SELECT count() FROM {db}.{}", table.name)).await);
    }
    let names: Vec<&str> = columns.iter().map(|(_, name)| *name).collect();
    format!(
        "{}: {} rows in the oracle, {} in tidegauge; columns {} | copies\n{report}",
        table.name,
        counts[0],
        counts[1],
        names.join(" | ")
    )
}

/// Rows of both sides whose ratio differs by more than 1e-9 of its value, or is NULL on one side only.
async fn ratio_differences(database: &Database, table: &Table, ratio: &str) -> String {
    let keys: Vec<String> = table.key.iter().map(|(_, name)| format!("k_{name}")).collect();
    let rows = |db: &str, side: &str| {
        let list: Vec<String> = table
            .key
            .iter()
            .map(|(form, name)| format!("{} AS k_{name}", form.of(&format!("t.{name}"))))
            .collect();
        format!("SELECT {}, toFloat64(t.{ratio}) AS {side} FROM {db}.{} AS t", list.join(", "), table.name)
    };
    let differing = format!(
        "SELECT {keys}, expected, actual FROM ({}) AS o INNER JOIN ({}) AS t USING ({keys}) \
         WHERE isNull(expected) != isNull(actual) OR isNaN(ifNull(actual, 0)) \
         OR ifNull(abs(expected - actual) > 1e-9 * abs(expected), 0)",
        rows("oracle", "expected"),
        rows("tidegauge", "actual"),
        keys = keys.join(", "),
    );
    let count = database.number(&format!("SELECT count() FROM ({differing})")).await;
    let mut report = String::new();
    if count > 0 {
        let _ = writeln!(report, "  {count} rows whose {ratio} differs; key | the oracle's | tidegauge's:");
        for row in database.rows(&format!("SELECT * FROM ({differing}) ORDER BY ALL LIMIT {SHOWN}")).await {
            let _ = writeln!(report, "    {row}");
        }
    }
    report
}
