//! What changed between two configurations, in the words of those who ship kernels: which driver is gone, what
//! became a module, and first of all what Xen would miss.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use crate::{Config, Contract, RoleNeed, Symbols, Value, Violation};

/// In which way a symbol changed. The order is that of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It was on and is off.
    Lost,
    /// It was built in and is a module: whatever needs it before modules are loaded breaks.
    BuiltInToModule,
    /// It was a module and is built in: module options and blacklists do not reach it any more.
    ModuleToBuiltIn,
    /// A number or text changed, came or went.
    Value,
    /// It was off and is on.
    Gained,
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// It can be a module.
    Driver,
    /// Anything else.
    Option,
}

/// One symbol that is not the same in both configurations.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// In which way it changed.
    pub kind: ChangeKind,
    /// What it stands for. Where the symbol is not known only what is a module on one side is a driver.
    pub subject: Subject,
    /// What it was; `n` for what was not mentioned.
    pub before: Value,
    /// What it is.
    pub after: Value,
    /// Who must have it, by the contract; nobody for most.
    pub required_by: Vec<RoleNeed>,
    /// Parts of the contract that are broken now.
    pub violations: Vec<Violation>,
    /// What a person is asked about it, where the symbol is known.
    pub prompt: Option<String>,
    /// The menus around it, outermost first; where the symbol is not known the one that the .config names.
    pub menu: Vec<String>,
}

/// The changes of one menu.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MenuGroup<'a> {
    /// The menus, outermost first.
    pub menu: Vec<String>,
    /// Its changes, in the order of [`diff`].
    pub changes: Vec<&'a Change>,
}

/// All symbols that differ: those that break the contract first, then by kind, then by name. `known` tells what they
/// stand for; it may be empty.
pub fn diff(before: &Config, after: &Config, contract: &Contract, known: &Symbols) -> Vec<Change> {
    let mut symbols: Vec<_> = before.values().chain(after.values()).map(|(symbol, _)| symbol).collect();
    symbols.sort_unstable();
    symbols.dedup();
    let mut changes: Vec<_> = symbols
        .into_iter()
        .filter_map(|symbol| {
            let (old, new) = (before.value_or_no(symbol), after.value_or_no(symbol));
            let kind = kind(old, new)?;
            let config = if after.value(symbol).is_some() { after } else { before };
            Some(Change {
                symbol: symbol.to_owned(),
                kind,
                subject: subject(known, symbol, old, new),
                before: old.clone(),
                after: new.clone(),
                required_by: contract.roles(symbol).collect(),
                violations: contract.check_symbol(after, symbol),
                prompt: known.get(symbol).and_then(|note| note.prompt.clone()),
                menu: menu(known, config, symbol),
            })
        })
        .collect();
    changes.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    changes
}

fn sort_key(change: &Change) -> (bool, ChangeKind, Subject, &str) {
    (change.violations.is_empty(), change.kind, change.subject, &change.symbol)
}

fn kind(before: &Value, after: &Value) -> Option<ChangeKind> {
    if before.means(after) {
        return None;
    }
    Some(match (before, after) {
        (Value::Yes, Value::Module) => ChangeKind::BuiltInToModule,
        (Value::Module, Value::Yes) => ChangeKind::ModuleToBuiltIn,
        (Value::Yes | Value::Module, Value::No) => ChangeKind::Lost,
        (Value::No, Value::Yes | Value::Module) => ChangeKind::Gained,
        _ => ChangeKind::Value,
    })
}

fn subject(known: &Symbols, symbol: &str, before: &Value, after: &Value) -> Subject {
    let driver = known.get(symbol).is_some_and(|note| note.driver);
    if driver || *before == Value::Module || *after == Value::Module {
        Subject::Driver
    } else {
        Subject::Option
    }
}

/// Of a symbol that is known, the section of the .config says nothing: what stands in no menu comes after the last one.
fn menu(known: &Symbols, config: &Config, symbol: &str) -> Vec<String> {
    match known.get(symbol) {
        Some(note) => note.menu.clone(),
        None => Some(config.section(symbol))
            .filter(|section| !section.is_empty())
            .map(str::to_owned)
            .into_iter()
            .collect(),
    }
}

/// The changes by their menus, which are sorted by title; each group keeps the order of `changes`.
pub fn group_by_menu<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<MenuGroup<'a>> {
    let mut groups: BTreeMap<&[String], Vec<&Change>> = BTreeMap::new();
    for change in changes {
        groups.entry(&change.menu).or_default().push(change);
    }
    groups.into_iter().map(|(menu, changes)| MenuGroup { menu: menu.to_vec(), changes }).collect()
}

/// The report for people: what breaks the contract, then everything else by menu, then how many of which kind.
pub fn render_diff(changes: &[Change]) -> String {
    let mut text = String::new();
    let mut line = |indentation: &str, content: &dyn fmt::Display| {
        writeln!(text, "{indentation}{content}").expect("writing to a string does not fail");
    };
    if changes.is_empty() {
        line("", &"no difference");
        return text;
    }
    let (breaking, others): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| !change.violations.is_empty());
    if !breaking.is_empty() {
        line("", &"required by Xen:");
        for change in breaking {
            line("  ", change);
            for Violation { role, wanted, why, .. } in &change.violations {
                line("    ", &format_args!("{role} {} {wanted}: {why}", role.verb()));
            }
        }
    }
    for group in group_by_menu(others) {
        let title = if group.menu.is_empty() { "General".to_owned() } else { group.menu.join(" > ") };
        line("", &format_args!("{title}:"));
        group.changes.iter().for_each(|change| line("  ", change));
    }
    line("", &counts(changes));
    text
}

fn counts(changes: &[Change]) -> String {
    let mut counts: BTreeMap<(ChangeKind, Subject), usize> = BTreeMap::new();
    for change in changes {
        *counts.entry((change.kind, change.subject)).or_default() += 1;
    }
    let parts: Vec<_> =
        counts.iter().map(|((kind, subject), count)| format!("{} {count}", title(*kind, *subject))).collect();
    format!("{} changed: {}", changes.len(), parts.join(", "))
}

const fn title(kind: ChangeKind, subject: Subject) -> &'static str {
    match (kind, subject) {
        (ChangeKind::Lost, Subject::Driver) => "lost driver",
        (ChangeKind::Lost, Subject::Option) => "lost option",
        (ChangeKind::Gained, Subject::Driver) => "gained driver",
        (ChangeKind::Gained, Subject::Option) => "gained option",
        (ChangeKind::BuiltInToModule, _) => "now a module",
        (ChangeKind::ModuleToBuiltIn, _) => "now built in",
        (ChangeKind::Value, _) => "new value",
    }
}

/// `now a module  XENFS y -> m (Xen filesystem), required by dom0 and domU`; what is broken is left to the violations.
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Value| match (self.kind, value) {
            // A number or text is never off: there was nothing to be asked about.
            (ChangeKind::Value, Value::No) => "none".to_owned(),
            _ => value.to_string(),
        };
        let (before, after) = (shown(&self.before), shown(&self.after));
        write!(formatter, "{:<13} {} {before} -> {after}", title(self.kind, self.subject), self.symbol)?;
        if let Some(prompt) = &self.prompt {
            write!(formatter, " ({prompt})")?;
        }
        if self.required_by.is_empty() || !self.violations.is_empty() {
            return Ok(());
        }
        let roles: Vec<_> = self.required_by.iter().map(ToString::to_string).collect();
        write!(formatter, ", required by {}", roles.join(" and "))
    }
}
