//! Publishing gauges, and keeping them for `kpis`.

use std::{sync::Arc, time::Instant};

use clickhouse_sink::KpiSnapshots;
use window_state::{PartitionState, gauges::GaugeSnapshot};

use super::{Engine, GAUGE_INTERVAL, now_ms};

impl Engine {
    /// Publishes the gauges as of now, a few times a second; readers never touch the states.
    pub(super) fn publish_gauges(&mut self) {
        if self.gauged.is_some_and(|at| at.elapsed() < GAUGE_INTERVAL) {
            return;
        }
        self.gauged = Some(Instant::now());
        let believed = self.states.values().filter_map(PartitionState::believed).max();
        let as_of = believed.map_or(now_ms(), |believed| believed.max(now_ms()));
        let snapshots: Vec<Arc<GaugeSnapshot>> =
            self.states.values_mut().map(|state| Arc::new(state.gauges(as_of))).collect();
        self.keep_for_kpis(as_of, &snapshots);
        let positions = self.states.iter().map(|(partition, state)| (*partition, state.next_offset()));
        self.shared.progress.set(positions);
        for (partition, state) in &self.states {
            let position = self.partition(*partition).at(pipeline::Offset(state.next_offset()));
            if let Some(lag) = self.source.lag(&position) {
                self.shared.metrics.lag(*partition, i64::try_from(lag).unwrap_or(i64::MAX));
            }
        }
        self.shared.published.set(snapshots, self.partitions);
    }

    /// Once an interval, at the same instants on every instance, so that they add up.
    fn keep_for_kpis(&mut self, as_of: i64, snapshots: &[Arc<GaugeSnapshot>]) {
        let instant = as_of - as_of.rem_euclid(self.kpi_interval);
        let is_due = instant > self.kpi_at && !snapshots.is_empty();
        if self.kpi_at == 0 || !is_due {
            self.kpi_at = self.kpi_at.max(instant);
            return;
        }
        self.kpi_at = instant;
        let at_instant = |snapshot: &Arc<GaugeSnapshot>| {
            Arc::new(GaugeSnapshot { as_of: instant, ..(**snapshot).clone() })
        };
        self.kpis = Some(KpiSnapshots {
            windows: self.rules.windows.clone(),
            snapshots: snapshots.iter().map(at_instant).collect(),
        });
    }
}
