//! One layer of the configuration: values by section and key, each with where it was said.

use std::{collections::BTreeMap, fmt};

use ::config::{ConfigError, Map, Source, Value, ValueKind};

/// Values of known options from one place: the defaults, the file, or the environment.
#[derive(Clone, Default)]
pub(super) struct Layer(BTreeMap<String, BTreeMap<String, Entry>>);

#[derive(Clone)]
enum Entry {
    One(Value),
    Map(BTreeMap<String, Value>),
}

impl Layer {
    /// Sets `section.key`.
    pub(super) fn set(&mut self, section: &str, key: &str, value: Value) {
        let section = self.0.entry(section.to_owned()).or_default();
        section.insert(key.to_owned(), Entry::One(value));
    }

    /// Sets `name` in the map `section.key`.
    pub(super) fn set_in_map(&mut self, section: &str, key: &str, name: &str, value: Value) {
        let section = self.0.entry(section.to_owned()).or_default();
        let entry = section.entry(key.to_owned()).or_insert_with(|| Entry::Map(BTreeMap::new()));
        match entry {
            Entry::Map(map) => {
                map.insert(name.to_owned(), value);
            }
            Entry::One(_) => *entry = Entry::Map(BTreeMap::from([(name.to_owned(), value)])),
        }
    }
}

// Values may be secrets, so only the shape is printed.
impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let table = |map: Map<String, Value>| Value::new(None, ValueKind::Table(map));
        let section = |entries: &BTreeMap<String, Entry>| {
            let values = entries.iter().map(|(key, entry)| match entry {
                Entry::One(value) => (key.clone(), value.clone()),
                Entry::Map(map) => (key.clone(), table(map.clone().into_iter().collect())),
            });
            table(values.collect())
        };
        Ok(self.0.iter().map(|(name, entries)| (name.clone(), section(entries))).collect())
    }
}
