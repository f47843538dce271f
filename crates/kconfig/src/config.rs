use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::{
    Problem, Problems, Value,
    fragment::{Line, classify},
};

/// A whole configuration, as a tree's own configuration step wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    values: BTreeMap<String, Value>,
    sections: BTreeMap<String, String>,
}

impl Config {
    /// Reads a .config. Where a symbol stands twice the last line holds, as for the kernel.
    ///
    /// # Errors
    /// All lines that are no setting and no comment.
    pub fn parse(text: &str, file: &Utf8Path) -> Result<Self, Problems> {
        let mut config = Self::default();
        let mut problems = Vec::new();
        let mut section = "";
        for (index, line) in text.lines().enumerate() {
            match classify(line) {
                // The kernel writes the title of each menu as a comment between two empty ones.
                Line::Blank | Line::Comment("") => {}
                Line::Comment(title) => section = title,
                Line::Setting(symbol, value) => {
                    config.sections.insert(symbol.to_owned(), section.to_owned());
                    config.values.insert(symbol.to_owned(), value);
                }
                Line::Malformed(message) => problems.push(Problem::new(file, index + 1, message)),
            }
        }
        Problems::none_or(problems, config)
    }

    /// The value of `symbol` (without `CONFIG_`); `None` where the configuration does not mention it.
    pub fn value(&self, symbol: &str) -> Option<&Value> {
        self.values.get(symbol)
    }

    /// The value, where a symbol that is not mentioned counts as `n`.
    pub fn value_or_no(&self, symbol: &str) -> &Value {
        self.values.get(symbol).unwrap_or(&Value::No)
    }

    /// All symbols that are mentioned, sorted.
    pub fn values(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.values.iter().map(|(symbol, value)| (symbol.as_str(), value))
    }

    /// The title of the menu that stands above the symbol in the file; empty where there is none.
    pub fn section(&self, symbol: &str) -> &str {
        self.sections.get(symbol).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_sections() {
        let text = "#\n# Automatically generated file; DO NOT EDIT.\n#\nCONFIG_64BIT=y\n\n#\n# Xen driver support\n#\nCONFIG_XENFS=m\n# CONFIG_XEN_DEBUG is not set\n";
        let config = Config::parse(text, ".config".into()).unwrap();
        assert_eq!(config.value("XENFS"), Some(&Value::Module));
        assert_eq!(config.section("XEN_DEBUG"), "Xen driver support");
        assert_eq!(config.value("XEN_TMEM"), None);
        assert_eq!(config.value_or_no("XEN_TMEM"), &Value::No);
        let problems = Config::parse("CONFIG_A=y\n<<<<<<< ours\n", ".config".into()).unwrap_err();
        assert_eq!(problems.0[0].line, 2);
    }
}
