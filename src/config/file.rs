//! The TOML file as a layer: syntax with line and column, unknown keys, lines kept for later errors.

use std::path::Path;

use ::config::{Map, Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::{
    errors::{ConfigError, Place},
    layer::Layer,
    table::{is_section, option_at, unknown_option, unknown_section},
};

/// Reads and walks the file. A file that cannot be read or parsed is one error; unknown keys are one each.
pub(super) fn layer(path: &Path, errors: &mut Vec<ConfigError>) -> Option<Layer> {
    let file = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(reason) => {
            errors.push(ConfigError::Unreadable { file, reason });
            return None;
        }
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            errors.push(ConfigError::syntax(&file, &text, valid, "not UTF-8; save the file as UTF-8"));
            return None;
        }
    };
    match DeTable::parse(&text) {
        Ok(root) => {
            Some(Walk { file: &file, text: &text, layer: Layer::default(), errors }.sections(root.get_ref()))
        }
        Err(error) => {
            let offset = error.span().map_or(text.len(), |span| span.start);
            errors.push(ConfigError::syntax(&file, &text, offset, error.message()));
            None
        }
    }
}

struct Walk<'a> {
    file: &'a str,
    text: &'a str,
    layer: Layer,
    errors: &'a mut Vec<ConfigError>,
}

impl Walk<'_> {
    fn sections(mut self, root: &DeTable<'_>) -> Layer {
        for (key, value) in root {
            let (name, origin) = (key.get_ref().as_ref(), self.origin(key.span().start));
            match value.get_ref() {
                _ if !is_section(name) => self.errors.push(unknown_section(name, &origin)),
                DeValue::Table(table) => self.options(name, table),
                other => self.errors.push(ConfigError::option(
                    name,
                    format!(
                        "expected a table, found {}; write [{name}] and the options below it",
                        other.type_str()
                    ),
                    Some(&origin),
                )),
            }
        }
        self.layer
    }

    fn options(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let origin = self.origin(key.span().start);
            match (option_at(section, name), value.get_ref()) {
                (None, _) => self.errors.push(unknown_option(section, name, &origin)),
                (Some(option), DeValue::Table(entries)) if option.is_map => {
                    self.map(section, name, "", entries);
                }
                (Some(_), other) => {
                    let value = self.value(other, value.span().start);
                    self.layer.set(section, name, value);
                }
            }
        }
    }

    /// The entries of a map; `security.protocol = "ssl"` unquoted is a table in a table, and means the dotted name.
    fn map(&mut self, section: &str, option: &str, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            match value.get_ref() {
                DeValue::Table(deeper) => self.map(section, option, &format!("{name}."), deeper),
                other => {
                    let value = self.value(other, value.span().start);
                    self.layer.set_in_map(section, option, &name, value);
                }
            }
        }
    }

    fn origin(&self, offset: usize) -> String {
        format!("{}:{}", self.file, Place::of(self.text, offset).line)
    }

    fn value(&self, value: &DeValue<'_>, offset: usize) -> Value {
        Value::new(Some(&self.origin(offset)), kind(value, &|at| Some(self.origin(at))))
    }
}

/// A value written in TOML, as the defaults and examples of the table are.
pub(super) fn literal(text: &str) -> Result<Value, String> {
    let value = DeValue::parse(text).map_err(|error| error.message().to_owned())?;
    Ok(Value::new(None, kind(value.get_ref(), &|_| None)))
}

fn kind(value: &DeValue<'_>, origin: &dyn Fn(usize) -> Option<String>) -> ValueKind {
    match value {
        DeValue::String(text) => ValueKind::String(text.as_ref().to_owned()),
        DeValue::Boolean(flag) => ValueKind::Boolean(*flag),
        DeValue::Integer(digits) => i128::from_str_radix(digits.as_str(), digits.radix())
            .map(|wide| i64::try_from(wide).map_or(ValueKind::I128(wide), ValueKind::I64))
            .unwrap_or_else(|_| ValueKind::String(digits.as_str().to_owned())),
        DeValue::Float(digits) => {
            digits.as_str().parse().map_or(ValueKind::Float(f64::NAN), ValueKind::Float)
        }
        // Dates are of no use to any option; the type check says so.
        DeValue::Datetime(_) => ValueKind::Nil,
        DeValue::Array(items) => ValueKind::Array(
            items
                .iter()
                .map(|item| Value::new(origin(item.span().start).as_ref(), kind(item.get_ref(), origin)))
                .collect(),
        ),
        DeValue::Table(entries) => ValueKind::Table(
            entries
                .iter()
                .map(|(key, item)| {
                    let value = Value::new(origin(item.span().start).as_ref(), kind(item.get_ref(), origin));
                    (key.get_ref().as_ref().to_owned(), value)
                })
                .collect::<Map<_, _>>(),
        ),
    }
}
