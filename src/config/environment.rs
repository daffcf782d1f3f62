//! `TIDEGAUGE__SECTION__KEY` variables as a layer.

use std::{collections::HashMap, env};

use ::config::Value;

use super::{
    errors::ConfigError,
    layer::Layer,
    table::{is_section, option_at, unknown_option, unknown_section},
};

/// What every variable of the configuration begins with.
pub(super) const PREFIX: &str = "TIDEGAUGE__";

/// The process's environment, for `Settings::load`. Bytes that are not UTF-8 become U+FFFD, which `load` refuses in
/// variables of its own.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

/// The variable that sets `path`.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}

/// Walks the variables with the prefix; others are none of our business.
pub(super) fn layer(
    variables: impl Iterator<Item = (String, String)>,
    errors: &mut Vec<ConfigError>,
) -> Layer {
    let mut layer = Layer::default();
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut ours: Vec<(String, String)> = variables
        .filter(|(name, _)| name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX)))
        .collect();
    ours.sort();
    for (variable, text) in ours {
        let path = variable[PREFIX.len()..].to_ascii_lowercase().replace("__", ".");
        if let Some(earlier) = seen.insert(path.clone(), variable.clone()) {
            errors.push(ConfigError::option(
                path,
                format!("set by {earlier} and by {variable}; keep one"),
                None,
            ));
        } else if text.contains('\u{FFFD}') {
            errors.push(ConfigError::option(
                path,
                "not UTF-8; use a file for binary values",
                Some(&variable),
            ));
        } else {
            one(&mut layer, &path, &text, &variable, errors);
        }
    }
    layer
}

fn one(layer: &mut Layer, path: &str, text: &str, variable: &str, errors: &mut Vec<ConfigError>) {
    let (section, rest) = path.split_once('.').unwrap_or((path, ""));
    if !is_section(section) {
        errors.push(unknown_section(section, variable));
        return;
    }
    let (key, name) = rest.split_once('.').map_or((rest, None), |(key, name)| (key, Some(name)));
    let origin = Some(variable.to_owned());
    match (option_at(section, key), name) {
        (Some(option), None) if option.is_map => errors.push(ConfigError::option(
            option.path,
            format!(
                "takes a variable for each entry, like {variable}__SECURITY_PROTOCOL for security.protocol"
            ),
            Some(variable),
        )),
        (Some(option), None) => {
            layer.set(section, key, Value::new(origin.as_ref(), (option.from_env)(text)));
        }
        (Some(option), Some(name)) if option.is_map => {
            // librdkafka's names have dots where variables have underscores, and no underscores of their own.
            let name = name.replace('_', ".");
            layer.set_in_map(section, key, &name, Value::new(origin.as_ref(), text.to_owned()));
        }
        _ => errors.push(unknown_option(section, rest, variable)),
    }
}
