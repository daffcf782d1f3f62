//! The broker's `server.properties`.

use crate::{Settings, tls::Tls};
use std::path::Path;

/// The loopback ports of one broker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) plain: u16,
    pub(crate) controller: u16,
    pub(crate) secure: u16,
}

/// What differs from Kafka's defaults, with the reason where it is not plain.
const FIXED: &[(&str, &str)] = &[
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL"),
    ("controller.listener.names", "CONTROLLER"),
    ("inter.broker.listener.name", "PLAINTEXT"),
    ("auto.create.topics.enable", "false"),
    ("offsets.topic.num.partitions", "2"),
    ("offsets.topic.replication.factor", "1"),
    ("transaction.state.log.num.partitions", "2"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("share.coordinator.state.topic.num.partitions", "2"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    // A first member does not wait 3 s for others.
    ("group.initial.rebalance.delay.ms", "0"),
    // After a crash the broker may register again only when its old session has run out (default 9 s).
    ("broker.session.timeout.ms", "3000"),
    ("broker.heartbeat.interval.ms", "500"),
    // Records of past traffic carry past timestamps: never delete by age, accept any.
    ("log.retention.ms", "-1"),
    ("log.message.timestamp.after.max.ms", "9223372036854775807"),
    // Small segments, and deleted ones gone soon: a test of retention sees the log's start move.
    ("log.segment.bytes", "16777216"),
    ("log.segment.delete.delay.ms", "100"),
    ("log.initial.task.delay.ms", "1000"),
    ("log.retention.check.interval.ms", "1000"),
];

/// The text of the file.
pub(crate) fn render(data: &Path, ports: Ports, tls: Option<&Tls>, settings: &Settings) -> String {
    let Ports { plain, controller, .. } = ports;
    let mut listeners = format!("PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller}");
    let mut lines: Vec<(String, String)> =
        FIXED.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    if let Some(tls) = tls {
        listeners.push_str(&format!(",SASL_SSL://127.0.0.1:{}", ports.secure));
        lines.extend(tls.properties());
    }
    lines.extend([
        ("log.dirs".to_owned(), data.display().to_string()),
        ("controller.quorum.bootstrap.servers".to_owned(), format!("127.0.0.1:{controller}")),
        ("listeners".to_owned(), listeners.clone()),
        ("advertised.listeners".to_owned(), listeners),
    ]);
    // Java's Properties let the last of equal keys win, so a test can override any of the above.
    lines.extend(settings.properties.iter().cloned());
    lines.into_iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}
