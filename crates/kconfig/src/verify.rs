use std::fmt;

use crate::{Config, KconfigTree, Loss, Origin, Request, Value, explain::Explainer, suggest::suggest};

/// A wish that the tree's configuration step did not fulfil.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Lost {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// What was asked.
    pub asked: Value,
    /// What it is.
    pub got: Value,
    /// The fragment and line that asked.
    pub origin: Origin,
    /// Why, where the tree is at hand.
    pub loss: Option<Loss>,
}

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { symbol, asked, got, origin, loss } = self;
        write!(formatter, "{origin}: CONFIG_{symbol} asked {asked}, got {got}")?;
        match loss {
            Some(loss) => write!(formatter, ": {loss}"),
            None => Ok(()),
        }
    }
}

/// The wishes that do not hold in `config`, sorted by symbol; with the tree's Kconfig files, why not.
///
/// A symbol that the configuration does not mention is `n`: so is one that the tree does not know, and to ask
/// that it be `n` holds.
pub fn verify(request: &Request, config: &Config, tree: Option<&KconfigTree>) -> Vec<Lost> {
    let explainer = tree.map(|tree| Explainer::new(tree, config, request));
    let lost = request.wishes().filter(|(symbol, wish)| !wish.value.means(config.value_or_no(symbol)));
    lost.map(|(symbol, wish)| Lost {
        symbol: symbol.to_owned(),
        asked: wish.value.clone(),
        got: config.value_or_no(symbol).clone(),
        origin: wish.origin.clone(),
        loss: explainer.as_ref().map(|explainer| explainer.explain(symbol, &wish.value)),
    })
    .collect()
}

/// A wish about a symbol that the tree does not know. Where `n` was asked it holds, but perhaps it was meant for
/// a symbol of another name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unknown {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// The fragment and line that asked.
    pub origin: Origin,
    /// Names of the tree that are nearly the same.
    pub suggestions: Vec<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: CONFIG_{} is no symbol of this tree", self.origin, self.symbol)?;
        if self.suggestions.is_empty() {
            return Ok(());
        }
        write!(formatter, " (did you mean {}?)", self.suggestions.join(" or "))
    }
}

/// The wishes about symbols that the tree does not know, sorted by symbol.
pub fn unknown(request: &Request, tree: &KconfigTree) -> Vec<Unknown> {
    let unknown = request.wishes().filter(|(symbol, _)| tree.symbol(symbol).is_none());
    unknown
        .map(|(symbol, wish)| Unknown {
            symbol: symbol.to_owned(),
            origin: wish.origin.clone(),
            suggestions: suggest(symbol, tree.symbol_names()),
        })
        .collect()
}
