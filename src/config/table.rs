//! What one definition of an option holds, and finding one by its path.

#[cfg(test)]
use ::config::Value;
use ::config::ValueKind;

use super::{
    errors::ConfigError,
    options::{OPTIONS, SECTIONS},
};

/// A table of the file.
pub(super) struct SectionDef {
    /// Its name, like `sink`.
    pub(super) name: &'static str,
    /// What its options are about.
    pub(super) meaning: &'static str,
}

/// One option, as the checks, the defaults and the reference see it.
pub(super) struct OptionDef {
    /// Section and key, like `sink.flush_interval`.
    pub(super) path: &'static str,
    /// What it does, and what to know before changing it.
    pub(super) meaning: &'static str,
    /// What is counted, where the type does not say it.
    pub(super) unit: &'static str,
    /// The default in TOML; empty for an option that is not set by default.
    pub(super) default: &'static str,
    /// A value in TOML other than the default.
    pub(super) example: &'static str,
    /// Whether the option is a map of names to values.
    pub(super) is_map: bool,
    /// Type and limits in words.
    pub(super) kind: fn() -> String,
    /// The value that a variable's text stands for.
    pub(super) from_env: fn(&str) -> ValueKind,
    /// Checks a value and writes it in TOML, secrets masked.
    #[cfg(test)]
    pub(super) canonical: fn(&Value) -> Result<String, String>,
}

impl OptionDef {
    /// The table the option stands in.
    pub(super) fn section(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(section, _)| section)
    }

    /// The option's name in its table.
    pub(super) fn key(&self) -> &'static str {
        self.path.split_once('.').map_or("", |(_, key)| key)
    }
}

/// The definition of `section.key`.
pub(super) fn option_at(section: &str, key: &str) -> Option<&'static OptionDef> {
    OPTIONS.iter().find(|option| option.section() == section && option.key() == key)
}

/// Whether there is a table of this name.
pub(super) fn is_section(name: &str) -> bool {
    SECTIONS.iter().any(|section| section.name == name)
}

/// The error for a table that does not exist.
pub(super) fn unknown_section(name: &str, origin: &str) -> ConfigError {
    let names: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
    let problem = format!("unknown section; there are {}; remove it or correct its name", names.join(", "));
    ConfigError::option(name, problem, Some(origin))
}

/// The error for an option that does not exist, with the likeliest one meant.
pub(super) fn unknown_option(section: &str, key: &str, origin: &str) -> ConfigError {
    let likely = OPTIONS
        .iter()
        .map(|option| {
            let elsewhere = usize::from(option.section() != section);
            (distance(option.key(), key) + elsewhere, option.path)
        })
        .filter(|(distance, _)| *distance <= 3)
        .min();
    let advice = likely.map_or_else(
        || "remove it, or see `tidegauge config reference`".to_owned(),
        |(_, path)| format!("did you mean {path}?"),
    );
    ConfigError::option(format!("{section}.{key}"), format!("unknown option; {advice}"), Some(origin))
}

/// Insertions, deletions and replacements of characters between two names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [("", "", 0), ("abc", "", 3), ("flush", "flash", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(a, b), expected);
            assert_eq!(distance(b, a), expected);
        }
    }
}
