//! What of a file matters to what is made of it: its text without comments and what is switched off for good, and without
//! white space where that says nothing. Where a language is not known, all but white space matters.

use std::collections::{BTreeMap, BTreeSet};

use crate::preprocessor::{self, without_dead};

/// How a language writes what it does not mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    /// `/* */` and `//`; lines that begin with `#` are one each.
    C,
    /// `#` to the end of the line; lines and their indentation matter.
    Script,
    /// `(* *)`, nested.
    Ocaml,
    /// Nothing of it runs.
    Prose,
    Unknown,
}

/// Whether two texts of the file of that name come to the same.
pub(crate) fn means_the_same(name: &str, before: &[u8], after: &[u8]) -> bool {
    before == after || {
        let language = language(name, after);
        let texts = |text| meaning(language, text).into_iter().map(|token| token.text);
        texts(before).eq(texts(after))
    }
}

/// The lines, from 0, of a file of that name that have something that matters.
pub(crate) fn live_lines(name: &str, text: &[u8]) -> BTreeSet<usize> {
    let tokens = meaning(language(name, text), text);
    let mut line = line_of(text);
    tokens.iter().filter(|token| token.text != b"\n").map(|token| line(token.at)).collect()
}

/// Of lines that are compiled under conditions only, the lines of those, all from 0.
pub(crate) fn conditions(name: &str, text: &[u8]) -> BTreeMap<usize, BTreeSet<usize>> {
    if language(name, text) != Language::C {
        return BTreeMap::new();
    }
    let mut line = line_of(text);
    let tokens = Scanner::new(text, b"/*", b"*/").tokens(true);
    let lines: BTreeMap<usize, usize> = tokens.iter().map(|token| (token.at, line(token.at))).collect();
    let conditions = preprocessor::conditions(&tokens).into_iter();
    conditions.map(|(at, by)| (lines[&at], by.into_iter().map(|at| lines[&at]).collect())).collect()
}

/// The line, from 0, of one place after the other.
fn line_of(text: &[u8]) -> impl FnMut(usize) -> usize {
    let ends: Vec<usize> =
        text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
    move |at| ends.partition_point(|end| *end < at)
}

const C: [&str; 14] = ["c", "h", "cc", "cpp", "hpp", "S", "s", "y", "l", "lds", "dsl", "asl", "inc", "java"];
const SCRIPT: [&str; 11] = ["py", "sh", "pl", "pm", "mk", "rb", "awk", "conf", "cfg", "rules", "toml"];
const PROSE: [&str; 12] =
    ["txt", "md", "markdown", "pod", "rst", "tex", "html", "1", "5", "8", "pandoc", "texi"];
const PROSE_NAMES: [&str; 9] =
    ["README", "COPYING", "CHANGELOG", "ChangeLog", "MAINTAINERS", "CREDITS", "TODO", "NEWS", "AUTHORS"];

fn language(name: &str, content: &[u8]) -> Language {
    let file = name.rsplit('/').next().unwrap_or(name);
    // Templates of configure end so.
    let file = file.strip_suffix(".in").unwrap_or(file);
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    if PROSE_NAMES.contains(&file) || PROSE.contains(&extension) {
        Language::Prose
    } else if C.contains(&extension) {
        Language::C
    } else if ["ml", "mli"].contains(&extension) {
        Language::Ocaml
    } else if SCRIPT.contains(&extension)
        || ["Makefile", "Kconfig", "Kbuild"].iter().any(|start| file.starts_with(start))
        || content.starts_with(b"#!")
    {
        Language::Script
    } else {
        Language::Unknown
    }
}

/// A part of a text that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// Where it begins.
    pub(crate) at: usize,
    /// [`DIRECTIVE`] where a line of the preprocessor begins, and a line feed where it ends.
    pub(crate) text: Vec<u8>,
}

pub(crate) type Tokens = Vec<Token>;

/// A `#` at the beginning of a line.
pub(crate) const DIRECTIVE: &[u8] = b"\n#";

fn meaning(language: Language, text: &[u8]) -> Tokens {
    match language {
        Language::Prose => Vec::new(),
        Language::C => without_dead(Scanner::new(text, b"/*", b"*/").tokens(true)),
        Language::Ocaml => Scanner::new(text, b"(*", b"*)").tokens(false),
        Language::Script => script(text),
        Language::Unknown => {
            let words = placed(text, u8::is_ascii_whitespace).filter(|(_, word)| !word.is_empty());
            words.map(|(at, word)| Token { at, text: word.to_vec() }).collect()
        }
    }
}

/// The parts of a text between what separates them, each with its place.
fn placed(text: &[u8], separates: impl Fn(&u8) -> bool) -> impl Iterator<Item = (usize, &[u8])> {
    let mut next = 0;
    text.split(separates).map(move |part| {
        let at = next;
        next += part.len() + 1;
        (at, part)
    })
}

/// Lines without comments, blank ends and empty lines. A `#` begins a comment at the start of a word, outside of quotes.
fn script(text: &[u8]) -> Tokens {
    let lines = placed(text, |&byte| byte == b'\n').map(|(at, line)| {
        let is_interpreter = at == 0 && line.starts_with(b"#!");
        let end = if is_interpreter { line.len() } else { comment_start(line) };
        Token { at, text: line[..end].trim_ascii_end().to_vec() }
    });
    lines.filter(|line| !line.text.is_empty()).collect()
}

fn comment_start(line: &[u8]) -> usize {
    let mut quote = None;
    let mut before = b' ';
    for (index, &byte) in line.iter().enumerate() {
        match quote {
            Some(open) if byte == open && before != b'\\' => quote = None,
            None if byte == b'#' && before.is_ascii_whitespace() => return index,
            None if [b'"', b'\''].contains(&byte) && before != b'\\' => quote = Some(byte),
            _ => {}
        }
        before = byte;
    }
    line.len()
}

/// Splits a text of a language with block comments into words, strings and signs.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    open: &'static [u8],
    close: &'static [u8],
}

impl<'t> Scanner<'t> {
    fn new(text: &'t [u8], open: &'static [u8], close: &'static [u8]) -> Self {
        Self { text, at: 0, open, close }
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn tokens(&mut self, is_c: bool) -> Tokens {
        let mut tokens = Tokens::new();
        // A line that begins with `#` ends where it ends; elsewhere lines mean nothing.
        let (mut is_line_start, mut is_directive) = (true, false);
        while let Some(&byte) = self.rest().first() {
            if byte == b'\n' {
                if is_directive {
                    tokens.push(Token { at: self.at, text: b"\n".to_vec() });
                }
                (is_line_start, is_directive) = (true, false);
                self.at += 1;
            } else if self.rest().starts_with(b"\\\n") {
                self.at += 2;
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if self.rest().starts_with(self.open) {
                self.skip_comment(!is_c);
            } else if is_c && self.rest().starts_with(b"//") {
                self.at += self.rest().iter().position(|&byte| byte == b'\n').unwrap_or(self.rest().len());
            } else {
                let begins_directive = is_c && is_line_start && byte == b'#';
                is_directive |= begins_directive;
                is_line_start = false;
                let at = self.at;
                let text = self.token(byte);
                tokens.push(Token { at, text: if begins_directive { DIRECTIVE.to_vec() } else { text } });
            }
        }
        tokens
    }

    fn skip_comment(&mut self, nests: bool) {
        self.at += self.open.len();
        let mut depth = 1;
        while depth > 0 && !self.rest().is_empty() {
            if self.rest().starts_with(self.close) {
                depth -= 1;
                self.at += self.close.len();
            } else if nests && self.rest().starts_with(self.open) {
                depth += 1;
                self.at += self.open.len();
            } else {
                self.at += 1;
            }
        }
    }

    fn token(&mut self, first: u8) -> Vec<u8> {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        let length = if first == b'"' {
            self.quoted(b'"')
        } else if is_word(&first) {
            self.rest().iter().take_while(|byte| is_word(byte)).count()
        } else if first == b'\'' {
            self.character()
        } else {
            1
        };
        let token = self.rest()[..length].to_vec();
        self.at += length;
        token
    }

    fn quoted(&self, quote: u8) -> usize {
        let mut escaped = false;
        for (index, &byte) in self.rest().iter().enumerate().skip(1) {
            if byte == quote && !escaped {
                return index + 1;
            }
            escaped = byte == b'\\' && !escaped;
        }
        self.rest().len()
    }

    /// `'a'` and `'\n'`; an apostrophe of another kind is one sign.
    fn character(&self) -> usize {
        let near = &self.rest()[..self.rest().len().min(8)];
        let end = Scanner { text: near, at: 0, open: self.open, close: self.close }.quoted(b'\'');
        let is_character = near.get(end - 1) == Some(&b'\'') && end > 1 && !near[..end].contains(&b'\n');
        if is_character { end } else { 1 }
    }
}
