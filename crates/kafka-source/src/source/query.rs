//! Questions to the brokers.

use std::ffi::CString;

use rdkafka::bindings;

use super::*;

/// Pause between two attempts.
const BETWEEN: Duration = Duration::from_millis(200);

impl Source {
    /// The offsets a partition holds now. Tries again until `timeout` is over.
    pub fn log_range(&self, partition: &Partition, timeout: Duration) -> Result<OffsetRange, SourceError> {
        let what = format!("the offsets of {partition}");
        self.ask(what, timeout, |left| {
            let Partition { topic, number } = partition;
            let (low, high) = self.consumer.fetch_watermarks(topic, *number, left)?;
            let range = offset(low).zip(offset(high)).map(|(low, high)| OffsetRange::new(low, high));
            match range {
                Some(Ok(range)) => Ok(range),
                _ => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::BadMessage)),
            }
        })
    }

    /// What the group has committed, `None` where it has nothing. Tries again until `timeout` is over.
    pub fn committed(
        &self,
        partitions: &[Partition],
        timeout: Duration,
    ) -> Result<BTreeMap<Partition, Option<Offset>>, SourceError> {
        let what = format!("the committed offsets of {partitions:?}");
        self.ask(what, timeout, |left| {
            let list = self.consumer.committed_offsets(unplaced(partitions), left)?;
            let mut committed = BTreeMap::new();
            for element in list.elements() {
                element.error()?;
                let found = match element.offset() {
                    NativeOffset::Offset(raw) => offset(raw),
                    _ => None,
                };
                committed.insert(Partition::new(element.topic(), element.partition()), found);
            }
            Ok(committed)
        })
    }

    /// How many partitions a topic has.
    pub fn partitions(&self, topic: &str, timeout: Duration) -> Result<usize, SourceError> {
        let count = self.ask(format!("the partitions of {topic}"), timeout, |left| {
            let metadata = self.consumer.fetch_metadata(Some(topic), left)?;
            let found = metadata.topics().iter().find(|found| found.name() == topic);
            Ok(found.map_or(0, |found| found.partitions().len()))
        })?;
        if count == 0 {
            return Err(SourceError::NoTopic { topic: topic.to_owned() });
        }
        Ok(count)
    }

    /// How many offsets a partition holds beyond `position`, as of its last fetch.
    ///
    /// `None` before the first fetch. Nothing is asked of the brokers; while the source is paused the
    /// figure stands still: then [`Source::log_range`] tells the truth.
    ///
    /// Offsets, not records: in a topic written in transactions the commit marks count, and a partition
    /// read to its end keeps a lag of 1.
    pub fn lag(&self, position: &Position) -> Option<u64> {
        let topic = CString::new(&*position.partition.topic).ok()?;
        let (mut low, mut high) = (-1i64, -1i64);
        #[expect(unsafe_code, reason = "rdkafka does not offer the cached watermarks")]
        // SAFETY: the client lives as long as `self`, the topic's name ends with a zero byte, and both
        // numbers outlive the call.
        let code = unsafe {
            bindings::rd_kafka_get_watermark_offsets(
                self.consumer.client().native_ptr(),
                topic.as_ptr(),
                position.partition.number,
                &raw mut low,
                &raw mut high,
            )
        };
        if code != bindings::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        offset(high).map(|high| high.0.saturating_sub(position.offset.0))
    }

    fn ask<T>(
        &self,
        what: String,
        timeout: Duration,
        mut attempt: impl FnMut(Duration) -> KafkaResult<T>,
    ) -> Result<T, SourceError> {
        let deadline = Instant::now() + timeout;
        loop {
            // A question left without an answer is asked anew on another connection.
            let left = deadline.saturating_duration_since(Instant::now());
            match attempt(left.min(Duration::from_secs(5))) {
                Ok(answer) => return Ok(answer),
                Err(error) if left <= BETWEEN || certainly_refused(&error) => {
                    return Err(SourceError::Query { what, timeout, error: error.into() });
                }
                Err(error) => {
                    tracing::debug!(%error, "asking again for {what}");
                    std::thread::sleep(BETWEEN);
                }
            }
        }
    }
}

/// Kafka's offset as ours; `None` where it stands for something else.
fn offset(raw: i64) -> Option<Offset> {
    u64::try_from(raw).ok().map(Offset)
}
