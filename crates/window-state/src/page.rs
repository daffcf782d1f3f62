//! Pages: a path as sent, made into a name worth counting by.

use std::{borrow::Cow, fmt, str::FromStr};

/// A path pattern such as `/users/:id` or `/docs/*`; paths that match take its text as their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePattern {
    text: String,
}

/// A path pattern that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsePatternError(String);

impl fmt::Display for ParsePatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page pattern {:?} must begin with / and have * only as its last segment", self.0)
    }
}

impl std::error::Error for ParsePatternError {}

impl FromStr for PagePattern {
    type Err = ParsePatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let segments = text.split('/').count();
        let star = text.split('/').position(|segment| segment == "*");
        if !text.starts_with('/') || star.is_some_and(|at| at + 1 != segments) {
            return Err(ParsePatternError(text.to_owned()));
        }
        Ok(Self { text: text.to_owned() })
    }
}

impl fmt::Display for PagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PagePattern {
    /// Whether `path` matches: `:name` takes one segment that is not empty, a last `*` takes the rest.
    fn matches(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        for pattern in self.text.split('/') {
            match (pattern, segments.next()) {
                ("*", Some(_)) => return true,
                (name, Some(segment)) if name.starts_with(':') && !segment.is_empty() => {}
                (literal, Some(segment)) if literal == segment => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }
}

/// The page's name: cut at the fragment, at the query unless kept, then by the first pattern that matches.
pub(crate) fn normalise<'a>(page: &'a str, keep_query: bool, patterns: &'a [PagePattern]) -> Cow<'a, str> {
    let page = page.split_once('#').map_or(page, |(path, _)| path);
    let path = page.split_once('?').map_or(page, |(path, _)| path);
    let cut = if keep_query { page } else { path };
    match patterns.iter().find(|pattern| pattern.matches(path)) {
        Some(pattern) => Cow::Borrowed(&pattern.text),
        None if cut.is_empty() => Cow::Borrowed("/"),
        None => Cow::Borrowed(cut),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fragment_and_query_are_cut() {
        assert_eq!(normalise("/a?b=1#c", false, &[]), "/a");
        assert_eq!(normalise("/a?b=1#c", true, &[]), "/a?b=1");
        assert_eq!(normalise("#top", false, &[]), "/");
        assert_eq!(normalise("?q=1", false, &[]), "/");
    }

    #[test]
    fn the_first_pattern_that_matches_names_the_page() {
        let patterns: Vec<PagePattern> =
            ["/users/me", "/users/:id", "/docs/*"].iter().map(|p| p.parse().unwrap()).collect();
        let name = |page| normalise(page, false, &patterns).into_owned();
        assert_eq!(name("/users/me"), "/users/me");
        assert_eq!(name("/users/123?x"), "/users/:id");
        assert_eq!(name("/users/123/edit"), "/users/123/edit");
        assert_eq!(name("/users/"), "/users/");
        assert_eq!(name("/docs/a/b"), "/docs/*");
        assert_eq!(name("/docs"), "/docs");
    }

    #[test]
    fn nonsense_patterns_are_refused() {
        for bad in ["users/:id", "/a/*/b", ""] {
            assert!(bad.parse::<PagePattern>().is_err(), "{bad}");
        }
    }
}
