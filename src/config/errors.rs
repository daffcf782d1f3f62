//! What is wrong with a configuration, all of it at once.

use std::{fmt, io};

use super::secret::looks_secret;

/// One fault, with where it is and what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read at all.
    #[error("cannot read the configuration file {file}: {reason}; give the path of a readable TOML file")]
    Unreadable {
        /// The path as given.
        file: String,
        /// What the system said.
        reason: io::Error,
    },
    /// The file is not TOML.
    #[error("{file}:{line}:{column}: not valid TOML: {message}\n{excerpt}")]
    Syntax {
        /// The path as given.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What the parser expected.
        message: String,
        /// The line with a mark below the column, unless it may hold a secret.
        excerpt: String,
    },
    /// One option is unknown, ill-typed, out of range, or at odds with another.
    #[error("{path}: {problem}{}", .origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default())]
    Option {
        /// The option's path, like `sink.flush_interval`.
        path: String,
        /// What is wrong and what to do.
        problem: String,
        /// `FILE:LINE` or the environment variable; `None` for a default.
        origin: Option<String>,
    },
}

impl ConfigError {
    /// A fault of the option at `path`.
    pub(super) fn option(path: impl Into<String>, problem: impl Into<String>, origin: Option<&str>) -> Self {
        Self::Option { path: path.into(), problem: problem.into(), origin: origin.map(str::to_owned) }
    }

    /// A syntax error at byte `offset` of `text`.
    pub(super) fn syntax(file: &str, text: &str, offset: usize, message: &str) -> Self {
        let place = Place::of(text, offset);
        Self::Syntax {
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            message: message.trim_end().to_owned(),
            excerpt: place.excerpt(text),
        }
    }
}

/// Every fault of a configuration, at least one, in the order found: file, environment, values, relations between values.
/// `Display` begins each on a line of its own.
#[derive(Debug)]
pub(crate) struct ConfigErrors(pub(super) Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// A line and column, both from 1.
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// The place of byte `offset`, which may be one past the end.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
    }

    fn excerpt(&self, text: &str) -> String {
        if hides_secret(text, self.line) {
            return format!("{:>5} | (not shown: the line may hold a secret)", self.line);
        }
        let line = text.lines().nth(self.line - 1).unwrap_or_default();
        // Tabs stay tabs, so that the mark stands below its character.
        let indent: String =
            line.chars().take(self.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        format!("{:>5} | {line}\n      | {indent}^", self.line)
    }
}

/// Whether line `number` names a secret, holds a URL with credentials, or lies in a multi-line text that began beside a secret's name.
fn hides_secret(text: &str, number: usize) -> bool {
    let mut open: Option<(&str, bool)> = None;
    for (index, line) in text.lines().enumerate() {
        let tells = looks_secret(line) || (line.contains("://") && line.contains('@'));
        if index + 1 == number {
            return tells || matches!(open, Some((_, true)));
        }
        open = match open {
            Some((quote, _)) if line.contains(quote) => None,
            Some(still) => Some(still),
            None => ["\"\"\"", "'''"]
                .into_iter()
                .find(|quote| line.matches(quote).count() % 2 == 1)
                .map(|quote| (quote, tells)),
        };
    }
    // Beyond the last line: the end of an unclosed text.
    matches!(open, Some((_, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let text = "é = 1\nab";
        let place = Place::of(text, text.len());
        assert_eq!((place.line, place.column), (2, 3));
        let place = Place::of(text, "é".len());
        assert_eq!((place.line, place.column), (1, 2));
    }

    #[test]
    fn lines_with_secrets_are_not_shown() {
        let text = "a = 1\n\"ssl.key.pem\" = \"\"\"\nMIIabc=\n\"\"\"\nb = 2\nurl = \"http://u:p@h\"\n";
        let hidden: Vec<usize> = (1..=7).filter(|line| hides_secret(text, *line)).collect();
        assert_eq!(hidden, [2, 3, 4, 6]);
        assert!(hides_secret("password = '''\nabc", 3));
    }
}
