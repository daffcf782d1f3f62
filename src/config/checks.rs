//! What must hold between options, and the secrets that are in files.

use std::{fs, path::Path, time::Duration};

use super::{
    duration,
    errors::ConfigError,
    options::{Fold, Kafka, Metrics, Sink},
    reader::Reader,
    secret::Secret,
};

/// Properties that tidegauge sets itself, and what to do instead.
const RESERVED: [(&str, &str); 14] = [
    ("bootstrap.servers", "set kafka.brokers instead"),
    ("metadata.broker.list", "set kafka.brokers instead"),
    ("group.id", "set kafka.group instead"),
    ("client.id", REMOVE),
    ("auto.offset.reset", "remove it: stored positions decide where reading starts"),
    ("enable.auto.commit", COMMITS),
    ("auto.commit.enable", COMMITS),
    ("enable.auto.offset.store", COMMITS),
    ("enable.idempotence", "remove it: producers are idempotent always"),
    ("acks", "remove it: producers wait for all replicas always"),
    ("request.required.acks", "remove it: producers wait for all replicas always"),
    ("transactional.id", REMOVE),
    ("partitioner", "remove it: users must stay in their partitions"),
    ("test.mock.num.brokers", "remove it: `tidegauge demo` starts a mock cluster"),
];
const COMMITS: &str = "remove it: offsets are committed once their rows are stored";
const REMOVE: &str = "remove it";

impl Reader {
    /// Notes a fault of `path`, unless the value of one of `involved` is not known.
    fn require(
        &mut self,
        holds: bool,
        path: &'static str,
        involved: &[&'static str],
        problem: impl FnOnce() -> String,
    ) {
        let known = !self.faulty.contains(path) && !involved.iter().any(|path| self.faulty.contains(path));
        if known && !holds {
            self.fault(path, problem());
        }
    }

    fn fault(&mut self, path: &'static str, problem: String) {
        let origin = self.given.get(path).map(|given| given.origin.clone());
        self.errors.push(ConfigError::option(path, problem, origin.as_deref()));
    }
}

/// Topics apart from each other; properties that are ours to set; properties from files.
pub(super) fn kafka(reader: &mut Reader, kafka: &mut Kafka) {
    let letters = &kafka.dead_letter_topic;
    reader.require(!kafka.topics.contains(letters), "kafka.dead_letter_topic", &["kafka.topics"], || {
        format!("{letters:?} is also one of kafka.topics, so that dead letters would be read again; name another topic")
    });
    let merged = &kafka.merged_topic;
    reader.require(letters != merged, "kafka.dead_letter_topic", &["kafka.merged_topic"], || {
        format!("{letters:?} is also kafka.merged_topic; name another topic")
    });
    let apart = !kafka.needs_merge() || !kafka.topics.contains(merged);
    reader.require(apart, "kafka.merged_topic", &["kafka.topics", "kafka.keyed_by_user"], || {
        format!("{merged:?} is also one of kafka.topics, so that the merge stage would read what it writes; name another topic")
    });

    for (option, names) in [
        ("kafka.properties", kafka.properties.names().map(str::to_owned).collect::<Vec<_>>()),
        ("kafka.properties_files", kafka.properties_files.keys().cloned().collect()),
    ] {
        for name in names {
            if let Some((_, advice)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
                reader.fault(option, format!("{name} is set by tidegauge; {advice}"));
            }
        }
    }
    for (name, path) in &kafka.properties_files {
        let added = secret_in(path).and_then(|secret| {
            let added = kafka.properties.add_secret(name, secret);
            added.then_some(()).ok_or_else(|| "also in kafka.properties; keep one of the two".to_owned())
        });
        if let Err(problem) = added {
            reader.fault("kafka.properties_files", format!("{name}: {problem}"));
        }
    }
}

/// The windows of memory around each other.
pub(super) fn fold(reader: &mut Reader, fold: &Fold) {
    let least = fold.allowed_lateness + fold.watermark_trail;
    let involved = ["fold.allowed_lateness", "fold.watermark_trail"];
    reader.require(fold.dedup_window > least, "fold.dedup_window", &involved, || {
        format!(
            "{} is not longer than fold.allowed_lateness ({}) plus fold.watermark_trail ({}); raise it above {}",
            duration::show(fold.dedup_window),
            duration::show(fold.allowed_lateness),
            duration::show(fold.watermark_trail),
            duration::show(least),
        )
    });
}

/// Users last as long as the windows that count them.
pub(super) fn metrics(reader: &mut Reader, metrics: &Metrics, fold: &Fold) {
    let Some(longest) = metrics.windows.iter().max() else {
        return;
    };
    let length = Duration::from_secs(u64::from(longest.minutes()) * 60);
    reader.require(length <= fold.user_expiry, "metrics.windows", &["fold.user_expiry"], || {
        format!(
            "the window {longest} is longer than users are remembered; remove it or raise fold.user_expiry ({})",
            duration::show(fold.user_expiry),
        )
    });
}

/// Bounds in their order; the password from one place.
pub(super) fn sink(reader: &mut Reader, sink: &mut Sink) {
    reader.require(sink.flush_rows <= sink.max_pending_rows, "sink.max_pending_rows", &["sink.flush_rows"], || {
        format!(
            "{} is less than sink.flush_rows ({}), so that consumption would pause before a flush; raise it",
            sink.max_pending_rows, sink.flush_rows,
        )
    });
    reader.require(sink.retry_initial <= sink.retry_max, "sink.retry_max", &["sink.retry_initial"], || {
        format!(
            "{} is shorter than sink.retry_initial ({}); raise it",
            duration::show(sink.retry_max),
            duration::show(sink.retry_initial),
        )
    });
    if let Some(path) = &sink.password_file {
        let both = reader.given.get("sink.password").map(|given| given.origin.clone());
        match both {
            Some(origin) => reader.fault(
                "sink.password_file",
                format!("sink.password is set too, by {origin}; keep one of the two"),
            ),
            None => match secret_in(path) {
                Ok(secret) => sink.password = Some(secret),
                Err(problem) => reader.fault("sink.password_file", problem),
            },
        }
    }
}

/// The text of a secret's file, without one newline at its end.
fn secret_in(path: &Path) -> Result<Secret, String> {
    let bytes = fs::read(path).map_err(|error| {
        format!("cannot read {}: {error}; give the path of a readable file", path.display())
    })?;
    let text =
        String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8; save it as UTF-8", path.display()))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(format!("{} is empty; write the secret into it", path.display()));
    }
    Ok(Secret::new(text))
}
