use std::collections::BTreeMap;

use camino::Utf8Path;
use xen4centos_toml_tree::{Problem, Problems};

use crate::{
    Value,
    fragment::{Line, classify_leniently},
};

/// A whole configuration, as a tree's own configuration step wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    values: BTreeMap<String, Value>,
    sections: BTreeMap<String, String>,
}

impl Config {
    /// Reads a .config. Where a symbol stands twice the last line holds, as for the kernel, and a setting that is
    /// commented out is a comment.
    ///
    /// # Errors
    /// All lines that are no setting and no comment.
    pub fn parse(text: &str, file: &Utf8Path) -> Result<Self, Problems> {
        let mut config = Self::default();
        let mut problems = Vec::new();
        let mut section = "";
        // The comments since the last line that was none.
        let mut comments: Vec<&str> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = classify_leniently(line);
            if let Line::Comment(comment) = line {
                comments.push(comment);
                // The kernel writes the title of each menu as a comment between two empty ones.
                if let [.., "", title, ""] = comments[..]
                    && !title.is_empty()
                {
                    section = title;
                }
                continue;
            }
            comments.clear();
            match line {
                Line::Setting(symbol, value) => {
                    config.sections.insert(symbol.to_owned(), section.to_owned());
                    config.values.insert(symbol.to_owned(), value);
                }
                Line::Malformed(message) => problems.push(Problem::of_line(file, index + 1, message)),
                Line::Blank | Line::Comment(_) => {}
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
        let text =
            format!("{text}#CONFIG_XENFS=y\n# CONFIG_XENFS=y\n#CONFIG_XENFS is not set\n#\nCONFIG_A=m\n");
        let config = Config::parse(&text, ".config".into()).unwrap();
        assert_eq!(config.value("XENFS"), Some(&Value::Module));
        assert_eq!(config.section("A"), "Xen driver support");
        let problems = Config::parse("CONFIG_A=y\n<<<<<<< ours\n", ".config".into()).unwrap_err();
        assert_eq!(problems.0[0].line, 2);
    }
}
