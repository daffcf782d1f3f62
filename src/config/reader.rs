//! Typed values out of the merged layers, faults collected on the way.

use std::collections::{BTreeMap, BTreeSet};

use ::config::{Config, Value, ValueKind};

use super::{errors::ConfigError, file::literal, setting::Setting};

/// An option that was set, by whom, and how it reads.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// `FILE:LINE` or the environment variable.
    pub(crate) origin: String,
    /// The value in TOML, secrets masked.
    pub(crate) shown: String,
    /// Whether it differs from the default.
    pub(crate) differs: bool,
}

/// Reads fields one by one.
pub(super) struct Reader {
    merged: Config,
    /// What was set, by path.
    pub(super) given: BTreeMap<&'static str, Given>,
    /// The paths whose value is not known, because what was said is at fault.
    pub(super) faulty: BTreeSet<&'static str>,
    /// Every fault so far.
    pub(super) errors: Vec<ConfigError>,
}

impl Reader {
    pub(super) fn new(merged: Config, errors: Vec<ConfigError>) -> Self {
        Self { merged, given: BTreeMap::new(), faulty: BTreeSet::new(), errors }
    }

    /// The value at `path`. A fault is noted and the default put in its place, so that the rest is checked too.
    pub(super) fn get<T: Setting>(
        &mut self,
        path: &'static str,
        default: &str,
        limit: &T::Limit,
    ) -> Option<T> {
        let fallback = || {
            if default.is_empty() {
                T::absent().ok_or_else(|| "has no default".to_owned())
            } else {
                literal(default).and_then(|value| T::read(&value, limit))
            }
        };
        let value = self.value(path);
        let origin = value.as_ref().and_then(origin);
        let read = match &value {
            Some(value) => T::read(value, limit),
            None => fallback(),
        };
        let fallback = match (read, fallback()) {
            (Ok(setting), Ok(fallback)) => {
                if let Some(origin) = origin {
                    let shown = setting.show();
                    let differs = shown != fallback.show();
                    self.given.insert(path, Given { origin, shown, differs });
                }
                return Some(setting);
            }
            (Err(problem), fallback) => {
                self.errors.push(ConfigError::option(path, problem, origin.as_deref()));
                self.faulty.insert(path);
                fallback
            }
            (Ok(_), Err(problem)) => Err(problem),
        };
        // The definition itself is wrong; a test over the table rules it out.
        fallback
            .map_err(|problem| {
                self.errors.push(ConfigError::option(path, format!("default: {problem}"), None))
            })
            .ok()
    }

    fn value(&self, path: &str) -> Option<Value> {
        let (section, key) = path.split_once('.')?;
        let ValueKind::Table(sections) = &self.merged.cache.kind else {
            return None;
        };
        let ValueKind::Table(options) = &sections.get(section)?.kind else {
            return None;
        };
        options.get(key).cloned()
    }
}

/// Where a value was said; of a map, where its first entry was.
fn origin(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::Table(entries) => {
            let first = entries.iter().min_by_key(|(name, _)| name.as_str());
            first.and_then(|(_, value)| origin(value))
        }
        _ => value.origin().map(str::to_owned),
    }
}
