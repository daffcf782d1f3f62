//! The oracle's SQL files, taken apart: statements to run, and golden cases with their expected rows.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of the oracle's files.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

/// The names of the numbered files, in the order in which they run.
pub(crate) fn numbered_files() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("list the oracle's folder")
        .map(|entry| entry.expect("read the oracle's folder").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".sql") && name.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no SQL in {}", folder().display());
    names
}

/// The text of one file.
pub(crate) fn read(name: &str) -> String {
    let path = folder().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// The statements of a text: each ends with a semicolon at a line's end. Comment lines are left out.
pub(crate) fn statements(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    let (done, rest) = split_at_ends(&code.join("\n"));
    assert!(rest.is_empty(), "a statement without a semicolon: {rest}");
    done
}

fn split_at_ends(code: &str) -> (Vec<String>, String) {
    let mut done = Vec::new();
    let mut open = String::new();
    for line in code.lines() {
        open.push_str(line);
        if let Some(statement) = open.strip_suffix(';') {
            done.push(statement.trim().to_owned());
            open.clear();
        } else {
            open.push('\n');
        }
    }
    (done, open.trim().to_owned())
}

/// A query whose rows were worked out by hand.
pub(crate) struct Golden {
    /// What the case shows.
    pub(crate) says: String,
    /// The query; `{db}` stands for the database.
    pub(crate) query: String,
    /// The rows, columns joined by ` | `, without blanks at the end.
    pub(crate) rows: Vec<String>,
}

/// The golden cases of a file: comment lines that say, the query, and `--=` lines with the rows.
pub(crate) fn golden(name: &str) -> Vec<Golden> {
    let mut cases: Vec<Golden> = Vec::new();
    let (mut says, mut query) = (Vec::new(), String::new());
    for line in read(name).lines() {
        if let Some(row) = line.strip_prefix("--=") {
            let case = cases.last_mut().expect("a row follows its query");
            case.rows.push(row.strip_prefix(' ').unwrap_or(row).trim_end().to_owned());
        } else if let Some(comment) = line.strip_prefix("--") {
            says.push(comment.trim().to_owned());
        } else if let Some(end) = line.strip_suffix(';') {
            query.push_str(end);
            cases.push(Golden { says: says.join(" "), query: query.clone(), rows: Vec::new() });
            says.clear();
            query.clear();
        } else if line.is_empty() {
            says.clear();
        } else {
            query.push_str(line);
            query.push('\n');
        }
    }
    assert!(query.is_empty(), "{name} ends within a query: {query}");
    cases
}
