//! The files around the binary: compose, Prometheus, Alertmanager, Grafana. Everything that names
//! something else is held against it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod packaging {
    pub(crate) mod compose;
    pub(crate) mod dashboards;
    pub(crate) mod files;
    pub(crate) mod prometheus;
    pub(crate) mod tool;
}
