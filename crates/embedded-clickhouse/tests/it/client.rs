//! The official `clickhouse` crate, unmodified.

use clickhouse::native::builder::BlockBuilder;
use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};

use crate::harness::{Harness, with_database};

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct Event {
    id: u64,
    name: String,
    at: u32,
    tags: Vec<String>,
    depth: Option<f64>,
}

const COLUMNS: &str = "id UInt64, name String, at DateTime, tags Array(String), depth Nullable(Float64)";

impl Event {
    /// Line breaks and zero bytes stand all over: in names, and in the numbers' binary form.
    fn nth(id: u64) -> Self {
        Self {
            id,
            name: format!("line\nbreak\0{id}\t'\\"),
            at: 0x0a0a_0a0a - (id % 7) as u32,
            tags: (0..id % 3).map(|n| format!("\n{n}")).collect(),
            depth: (!id.is_multiple_of(5)).then_some(id as f64 / 8.0),
        }
    }
}

async fn table(harness: &Harness, database: &str) -> Client {
    let client = harness.client(database);
    let create = format!("CREATE TABLE events ({COLUMNS}) ENGINE = MergeTree ORDER BY id");
    client.query(&create).execute().await.unwrap();
    client
}

/// Inserts 100,000 rows, and reads them all back.
async fn round_trip(client: &Client) {
    const ROWS: u64 = 100_000;
    let mut insert = client.insert::<Event>("events").await.unwrap();
    for id in 0..ROWS {
        insert.write(&Event::nth(id)).await.unwrap();
    }
    insert.end().await.unwrap();

    let mut cursor = client.query("SELECT ?fields FROM events ORDER BY id").fetch::<Event>().unwrap();
    let mut id = 0;
    while let Some(row) = cursor.next().await.unwrap() {
        assert_eq!(row, Event::nth(id));
        id += 1;
    }
    assert_eq!(id, ROWS);
}

#[test]
fn a_round_trip_with_lz4_and_validation() {
    with_database("lz4_validated", async |harness| {
        round_trip(&table(harness, "lz4_validated").await.with_compression(Compression::Lz4)).await;
    });
}

#[test]
fn a_round_trip_with_lz4_without_validation() {
    with_database("lz4_plain", async |harness| {
        let client = table(harness, "lz4_plain").await;
        round_trip(&client.with_compression(Compression::Lz4).with_validation(false)).await;
    });
}

#[test]
fn a_round_trip_uncompressed_with_validation() {
    with_database("raw_validated", async |harness| {
        round_trip(&table(harness, "raw_validated").await.with_compression(Compression::None)).await;
    });
}

#[test]
fn a_round_trip_uncompressed_without_validation() {
    with_database("raw_plain", async |harness| {
        let client = table(harness, "raw_plain").await;
        round_trip(&client.with_compression(Compression::None).with_validation(false)).await;
    });
}

#[derive(Debug, PartialEq, Row, Deserialize)]
struct Given {
    text: String,
    number: i64,
    list: Vec<u16>,
}

#[test]
fn parameters_arrive_as_they_are() {
    with_database("parameters", async |harness| {
        let client = harness.client("parameters");
        let nasty = "it's \\N \n\t {x:String} --\u{1f30a}";
        let given = Given { text: nasty.to_owned(), number: -5, list: vec![1, 2, 3] };
        let seen: Given = client
            .query("SELECT {text:String} AS text, {number:Int64} AS number, {list:Array(UInt16)} AS list")
            .param("text", &given.text)
            .param("number", given.number)
            .param("list", &given.list)
            .fetch_one()
            .await
            .unwrap();
        assert_eq!(seen, given);

        let bound: String = client.query("SELECT ?").bind(nasty).fetch_one().await.unwrap();
        assert_eq!(bound, nasty);
        let missing = client.query("SELECT {absent:UInt8}").fetch_one::<u8>().await.unwrap_err();
        assert!(missing.to_string().contains("Code: 456."), "{missing}");
    });
}

#[test]
fn bytes_come_in_the_format_asked_for() {
    with_database("formats", async |harness| {
        let client = harness.client("formats");
        let mut bytes =
            client.query("SELECT number AS n FROM numbers(3)").fetch_bytes("JSONEachRow").unwrap();
        let lines = bytes.collect().await.unwrap();
        assert_eq!(lines, "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n".as_bytes());
        let mut bytes = client.query("SELECT 1 FORMAT CSV").fetch_bytes("TabSeparated").unwrap();
        assert_eq!(bytes.collect().await.unwrap(), "1\n".as_bytes());
    });
}

#[test]
fn formatted_inserts_pass() {
    with_database("formatted", async |harness| {
        let client = table(harness, "formatted").await;
        let mut insert = client.insert_formatted_with("INSERT INTO events (id, name) FORMAT JSONEachRow");
        insert.send(r#"{"id": 7, "name": "a\nb"} "#.into()).await.unwrap();
        insert.send(r#"{"id": 8, "name": "c"}"#.into()).await.unwrap();
        insert.end().await.unwrap();
        let names: Vec<String> =
            client.query("SELECT name FROM events ORDER BY id").fetch_all().await.unwrap();
        assert_eq!(names, ["a\nb", "c"]);
    });
}

#[test]
fn errors_carry_the_engines_reason() {
    with_database("errors", async |harness| {
        let client = harness.client("errors");
        for (sql, code) in [("SELEC 1", 62), ("SELECT * FROM nowhere", 60), ("SELECT nosuch()", 46)] {
            let error = client.query(sql).execute().await.unwrap_err().to_string();
            assert!(
                error.contains(&format!("Code: {code}.")) && error.contains("(version 2"),
                "{sql}: {error}"
            );
        }
        let error = harness.client("nosuch").query("SELECT 1").execute().await.unwrap_err().to_string();
        assert!(error.contains("Code: 81."), "{error}");
    });
}

/// The server has to read what the client still sends, or the client would only see the channel close.
#[test]
fn an_insert_that_fails_early_still_gets_its_reason() {
    with_database("early", async |harness| {
        for compression in [Compression::None, Compression::Lz4] {
            let client = harness.client("early").with_compression(compression).with_validation(false);
            let mut insert = client.insert::<Event>("nowhere").await.unwrap();
            let mut result = Ok(());
            for id in 0..200_000 {
                result = insert.write(&Event::nth(id)).await;
                if result.is_err() {
                    break;
                }
            }
            let error = match result {
                Err(error) => error,
                Ok(()) => insert.end().await.unwrap_err(),
            };
            assert!(error.to_string().contains("Code: 60."), "{compression:?}: {error}");
        }
    });
}

#[test]
fn an_insert_that_is_dropped_leaves_nothing() {
    with_database("dropped", async |harness| {
        let client = table(harness, "dropped").await;
        let mut insert = client.insert::<Event>("events").await.unwrap();
        for id in 0..50_000 {
            insert.write(&Event::nth(id)).await.unwrap();
        }
        drop(insert);
        // What was given up must not keep the table busy either.
        client.query("TRUNCATE TABLE events").execute().await.unwrap();
        let mut insert = client.insert::<Event>("events").await.unwrap();
        insert.write(&Event::nth(1)).await.unwrap();
        insert.end().await.unwrap();
        let rows: u64 = client.query("SELECT count() FROM events").fetch_one().await.unwrap();
        assert_eq!(rows, 1);
    });
}

/// Native blocks, uncompressed by the crate's choice; read back as Native too.
#[test]
fn native_inserts_and_reads_pass() {
    with_database("native", async |harness| {
        let client = table(harness, "native").await;
        // Times are left to the column's default.
        let events: Vec<Event> = (0..100_000).map(|id| Event { at: 0, ..Event::nth(id) }).collect();
        let mut insert = client.insert_native("events");
        for chunk in events.chunks(30_000) {
            let mut block = BlockBuilder::new();
            block.upsert_column("id").unwrap().add_all(chunk.iter().map(|event| event.id)).unwrap();
            block
                .upsert_column("name")
                .unwrap()
                .add_all(chunk.iter().map(|event| event.name.clone()))
                .unwrap();
            block
                .upsert_column("tags")
                .unwrap()
                .add_all(chunk.iter().map(|event| event.tags.clone()))
                .unwrap();
            block.upsert_column("depth").unwrap().add_all(chunk.iter().map(|event| event.depth)).unwrap();
            insert.write(&block.build().unwrap()).await.unwrap();
        }
        insert.end().await.unwrap();

        let stored: Vec<Event> =
            client.query("SELECT ?fields FROM events ORDER BY id").fetch_all().await.unwrap();
        assert!(stored == events);

        let mut rows = 0;
        let mut blocks = client.query("SELECT id FROM events").fetch_native().unwrap();
        while let Some(block) = blocks.next().await.unwrap() {
            rows += block.num_rows();
        }
        assert_eq!(rows, events.len());
    });
}
