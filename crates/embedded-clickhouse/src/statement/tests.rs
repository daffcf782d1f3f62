#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// Head, format and data of an INSERT with data.
fn insert(text: &str) -> Option<(&str, &str, &str)> {
    match classify(text.as_bytes()) {
        Statement::Insert { head, format, data } => Some((&text[..head], &text[format], &text[data..])),
        _ => None,
    }
}

#[test]
fn inserts_are_taken_apart() {
    let cases = [
        ("INSERT INTO t(`a`,`b`) FORMAT RowBinary", ("INSERT INTO t(`a`,`b`) ", "RowBinary", "")),
        ("insert into d.t format CSV\n1,2\n", ("insert into d.t ", "CSV", "1,2\n")),
        ("INSERT INTO t FORMAT CSV \t\r\n\n1", ("INSERT INTO t ", "CSV", "\n1")),
        ("INSERT INTO t FORMAT CSV 1,2", ("INSERT INTO t ", "CSV", "1,2")),
        ("INSERT INTO t VALUES (1),(2);", ("INSERT INTO t ", "VALUES", " (1),(2);")),
        ("INSERT INTO t (format, values) VALUES(1)", ("INSERT INTO t (format, values) ", "VALUES", "(1)")),
        ("INSERT INTO format VALUES (1)", ("INSERT INTO format ", "VALUES", " (1)")),
        ("INSERT INTO d.values FORMAT CSV\n", ("INSERT INTO d.values ", "CSV", "")),
        (
            "INSERT INTO {d:Identifier}.{t:Identifier} VALUES (1)",
            ("INSERT INTO {d:Identifier}.{t:Identifier} ", "VALUES", " (1)"),
        ),
        (
            "INSERT INTO FUNCTION file('x', 'CSV') FORMAT CSV\n1",
            ("INSERT INTO FUNCTION file('x', 'CSV') ", "CSV", "1"),
        ),
        (
            "-- c\nINSERT INTO t /* FORMAT x */ SETTINGS a = 'FORMAT y', b=1 FORMAT CSV\n1",
            ("-- c\nINSERT INTO t /* FORMAT x */ SETTINGS a = 'FORMAT y', b=1 ", "CSV", "1"),
        ),
        ("INSERT INTO t (* EXCEPT(a)) FORMAT TSV\n1", ("INSERT INTO t (* EXCEPT(a)) ", "TSV", "1")),
        ("INSERT INTO t ((a), b) FORMAT TSV\n1", ("INSERT INTO t ((a), b) ", "TSV", "1")),
    ];
    for (text, expected) in cases {
        assert_eq!(insert(text), Some(expected), "{text}");
    }
}

#[test]
fn what_carries_no_data_runs_as_it_stands() {
    for text in [
        "",
        "SELECT 'INSERT INTO t FORMAT CSV'",
        "INSERT INTO t SELECT * FROM u",
        "INSERT INTO t (a) SELECT a FROM u FORMAT CSV",
        "INSERT INTO t (SELECT 1)",
        "INSERT INTO t WITH 1 AS x SELECT x",
        "INSERT INTO t FROM INFILE 'x.csv' FORMAT CSV",
        "INSERT INTO t SELECT * FROM input('a UInt8')",
        "INSERT INTO t",
        "INSERT INTO t (a, b)",
        "INSERT INTO t FORMAT",
        "CREATE TABLE t (a UInt8 DEFAULT 1) ENGINE = Memory",
    ] {
        assert_eq!(classify(text.as_bytes()), Statement::Plain, "{text}");
    }
}

#[test]
fn input_is_found_with_its_format() {
    let text = "INSERT INTO t SELECT a, format FROM input('a String, f(x)') WHERE a = ')' FORMAT CSV\nx\n";
    let Statement::InsertFromInput { head, call, structure, format, data } = classify(text.as_bytes()) else {
        panic!("not found");
    };
    assert_eq!(&text[call], "input('a String, f(x)')");
    assert_eq!(&text[structure], "'a String, f(x)'");
    assert_eq!((&text[format], &text[data..]), ("CSV", "x\n"));
    assert!(text[..head].ends_with("WHERE a = ')' "));
}

#[test]
fn a_second_statement_is_seen() {
    assert!(has_second(b"SELECT 1; SELECT 2"));
    assert!(!has_second(b"SELECT ';'; -- ; end\n;"));
    assert!(!has_second(b"SELECT 1"));
    assert!(is_empty(b" -- nothing\n;") && !is_empty(b"x"));
}

#[test]
fn the_output_format_stands_at_the_end() {
    let cases = [
        ("SELECT 1 FORMAT JSON", Some("JSON")),
        ("SELECT 1 FORMAT CSV SETTINGS a = 1;", Some("CSV")),
        ("SELECT format FROM (SELECT 1 FORMAT CSV) WHERE 1", None),
        ("SELECT ' FORMAT CSV'", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(output_format(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn what_writes_or_goes_to_files_is_seen() {
    assert!(
        is_insert(b"/* c */ insert t values (1)")
            && is_insert(b"WITH x AS (SELECT 1) INSERT INTO t SELECT 1")
    );
    assert!(!is_insert(b"SELECT 'INSERT INTO t'") && !is_insert(b"SELECT * FROM `insert`"));
    assert!(has_pair(b"SELECT 1 INTO /* x */ outfile 'y'", "INTO", "OUTFILE"));
    assert!(!has_pair(b"SELECT 'INTO OUTFILE'", "INTO", "OUTFILE"));
}
