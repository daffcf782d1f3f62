//! librdkafka's own properties, by name; and files that hold some of them.

use std::{
    collections::{BTreeMap, btree_map},
    fmt,
    path::PathBuf,
};

use ::config::{Value, ValueKind};

use super::{
    secret::{MASK, Secret, looks_secret},
    setting::{Setting, quote, shape},
};

/// Properties passed to librdkafka as they are. `Debug` masks those whose names look secret and those read from files.
#[derive(Clone, Default)]
pub(crate) struct Properties(BTreeMap<String, Property>);

#[derive(Clone)]
struct Property {
    value: Secret,
    masked: bool,
}

impl Properties {
    /// Every property with its value, secrets included: for the client's constructor only.
    pub(crate) fn to_map(&self) -> BTreeMap<String, String> {
        self.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The properties one by one, secrets included.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, property)| (name.as_str(), property.value.expose()))
    }

    /// The names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Adds a property from a file; false if the name is already set.
    pub(super) fn add_secret(&mut self, name: &str, value: Secret) -> bool {
        match self.0.entry(name.to_owned()) {
            btree_map::Entry::Occupied(_) => false,
            btree_map::Entry::Vacant(slot) => {
                slot.insert(Property { value, masked: true });
                true
            }
        }
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

/// Reads a map's entries in the order of their names; every bad one is told of.
fn entries<T>(
    value: &Value,
    read: impl Fn(&str, &Value) -> Result<T, String>,
) -> Result<BTreeMap<String, T>, String> {
    let ValueKind::Table(table) = &value.kind else {
        return Err(format!("expected a table of properties, got {}", shape(&value.kind)));
    };
    let sorted: BTreeMap<&String, &Value> = table.iter().collect();
    let (mut good, mut problems) = (BTreeMap::new(), Vec::new());
    for (name, value) in sorted {
        match read(name, value) {
            Ok(entry) => {
                good.insert(name.clone(), entry);
            }
            Err(problem) => {
                let origin = value.origin().map(|origin| format!(" ({origin})")).unwrap_or_default();
                problems.push(format!("{name}: {problem}{origin}"));
            }
        }
    }
    if problems.is_empty() { Ok(good) } else { Err(problems.join("; ")) }
}

fn show<'a>(entries: impl Iterator<Item = (&'a String, String)>) -> String {
    let shown: Vec<String> =
        entries.map(|(name, value)| format!("{} = {}", quote(name), quote(&value))).collect();
    if shown.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", shown.join(", ")) }
}

impl Setting for Properties {
    type Limit = ();

    const IS_MAP: bool = true;

    fn kind((): &()) -> String {
        "table of property and value".to_owned()
    }

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        let read = |name: &str, value: &Value| {
            let text = match &value.kind {
                ValueKind::String(text) => text.clone(),
                ValueKind::Boolean(_) | ValueKind::I64(_) => value.kind.to_string(),
                other => {
                    return Err(format!("expected text, a number, true or false, got {}", shape(other)));
                }
            };
            Ok(Property { value: Secret::new(text), masked: looks_secret(name) })
        };
        entries(value, read).map(Self)
    }

    fn show(&self) -> String {
        show(self.0.iter().map(|(name, property)| {
            let value = if property.masked { MASK } else { property.value.expose() };
            (name, value.to_owned())
        }))
    }
}

impl Setting for BTreeMap<String, PathBuf> {
    type Limit = ();

    const IS_MAP: bool = true;

    fn kind((): &()) -> String {
        "table of property and path".to_owned()
    }

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        entries(value, |_, value| PathBuf::read(value, &()))
    }

    fn show(&self) -> String {
        show(self.iter().map(|(name, path)| (name, path.display().to_string())))
    }
}
