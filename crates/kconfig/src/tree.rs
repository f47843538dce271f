//! The Kconfig files of a tree, read as far as it takes to say why a symbol has the value that it has.
//!
//! This is no replacement for the tree's own configuration step, which alone decides; it explains. So what it
//! does not know (macros of later kernels, odd lines) it leaves out instead of refusing the tree.

mod expression;
mod lexer;
mod parser;
mod values;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

pub(crate) use expression::Expression;
pub(crate) use values::{Tristate, Values};

use crate::{Config, KconfigError};

/// What kind of value a symbol has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SymbolKind {
    /// Its type is stated nowhere.
    #[default]
    Unknown,
    /// y or n.
    Bool,
    /// y, m or n.
    Tristate,
    /// Text.
    Text,
    /// A decimal number.
    Integer,
    /// A hexadecimal number.
    Hexadecimal,
}

/// A symbol with all places that define it.
#[derive(Clone, Debug, Default)]
pub struct Symbol {
    /// Its type.
    pub kind: SymbolKind,
    /// Where it is defined; never empty.
    pub definitions: Vec<Definition>,
}

/// One `config` block.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The Kconfig file, below the tree's top directory.
    pub file: Utf8PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// Titles of the menus around it, outermost first.
    pub menu: Vec<String>,
    /// What is asked; symbols without it can not be set.
    pub prompt: Option<String>,
    pub(crate) prompt_condition: Expression,
    pub(crate) depends: Expression,
    pub(crate) defaults: Vec<(Expression, Expression)>,
    pub(crate) ranges: Vec<(String, String, Expression)>,
    pub(crate) choice: Option<usize>,
}

/// A set of symbols of which one is y.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    pub(crate) prompt: String,
    pub(crate) members: Vec<String>,
}

/// `select`, seen from the selected symbol.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(crate) by: String,
    pub(crate) condition: Expression,
}

/// All that a tree's Kconfig files say about its symbols.
#[derive(Clone, Debug, Default)]
pub struct KconfigTree {
    pub(crate) symbols: BTreeMap<String, Symbol>,
    pub(crate) choices: Vec<Choice>,
    pub(crate) selections: BTreeMap<String, Vec<Selection>>,
    pub(crate) environment: BTreeMap<String, String>,
}

impl KconfigTree {
    /// Reads `Kconfig` in `root` and all that it names, for x86_64.
    ///
    /// # Errors
    /// When a file is not there, can not be read, or names itself through others.
    pub fn load(root: &Utf8Path) -> Result<Self, KconfigError> {
        let environment = [("ARCH", "x86_64"), ("SRCARCH", "x86"), ("SUBARCH", "x86")];
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        parser::load(root, environment)
    }

    /// A symbol by its name without `CONFIG_`.
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.symbols.get(name)
    }

    /// The names of all symbols, sorted.
    pub fn symbol_names(&self) -> impl Iterator<Item = &str> {
        self.symbols.keys().map(String::as_str)
    }

    /// Number of symbols.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether no Kconfig file defines any symbol.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// The menus around the first definition that has a prompt (or around the first one), outermost first.
    pub fn menu(&self, name: &str) -> &[String] {
        let Some(symbol) = self.symbols.get(name) else { return &[] };
        let prompted = symbol.definitions.iter().find(|definition| definition.prompt.is_some());
        prompted.or(symbol.definitions.first()).map_or(&[], |definition| &definition.menu)
    }

    pub(crate) fn values<'a>(&'a self, config: &'a Config) -> Values<'a> {
        Values::new(config, &self.environment)
    }
}
