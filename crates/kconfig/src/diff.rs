//! What changed between two configurations, in the words of those who ship kernels: which driver is gone, what
//! became a module, and first of all what Xen would miss.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use crate::{Config, Contract, KconfigTree, SymbolKind, Value, Violation};

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
pub struct Change {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// In which way it changed.
    pub kind: ChangeKind,
    /// What it stands for. Without the tree's Kconfig files only what is a module on one side is a driver.
    pub subject: Subject,
    /// What it was; `n` for what was not mentioned.
    pub before: Value,
    /// What it is.
    pub after: Value,
    /// Parts of the contract that are broken now; empty for most.
    pub violations: Vec<Violation>,
    /// What a person is asked about it, where the tree is at hand.
    pub prompt: Option<String>,
    /// The menus around it, outermost first; without the tree the one that the .config names.
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

/// All symbols that differ: those that break the contract first, then by kind, then by name.
pub fn diff(before: &Config, after: &Config, contract: &Contract, tree: Option<&KconfigTree>) -> Vec<Change> {
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
                subject: subject(tree, symbol, old, new),
                before: old.clone(),
                after: new.clone(),
                violations: contract.check_symbol(after, symbol),
                prompt: tree.and_then(|tree| prompt(tree, symbol)),
                menu: menu(tree, config, symbol),
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

fn subject(tree: Option<&KconfigTree>, symbol: &str, before: &Value, after: &Value) -> Subject {
    let tristate =
        tree.and_then(|tree| tree.symbol(symbol)).is_some_and(|symbol| symbol.kind == SymbolKind::Tristate);
    if tristate || *before == Value::Module || *after == Value::Module {
        Subject::Driver
    } else {
        Subject::Option
    }
}

fn prompt(tree: &KconfigTree, symbol: &str) -> Option<String> {
    tree.symbol(symbol)?.definitions.iter().find_map(|definition| definition.prompt.clone())
}

fn menu(tree: Option<&KconfigTree>, config: &Config, symbol: &str) -> Vec<String> {
    match tree.map(|tree| tree.menu(symbol)) {
        Some(menu) if !menu.is_empty() => menu.to_vec(),
        _ => Some(config.section(symbol))
            .filter(|section| !section.is_empty())
            .map(str::to_owned)
            .into_iter()
            .collect(),
    }
}

/// The changes by their menus, which are sorted by title; each group keeps the order of `changes`.
pub fn group_by_menu(changes: &[Change]) -> Vec<MenuGroup<'_>> {
    let mut groups: BTreeMap<&[String], Vec<&Change>> = BTreeMap::new();
    for change in changes {
        groups.entry(&change.menu).or_default().push(change);
    }
    groups.into_iter().map(|(menu, changes)| MenuGroup { menu: menu.to_vec(), changes }).collect()
}

/// The report for people: what breaks the contract, then everything by menu, then how many of which kind.
pub fn render_diff(changes: &[Change]) -> String {
    let mut text = String::new();
    let mut line = |indentation: &str, content: &dyn fmt::Display| {
        writeln!(text, "{indentation}{content}").expect("writing to a string does not fail");
    };
    if changes.is_empty() {
        line("", &"no difference");
        return text;
    }
    let breaking: Vec<_> = changes.iter().filter(|change| !change.violations.is_empty()).collect();
    if !breaking.is_empty() {
        line("", &"required by Xen:");
        for change in breaking {
            line("  ", change);
            change.violations.iter().for_each(|violation| line("    ", violation));
        }
    }
    for group in group_by_menu(changes) {
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

/// `lost driver   XEN_BLKDEV_BACKEND  m -> n  (Xen block-device backend driver)`
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { symbol, before, after, .. } = self;
        write!(formatter, "{:<13} {symbol} {before} -> {after}", title(self.kind, self.subject))?;
        match &self.prompt {
            Some(prompt) => write!(formatter, " ({prompt})"),
            None => Ok(()),
        }
    }
}
