//! The bot filter: user agents that are no people.

/// Substrings of a bot's user agent, in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct BotFilter {
    needles: Vec<String>,
}

impl BotFilter {
    /// A filter for these substrings, in any case; none: it matches nothing.
    pub(crate) fn new(needles: &[String]) -> Self {
        Self { needles: needles.iter().map(|needle| needle.to_lowercase()).collect() }
    }

    /// Whether the user agent is on the list.
    pub(crate) fn matches(&self, user_agent: &str) -> bool {
        !self.needles.is_empty() && {
            let agent = user_agent.to_lowercase();
            self.needles.iter().any(|needle| agent.contains(needle.as_str()))
        }
    }
}
