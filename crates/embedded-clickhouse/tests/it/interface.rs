//! ClickHouse's HTTP interface, byte by byte.

use bytes::Bytes;
use hyper::Method;

use crate::harness::with_database;

#[test]
fn ping_and_the_root_answer() {
    with_database("ping", async |harness| {
        for address in ["/ping", "/", "/replicas_status"] {
            let answer = harness.send(Method::GET, address, &[], "").await;
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "Ok.\n"), "{address}");
        }
        assert_eq!(harness.send(Method::GET, "/nothing", &[], "").await.status.as_u16(), 404);
    });
}

#[test]
fn a_statement_may_stand_in_address_and_body() {
    with_database("placed", async |harness| {
        assert_eq!(harness.post("/", "SELECT 1").await.text(), "1\n");
        assert_eq!(harness.post("/?query=SELECT 2", "").await.text(), "2\n");
        assert_eq!(harness.post("/?query=SELECT", "3 FORMAT CSV").await.text(), "3\n");
        let json = harness.post("/?default_format=JSONCompactEachRow", "SELECT 4, 'x'").await;
        assert_eq!(json.text(), "[4, \"x\"]\n");
        assert_eq!(json.headers["x-clickhouse-format"], "JSONCompactEachRow");
        assert_eq!(
            harness.post("/?query_id=mine", "SELECT 1").await.headers["x-clickhouse-query-id"],
            "mine"
        );
        harness.post("/", "").await.assert_exception(400, "62");
        harness.post("/", "SELECT 1; SELECT 2").await.assert_exception(400, "62");
        assert_eq!(harness.post("/", "SELECT 1;\n").await.text(), "1\n");
    });
}

#[test]
fn errors_have_clickhouses_codes_and_statuses() {
    with_database("statuses", async |harness| {
        harness.post("/", "SELEC 1").await.assert_exception(400, "62");
        harness.post("/", "SELECT * FROM statuses.nowhere").await.assert_exception(404, "60");
        harness.post("/", "SELECT throwIf(1)").await.assert_exception(500, "395");
        harness.post("/?nosuchsetting=1", "SELECT 1").await.assert_exception(404, "115");
        harness.post("/?user=alice", "SELECT 1").await.assert_exception(403, "192");
        harness
            .post("/?database=statuses", "INSERT INTO nowhere FORMAT CSV\n1")
            .await
            .assert_exception(404, "60");
    });
}

#[test]
fn the_database_counts_for_its_request() {
    with_database("chosen", async |harness| {
        let answer = harness.post("/?database=chosen", "SELECT currentDatabase()").await;
        assert_eq!(answer.text(), "chosen\n");
        assert_eq!(harness.post("/", "SELECT currentDatabase()").await.text(), "default\n");
        let headers = [("x-clickhouse-database", "chosen")];
        let answer = harness.send(Method::POST, "/", &headers, "SELECT currentDatabase()").await;
        assert_eq!(answer.text(), "chosen\n");
        harness.post("/?database=no`such", "SELECT 1").await.assert_exception(404, "81");
        assert_eq!(harness.post("/", "CREATE DATABASE chosen_later").await.status.as_u16(), 200);
        assert_eq!(harness.post("/?database=chosen_later", "SHOW TABLES").await.text(), "");
    });
}

#[test]
fn inserts_in_every_place_keep_every_byte() {
    with_database("inserted", async |harness| {
        harness.post("/", "CREATE TABLE inserted.t (n UInt64, s String) ENGINE = MergeTree ORDER BY n").await;
        // 10 is a line break in a binary number, and where a plain query would stop reading.
        let row = |n: u64, s: &[u8]| [&n.to_le_bytes()[..], &[s.len() as u8], s].concat();
        let binary = [row(10, b"\n\n\n"), row(0x0a0a, b"a\0\n"), row(11, b"")].concat();
        let whole = [b"INSERT INTO t FORMAT RowBinary\n", binary.as_slice()].concat();
        let inserts: [(&str, Vec<u8>, u64); 5] = [
            ("/?database=inserted&query=INSERT INTO t FORMAT RowBinary", binary.clone(), 3),
            ("/?database=inserted", whole, 3),
            ("/?database=inserted", b"INSERT INTO t VALUES (1, 'x'),\n (2, concat('a', 'b')) ; ".to_vec(), 2),
            ("/?database=inserted&query=INSERT INTO t VALUES", b"(3, 'y')".to_vec(), 1),
            ("/?database=inserted&query=INSERT INTO t", b"(n) FORMAT TabSeparated\n4\n5\n".to_vec(), 2),
        ];
        for (address, body, rows) in inserts {
            let answer = harness.post(address, body).await;
            let summary = answer.headers["x-clickhouse-summary"].to_str().unwrap().to_owned();
            assert!(summary.contains(&format!("\"written_rows\":\"{rows}\"")), "{address}: {summary}");
        }
        let stored =
            harness.post("/", "SELECT n, hex(s), count() FROM inserted.t GROUP BY ALL ORDER BY ALL").await;
        assert_eq!(
            stored.text(),
            "1\t78\t1\n2\t6162\t1\n3\t79\t1\n4\t\t1\n5\t\t1\n10\t0A0A0A\t2\n11\t\t2\n2570\t61000A\t2\n"
        );
    });
}

#[test]
fn a_select_from_input_reads_the_body() {
    with_database("input", async |harness| {
        harness.post("/", "CREATE TABLE input.t (n UInt64, s String) ENGINE = MergeTree ORDER BY n").await;
        let sql = "INSERT INTO input.t SELECT a * 2, upper(b) FROM input('a UInt64, b String') WHERE a > 1";
        let answer = harness.post(&format!("/?query={sql} FORMAT CSV"), "1,x\n2,y\n3,\"z\nz\"\n").await;
        assert_eq!(answer.text(), "");
        let answer = harness.post("/", format!("{sql} FORMAT TSV\n5\tq\n")).await;
        assert_eq!(answer.text(), "");
        let stored = harness.post("/", "SELECT n, s FROM input.t ORDER BY n FORMAT CSV").await;
        assert_eq!(stored.text(), "4,\"Y\"\n6,\"Z\nZ\"\n10,\"Q\"\n");
    });
}

#[test]
fn bad_data_is_refused_with_its_row() {
    with_database("refused", async |harness| {
        harness.post("/", "CREATE TABLE refused.t (n UInt64) ENGINE = MergeTree ORDER BY n").await;
        let answer = harness.post("/", "INSERT INTO refused.t FORMAT CSV\n1\n2\nthree\n").await;
        answer.assert_exception(400, "117");
        assert!(answer.text().contains("(at row 3)"), "{}", answer.text());
        let answer = harness.post("/", "INSERT INTO refused.t FORMAT NoSuchFormat\n1").await;
        answer.assert_exception(404, "73");
        let answer =
            harness.post("/?query=INSERT INTO refused.t FORMAT RowBinary&decompress=1", "not blocks").await;
        answer.assert_exception(500, "271");
        assert_eq!(harness.post("/", "SELECT count() FROM refused.t").await.text(), "0\n");
    });
}

#[test]
fn compressed_blocks_go_both_ways() {
    with_database("blocks", async |harness| {
        let packed =
            harness.post("/?compress=1", "SELECT number FROM numbers(300000) FORMAT RowBinary").await;
        assert!(packed.body.len() < 2_000_000, "{} bytes", packed.body.len());
        harness.post("/", "CREATE TABLE blocks.t (n UInt64) ENGINE = MergeTree ORDER BY n").await;
        let answer =
            harness.post("/?query=INSERT INTO blocks.t FORMAT RowBinary&decompress=1", packed.body).await;
        assert_eq!(answer.text(), "");
        let sums = harness.post("/", "SELECT count(), sum(n), max(n) FROM blocks.t").await;
        assert_eq!(sums.text(), "300000\t44999850000\t299999\n");
        let error = harness.post("/?compress=1", "SELEC 1").await;
        assert_eq!(
            (error.status.as_u16(), &error.headers["x-clickhouse-exception-code"]),
            (400, &"62".parse().unwrap())
        );
        assert_eq!(error.body[16], 0x82, "errors are compressed too");
    });
}

#[test]
fn a_get_reads_only() {
    with_database("get", async |harness| {
        let get = async |sql: &str| harness.send(Method::GET, &format!("/?query={sql}"), &[], "").await;
        assert_eq!(get("SELECT 1").await.text(), "1\n");
        get("CREATE TABLE get.t (n UInt8) ENGINE = Memory").await.assert_exception(500, "164");
        get("INSERT INTO FUNCTION null('n UInt8') VALUES (1)").await.assert_exception(500, "164");
        get("INSERT INTO FUNCTION null('n UInt8') SELECT 1").await.assert_exception(500, "164");
        get("SELECT 1 INTO OUTFILE '/dev/null'").await.assert_exception(500, "358");
    });
}

#[test]
fn parameters_come_by_address_and_by_form() {
    with_database("params", async |harness| {
        assert_eq!(harness.post("/?param_n=5", "SELECT {n:UInt8} + 1").await.text(), "6\n");
        let form = "--B\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT {s:String}, {db:Identifier}.one.dummy FROM {db:Identifier}.one\r\n\
                    --B\r\nContent-Disposition: form-data; name=\"param_s\"\r\n\r\na\\nb\r\n\
                    --B\r\nContent-Disposition: form-data; name=\"param_db\"\r\n\r\nsystem\r\n--B--\r\n";
        let headers = [("content-type", "multipart/form-data; boundary=B")];
        let answer = harness.send(Method::POST, "/", &headers, form).await;
        assert_eq!(answer.text(), "a\\nb\t0\n");
        harness.post("/", "CREATE TABLE params.t (n UInt64) ENGINE = MergeTree ORDER BY n").await;
        let address = "/?param_t=t&database=params&query=INSERT INTO {t:Identifier} FORMAT CSV";
        assert_eq!(harness.post(address, "8\n").await.text(), "");
        assert_eq!(harness.post("/", "SELECT * FROM params.t").await.text(), "8\n");
    });
}

#[test]
fn web_pages_are_kept_out() {
    with_database("pages", async |harness| {
        let page = [("origin", "https://example.com")];
        harness.send(Method::POST, "/", &page, "SELECT 1").await.assert_exception(403, "497");
        let rebound = [("host", "rebound.example.com")];
        harness.send(Method::POST, "/", &rebound, "SELECT 1").await.assert_exception(403, "497");
    });
}

#[test]
fn a_large_body_is_streamed_and_a_large_result_comes_whole() {
    with_database("large", async |harness| {
        harness.post("/", "CREATE TABLE large.t (s String) ENGINE = MergeTree ORDER BY tuple()").await;
        let body: Bytes = (0..3_000_000).map(|n: u32| format!("{n}\n")).collect::<String>().into();
        let answer = harness.post("/", [b"INSERT INTO large.t FORMAT TSV\n", body.as_ref()].concat()).await;
        assert_eq!(answer.text(), "");
        let stored = harness.post("/", "SELECT s FROM large.t ORDER BY toUInt32(s)").await;
        assert!(stored.body == body, "{} bytes came back for {}", stored.body.len(), body.len());
    });
}
