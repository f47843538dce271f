//! A template cut as tera cuts it: text, raw blocks, comments, and the tags between their delimiters with their tokens.

/// A piece of a template that is more than text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// The start of a comment.
    Comment {
        /// From 1.
        line: usize,
    },
    Tag(Tag<'t>),
}

/// What stands between the delimiters of one expression or statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'t> {
    pub(crate) is_statement: bool,
    /// Whether a `%` stands right before it.
    pub(crate) follows_percent: bool,
    /// From 1.
    pub(crate) line: usize,
    /// With their lines.
    pub(crate) tokens: Vec<(Token<'t>, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    Name(&'t str),
    /// What stands between the quotes.
    Text(&'t str),
    Number,
    Sign(&'t str),
}

/// What becomes of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comments {
    /// As tera does: what stands in them is nothing.
    Skipped,
    /// Nobody meant them: what stands in them is looked at.
    Entered,
}

/// Signs of more than one character, the longest first.
const SIGNS: [&str; 10] = ["...", "//", "**", "==", "!=", ">=", "<=", "</", "?.", "?["];

/// All pieces in order. What follows the start of a tag that never ends is left out, or looked at as if it were text.
pub(crate) fn pieces(template: &str, comments: Comments) -> Vec<Piece<'_>> {
    let mut lexer = Lexer { rest: template, line: 1 };
    let mut pieces = Vec::new();
    while let Some(start) = ["{{", "{%", "{#"].iter().filter_map(|marker| lexer.rest.find(marker)).min() {
        let before = lexer.advance(start);
        let line = lexer.line;
        let open = lexer.advance(2);
        match open {
            "{#" => {
                pieces.push(Piece::Comment { line });
                if comments == Comments::Skipped {
                    let Some(end) = lexer.rest.find("#}") else { break };
                    lexer.advance(end + 2);
                }
            }
            "{%" if lexer.takes_word("raw") => {
                if !lexer.skip_raw() {
                    break;
                }
            }
            open => {
                let is_statement = open == "{%";
                let after_open = Lexer { ..lexer };
                let tokens = lexer.tokens(if is_statement { "%}" } else { "}}" });
                match (&tokens, comments) {
                    (Some(_), _) => {}
                    (None, Comments::Skipped) => break,
                    (None, Comments::Entered) => lexer = after_open,
                }
                let (follows_percent, tokens) = (before.ends_with('%'), tokens.unwrap_or_default());
                pieces.push(Piece::Tag(Tag { is_statement, follows_percent, line, tokens }));
            }
        }
    }
    pieces
}

struct Lexer<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Lexer<'t> {
    fn advance(&mut self, bytes: usize) -> &'t str {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.matches('\n').count();
        self.rest = rest;
        passed
    }

    /// Takes the rest of a statement that is this one word; else stays where it is.
    fn takes_word(&mut self, word: &str) -> bool {
        let white = |character: char| character.is_ascii_whitespace();
        let body = self.rest.strip_prefix('-').unwrap_or(self.rest).trim_start_matches(white);
        let after = body.strip_prefix(word).map(|after| after.trim_start_matches(white));
        let end = after.and_then(|after| after.strip_prefix('-').unwrap_or(after).strip_prefix("%}"));
        if let Some(end) = end {
            self.advance(self.rest.len() - end.len());
        }
        end.is_some()
    }

    /// Up to the end of `{% endraw %}`; false if there is none.
    fn skip_raw(&mut self) -> bool {
        while let Some(start) = self.rest.find("{%") {
            self.advance(start + 2);
            if self.takes_word("endraw") {
                return true;
            }
        }
        false
    }

    /// Up to the end of the tag; none if it never comes.
    fn tokens(&mut self, close: &str) -> Option<Vec<(Token<'t>, usize)>> {
        if self.rest.starts_with('-') {
            self.advance(1);
        }
        let mut tokens = Vec::new();
        loop {
            let white = self.rest.len() - self.rest.trim_start().len();
            self.advance(white);
            let trimmed = self.rest.strip_prefix('-').unwrap_or(self.rest);
            if let Some(rest) = trimmed.strip_prefix(close) {
                self.advance(self.rest.len() - rest.len());
                return Some(tokens);
            }
            let line = self.line;
            tokens.push((self.token()?, line));
        }
    }

    fn token(&mut self) -> Option<Token<'t>> {
        let first = self.rest.chars().next()?;
        if matches!(first, '"' | '\'' | '`') {
            let end = end_of_text(&self.rest[1..], first)?;
            let text = self.advance(end + 2);
            return Some(Token::Text(&text[1..=end]));
        }
        let length = |takes: fn(char) -> bool| self.rest.find(|next| !takes(next)).unwrap_or(self.rest.len());
        if first.is_ascii_digit() {
            // `1.5` is one number, and `1.` too.
            let length = length(|next| next.is_ascii_digit() || next == '.');
            self.advance(length);
            return Some(Token::Number);
        }
        if first.is_alphabetic() || first == '_' {
            let length = length(|next| next.is_alphanumeric() || next == '_');
            return Some(Token::Name(self.advance(length)));
        }
        let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
        let length = sign.map_or(first.len_utf8(), |sign| sign.len());
        Some(Token::Sign(self.advance(length)))
    }
}

/// Where the closing quote stands; a backslash takes the next character with it.
fn end_of_text(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (index, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            character if character == quote => return Some(index),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expect: &[(usize, &str)]) {
        let mut seen = Vec::new();
        for piece in pieces(template, Comments::Skipped) {
            let Piece::Tag(tag) = piece else { continue };
            let words = tag.tokens.iter().map(|(token, _)| match token {
                Token::Name(text) | Token::Sign(text) => (*text).to_owned(),
                Token::Text(text) => format!("'{text}'"),
                Token::Number => "0".to_owned(),
            });
            seen.push((tag.line, words.collect::<Vec<_>>().join(" ")));
        }
        let seen: Vec<(usize, &str)> = seen.iter().map(|(line, words)| (*line, words.as_str())).collect();
        assert_eq!(seen, expect, "{template}");
    }

    #[test]
    fn tags_are_cut_as_tera_cuts_them() {
        check("a.b {{-c.d|e-}}\n{%- if f>=1.5 -%}", &[(1, "c . d | e"), (2, "if f >= 0")]);
        check("{{ \"}}\" ~ 'a\\'}}' ~ b?.c }}{{ d", &[(1, "'}}' ~ 'a\\'}}' ~ b ?. c")]);
        check("{{ \"{% raw %}\" }}{{ a }}", &[(1, "'{% raw %}'"), (1, "a")]);
    }

    #[test]
    fn raw_blocks_and_comments_are_no_tags() {
        check("{% raw %}{{ a }}{% x {%\n{%- endraw -%}{{ b }}", &[(2, "b")]);
        check("{# {{ a }}\n#}{{ b }}{# c", &[(2, "b")]);
    }
}
