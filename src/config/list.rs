//! Lists: of texts, and of windows.

use std::ops::RangeInclusive;

use ::config::{Value, ValueKind};
use metric_defs::Window;

use super::{
    setting::{Setting, found, quote},
    text::Text,
};

/// What narrows a list.
pub(super) struct ListLimit {
    /// What each item must be.
    pub(super) items: Text,
    /// How many there may be.
    pub(super) count: RangeInclusive<usize>,
}

/// A variable's items stand between commas; an empty variable is an empty list.
fn split(text: &str) -> ValueKind {
    let items = text.split(',').map(str::trim).filter(|_| !text.trim().is_empty());
    ValueKind::Array(items.map(|item| Value::new(None, item.to_owned())).collect())
}

/// Reads each item; every bad item is told of, with its place in the list.
fn read<T: PartialEq>(
    value: &Value,
    count: &RangeInclusive<usize>,
    item: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let ValueKind::Array(values) = &value.kind else {
        return Err(format!("expected a list in brackets, got {}", found(value)));
    };
    if !count.contains(&values.len()) {
        return Err(format!("expected {} to {} items, got {}", count.start(), count.end(), values.len()));
    }
    let (mut items, mut problems) = (Vec::with_capacity(values.len()), Vec::new());
    for (index, value) in values.iter().enumerate() {
        let read = match &value.kind {
            ValueKind::String(text) => item(text),
            _ => Err(format!("expected text in quotes, got {}", found(value))),
        };
        match read {
            Ok(item) if items.contains(&item) => {
                problems.push(format!("item {}: a repeat; remove it", index + 1))
            }
            Ok(item) => items.push(item),
            Err(problem) => problems.push(format!("item {}: {problem}", index + 1)),
        }
    }
    if problems.is_empty() { Ok(items) } else { Err(problems.join("; ")) }
}

fn show(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.map(|item| quote(&item)).collect::<Vec<_>>().join(", "))
}

impl Setting for Vec<String> {
    type Limit = ListLimit;

    fn kind(limit: &ListLimit) -> String {
        format!("list of {} to {}, each a {}", limit.count.start(), limit.count.end(), limit.items.kind())
    }

    fn from_env(text: &str) -> ValueKind {
        split(text)
    }

    fn read(value: &Value, limit: &ListLimit) -> Result<Self, String> {
        read(value, &limit.count, |text| limit.items.check(text).map(|()| text.to_owned()))
    }

    fn show(&self) -> String {
        show(self.iter().cloned())
    }
}

impl Setting for Vec<Window> {
    type Limit = RangeInclusive<usize>;

    fn kind(limit: &Self::Limit) -> String {
        format!("list of {} to {}, each a window in `m`, `h` or `d`", limit.start(), limit.end())
    }

    fn from_env(text: &str) -> ValueKind {
        split(text)
    }

    fn read(value: &Value, limit: &Self::Limit) -> Result<Self, String> {
        read(value, limit, |text| text.parse::<Window>().map_err(|error| error.to_string()))
    }

    fn show(&self) -> String {
        show(self.iter().map(Window::to_string))
    }
}
