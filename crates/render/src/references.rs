//! Which variables a template looks at, found without rendering it: a branch that is not taken counts as well.
//!
//! tera itself notices an undefined variable only where it comes to print it; in `{% if option.xedn %}` it is false,
//! and the feature silently gone.

use std::collections::BTreeSet;

/// A variable that a template looks at, such as `option.xend` or `patch_commands`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    /// With its members, `source["a"].file` as `source.a.file`.
    pub(crate) name: String,
    /// From 1.
    pub(crate) line: usize,
}

/// All variables of a template that it does not make itself, in order.
pub(crate) fn references(template: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut locals = BTreeSet::from(["loop".to_owned(), "__tera_context".to_owned()]);
    for tag in tags(template) {
        read_tag(&tag, &mut found, &mut locals);
    }
    found.retain(|reference| !locals.contains(first_segment(&reference.name)));
    found
}

fn first_segment(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// What stands between the delimiters of one expression or statement.
struct Tag<'t> {
    body: &'t str,
    is_statement: bool,
    line: usize,
}

fn tags(template: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut raw = false;
    let mut position = 0;
    while let Some(start) = next_tag(&template[position..]) {
        let start = position + start;
        let is_statement = template[start..].starts_with("{%");
        let body = &template[start + 2..];
        let Some(length) = end_of_tag(body, if is_statement { "%}" } else { "}}" }) else { break };
        let body = &body[..length];
        let word = body.trim_matches(|character: char| character == '-' || character.is_whitespace());
        position = start + 4 + length;
        match (is_statement, raw, word) {
            (true, false, "raw") => raw = true,
            (true, true, "endraw") => raw = false,
            // Only `{% endraw %}` ends it; anything else is text, and may hold the start of that.
            (_, true, _) => position = start + 2,
            _ => tags.push(Tag { body, is_statement, line: line_of(template, start) }),
        }
    }
    tags
}

fn next_tag(text: &str) -> Option<usize> {
    text.find("{{").into_iter().chain(text.find("{%")).min()
}

fn line_of(text: &str, position: usize) -> usize {
    text[..position].matches('\n').count() + 1
}

/// Where the closing delimiter stands, outside of strings.
fn end_of_tag(body: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    for (index, character) in body.char_indices() {
        match quote {
            Some(open) if open != character => {}
            Some(_) => quote = None,
            None if body[index..].starts_with(close) => return Some(index),
            None => quote = Some(character).filter(|character| is_quote(*character)),
        }
    }
    None
}

fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'' | '`')
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Text(String),
    Operator(char),
    /// `==`, which is not the `=` of an assignment.
    Equals,
}

/// Tokens with their lines; numbers are names that nobody looks up.
fn tokens(tag: &Tag<'_>) -> Vec<(Token, usize)> {
    let mut tokens = Vec::new();
    let mut characters = tag.body.chars().peekable();
    let mut line = tag.line;
    while let Some(character) = characters.next() {
        let token = match character {
            '\n' => {
                line += 1;
                continue;
            }
            character if character.is_whitespace() => continue,
            quote if is_quote(quote) => {
                Token::Text(characters.by_ref().take_while(|next| *next != quote).collect())
            }
            '=' if characters.next_if_eq(&'=').is_some() => Token::Equals,
            first if first.is_alphanumeric() || first == '_' => {
                let mut name = String::from(first);
                while let Some(next) =
                    characters.next_if(|next| next.is_alphanumeric() || "_.".contains(*next))
                {
                    name.push(next);
                }
                Token::Name(name)
            }
            other => Token::Operator(other),
        };
        tokens.push((token, line));
    }
    with_subscripts(tokens)
}

/// `a["b"].c` becomes `a.b.c`.
fn with_subscripts(tokens: Vec<(Token, usize)>) -> Vec<(Token, usize)> {
    let mut joined: Vec<(Token, usize)> = Vec::new();
    for (token, line) in tokens {
        joined.push((token, line));
        let text = match &joined[..] {
            [
                ..,
                (Token::Name(_), _),
                (Token::Operator('['), _),
                (Token::Text(text), _),
                (Token::Operator(']'), _),
            ] => {
                format!(".{text}")
            }
            [.., (Token::Name(_), _), (Token::Operator('.'), _), (Token::Name(member), _)] => {
                format!(".{member}")
            }
            _ => continue,
        };
        let parts = if matches!(joined.last(), Some((Token::Operator(']'), _))) { 3 } else { 2 };
        joined.truncate(joined.len() - parts);
        if let Some((Token::Name(name), _)) = joined.last_mut() {
            name.push_str(&text);
        }
    }
    joined
}

const WORDS: [&str; 10] = ["and", "or", "not", "in", "is", "true", "false", "none", "True", "False"];

fn read_tag(tag: &Tag<'_>, found: &mut Vec<Reference>, locals: &mut BTreeSet<String>) {
    let tokens = tokens(tag);
    let words: Vec<&Token> =
        tokens.iter().map(|(token, _)| token).filter(|token| **token != Token::Operator('-')).collect();
    let statement = match (tag.is_statement, words.first()) {
        (true, Some(Token::Name(word))) => word.as_str(),
        _ => "",
    };
    let mut before_in = statement == "for";
    let mut is_first = tag.is_statement;
    for (index, (token, line)) in tokens.iter().enumerate() {
        let Token::Name(name) = token else { continue };
        let before = index.checked_sub(1).map(|index| &tokens[index].0);
        let after = tokens.get(index + 1).map(|(token, _)| token);
        if std::mem::take(&mut is_first) {
            continue;
        }
        if before_in {
            before_in = name != "in";
            locals.insert(name.clone());
            continue;
        }
        match after {
            Some(Token::Operator('=')) if statement.starts_with("set") => drop(locals.insert(name.clone())),
            // A named argument, or the name of a function.
            Some(Token::Operator('=' | '(')) => {}
            _ if is_variable(name, before, statement) => {
                found.push(Reference { name: name.clone(), line: *line });
            }
            _ => {}
        }
    }
}

fn is_variable(name: &str, before: Option<&Token>, statement: &str) -> bool {
    let follows_test = matches!(before, Some(Token::Name(word)) if word == "is");
    let is_filter = matches!(before, Some(Token::Operator('|')));
    let names_itself = ["filter", "block", "endblock", "component", "endcomponent"].contains(&statement);
    let is_word = WORDS.contains(&name) || name.starts_with(|first: char| first.is_ascii_digit());
    !(follows_test || is_filter || names_itself || is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expect: &[(&str, usize)]) {
        let found = references(template);
        let found: Vec<(&str, usize)> =
            found.iter().map(|reference| (reference.name.as_str(), reference.line)).collect();
        assert_eq!(found, expect, "{template}");
    }

    #[test]
    fn names_are_found_in_expressions_only() {
        check(
            "option.text {{ package.name | upper }}\n{% if option.xend and root.gcc_major >= 5 -%}\n{{-patches-}}",
            &[("package.name", 1), ("option.xend", 2), ("root.gcc_major", 2), ("patches", 3)],
        );
        check("{% if x == \"option.quoted\" %}{{ '}}' ~ y }}", &[("x", 1), ("y", 1)]);
        check("{{ a\n~\nb }}", &[("a", 1), ("b", 3)]);
    }

    #[test]
    fn subscripts_are_members() {
        check("{{ source[\"a-b\"].file }} {{ source['c'] }}", &[("source.a-b.file", 1), ("source.c", 1)]);
    }

    #[test]
    fn what_the_template_makes_itself_is_its_own() {
        check(
            "{% for patch in patches %}{{ patch.file }}{{ loop.index }}{% endfor %}{% set n = upstream.index %}{{ n }}",
            &[("patches", 1), ("upstream.index", 1)],
        );
    }

    #[test]
    fn filters_tests_functions_and_arguments_are_no_variables() {
        check(
            "{{ a | default(value=b) }}{% if c is defined %}{% endif %}{% if d is not containing(\"x\") %}{{ range(end=3) }}",
            &[("a", 1), ("b", 1), ("c", 1), ("d", 1)],
        );
    }

    #[test]
    fn raw_blocks_are_text() {
        check("{% raw %}{{ hidden }}${#a}{%{% endraw %}\n{{ seen }}", &[("seen", 2)]);
    }
}
