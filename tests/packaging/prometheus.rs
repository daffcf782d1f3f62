//! Recording rules, alerts and the two configurations.

use super::{
    files::{list, yaml},
    tool::{check, fetch},
};
use metric_defs::{LabelKey, METRICS, Metric, Part, Value as Formula, WindowChoice};
use prometheus_exporter::{Kind, Series};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

const RULES: &str = "deploy/prometheus/rules";

fn rules() -> Vec<Value> {
    list(RULES)
        .iter()
        .flat_map(|path| yaml(path)["groups"].as_array().unwrap().clone())
        .flat_map(|group| group["rules"].as_array().unwrap().clone())
        .collect()
}

/// Every name with the prefix in an expression of Prometheus.
pub(crate) fn series_in(expression: &str) -> Vec<&str> {
    expression
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
        .filter(|word| word.contains("tidegauge_"))
        .collect()
}

/// Every name an expression may use: what the instances export and what the rules record.
pub(crate) fn known() -> HashSet<String> {
    let mut known = recorded();
    known.extend(Part::ALL.iter().map(|part| format!("tidegauge_{}", part.name())));
    known.extend(METRICS.iter().map(|metric| format!("tidegauge_{}", metric.name)));
    for series in Series::ALL {
        match series.kind() {
            Kind::Histogram => {
                known.extend(["bucket", "sum", "count"].map(|end| format!("{}_{end}", series.name())))
            }
            Kind::Counter | Kind::Gauge => drop(known.insert(series.name().to_owned())),
        }
    }
    known
}

/// Names of the recorded series.
fn recorded() -> HashSet<String> {
    rules().iter().filter_map(|rule| Some(rule["record"].as_str()?.to_owned())).collect()
}

/// The recording rule a ratio of the catalogue must have, on one line.
fn expected(
    metric: &Metric,
    numerator: Part,
    denominator: Part,
    numerator_window: Option<String>,
) -> (String, String) {
    let only = match metric.windows {
        WindowChoice::All => String::new(),
        WindowChoice::Only(window) => format!("{{window=\"{window}\"}}"),
    };
    let above_label = numerator.label().map(LabelKey::name);
    let below_label = denominator.label().map(LabelKey::name);
    let level = ["site", "window"].into_iter().chain(above_label).collect::<Vec<_>>();
    let above = match numerator_window {
        None => format!("tidegauge_{}{only}", numerator.name()),
        Some(from) => {
            let WindowChoice::Only(to) = metric.windows else {
                panic!("{}: one window over all windows", metric.name)
            };
            format!(
                "label_replace(tidegauge_{}{{window=\"{from}\"}}, \"window\", \"{to}\", \"\", \"\")",
                numerator.name()
            )
        }
    };
    let by = level.join(", ");
    let (matching, below_by) = match (above_label, below_label) {
        (above, below) if above == below => ("/", by.clone()),
        (Some(_), None) => ("/ on (site, window) group_left ()", "site, window".to_owned()),
        other => panic!("{}: labels {other:?}", metric.name),
    };
    let name = metric.name.strip_suffix("_ratio").unwrap_or(metric.name);
    (
        format!("{}:tidegauge_{name}:ratio", level.join("_")),
        format!(
            "sum by ({by}) ({above}) {matching} (sum by ({below_by}) (tidegauge_{}{only}) > 0)",
            denominator.name()
        ),
    )
}

#[test]
fn every_ratio_of_the_catalogue_has_its_recording_rule() {
    let wanted: BTreeMap<String, String> = METRICS
        .iter()
        .filter_map(|metric| match metric.value {
            Formula::Sum(_) => None,
            Formula::Ratio { numerator, denominator, numerator_window } => Some(expected(
                metric,
                numerator,
                denominator,
                numerator_window.map(|window| window.to_string()),
            )),
        })
        .collect();
    let found: BTreeMap<String, String> = rules()
        .iter()
        .filter_map(|rule| {
            let name = rule["record"].as_str().filter(|name| name.ends_with(":ratio"))?;
            let words: Vec<&str> = rule["expr"].as_str()?.split_whitespace().collect();
            Some((name.to_owned(), words.join(" ")))
        })
        .collect();
    assert!(wanted.len() > 10);
    for (name, expression) in &wanted {
        assert_eq!(found.get(name), Some(expression), "{name}");
    }
    assert_eq!(found.len(), wanted.len(), "a rule for no ratio: {:?}", found.keys());
}

#[test]
fn rules_name_series_that_exist() {
    let known = known();
    for rule in rules() {
        let expression = rule["expr"].as_str().unwrap();
        for name in series_in(expression) {
            assert!(known.contains(name), "no series {name} in {expression}");
        }
    }
}

#[test]
fn alerts_say_what_and_how_bad_and_where_to_read_on() {
    let mut alerts = 0;
    for rule in rules().iter().filter(|rule| rule.get("alert").is_some()) {
        let name = rule["alert"].as_str().unwrap();
        for path in ["/labels/severity", "/labels/component", "/annotations/summary", "/for"] {
            assert!(rule.pointer(path).is_some_and(Value::is_string), "{name}: {path}");
        }
        let description = rule["annotations"]["description"].as_str().unwrap();
        assert!(description.contains("{{") || name.ends_with("Down"), "{name}: no value in {description}");
        let page = rule["annotations"]["runbook_url"].as_str().unwrap();
        let (_, anchor) = page.rsplit_once("docs/runbook.md#").unwrap();
        let heading = format!("## {name}");
        let runbook = super::files::text("docs/runbook.md");
        assert_eq!(anchor, name.to_lowercase(), "{name}");
        assert!(runbook.lines().any(|line| line == heading), "docs/runbook.md has no {heading}");
        alerts += 1;
    }
    assert!(alerts >= 5, "{alerts} alerts");
}

#[test]
fn promtool_accepts_rules_and_configuration_and_their_unit_tests_pass() {
    let Some(promtool) = fetch("fetch-prometheus.sh", &["promtool"]) else {
        return;
    };
    for rules in list("deploy/prometheus/rules") {
        check(&promtool, &["check", "rules", &rules]);
    }
    check(&promtool, &["check", "config", "deploy/prometheus/prometheus.yml"]);
    for tests in list("deploy/prometheus/tests") {
        check(&promtool, &["test", "rules", &tests]);
    }
}

#[test]
fn amtool_accepts_the_alertmanager_configuration() {
    let Some(amtool) = fetch("fetch-prometheus.sh", &["amtool"]) else {
        return;
    };
    check(&amtool, &["check-config", "deploy/alertmanager/alertmanager.yml"]);
}
