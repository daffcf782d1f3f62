//! What a scrape of `/metrics` says.

use std::collections::BTreeMap;

/// The samples by series, labels included.
#[derive(Debug)]
pub(crate) struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Reads Prometheus' text format.
    pub(crate) fn parse(text: &str) -> Self {
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        };
        Self(text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(sample).collect())
    }

    /// The value of a series, named with its labels.
    pub(crate) fn get(&self, series: &str) -> Option<f64> {
        self.0.get(series).copied()
    }

    /// The value of a series that must be there.
    #[track_caller]
    pub(crate) fn value(&self, series: &str) -> f64 {
        self.get(series).unwrap_or_else(|| panic!("no {series} among {:#?}", self.0.keys()))
    }

    /// The sum over the series of a name whose labels contain `label`.
    pub(crate) fn sum(&self, name: &str, label: &str) -> f64 {
        let of_name = |series: &str| {
            let rest = series.strip_prefix(name);
            rest.is_some_and(|labels| {
                (labels.is_empty() || labels.starts_with('{')) && labels.contains(label)
            })
        };
        self.0.iter().filter(|(series, _)| of_name(series)).map(|(_, value)| value).sum()
    }

    /// How many series there are of a name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.0.keys().filter(|series| series.split('{').next() == Some(name)).count()
    }
}
