//! What texts may say, option by option.

use tracing_subscriber::EnvFilter;

/// The rule a text option keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// Anything on one line that is not empty and has no space at its ends.
    Name,
    /// `host:port`.
    Broker,
    /// A Kafka topic.
    Topic,
    /// A database's name that needs no quotes in SQL.
    Database,
    /// An `http://` URL without credentials, query or fragment.
    Url,
    /// A tracing filter.
    LogFilter,
    /// A pattern of page paths.
    PagePattern,
}

impl Text {
    /// What is expected, in words that follow "expected".
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Name => "text",
            Self::Broker => "host:port",
            Self::Topic => "topic name",
            Self::Database => "database name",
            Self::Url => "http URL",
            Self::LogFilter => "tracing filter",
            Self::PagePattern => "page pattern",
        }
    }

    /// Checks `text`; the error says what is expected and, unless it may hold a secret, what was found.
    pub(super) fn check(self, text: &str) -> Result<(), String> {
        let problem = match self {
            Self::Name if is_name(text) => return Ok(()),
            Self::Name => {
                "expected text that is not empty, has no control characters and no space at its ends"
            }
            Self::Broker if is_broker(text) => return Ok(()),
            Self::Broker => "expected a broker as host:port, like \"kafka-1:9092\"",
            Self::Topic if is_topic(text) => return Ok(()),
            Self::Topic => "expected a Kafka topic: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'",
            Self::Database if is_database(text) => return Ok(()),
            Self::Database => {
                "expected a database name, not \"default\": a letter or '_', then letters, digits and '_', at most 64"
            }
            Self::Url => return check_url(text),
            Self::LogFilter => return check_filter(text),
            Self::PagePattern => return check_pattern(text),
        };
        Err(format!("{problem}; got {text:?}"))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(char::is_control)
}

fn is_broker(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && !host.contains(|c: char| c == ',' || c.is_whitespace())
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

fn is_topic(text: &str) -> bool {
    (1..=249).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// ClickHouse's own database `default` may be an overlay without tables of its own.
fn is_database(text: &str) -> bool {
    text != "default"
        && (1..=64).contains(&text.len())
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

// The text is never repeated: people put passwords into URLs.
fn check_url(text: &str) -> Result<(), String> {
    let Some(rest) = text.strip_prefix("http://") else {
        return Err(if text.starts_with("https://") {
            "https is not built in; write the http:// URL of ClickHouse or of a TLS proxy beside tidegauge"
                .to_owned()
        } else {
            "expected a URL that begins with http://, like \"http://127.0.0.1:8123\"".to_owned()
        });
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err("holds credentials; move them to sink.user and sink.password_file".to_owned());
    }
    if rest.contains(['?', '#']) {
        return Err("holds a query or a fragment; leave only http://host:port and a path".to_owned());
    }
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("holds a space or a control character; remove it".to_owned());
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, "80"),
    };
    if host.is_empty() || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err("expected a host and a port from 1 to 65535, like \"http://127.0.0.1:8123\"".to_owned());
    }
    Ok(())
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// `EnvFilter` takes a bare word that is no level for a target, so that "inof" would log that target alone; refused here.
fn check_filter(text: &str) -> Result<(), String> {
    let advice = "expected a level (off, error, warn, info, debug, trace) or target=level pairs, like \"info,kafka_source=debug\"";
    let bare = text.split(',').map(str::trim).find(|part| {
        !part.contains(['=', '[', ']']) && !LEVELS.contains(&part.to_ascii_lowercase().as_str())
    });
    if let Some(bare) = bare {
        return Err(format!("{advice}; {bare:?} is not a level"));
    }
    EnvFilter::try_new(text).map(drop).map_err(|error| format!("{advice}; {error}"))
}

fn check_pattern(text: &str) -> Result<(), String> {
    let error = |problem: &str| {
        Err(format!("{problem} in page pattern {text:?}; write one like \"/users/:id\" or \"/docs/*\""))
    };
    let Some(rest) = text.strip_prefix('/') else {
        return error("expected '/' as the first character");
    };
    if text.contains(|c: char| "?#".contains(c) || c.is_control()) {
        return error("found '?', '#' or a control character");
    }
    let segments: Vec<&str> = rest.split('/').collect();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        if segment.is_empty() && !last {
            return error("found an empty segment");
        }
        if segment.contains('*') && !(*segment == "*" && last) {
            return error("'*' must be the whole last segment");
        }
        if *segment == ":" {
            return error("found ':' without a name");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn accepts(rule: Text, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(rule.check(text), Ok(()), "{text}");
        }
        for text in bad {
            assert!(rule.check(text).is_err(), "{rule:?} took {text:?}");
        }
    }

    #[test]
    fn each_rule_at_its_edges() {
        accepts(Text::Name, &["tidegauge", "a b"], &["", " a", "a\n"]);
        accepts(Text::Broker, &["kafka:9092", "[::1]:9092"], &["kafka", ":1", "a:0", "a,b:1", "a:99999"]);
        accepts(Text::Topic, &["events", "a.b_c-d"], &["", "^events", "a b", ".", ".."]);
        accepts(Text::Database, &["tidegauge", "_a1"], &["", "1a", "a-b", "a.b", "default"]);
        accepts(
            Text::Url,
            &[
                "http://127.0.0.1:8123",
                "http://clickhouse:8123/",
                "http://[::1]:8123",
                "http://[::1]",
                "http://ch/path",
            ],
            &[
                "",
                "127.0.0.1:8123",
                "https://ch",
                "http://",
                "http://:1",
                "http://h:0",
                "http://h:p",
                "http://h/?a=b",
                "http://h h",
            ],
        );
        accepts(
            Text::LogFilter,
            &["info", "warn,kafka_source=debug", "WARN", "info,tidegauge[span{a=1}]=trace"],
            &["", "inof", "info,tidegauge", "a=loud"],
        );
        accepts(
            Text::PagePattern,
            &["/", "/users/:id", "/docs/*", "/*", "/a/"],
            &["", "users", "/a//b", "/a*", "/*/b", "/:", "/a?b"],
        );
    }

    #[test]
    fn a_url_is_never_repeated() {
        let error = Text::Url.check("http://admin:hunter2@ch:8123").unwrap_err();
        assert!(error.contains("sink.password_file") && !error.contains("hunter2"), "{error}");
        assert!(!Text::Url.check("htp://admin:hunter2@ch").unwrap_err().contains("hunter2"));
    }
}
