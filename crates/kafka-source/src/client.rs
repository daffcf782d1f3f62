//! From options to librdkafka's configuration; secrets stay out of every message.

use std::collections::BTreeMap;

use rdkafka::{ClientConfig, config::RDKafkaLogLevel, error::KafkaError};

use crate::error::SourceError;

/// Properties that decide exactly-once, and so are not for passing through.
const OWN: &[(&str, &str)] = &[
    ("bootstrap.servers", "name the brokers in the configuration's own option"),
    ("metadata.broker.list", "name the brokers in the configuration's own option"),
    ("group.id", "name the group in the configuration's own option"),
    ("client.id", "name the client in the configuration's own option"),
    ("enable.auto.commit", "offsets are committed only after ClickHouse has acknowledged"),
    ("enable.auto.offset.store", "offsets are committed only after ClickHouse has acknowledged"),
    ("auto.offset.reset", "a start is decided by checkpoint, ClickHouse and log, never by the broker"),
    ("enable.idempotence", "producers are idempotent always"),
    ("acks", "producers wait for all replicas always"),
    ("request.required.acks", "producers wait for all replicas always"),
    ("transactional.id", "it is derived from group and client"),
    ("partitioner", "users must stay in their partitions"),
    ("test.mock.num.brokers", "start a mock cluster with `tidegauge demo`"),
];

/// Properties of consumers only; a producer that shares the settings must not be given them.
const CONSUMER_ONLY: &[&str] = &[
    "partition.assignment.strategy",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "max.poll.interval.ms",
    "queued.min.messages",
    "queued.max.messages.kbytes",
    "isolation.level",
    "check.crcs",
    "client.rack",
];

/// Properties of producers only; a consumer that shares the settings would complain of them.
const PRODUCER_ONLY: &[&str] = &[
    "linger.ms",
    "queue.buffering.max.ms",
    "queue.buffering.max.messages",
    "queue.buffering.max.kbytes",
    "compression.type",
    "compression.codec",
    "compression.level",
    "batch.size",
    "batch.num.messages",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "transaction.timeout.ms",
    "message.send.max.retries",
    "retries",
];

/// Begins a configuration: brokers, client, the passed properties.
pub(crate) fn configure(
    brokers: &str,
    client_id: &str,
    defaults: &[(&str, &str)],
    properties: &BTreeMap<String, String>,
    keep: impl Fn(&str) -> bool,
) -> Result<ClientConfig, SourceError> {
    let mut config = ClientConfig::new();
    config.set_log_level(RDKafkaLogLevel::Info);
    for (name, value) in defaults {
        config.set(*name, *value);
    }
    for (name, value) in properties {
        if let Some((_, why)) = OWN.iter().find(|(own, _)| own == name) {
            return Err(SourceError::OwnProperty { name: name.clone(), why });
        }
        if name == "debug" {
            config.set_log_level(RDKafkaLogLevel::Debug);
        }
        if keep(name) {
            config.set(name, value);
        }
    }
    config.set("bootstrap.servers", brokers).set("client.id", client_id);
    Ok(config)
}

/// Whether a producer may be given the property.
pub(crate) fn fits_producer(name: &str) -> bool {
    !CONSUMER_ONLY.contains(&name) && !name.starts_with("fetch.")
}

/// Whether a consumer may be given the property.
pub(crate) fn fits_consumer(name: &str) -> bool {
    !PRODUCER_ONLY.contains(&name)
}

/// Turns a failed creation into an error that shows no value.
pub(crate) fn not_created(what: &'static str, error: KafkaError) -> SourceError {
    match error {
        KafkaError::ClientConfig(_, why, name, _) => {
            let secret = ["password", "secret", "key", "jaas", "oauth", "sasl", "pem"]
                .iter()
                .any(|part| name.contains(part));
            let why = if secret { "its value is not valid".to_owned() } else { why };
            SourceError::BadProperty { name, why }
        }
        error => SourceError::Create { what, error: error.into() },
    }
}

/// Sends what librdkafka complains of, mostly of its connections, to tracing.
pub(crate) fn complaint(error: &KafkaError, reason: &str) {
    tracing::warn!(target: "librdkafka", %error, "{reason}");
}

/// Sends librdkafka's own log lines to tracing.
pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => tracing::error!(target: "librdkafka", facility, "{message}"),
        RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, "{message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "librdkafka", facility, "{message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use rdkafka::consumer::BaseConsumer;

    use super::*;

    fn with(name: &str, value: &str) -> Result<ClientConfig, SourceError> {
        let properties = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        configure("127.0.0.1:9", "test", &[], &properties, |_| true)
    }

    #[test]
    fn what_decides_exactly_once_is_not_for_passing_through() {
        for (name, _) in OWN {
            let error = with(name, "x").unwrap_err();
            assert!(matches!(&error, SourceError::OwnProperty { name: n, .. } if n == name), "{error}");
        }
        let config = with("sasl.username", "someone").unwrap();
        assert_eq!(config.get("sasl.username"), Some("someone"));
        assert_eq!(config.get("bootstrap.servers"), Some("127.0.0.1:9"));
    }

    #[test]
    fn a_refused_property_is_named_and_a_secret_is_not_shown() {
        let create = |name, value| {
            let made: Result<BaseConsumer, _> = with(name, value).unwrap().create();
            not_created("consumer", made.err().unwrap()).to_string()
        };
        let unknown = create("no.such.thing", "x");
        assert!(unknown.contains("no.such.thing"), "{unknown}");
        let bad = create("sasl.oauthbearer.method", "hunter2");
        assert!(!bad.contains("hunter2"), "{bad}");
        let number = create("fetch.wait.max.ms", "soon");
        assert!(number.contains("fetch.wait.max.ms"), "{number}");
    }

    #[test]
    fn a_producer_is_spared_what_only_consumers_know() {
        assert!(!fits_producer("fetch.min.bytes"));
        assert!(!fits_producer("max.poll.interval.ms"));
        assert!(fits_producer("ssl.ca.location"));
        assert!(fits_producer("message.max.bytes"));
        assert!(!fits_consumer("linger.ms"));
        assert!(fits_consumer("max.poll.interval.ms"));
    }
}
