//! Label values from outside, bounded in number and length.

use std::sync::{Mutex, PoisonError};

use hashbrown::HashSet;

use crate::OTHER;

/// Bytes beyond which a value is no label; a site's name may have as many.
const MAX_BYTES: usize = 128;

/// Admits the first so many values; all others share [`OTHER`].
#[derive(Debug)]
pub(crate) struct BoundedLabel {
    max: usize,
    admitted: Mutex<HashSet<Box<str>>>,
}

impl BoundedLabel {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, admitted: Mutex::default() }
    }

    /// The label under which `value` is counted.
    pub(crate) fn label<'a>(&self, value: &'a str) -> &'a str {
        if value.len() > MAX_BYTES {
            return OTHER;
        }
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        if admitted.contains(value) {
            return value;
        }
        if admitted.len() >= self.max {
            return OTHER;
        }
        admitted.insert(value.into());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_come_are_admitted_for_good() {
        let bounded = BoundedLabel::new(2);
        let labels = ["a", "b", "c", "a", "b"].map(|value| bounded.label(value));
        assert_eq!(labels, ["a", "b", OTHER, "a", "b"]);
        assert_eq!(BoundedLabel::new(2).label(&"x".repeat(129)), OTHER);
    }
}
