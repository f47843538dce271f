use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    ops::Range,
};

use camino::{Utf8Path, Utf8PathBuf};
use toml::de::DeTable;

use crate::{Problem, Table};

/// The text of one data file, and the problems found in it.
#[derive(Debug)]
pub struct File {
    /// As messages show it.
    pub shown: Utf8PathBuf,
    text: String,
    problems: RefCell<Vec<Problem>>,
    broken: Cell<bool>,
    /// Lines with errors of syntax: what else seems wrong with them follows from those.
    broken_lines: RefCell<BTreeSet<usize>>,
}

/// What stands in a file.
#[derive(Debug)]
pub struct Tree<'a>(DeTable<'a>);

impl File {
    /// The text of a file that was read already; `shown` is what messages call it.
    pub fn new(text: String, shown: Utf8PathBuf) -> Self {
        let (problems, broken, broken_lines) = Default::default();
        Self { shown, text, problems, broken, broken_lines }
    }

    /// Reads a file; one that can not be read is an empty one with a problem.
    pub fn read(path: &Utf8Path, root: &Utf8Path) -> Self {
        let (text, error) = match fs_err::read_to_string(path) {
            Ok(text) => (text, None),
            Err(error) => (String::new(), Some(error)),
        };
        let shown = path.strip_prefix(root).unwrap_or(path).to_owned();
        let file = Self::new(text, shown);
        if let Some(error) = error {
            file.problem(&(0..0), format!("can not be read: {error}"), None);
            file.broken.set(true);
        }
        file
    }

    /// The root table, as much of it as can be read. After a syntax error nothing is called missing any more, as it
    /// may stand in what could not be read.
    pub fn parse(&self) -> Tree<'_> {
        let (tree, errors) = DeTable::parse_recoverable(&self.text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            self.problem(&span, syntax_message(error.message()), None);
        }
        for error in &errors {
            self.broken.set(true);
            self.broken_lines.borrow_mut().insert(self.position(error.span().unwrap_or(0..0).start).0);
        }
        Tree(tree.into_inner())
    }

    /// The root table of its tree; `what` is what messages call it, such as `the file`.
    pub fn root<'a>(&'a self, tree: &'a Tree<'a>, what: &str) -> Table<'a> {
        Table::new(self, what.to_owned(), &tree.0, 0..0)
    }

    /// Reports what is wrong at a place, unless it stands in a line with an error of syntax.
    pub fn problem(&self, span: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        let (line, column) = self.position(span.start);
        if self.broken_lines.borrow().contains(&line) {
            return;
        }
        self.problems.borrow_mut().push(Problem {
            file: self.shown.clone(),
            line,
            column,
            message: message.into(),
            hint,
        });
    }

    /// Line and column, both from 1, of a byte.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Whether some of it could not be read, so that nothing can be said about what is not in it.
    pub fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Whether nothing was found wrong yet.
    pub fn is_sound(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// What was found wrong, in the order in which it was found.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// The parser's own words, in the form that all messages have.
fn syntax_message(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}
