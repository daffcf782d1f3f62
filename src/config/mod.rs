//! The configuration: defaults < TOML file < `TIDEGAUGE__SECTION__KEY` variables, checked as a whole.
//!
//! Every option is defined once, in [`options`]. What is said anywhere becomes a layer of raw values ([`file`],
//! [`environment`]), the layers are merged, and [`Settings::load`] makes checked values of them or tells of every fault at once.
//! The rest of the program takes [`Settings`], which cannot be built otherwise.

mod checks;
mod choice;
mod duration;
mod environment;
mod errors;
mod file;
mod layer;
mod list;
mod options;
mod property;
mod reader;
mod reference;
mod secret;
mod setting;
mod table;
#[cfg(test)]
mod tests;
mod text;

use std::{collections::BTreeMap, path::Path};

pub(crate) use choice::{LogFormat, Profile, TimeOnPage};
pub(crate) use environment::environment;
pub(crate) use errors::ConfigErrors;
pub(crate) use options::{Checkpoint, Fold, Kafka, Log, Metrics, Sink};
pub(crate) use reference::markdown;

use errors::ConfigError;
use reader::{Given, Reader};

/// A configuration that has passed every check.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where the events come from.
    pub(crate) kafka: Kafka,
    /// What decides how events become figures.
    pub(crate) fold: Fold,
    /// The gauges, and where they are read.
    pub(crate) metrics: Metrics,
    /// ClickHouse, where the rows go.
    pub(crate) sink: Sink,
    /// Where the state is kept between runs.
    pub(crate) checkpoint: Checkpoint,
    /// What the process says of itself.
    pub(crate) log: Log,
    given: BTreeMap<&'static str, Given>,
}

impl Settings {
    /// Loads the defaults, the file at `path` if one is given, and the variables of `env` that begin with `TIDEGAUGE__`
    /// (the process's own: [`environment`]). Secrets in files are read too.
    ///
    /// # Errors
    ///
    /// The file's syntax error with its place, or else every fault of file and variables at once.
    pub(crate) fn load(
        path: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let file = match path.map(|path| file::layer(path, &mut errors)) {
            Some(None) => return Err(ConfigErrors(errors)),
            Some(Some(layer)) => layer,
            None => layer::Layer::default(),
        };
        let variables = environment::layer(env, &mut errors);
        let merged = ::config::Config::builder().add_source(file).add_source(variables).build();
        let mut reader = match merged {
            Ok(merged) => Reader::new(merged, errors),
            Err(error) => {
                errors.push(ConfigError::option("configuration", format!("cannot be merged: {error}"), None));
                return Err(ConfigErrors(errors));
            }
        };

        let kafka = Kafka::read(&mut reader);
        let fold = Fold::read(&mut reader);
        let metrics = Metrics::read(&mut reader);
        let sink = Sink::read(&mut reader);
        let checkpoint = Checkpoint::read(&mut reader);
        let log = Log::read(&mut reader);
        let (Some(mut kafka), Some(fold), Some(metrics), Some(mut sink), Some(checkpoint), Some(log)) =
            (kafka, fold, metrics, sink, checkpoint, log)
        else {
            return Err(ConfigErrors(reader.errors));
        };
        checks::kafka(&mut reader, &mut kafka);
        checks::fold(&mut reader, &fold);
        checks::metrics(&mut reader, &metrics, &fold);
        checks::sink(&mut reader, &mut sink);
        if reader.errors.is_empty() {
            let given = reader.given;
            Ok(Self { kafka, fold, metrics, sink, checkpoint, log, given })
        } else {
            Err(ConfigErrors(reader.errors))
        }
    }

    /// Whether the option at `path` was set, be it to its default. A replay's lateness is unlimited unless it was.
    pub(crate) fn is_given(&self, path: &str) -> bool {
        self.given.contains_key(path)
    }

    /// The options that differ from their defaults, by path, secrets masked.
    pub(crate) fn differences(&self) -> impl Iterator<Item = (&'static str, &Given)> {
        self.given.iter().filter(|(_, given)| given.differs).map(|(path, given)| (*path, given))
    }
}

impl Kafka {
    /// Whether events go through the merge stage before the fold: several topics, or one that is not keyed by user.
    pub(crate) fn needs_merge(&self) -> bool {
        self.topics.len() > 1 || !self.keyed_by_user
    }
}
