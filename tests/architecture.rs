//! The arrows between crates, as ARCHITECTURE.md draws them: pure crates depend on nothing that does I/O.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// Each crate of the workspace and the crates of the workspace it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("event-model", &[]),
    ("metric-defs", &[]),
    ("window-state", &["event-model", "metric-defs"]),
    ("pipeline", &[]),
    ("kafka-source", &["event-model", "pipeline"]),
    ("clickhouse-sink", &["metric-defs", "window-state"]),
    ("checkpoint-store", &["pipeline"]),
    ("prometheus-exporter", &["event-model", "metric-defs", "window-state"]),
    ("embedded-clickhouse", &[]),
    ("traffic", &["event-model"]),
    ("kafka-harness", &[]),
];

/// Crates that are functions: no clock, socket, thread, file or async.
const PURE: &[&str] = &["event-model", "metric-defs", "window-state", "pipeline"];

/// What a pure crate may use from outside.
const PURE_DEPENDENCIES: &[&str] =
    &["hashbrown", "postcard", "serde", "simdutf8", "sonic-rs", "thiserror", "xxhash-rust"];

/// The packages of the workspace with the names they depend on outside of tests.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter().map(|package| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let shipped = dependencies.filter(|dependency| dependency["kind"].is_null());
        (text(&package["name"]), shipped.map(|dependency| text(&dependency["name"])).collect())
    });
    packages.collect()
}

#[test]
fn arrows_are_as_drawn() {
    let all = dependencies();
    assert_eq!(all.len(), ARROWS.len() + 1, "a crate is missing from the table: {:?}", all.keys());
    for (name, allowed) in ARROWS {
        let used = all[*name].iter().filter(|dependency| all.contains_key(*dependency));
        let wrong: Vec<_> = used.filter(|dependency| !allowed.contains(&dependency.as_str())).collect();
        assert!(wrong.is_empty(), "{name} must not depend on {wrong:?}");
    }
}

#[test]
fn pure_crates_depend_on_nothing_that_does_io() {
    let all = dependencies();
    for name in PURE {
        let outside = all[*name].iter().filter(|dependency| !all.contains_key(*dependency));
        let wrong: Vec<_> =
            outside.filter(|dependency| !PURE_DEPENDENCIES.contains(&dependency.as_str())).collect();
        assert!(wrong.is_empty(), "{name} is pure and must not depend on {wrong:?}");
    }
}

#[test]
fn pure_crates_name_no_clock_file_socket_or_thread() {
    for name in PURE {
        let mut folders =
            vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("crates").join(name).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                for word in [
                    "std::fs",
                    "std::net",
                    "std::thread",
                    "std::env",
                    "std::process",
                    "SystemTime",
                    "Instant::now",
                ] {
                    assert!(!text.contains(word), "{} is pure and must not name {word}", path.display());
                }
            }
        }
    }
}
