//! Values that are used but never shown.

use std::fmt;

/// What stands in for a secret wherever one would be printed.
pub(crate) const MASK: &str = "***";

/// Words that make the name of a setting or of a librdkafka property look like a secret's.
const TELLING: [&str; 9] = [
    "password",
    "passphrase",
    "secret",
    "credential",
    "token",
    "key.pem",
    "private.key",
    "jaas",
    "oauthbearer.config",
];

/// Whether `text`, a name or a line of a file, speaks of a secret.
pub(crate) fn looks_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    TELLING.iter().any(|word| text.contains(word))
}

/// A text that neither `Debug` nor `Display` prints.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the client that has to send it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({MASK})")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_display_prints_it() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** Secret(***) Secret(***)");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn names_that_tell() {
        for name in ["sasl.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "SSL_KEY_PASSWORD"] {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["sasl.username", "ssl.key.location", "security.protocol", "linger.ms"] {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
