//! `kpis` against the catalogue's own arithmetic, which the gauges use.

use std::{collections::BTreeSet, sync::Arc};

use clickhouse_sink::{Batch, KpiSnapshots, Writer};
use metric_defs::{METRICS, Metric, Part, Value, Window, WindowChoice};
use serde_json::json;
use window_state::gauges::{GaugeSnapshot, Sample, SiteGauges, SiteTotals, add_up};

use super::{Dice, at, json, on_engine, plan, rows};

/// 2026-01-31 10:05.
const AS_OF: i64 = 20_484 * 86_400_000 + 10 * 3_600_000 + 5 * 60_000;

fn windows() -> Vec<Window> {
    ["1d", "7d", "30d", "12h", "90m"].map(|name| name.parse().unwrap()).into()
}

/// Samples of every part, some absent, some on the edge of a rating.
fn samples(dice: &mut Dice) -> Vec<Sample> {
    let mut samples = Vec::new();
    for window in windows() {
        for part in Part::ALL {
            let labels: &[Option<&str>] = match part.label() {
                None => &[None],
                Some(_) => &[Some("x"), Some("y"), Some("(other)")],
            };
            for label in labels {
                let value = [0, 13, 20, 50, 100, 170, 400, 1_000, 5_200][dice.roll(9) as usize];
                if value > 0 {
                    samples.push(Sample {
                        part: *part,
                        window,
                        label: label.map(Arc::from),
                        value: value as f64,
                    });
                }
            }
        }
    }
    samples
}

fn snapshot(partition: i32, partial_from: Option<i64>, sites: Vec<SiteGauges>) -> Arc<GaugeSnapshot> {
    Arc::new(GaugeSnapshot {
        partition,
        position: 10,
        as_of: AS_OF,
        partial_from,
        sites,
        ..GaugeSnapshot::default()
    })
}

fn site(name: &str, first_event: Option<i64>, samples: Vec<Sample>) -> SiteGauges {
    SiteGauges { site: name.into(), first_event, samples }
}

async fn write(writer: &Writer, snapshots: &[Arc<GaugeSnapshot>]) {
    let batch = Batch {
        kpis: Some(KpiSnapshots { windows: windows(), snapshots: snapshots.to_vec() }),
        ..Batch::default()
    };
    writer.write(&batch).await.unwrap();
}

/// The rows of one site by the catalogue: (metric, window, label, value, rating, covered).
fn expected(totals: &SiteTotals) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for metric in METRICS {
        for window in windows().into_iter().filter(|w| metric.has_window(*w)) {
            for label in labels(metric, totals, window) {
                let part = |part: Part, window| totals.get(part, window, part.label().and(label.as_ref()));
                let covered = totals.covers(window, AS_OF);
                let (value, upper, lower) = match metric.value {
                    Value::Sum(of) => (Some(part(of, window)), None, None),
                    Value::Ratio { numerator, denominator, numerator_window } => {
                        let upper = part(numerator, numerator_window.unwrap_or(window));
                        let lower = part(denominator, window);
                        ((lower > 0.0).then(|| upper / lower), Some(upper), Some(lower))
                    }
                };
                let rating = metric.rate(value, lower.unwrap_or(0.0), covered).0;
                rows.insert(format!(
                    "{} {window} {label:?} {value:?} {upper:?} {lower:?} {rating} {}",
                    metric.name,
                    u8::from(covered)
                ));
            }
        }
    }
    rows
}

fn labels(metric: &Metric, totals: &SiteTotals, window: Window) -> Vec<Option<Arc<str>>> {
    let parts = match metric.value {
        Value::Sum(part) => vec![part],
        Value::Ratio { numerator, denominator, .. } => vec![numerator, denominator],
    };
    if parts.iter().all(|part| part.label().is_none()) {
        return vec![None];
    }
    let keys = totals.sums.keys();
    let with_label =
        keys.filter(|(part, of, label)| parts.contains(part) && *of == window && label.is_some());
    let labels: BTreeSet<_> = with_label.map(|(_, _, label)| label.clone()).collect();
    labels.into_iter().collect()
}

async fn found(writer: &Writer, site: &str) -> BTreeSet<String> {
    let sql = format!(
        "SELECT metric, window, labels, value, numerator, denominator, rating, covered FROM kpis WHERE site = '{site}'"
    );
    let mut found = BTreeSet::new();
    for row in rows(writer.clickhouse(), &sql).await {
        let metric = row[0].as_str().unwrap();
        let labels = row[2].as_object().unwrap();
        let label = labels.iter().next().map(|(key, value)| {
            let (Value::Sum(part) | Value::Ratio { numerator: part, .. }) =
                Metric::by_name(metric).unwrap().value;
            assert_eq!(part.label().unwrap().name(), key);
            Arc::<str>::from(value.as_str().unwrap())
        });
        let number = |index: usize| row[index].as_f64();
        let is_new = found.insert(format!(
            "{metric} {} {label:?} {:?} {:?} {:?} {} {}",
            row[1].as_str().unwrap(),
            number(3),
            number(4),
            number(5),
            row[6].as_str().unwrap(),
            row[7]
        ));
        assert!(is_new, "twice: {row:?}");
    }
    found
}

#[test]
fn every_metric_is_the_one_the_gauges_show() {
    on_engine("kpis_catalogue", |writer| async move {
        let mut dice = Dice(3);
        let old = Some(at(20_484 - 60, 0, 0));
        for round in 0..8 {
            let first = if round % 2 == 0 { old } else { Some(at(20_484 - 5, 0, 0)) };
            let partial = (round % 3 == 2).then(|| at(20_484, 0, 0));
            let name = format!("s{round}");
            let at_minute = |snapshot: Arc<GaugeSnapshot>| {
                Arc::new(GaugeSnapshot { as_of: AS_OF, ..(*snapshot).clone() })
            };
            let both = [
                at_minute(snapshot(
                    0,
                    None,
                    vec![site(&name, first, samples(&mut dice)), site("idle", None, vec![])],
                )),
                at_minute(snapshot(1, partial, vec![site(&name, None, samples(&mut dice))])),
                // A partition without the site, whose state may begin in the middle of its log all the same.
                at_minute(snapshot(2, partial, vec![])),
            ];
            writer.clickhouse().run_sql("TRUNCATE TABLE kpi_rows").await.unwrap();
            write(&writer, &both).await;
            let totals = add_up(both.iter().map(|snapshot| &**snapshot));
            for (site, totals) in &totals {
                let (found, expected) = (found(&writer, site).await, expected(totals));
                let differ: Vec<_> = found.symmetric_difference(&expected).collect();
                assert!(differ.is_empty(), "{site} in round {round}: {differ:#?}");
                assert!(site.as_ref() == "idle" || found.len() > 100);
            }
        }
    });
}

#[test]
fn ratings_hold_at_their_edges() {
    on_engine("kpis_edges", |writer| async move {
        let mut sites = Vec::new();
        for metric in METRICS {
            let (Some(scale), Value::Ratio { numerator, denominator, numerator_window }) =
                (metric.scale, metric.value)
            else {
                continue;
            };
            let window = match metric.windows {
                WindowChoice::Only(window) => window,
                WindowChoice::All => Window::WEEK,
            };
            for (step, bound) in scale.steps.iter().enumerate() {
                for (side, nudge) in [-1.0, 0.0, 1.0].into_iter().enumerate() {
                    for sample in [99.0, 100.0, 1_000.0] {
                        let label = |part: Part| part.label().map(|_| Arc::from("x"));
                        let sample_of =
                            |part, window, value| Sample { part, window, label: label(part), value };
                        let first = numerator_window.unwrap_or(window);
                        let upper = bound.upper * sample + nudge * sample * 1e-9;
                        sites.push(site(
                            &format!("{}-{step}-{side}-{sample}", metric.name),
                            Some(0),
                            vec![sample_of(numerator, first, upper), sample_of(denominator, window, sample)],
                        ));
                    }
                }
            }
        }
        assert!(sites.len() > 80);
        let snapshots = [snapshot(0, None, sites)];
        write(&writer, &snapshots).await;
        for (site, totals) in &add_up(snapshots.iter().map(|snapshot| &**snapshot)) {
            let (found, expected) = (found(&writer, site).await, expected(totals));
            let differ: Vec<_> = found.symmetric_difference(&expected).collect();
            assert!(differ.is_empty(), "{site}: {differ:#?}");
        }
    });
}

#[test]
fn a_second_look_at_the_same_instant_replaces_the_first() {
    on_engine("kpis_again", |writer| async move {
        let active = |value| Sample { part: Part::ActiveUsers, window: Window::DAY, label: None, value };
        let of = |position, value| {
            let mut snapshot = (*snapshot(0, None, vec![site("shop", Some(0), vec![active(value)])])).clone();
            snapshot.position = position;
            [Arc::new(snapshot)]
        };
        write(&writer, &of(20, 5.0)).await;
        write(&writer, &of(10, 3.0)).await;
        let sql = "SELECT instant, labels, value, numerator, denominator, rating FROM kpis \
                   WHERE site = 'shop' AND metric = 'active_users' AND window = '1d'";
        assert_eq!(
            json(writer.clickhouse(), sql).await,
            json!([["2026-01-31 10:05:00", {}, 5, null, null, ""]])
        );
        let sql = "SELECT value FROM kpis WHERE site = 'shop' AND instant >= '2026-01-31 00:00:00' AND metric = 'active_users'";
        let plan = plan(writer.clickhouse(), sql).await;
        assert!(plan.contains("site in ['shop', 'shop']") && plan.contains("instant in ["), "{plan}");
    });
}
