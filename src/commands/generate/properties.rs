//! The producer's librdkafka configuration; values stay out of every message.

use std::collections::BTreeMap;

use rdkafka::{ClientConfig, config::RDKafkaLogLevel, error::KafkaError};

use super::producer::ProduceError;

/// Properties that are not for passing through.
const OWN: &[(&str, &str)] = &[
    ("bootstrap.servers", "name the brokers with --kafka"),
    ("metadata.broker.list", "name the brokers with --kafka"),
    ("enable.idempotence", "the producer is idempotent always"),
    ("acks", "the producer waits for all replicas always"),
    ("request.required.acks", "the producer waits for all replicas always"),
    ("transactional.id", "the producer has no transactions"),
    ("partitioner", "users must stay in their partitions, those of every other producer too"),
    ("test.mock.num.brokers", "start a mock cluster with `tidegauge demo`"),
];

/// What the producer is given unless the properties say otherwise.
const DEFAULTS: &[(&str, &str)] = &[
    ("client.id", "tidegauge-generate"),
    ("compression.type", "lz4"),
    ("linger.ms", "20"),
    ("socket.keepalive.enable", "true"),
];

/// Reads `name=value` texts.
///
/// # Errors
/// A text without a name or `=`, or a name given twice.
pub(super) fn parse(texts: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut properties = BTreeMap::new();
    for (index, text) in texts.iter().enumerate() {
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
            anyhow::bail!("--property number {} is not NAME=VALUE", index + 1);
        };
        let name = name.trim().to_owned();
        if properties.insert(name.clone(), value.to_owned()).is_some() {
            anyhow::bail!("--property {name} is given twice");
        }
    }
    Ok(properties)
}

/// The configuration of an idempotent producer whose partitions are those of Java's clients and of the merge
/// stage.
pub(super) fn configure(
    brokers: &str,
    properties: &BTreeMap<String, String>,
) -> Result<ClientConfig, ProduceError> {
    let mut config = ClientConfig::new();
    config.set_log_level(RDKafkaLogLevel::Info);
    for (name, value) in DEFAULTS {
        config.set(*name, *value);
    }
    for (name, value) in properties {
        if let Some((_, why)) = OWN.iter().find(|(own, _)| own == name) {
            return Err(ProduceError::OwnProperty { name: name.clone(), why });
        }
        config.set(name, value);
    }
    config
        .set("bootstrap.servers", brokers)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random");
    Ok(config)
}

/// Turns a failed creation into an error that shows no value.
pub(super) fn not_created(error: KafkaError) -> ProduceError {
    match error {
        KafkaError::ClientConfig(_, why, name, value) => {
            let why = if !value.is_empty() && why.contains(&value) {
                "its value is not valid".to_owned()
            } else {
                why
            };
            ProduceError::BadProperty { name, why }
        }
        error => ProduceError::Create(error.into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rdkafka::producer::BaseProducer;

    use super::*;

    #[test]
    fn properties_are_names_and_values() {
        let parse = |texts: &[&str]| parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let jaas = "sasl.jaas.config=a=\"b\" c";
        let read = parse(&["linger.ms=5", jaas, "sasl.password="]).unwrap();
        assert_eq!(read["sasl.jaas.config"], "a=\"b\" c");
        assert_eq!(read["sasl.password"], "");
        for bad in [&["hunter2"][..], &["=x"], &["a=1", "a=hunter2"]] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_keeps_the_promise_is_not_for_passing_through() {
        for (name, _) in OWN {
            let properties = BTreeMap::from([((*name).to_owned(), "1".to_owned())]);
            let error = configure("127.0.0.1:9", &properties).unwrap_err();
            assert!(matches!(&error, ProduceError::OwnProperty { name: n, .. } if n == name), "{error}");
        }
    }

    #[test]
    fn a_refused_property_is_named_and_its_value_is_not_shown() {
        for (name, value) in
            [("no.such.thing", "hunter2"), ("linger.ms", "hunter2"), ("sasl.oauthbearer.method", "hunter2")]
        {
            let properties = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            let made: Result<BaseProducer, _> = configure("127.0.0.1:9", &properties).unwrap().create();
            let error = not_created(made.err().unwrap());
            let shown = anyhow::Error::from(error);
            let shown = format!("{shown:#}");
            assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
        }
    }
}
