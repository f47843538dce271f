//! What a tree says of its symbols to people, without the tree: small enough to be kept beside a configuration, so that
//! two can be compared in the tree's terms when the sources are packed away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{KconfigTree, SymbolKind};

/// Kinds, prompts and menus of a tree's symbols.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Symbols(BTreeMap<String, SymbolNote>);

/// What is known of one symbol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SymbolNote {
    /// Whether it can be a module.
    pub driver: bool,
    /// What a person is asked about it; none for what can not be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The menus around it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub menu: Vec<String>,
}

impl Symbols {
    /// A symbol by its name without `CONFIG_`.
    pub fn get(&self, symbol: &str) -> Option<&SymbolNote> {
        self.0.get(symbol)
    }

    /// Whether no symbol is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With what `other` knows and this does not: a symbol that a newer tree dropped is known to the older one.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for (symbol, note) in other.0 {
            self.0.entry(symbol).or_insert(note);
        }
        self
    }
}

impl From<&KconfigTree> for Symbols {
    fn from(tree: &KconfigTree) -> Self {
        let note = |(name, symbol): (&String, &crate::Symbol)| {
            let prompt = symbol.definitions.iter().find_map(|definition| definition.prompt.clone());
            let driver = symbol.kind == SymbolKind::Tristate;
            (name.clone(), SymbolNote { driver, prompt, menu: tree.menu(name).to_vec() })
        };
        Self(tree.symbols.iter().map(note).collect())
    }
}
