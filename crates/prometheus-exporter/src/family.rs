//! Families of samples, built by hand at each scrape.

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use crate::names::{Kind, Series};

/// A family that is being filled.
pub(crate) struct Family {
    name: String,
    help: &'static str,
    is_counter: bool,
    samples: Vec<Metric>,
}

impl Family {
    /// An empty family of a series of the exporter's own.
    pub(crate) fn of(series: Series) -> Self {
        Self {
            name: series.name().to_owned(),
            help: series.help(),
            is_counter: series.kind() == Kind::Counter,
            samples: Vec::new(),
        }
    }

    /// An empty family of gauges.
    pub(crate) fn gauge(name: String, help: &'static str) -> Self {
        Self { name, help, is_counter: false, samples: Vec::new() }
    }

    /// Adds a sample; each set of labels must be added once only.
    pub(crate) fn push<'a>(&mut self, labels: impl IntoIterator<Item = (&'static str, &'a str)>, value: f64) {
        let labels = labels.into_iter().map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name(name.to_owned());
            pair.set_value(value.to_owned());
            pair
        });
        let mut sample = Metric::from_label(labels.collect());
        if self.is_counter {
            let mut counter = Counter::default();
            counter.set_value(value);
            sample.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            sample.set_gauge(gauge);
        }
        self.samples.push(sample);
    }

    /// The finished family; `None` without samples, which the text format does not allow.
    pub(crate) fn finish(self) -> Option<MetricFamily> {
        if self.samples.is_empty() {
            return None;
        }
        let mut family = MetricFamily::default();
        family.set_name(self.name);
        family.set_help(self.help.to_owned());
        family.set_field_type(if self.is_counter { MetricType::COUNTER } else { MetricType::GAUGE });
        family.set_metric(self.samples);
        Some(family)
    }
}
