//! Topics the pipeline writes to: made if they are not there.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    ClientContext,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    config::FromClientConfig,
    error::KafkaError,
    message::DeliveryResult,
    producer::{BaseProducer, Producer, ProducerContext},
    types::RDKafkaErrorCode,
};

use crate::{client, error::SourceError};

/// A topic that must be there.
#[derive(Clone)]
pub struct TopicOptions {
    /// Bootstrap brokers, `host:port` separated by commas.
    pub brokers: String,
    /// librdkafka properties; those of consumers only are left out.
    pub properties: BTreeMap<String, String>,
    /// The topic.
    pub topic: String,
    /// Its partitions, if it has to be made.
    pub partitions: i32,
}

/// Says in the log why brokers turn us away.
struct Asking;

impl ClientContext for Asking {
    fn error(&self, error: KafkaError, reason: &str) {
        client::complaint(&error, reason);
    }
}

impl ProducerContext for Asking {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &DeliveryResult<'_>, (): Self::DeliveryOpaque) {}
}

/// Makes the topic if it is not there, with the brokers' own replication and retention; whether it was made.
///
/// # Errors
/// The brokers do not answer within `timeout`, or refuse.
pub async fn ensure_topic(options: &TopicOptions, timeout: Duration) -> Result<bool, SourceError> {
    let TopicOptions { brokers, properties, topic, partitions } = options;
    let config = client::configure(brokers, "tidegauge", &[], properties, client::fits_producer)?;
    let admin: AdminClient<DefaultClientContext> =
        AdminClient::from_config(&config).map_err(|error| client::not_created("admin client", error))?;
    let failed = |error: KafkaError| SourceError::Topic { topic: topic.clone(), error: error.into() };
    // The mock cluster cannot be asked to make topics: it is asked only where that is needed. A producer asks,
    // since an admin client keeps to itself why brokers turn it away.
    let is_there = {
        let asking: BaseProducer<Asking> =
            config.create_with_context(Asking).map_err(|error| client::not_created("producer", error))?;
        let metadata = asking.client().fetch_metadata(Some(topic), timeout);
        asking.poll(Duration::ZERO);
        let metadata = metadata.map_err(failed)?;
        metadata.topics().iter().any(|found| found.name() == topic && !found.partitions().is_empty())
    };
    if is_there {
        return Ok(false);
    }
    let new = NewTopic::new(topic, *partitions, TopicReplication::Fixed(-1));
    let wait = AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout));
    for outcome in admin.create_topics([&new], &wait).await.map_err(failed)? {
        match outcome {
            Ok(_) => {}
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => return Ok(false),
            Err((_, code)) => return Err(failed(KafkaError::AdminOp(code))),
        }
    }
    Ok(true)
}
