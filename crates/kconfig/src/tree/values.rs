use std::{collections::BTreeMap, fmt};

use crate::{Config, Value};

/// Kconfig's three truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tristate {
    No,
    Module,
    Yes,
}

impl Tristate {
    pub(crate) const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Module => Self::Module,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Tristate {
    fn from(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

impl From<&Value> for Tristate {
    fn from(value: &Value) -> Self {
        match value {
            Value::Yes => Self::Yes,
            Value::Module => Self::Module,
            _ => Self::No,
        }
    }
}

impl fmt::Display for Tristate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::No => "n",
            Self::Module => "m",
            Self::Yes => "y",
        })
    }
}

/// What symbols are worth: in a configuration, or in the environment of the configuration step (`ARCH`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    config: &'a Config,
    environment: &'a BTreeMap<String, String>,
}

impl<'a> Values<'a> {
    pub(crate) const fn new(config: &'a Config, environment: &'a BTreeMap<String, String>) -> Self {
        Self { config, environment }
    }

    pub(crate) fn tristate(&self, name: &str) -> Tristate {
        match name {
            "y" => Tristate::Yes,
            // Without module support there is nothing between yes and no.
            "m" => Tristate::from(self.config.value_or_no("MODULES")).min(Tristate::Module),
            "n" => Tristate::No,
            _ => Tristate::from(self.config.value_or_no(name)),
        }
    }

    /// What a comparison sees: a name that no configuration knows stands for itself, as `2` does.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.config.value(name) {
            Some(Value::Text(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => match self.environment.get(name) {
                Some(text) => text.clone(),
                None if crate::value::number(name).is_some() || matches!(name, "y" | "m") => name.to_owned(),
                None => "n".to_owned(),
            },
        }
    }

    /// The value as reports show it.
    pub(crate) fn shown(&self, name: &str) -> String {
        match (self.config.value(name), self.environment.get(name)) {
            (Some(value), _) => value.to_string(),
            (None, Some(text)) => text.clone(),
            (None, None) => "n".to_owned(),
        }
    }
}
