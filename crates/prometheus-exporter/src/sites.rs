//! Gauges by site: the parts, and where they are whole the ratios and ratings.

use metric_defs::{METRICS, Part, Value};
use prometheus::proto::MetricFamily;
use window_state::gauges::add_up;

use crate::{
    family::Family,
    limits::{Selected, SiteLimits},
    names::{PREFIX, Series, label},
    published::Instant,
    ratios::{Figure, ratios},
};

/// The families of parts always, those of ratios and ratings if this instance owns all partitions.
pub(crate) fn families(instant: &Instant, limits: SiteLimits) -> Vec<MetricFamily> {
    let totals = add_up(instant.snapshots.iter().map(AsRef::as_ref));
    let selected = limits.select(totals);
    let mut families: Vec<Option<MetricFamily>> =
        Part::ALL.iter().map(|&part| part_family(part, &selected)).collect();
    let mut dropped = Family::of(Series::SitesDropped);
    dropped.push([], selected.dropped as f64);
    families.push(dropped.finish());
    if let Some(as_of) = instant.as_of().filter(|_| instant.is_whole()) {
        families.extend(ratio_families(&selected, as_of));
    }
    families.into_iter().flatten().collect()
}

fn part_family(part: Part, selected: &Selected) -> Option<MetricFamily> {
    let mut family = Family::gauge(format!("{PREFIX}{}", part.name()), part.help());
    for (site, totals) in &selected.sites {
        for ((of, window, value_of_label), value) in &totals.sums {
            if *of != part {
                continue;
            }
            let window = window.to_string();
            let extra = part.label().zip(value_of_label.as_deref());
            let labels = [(label::SITE, &**site), (label::WINDOW, window.as_str())];
            let extra = extra.map(|(key, text)| (key.name(), text));
            family.push(labels.into_iter().chain(extra), *value);
        }
    }
    family.finish()
}

fn ratio_families(selected: &Selected, as_of: i64) -> Vec<Option<MetricFamily>> {
    let is_ratio = |value| matches!(value, Value::Ratio { .. });
    let metrics = METRICS.iter().filter(|metric| is_ratio(metric.value));
    let mut values: Vec<(&str, Family)> = metrics
        .map(|metric| {
            let name = format!("{PREFIX}{}", metric.name);
            (metric.name, Family::gauge(name, metric.help))
        })
        .collect();
    let mut ratings = Family::of(Series::KpiRating);
    for (site, totals) in &selected.sites {
        for figure in ratios(totals) {
            let window = figure.window.to_string();
            if let Some(rating) = figure.rating(totals, as_of) {
                let labels = [
                    (label::SITE, &**site),
                    (label::METRIC, figure.metric.name),
                    (label::WINDOW, window.as_str()),
                    (label::RATING, rating.0),
                ];
                ratings.push(labels, 1.0);
            }
            let family = values.iter_mut().find(|(name, _)| *name == figure.metric.name);
            if let (Some((_, family)), Some(value)) = (family, figure.value()) {
                let labels = [(label::SITE, &**site), (label::WINDOW, window.as_str())];
                family.push(labels.into_iter().chain(extra_label(&figure)), value);
            }
        }
    }
    values.into_iter().map(|(_, family)| family.finish()).chain([ratings.finish()]).collect()
}

fn extra_label(figure: &Figure) -> Option<(&'static str, &str)> {
    let key = figure.numerator_part()?.label()?;
    Some((key.name(), figure.label.as_deref()?))
}
