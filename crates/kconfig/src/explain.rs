//! Why a symbol does not have the value that was asked for, as far as the tree's Kconfig files tell it.

use std::{collections::BTreeSet, fmt};

use crate::{
    Config, KconfigTree, Request, SymbolKind, Value,
    suggest::suggest,
    tree::{Definition, Expression, Tristate, Values},
    value::number,
};

/// How far the reasons of reasons are followed.
const DEPTH_LIMIT: usize = 3;

/// Why a wish was lost.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Loss {
    /// No Kconfig file knows it.
    NoSuchSymbol {
        /// Names that are nearly the same.
        suggestions: Vec<String>,
    },
    /// It can not be asked for: its value is derived or selected.
    NoPrompt {
        /// What it is derived from, as `value if condition`.
        derived_from: Vec<String>,
        /// Symbols that select it.
        selected_by: Vec<String>,
        /// What keeps it from being derived.
        unmet: Vec<UnmetCondition>,
    },
    /// What it depends on does not hold.
    Unmet {
        /// The parts that fail.
        conditions: Vec<UnmetCondition>,
    },
    /// Something else needs it.
    Selected {
        /// The symbols that select it, with their values.
        by: Vec<String>,
    },
    /// Of a set of symbols of which one holds, another one was taken.
    ChoiceTaken {
        /// What is chosen.
        prompt: String,
        /// Which symbol holds.
        taken: Option<String>,
    },
    /// A module was asked of something that can only be built in.
    NotTristate,
    /// The value is of the wrong type.
    WrongType {
        /// What it should be.
        expected: &'static str,
    },
    /// Modules are switched off.
    NoModules,
    /// The number is too small or too large.
    OutOfRange {
        /// The smallest possible number.
        low: String,
        /// The largest possible number.
        high: String,
    },
    /// The Kconfig files, as far as they are understood here, do not tell.
    Unexplained,
}

/// A condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UnmetCondition {
    /// As Kconfig writes it: `CLEANCACHE || FRONTSWAP`.
    pub condition: String,
    /// What its symbols are, sorted by name.
    pub values: Vec<(String, String)>,
    /// What is known about those of its symbols that are off.
    pub notes: Vec<String>,
}

/// What is needed to say why a wish was lost.
pub(crate) struct Explainer<'a> {
    tree: &'a KconfigTree,
    values: Values<'a>,
    request: &'a Request,
}

impl<'a> Explainer<'a> {
    pub(crate) fn new(tree: &'a KconfigTree, config: &'a Config, request: &'a Request) -> Self {
        Self { tree, values: tree.values(config), request }
    }

    /// Explains why `symbol` is not `asked`.
    pub(crate) fn explain(&self, symbol: &str, asked: &Value) -> Loss {
        let Self { tree, values, .. } = self;
        let Some(definition) = tree.symbol(symbol) else {
            return Loss::NoSuchSymbol { suggestions: suggest(symbol, tree.symbol_names()) };
        };
        let prompted = definition.definitions.iter().find(|definition| definition.prompt.is_some());
        if prompted.is_some()
            && let Some(loss) = wrong_type(definition.kind, asked, values)
        {
            return loss;
        }
        if values.tristate(symbol) > Tristate::from(asked) {
            let by = self.selectors(symbol);
            if !by.is_empty() {
                return Loss::Selected { by };
            }
        }
        let Some(prompted) = prompted else { return self.no_prompt(symbol) };
        let conditions = self.unmet(prompted, needed(definition.kind, asked));
        if !conditions.is_empty() {
            return Loss::Unmet { conditions };
        }
        if let Some(choice) = prompted.choice.and_then(|index| tree.choices.get(index)) {
            let taken = choice.members.iter().find(|member| values.tristate(member) == Tristate::Yes);
            return Loss::ChoiceTaken { prompt: choice.prompt.clone(), taken: taken.cloned() };
        }
        out_of_range(prompted, asked, values).unwrap_or(Loss::Unexplained)
    }

    /// Symbols that are on and select `symbol`, with their values.
    fn selectors(&self, symbol: &str) -> Vec<String> {
        let mut by = BTreeSet::new();
        for selection in self.tree.selections.get(symbol).into_iter().flatten() {
            let strength =
                self.values.tristate(&selection.by).min(selection.condition.evaluate(&self.values));
            if strength > Tristate::No {
                by.insert(format!("{} ({strength})", selection.by));
            }
        }
        by.into_iter().collect()
    }

    fn no_prompt(&self, symbol: &str) -> Loss {
        let definitions = self.tree.symbol(symbol).map_or(&[][..], |symbol| &symbol.definitions);
        let kind = self.tree.symbol(symbol).map(|symbol| symbol.kind);
        let truth = matches!(kind, Some(SymbolKind::Bool | SymbolKind::Tristate));
        let defaults = definitions.iter().flat_map(|definition| {
            definition.defaults.iter().map(|(value, condition)| (value, &definition.depends, condition))
        });
        let mut derived_from = Vec::new();
        let mut conditions = Vec::new();
        for (value, depends, condition) in defaults {
            let all = Expression::all([depends.clone(), condition.clone()]);
            derived_from.push(if all.is_always() { value.to_string() } else { format!("{value} if {all}") });
            if truth {
                let all = Expression::all([value.clone(), all]);
                conditions.extend(self.conditions_of(&all, Tristate::Module, DEPTH_LIMIT));
            }
        }
        let selected_by: BTreeSet<_> =
            self.tree.selections.get(symbol).into_iter().flatten().map(|by| by.by.clone()).collect();
        Loss::NoPrompt { derived_from, selected_by: selected_by.into_iter().collect(), unmet: conditions }
    }

    fn unmet(&self, definition: &Definition, needed: Tristate) -> Vec<UnmetCondition> {
        let condition = Expression::all([definition.depends.clone(), definition.prompt_condition.clone()]);
        self.conditions_of(&condition, needed, DEPTH_LIMIT)
    }

    fn conditions_of(&self, condition: &Expression, needed: Tristate, depth: usize) -> Vec<UnmetCondition> {
        let values = &self.values;
        let mut found: Vec<UnmetCondition> = Vec::new();
        for part in condition.unmet(needed, values) {
            let text = part.to_string();
            if found.iter().any(|unmet| unmet.condition == text) {
                continue;
            }
            let symbols = part.symbols();
            let values_of = symbols.iter().map(|name| ((*name).to_owned(), values.shown(name))).collect();
            let off = symbols.iter().filter(|name| values.tristate(name) == Tristate::No);
            let wanted_on = matches!(part, Expression::Symbol(_) | Expression::Or(_));
            let notes = if wanted_on {
                off.filter_map(|name| self.note(name, needed, depth, &found)).collect()
            } else {
                Vec::new()
            };
            found.push(UnmetCondition { condition: text, values: values_of, notes });
        }
        found
    }

    /// What is known about a symbol that should be on, and is not `said` already.
    fn note(&self, name: &str, needed: Tristate, depth: usize, said: &[UnmetCondition]) -> Option<String> {
        let Some(symbol) = self.tree.symbol(name) else {
            return Some(format!("{name} is no symbol of this tree"));
        };
        if let Some(wish) = self.request.wish(name).filter(|wish| wish.value == Value::No) {
            return Some(format!("{name} is switched off in {}", wish.origin));
        }
        if depth == 0 {
            return None;
        }
        let Some(prompted) = symbol.definitions.iter().find(|definition| definition.prompt.is_some()) else {
            let Loss::NoPrompt { unmet, selected_by, .. } = self.no_prompt(name) else { return None };
            return Some(match unmet.first() {
                Some(first) => format!("{name} has no prompt and needs {first}"),
                None if selected_by.is_empty() => format!("{name} has no prompt and nothing sets it"),
                None => format!("{name} has no prompt, it is selected by {}", some_of(&selected_by)),
            });
        };
        let condition = Expression::all([prompted.depends.clone(), prompted.prompt_condition.clone()]);
        let more = self.conditions_of(&condition, needed, depth - 1);
        let is_said = |first: &UnmetCondition| said.iter().any(|unmet| unmet.condition == first.condition);
        Some(match more.first() {
            Some(first) if is_said(first) => format!("{name} depends on {}, too", first.condition),
            Some(first) => format!("{name} depends on {first}"),
            None => format!("{name} can be asked for"),
        })
    }
}

/// How true a symbol's conditions must be: a bool whose dependency is a module can still be y.
fn needed(kind: SymbolKind, asked: &Value) -> Tristate {
    match (kind, asked) {
        (SymbolKind::Tristate, Value::Yes) => Tristate::Yes,
        _ => Tristate::Module,
    }
}

fn wrong_type(kind: SymbolKind, asked: &Value, values: &Values<'_>) -> Option<Loss> {
    let expected = match (kind, asked) {
        (SymbolKind::Bool, Value::Module) => return Some(Loss::NotTristate),
        (SymbolKind::Tristate, Value::Module) if values.tristate("MODULES") == Tristate::No => {
            return Some(Loss::NoModules);
        }
        (SymbolKind::Bool, Value::Number(_) | Value::Text(_)) => "y or n",
        (SymbolKind::Tristate, Value::Number(_) | Value::Text(_)) => "y, m or n",
        (SymbolKind::Text, Value::Yes | Value::Module | Value::Number(_)) => "a quoted string",
        (SymbolKind::Integer | SymbolKind::Hexadecimal, Value::Yes | Value::Module | Value::Text(_)) => {
            "a number"
        }
        _ => return None,
    };
    Some(Loss::WrongType { expected })
}

fn out_of_range(definition: &Definition, asked: &Value, values: &Values<'_>) -> Option<Loss> {
    let Value::Number(asked) = asked else { return None };
    let asked = number(asked)?;
    let holds = |condition: &Expression| condition.evaluate(values) > Tristate::No;
    let (low, high, _) = definition.ranges.iter().find(|(_, _, condition)| holds(condition))?;
    let (low, high) = (values.text(low), values.text(high));
    let inside = number(&low)? <= asked && asked <= number(&high)?;
    (!inside).then_some(Loss::OutOfRange { low, high })
}

/// At most four of `names`.
fn some_of(names: &[String]) -> String {
    match names.len() {
        0..=4 => names.join(", "),
        more => format!("{} and {} more", names[..3].join(", "), more - 3),
    }
}

/// `CLEANCACHE || FRONTSWAP, both n`
impl fmt::Display for UnmetCondition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.condition)?;
        match self.values.as_slice() {
            [] => {}
            [(name, value)] if *name == self.condition => write!(formatter, ", which is {value}")?,
            [(_, first), rest @ ..] if !rest.is_empty() && rest.iter().all(|(_, value)| value == first) => {
                write!(formatter, ", {} {first}", if rest.len() == 1 { "both" } else { "all" })?;
            }
            values => {
                let values: Vec<_> =
                    values.iter().map(|(name, value)| format!("{name} is {value}")).collect();
                write!(formatter, ", {}", values.join(", "))?;
            }
        }
        if !self.notes.is_empty() {
            write!(formatter, " ({})", self.notes.join("; "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |conditions: &[UnmetCondition]| {
            conditions.iter().map(ToString::to_string).collect::<Vec<_>>().join("; and on ")
        };
        match self {
            Self::NoSuchSymbol { suggestions } if suggestions.is_empty() => {
                formatter.write_str("no such symbol in this tree")
            }
            Self::NoSuchSymbol { suggestions } => {
                write!(formatter, "no such symbol in this tree (did you mean {}?)", suggestions.join(" or "))
            }
            Self::NoPrompt { derived_from, selected_by, unmet } => {
                formatter.write_str("has no prompt: it can only be selected or derived")?;
                if !derived_from.is_empty() {
                    write!(formatter, ", from {}", some_of(derived_from))?;
                }
                if !unmet.is_empty() {
                    write!(formatter, "; that depends on {}", joined(unmet))?;
                }
                if !selected_by.is_empty() {
                    write!(formatter, "; selected by {}", some_of(selected_by))?;
                }
                Ok(())
            }
            Self::Unmet { conditions } => write!(formatter, "depends on {}", joined(conditions)),
            Self::Selected { by } => write!(formatter, "is selected by {}", some_of(by)),
            Self::ChoiceTaken { prompt, taken: Some(taken) } => {
                write!(formatter, "only one of the choice `{prompt}` can hold, and {taken} does")
            }
            Self::ChoiceTaken { prompt, taken: None } => {
                write!(formatter, "is one of the choice `{prompt}`, of which none holds")
            }
            Self::NotTristate => formatter.write_str("can not be a module: ask for y or n"),
            Self::WrongType { expected } => write!(formatter, "has another type: it takes {expected}"),
            Self::NoModules => formatter.write_str("modules are switched off (MODULES is n)"),
            Self::OutOfRange { low, high } => write!(formatter, "must lie between {low} and {high}"),
            Self::Unexplained => formatter.write_str("the tree's Kconfig files do not tell why"),
        }
    }
}
