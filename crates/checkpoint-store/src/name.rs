//! File names: `TOPIC-PARTITION-OFFSET.checkpoint`, numbers with leading zeros.

use pipeline::{Offset, Partition};

use crate::error::CheckpointError;

const SUFFIX: &str = ".checkpoint";
/// Of files on their way; never read.
const TEMPORARY: &str = ".tmp";

/// The name of a partition's checkpoint.
pub(crate) fn file_name(partition: &Partition, next: Offset) -> Result<String, CheckpointError> {
    Ok(format!("{}{:020}{SUFFIX}", prefix(partition)?, next.0))
}

/// The name it has while it is written.
pub(crate) fn temporary_name(partition: &Partition, next: Offset) -> Result<String, CheckpointError> {
    Ok(format!("{}{TEMPORARY}", file_name(partition, next)?))
}

/// The offset in a name, if it is that of one of the partition's checkpoints.
pub(crate) fn offset_in(name: &str, partition: &Partition) -> Option<Offset> {
    let digits = name.strip_prefix(&prefix(partition).ok()?)?.strip_suffix(SUFFIX)?;
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok().map(Offset)).flatten()
}

/// Whether the name is that of a checkpoint of the partition that was never finished.
pub(crate) fn is_temporary(name: &str, partition: &Partition) -> bool {
    name.strip_suffix(TEMPORARY).is_some_and(|name| offset_in(name, partition).is_some())
}

fn prefix(partition: &Partition) -> Result<String, CheckpointError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let Partition { topic, number } = partition;
    if topic.is_empty() || !topic.bytes().all(allowed) || *number < 0 {
        return Err(CheckpointError::TopicName(partition.clone()));
    }
    Ok(format!("{topic}-{number:05}-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_by_its_own_partition_only() {
        let partition = Partition::new("a-00001", 2);
        let name = file_name(&partition, Offset(77)).unwrap();
        assert_eq!(name, "a-00001-00002-00000000000000000077.checkpoint");
        assert_eq!(offset_in(&name, &partition), Some(Offset(77)));
        for other in [Partition::new("a", 1), Partition::new("a-00001", 20), Partition::new("a", 2)] {
            assert_eq!(offset_in(&name, &other), None, "{other}");
        }
        let most = file_name(&partition, Offset(u64::MAX)).unwrap();
        assert_eq!(offset_in(&most, &partition), Some(Offset(u64::MAX)));
    }

    #[test]
    fn only_a_partition_s_own_temporary_files_are_its_own() {
        let partition = Partition::new("events", 2);
        let name = temporary_name(&partition, Offset(7)).unwrap();
        assert!(is_temporary(&name, &partition));
        assert!(!is_temporary(&name, &Partition::new("events", 3)));
        assert!(!is_temporary("events-00002-7.tmp", &partition));
        assert_eq!(offset_in(&name, &partition), None);
    }

    #[test]
    fn a_topic_that_would_leave_the_folder_is_refused() {
        for topic in ["", "../etc", "a/b", "a b", "ä", "a\0"] {
            assert!(file_name(&Partition::new(topic, 0), Offset(0)).is_err(), "{topic:?}");
        }
        assert!(file_name(&Partition::new("a.b_c-D9", 0), Offset(0)).is_ok());
    }
}
