//! The topic to produce to: there, made, and for how long it keeps what is written to it.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{anyhow, bail};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    types::RDKafkaErrorCode,
};

use super::{
    producer::{Producer, ProducerOptions},
    properties,
};

/// Longest wait for the brokers' answer.
const WAIT: Duration = Duration::from_secs(10);
/// Longest wait for what is only good to know.
const SHORT_WAIT: Duration = Duration::from_secs(3);

/// What is known of the topic.
pub(super) struct Topic {
    /// Its partitions.
    pub(super) partitions: i32,
    /// Whether it was not there before.
    pub(super) is_new: bool,
    /// How long it keeps records, by their own time, ms; `None` for good, or if the brokers do not tell.
    pub(super) retention_ms: Option<i64>,
}

/// Makes sure that the topic is there, by creating it if `partitions` are given.
///
/// # Errors
/// The brokers do not answer, or the topic is not there and is not or cannot be created.
pub(super) async fn ensure(
    producer: &Producer,
    options: &ProducerOptions,
    partitions: Option<i32>,
) -> anyhow::Result<Topic> {
    let name = &options.topic;
    if let Some(count) = count(producer, options)? {
        let retention_ms = retention(&admin(&options.brokers, &options.properties)?, name).await;
        return Ok(Topic { partitions: count, is_new: false, retention_ms });
    }
    let Some(partitions) = partitions else {
        bail!("there is no topic {name} at {}: create it with --partitions N", options.brokers);
    };
    // The default would make the broker delete, by the records' own times, a history as soon as it is written.
    let new = NewTopic::new(name, partitions, TopicReplication::Fixed(-1)).set("retention.ms", "-1");
    let wait = AdminOptions::new().request_timeout(Some(WAIT)).operation_timeout(Some(WAIT));
    let admin = admin(&options.brokers, &options.properties)?;
    let outcomes = admin
        .create_topics([&new], &wait)
        .await
        .map_err(|error| anyhow!("cannot create the topic {name}: {error}"))?;
    let mut is_new = true;
    for outcome in outcomes {
        match outcome {
            Ok(_) => {}
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => is_new = false,
            Err((_, code)) => bail!("cannot create the topic {name}: {code}"),
        }
    }
    Ok(Topic { partitions, is_new, retention_ms: None })
}

/// The topic's partitions; `None` if it is not there.
fn count(producer: &Producer, options: &ProducerOptions) -> anyhow::Result<Option<i32>> {
    let ProducerOptions { brokers, topic, .. } = options;
    let metadata = producer.client().fetch_metadata(Some(topic), WAIT).map_err(|error| {
        let why = producer.complaint().unwrap_or_else(|| error.to_string());
        anyhow!("the brokers at {brokers} cannot be asked for the topic {topic}: {why}")
    })?;
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else { return Ok(None) };
    match found.error().map(RDKafkaErrorCode::from) {
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => Ok(None),
        Some(code) => bail!("the brokers at {brokers} do not tell of the topic {topic}: {code}"),
        None if found.partitions().is_empty() => Ok(None),
        None => Ok(Some(i32::try_from(found.partitions().len()).unwrap_or(i32::MAX))),
    }
}

fn admin(
    brokers: &str,
    properties: &BTreeMap<String, String>,
) -> anyhow::Result<AdminClient<DefaultClientContext>> {
    Ok(properties::configure(brokers, properties)?.create().map_err(properties::not_created)?)
}

/// How long the topic keeps records, ms; `None` if for good, or if that cannot be learned (it may not be allowed,
/// a mock cluster does not know).
async fn retention(admin: &AdminClient<DefaultClientContext>, topic: &str) -> Option<i64> {
    let wait = AdminOptions::new().request_timeout(Some(SHORT_WAIT));
    let described = match admin.describe_configs([&ResourceSpecifier::Topic(topic)], &wait).await {
        Ok(described) => described,
        Err(error) => {
            tracing::debug!(%error, topic, "the brokers do not tell the topic's retention");
            return None;
        }
    };
    let resource = described.into_iter().next()?.ok()?;
    let value = |name: &str| resource.get(name)?.value.clone();
    if value("cleanup.policy").is_some_and(|policy| !policy.contains("delete")) {
        return None;
    }
    value("retention.ms")?.parse().ok().filter(|ms: &i64| *ms >= 0)
}
