use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_toml_tree::{Problem, Problems};

use crate::Value;

/// One wish of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// What it shall be.
    pub value: Value,
    /// The line in the fragment, from 1.
    pub line: usize,
    /// The comment block above it (up to the last blank line), joined to one line: why it is asked for.
    pub reason: String,
}

/// One file of wishes about a kernel's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Where it stands, as reports name it.
    pub file: Utf8PathBuf,
    /// Its settings in the order of the file.
    pub settings: Vec<Setting>,
}

/// What one line of a configuration file is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    Blank,
    Comment(&'a str),
    Setting(&'a str, Value),
    Malformed(String),
}

impl Fragment {
    /// Reads a fragment: `CONFIG_X=y`, `CONFIG_X="text"`, `# CONFIG_X is not set`, comments and blank lines. A
    /// missing final newline is fine.
    ///
    /// # Errors
    /// All malformed lines and all symbols that the fragment sets twice, with their lines.
    pub fn parse(text: &str, file: &Utf8Path) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut settings = Vec::new();
        let mut seen = BTreeMap::new();
        let mut reason: Vec<&str> = Vec::new();
        let mut after_setting = false;
        for (index, text) in text.lines().enumerate() {
            let line = index + 1;
            match classify(text) {
                Line::Blank => reason.clear(),
                Line::Comment(comment) => {
                    if std::mem::take(&mut after_setting) {
                        reason.clear();
                    }
                    reason.push(comment);
                    continue;
                }
                Line::Setting(symbol, value) => {
                    if let Some(before) = seen.insert(symbol.to_owned(), line) {
                        let message = format!("`CONFIG_{symbol}` is set twice, first in line {before}");
                        problems
                            .push(Problem::of_line(file, line, message).hint("keep one of the two lines"));
                    }
                    let reason = reason.join(" ");
                    settings.push(Setting { symbol: symbol.to_owned(), value, line, reason });
                }
                Line::Malformed(message) => problems.push(Problem::of_line(file, line, message)),
            }
            after_setting = true;
        }
        Problems::none_or(problems, Self { file: file.to_owned(), settings })
    }
}

/// A line of a fragment: what somebody writes by hand, and may have meant otherwise.
pub(crate) fn classify(line: &str) -> Line<'_> {
    classify_by(line, fragment_comment)
}

/// A line of a whole configuration, whose comments Kconfig takes as they come.
pub(crate) fn classify_leniently(line: &str) -> Line<'_> {
    classify_by(line, |_, comment| plain_comment(comment))
}

fn classify_by<'a>(line: &'a str, comment_line: fn(&'a str, &'a str) -> Line<'a>) -> Line<'a> {
    let line = line.trim_end();
    if line.trim_start().is_empty() {
        return Line::Blank;
    }
    if let Some(comment) = line.strip_prefix('#') {
        return comment_line(line, comment);
    }
    let Some((name, value)) = line.split_once('=') else {
        return Line::Malformed(format!("expected `CONFIG_NAME=value` or a comment, found `{line}`"));
    };
    let Some(symbol) = symbol_name(name) else {
        return Line::Malformed(format!("expected a name like `CONFIG_XEN` before the `=`, found `{name}`"));
    };
    match Value::parse(value) {
        Some(value) => Line::Setting(symbol, value),
        None => Line::Malformed(format!(
            "expected y, m, n, a number or a quoted string for `CONFIG_{symbol}`, found `{value}`"
        )),
    }
}

fn plain_comment(comment: &str) -> Line<'_> {
    let exact = comment.strip_prefix(' ').and_then(|rest| rest.strip_suffix(" is not set"));
    match exact.and_then(symbol_name) {
        Some(symbol) => Line::Setting(symbol, Value::No),
        None => Line::Comment(comment.trim()),
    }
}

/// A comment that is nearly `# CONFIG_X is not set` would be taken for a mere remark by the kernel's tools, and
/// a setting that is commented out says neither yes nor no.
fn fragment_comment<'a>(line: &'a str, comment: &'a str) -> Line<'a> {
    let mut words = comment.split_whitespace();
    let first = words.next().unwrap_or_default();
    let alone = words.next().is_none();
    match (plain_comment(comment), first.split_once('=')) {
        (Line::Comment(_), Some((name, value)))
            if alone && symbol_name(name).is_some() && Value::parse(value).is_some() =>
        {
            Line::Malformed(format!("`{line}` is commented out: ask for it, or delete it"))
        }
        (Line::Comment(_), None)
            if comment.split_whitespace().skip(1).eq(["is", "not", "set"])
                && symbol_name(first).is_some() =>
        {
            Line::Malformed(format!("expected exactly `# {first} is not set`, found `{line}`"))
        }
        (plain, _) => plain,
    }
}

fn symbol_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("CONFIG_")?;
    let fine = |character: char| character.is_ascii_alphanumeric() || character == '_';
    (!name.is_empty() && name.chars().all(fine)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str, &str)]) {
        let fragment = Fragment::parse(text, "a.config".into()).unwrap();
        let found: Vec<_> = fragment
            .settings
            .iter()
            .map(|setting| (setting.symbol.as_str(), setting.value.to_string(), setting.reason.as_str()))
            .collect();
        let expect: Vec<_> = expect.iter().map(|(a, b, c)| (*a, (*b).to_owned(), *c)).collect();
        assert_eq!(found, expect);
    }

    #[track_caller]
    fn check_bad(text: &str, expect: &[&str]) {
        let problems = Fragment::parse(text, "a.config".into()).unwrap_err();
        assert_eq!(problems.to_string().lines().collect::<Vec<_>>(), expect);
    }

    #[test]
    fn settings_and_their_reasons() {
        check(
            "# The hypervisor\n# interface.\nCONFIG_XEN=y\nCONFIG_NR_CPUS=256\n\n# CONFIG_COMPAT_BRK is not set\n# Name.\nCONFIG_LOCALVERSION=\"\"",
            &[
                ("XEN", "y", "The hypervisor interface."),
                ("NR_CPUS", "256", "The hypervisor interface."),
                ("COMPAT_BRK", "n", ""),
                ("LOCALVERSION", "\"\"", "Name."),
            ],
        );
    }

    #[test]
    fn all_bad_lines_are_named() {
        check_bad(
            "CONFIG_XEN=yCONFIG_TUN=m\nXEN=y\nCONFIG_A=y\n#CONFIG_B is not set\n# CONFIG_C=m\nCONFIG_A=m\nCONFIG_D\n",
            &[
                "a.config:1: expected y, m, n, a number or a quoted string for `CONFIG_XEN`, found `yCONFIG_TUN=m`",
                "a.config:2: expected a name like `CONFIG_XEN` before the `=`, found `XEN`",
                "a.config:4: expected exactly `# CONFIG_B is not set`, found `#CONFIG_B is not set`",
                "a.config:5: `# CONFIG_C=m` is commented out: ask for it, or delete it",
                "a.config:6: `CONFIG_A` is set twice, first in line 3",
                "a.config:7: expected `CONFIG_NAME=value` or a comment, found `CONFIG_D`",
            ],
        );
    }

    #[test]
    fn remarks_about_symbols_are_remarks() {
        check("# CONFIG_XEN=y is what dom0 needs.\n# CONFIG_TMEM is gone\n", &[]);
    }
}
