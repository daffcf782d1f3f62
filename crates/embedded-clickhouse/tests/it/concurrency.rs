//! Many clients at once.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::harness::with_database;

#[derive(Row, Serialize, Deserialize)]
struct Item {
    client: u32,
    id: u64,
    text: String,
}

#[test]
fn eight_clients_lose_nothing() {
    const CLIENTS: u32 = 8;
    const BATCHES: u64 = 10;
    const ROWS: u64 = 2_000;
    with_database("eight", async |harness| {
        let create = "CREATE TABLE items (client UInt32, id UInt64, text String) ENGINE = MergeTree ORDER BY (client, id)";
        harness.client("eight").query(create).execute().await.unwrap();
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let clickhouse = harness.client("eight");
            clients.spawn(async move {
                for batch in 0..BATCHES {
                    let mut insert = clickhouse.insert::<Item>("items").await.unwrap();
                    for id in batch * ROWS..(batch + 1) * ROWS {
                        insert.write(&Item { client, id, text: format!("{client}\n{id}") }).await.unwrap();
                    }
                    insert.end().await.unwrap();
                    // What was acknowledged is there at once.
                    let count = "SELECT count() FROM items WHERE client = ?";
                    let seen: u64 = clickhouse.query(count).bind(client).fetch_one().await.unwrap();
                    assert_eq!(seen, (batch + 1) * ROWS);
                }
            });
        }
        clients.join_all().await;
        let sql = "SELECT count(), uniqExact(client, id), countIf(text = concat(toString(client), '\n', toString(id))) FROM items";
        let counts: (u64, u64, u64) = harness.client("eight").query(sql).fetch_one().await.unwrap();
        let all = u64::from(CLIENTS) * BATCHES * ROWS;
        assert_eq!(counts, (all, all, all));
    });
}

#[test]
fn settings_of_one_client_never_reach_another() {
    with_database("settings", async |harness| {
        let mut clients = JoinSet::new();
        for client in 0..8_u64 {
            let clickhouse = harness.client("settings");
            clients.spawn(async move {
                let sql =
                    "SELECT toUInt64(getSetting('max_block_size')), toUInt64(getSetting('max_result_rows'))";
                for round in 0..20 {
                    let mut query = clickhouse.query(sql);
                    let mut expected = (65_409, 0);
                    if client.is_multiple_of(2) {
                        let block_size = 1_000 + client * 100 + round;
                        query = query.with_setting("max_block_size", block_size.to_string());
                        query = query.with_setting("max_result_rows", "7");
                        expected = (block_size, 7);
                    }
                    let settings: (u64, u64) = query.fetch_one().await.unwrap();
                    assert_eq!(settings, expected, "client {client}");
                    // A SET lasts as long as its connection, which is this request.
                    clickhouse.query("SET max_result_rows = 3").execute().await.unwrap();
                }
            });
        }
        clients.join_all().await;
    });
}

/// An insert waits for its client while others work: more of them at once than the machine has threads.
#[test]
fn open_inserts_do_not_block_each_other() {
    with_database("opened", async |harness| {
        let client = harness.client("opened");
        let mut inserts = Vec::new();
        for n in 0..40 {
            let create = format!(
                "CREATE TABLE t{n} (client UInt32, id UInt64, text String) ENGINE = MergeTree ORDER BY id"
            );
            client.query(&create).execute().await.unwrap();
            let mut insert = client.insert::<Item>(&format!("t{n}")).await.unwrap();
            for id in 0..5_000 {
                insert.write(&Item { client: n, id, text: "x".repeat(100) }).await.unwrap();
            }
            inserts.push(insert);
        }
        for insert in inserts {
            insert.end().await.unwrap();
        }
        let rows: u64 = client.query("SELECT count() FROM merge('opened', '^t')").fetch_one().await.unwrap();
        assert_eq!(rows, 40 * 5_000);
    });
}
