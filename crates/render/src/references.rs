//! Which variables a template looks at, found without rendering it: a branch that is not taken counts as well.
//!
//! tera itself notices an undefined variable only where it comes to print it; in `{% if option.xedn %}` it is false,
//! and the feature silently gone. So what a template makes itself is followed, too: each name as far as it is seen, and
//! what stands behind it.
//!
//! The templates that come here are such as tera takes; of others, what can be read is.

use crate::{
    LintFinding,
    scope::{Scope, Shape},
    tags::{Comments, Piece, Tag, Token, pieces},
};

/// A variable of the context that a template looks at, such as `option.xend` or `patch_commands`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// With its members: `source["a"].file` is `source.a.file`, and `p.file` with `p` of `patches` is `patches[].file`.
    pub(crate) name: String,
    /// As the template has it.
    pub(crate) written: String,
    /// From 1.
    pub(crate) line: usize,
}

/// All that a template looks at, in order.
#[derive(Debug, Default)]
pub(crate) struct References {
    pub(crate) found: Vec<Reference>,
    /// What is wrong whatever the context has.
    pub(crate) faults: Vec<LintFinding>,
}

pub(crate) fn references(template: &str) -> References {
    let mut walker = Walker::default();
    for piece in pieces(template, Comments::Skipped) {
        let Piece::Tag(tag) = piece else { continue };
        let mut cursor = Cursor { tokens: &tag.tokens, line: tag.line };
        if tag.is_statement {
            walker.statement(&mut cursor, &tag);
        } else {
            walker.expression(&mut cursor, Ternary::Taken);
        }
    }
    walker.references.faults.extend(walker.scope.unread());
    walker.references.faults.sort_by_key(|fault| fault.line);
    walker.references
}

struct Cursor<'c, 't> {
    tokens: &'c [(Token<'t>, usize)],
    /// Of what was taken last.
    line: usize,
}

impl<'t> Cursor<'_, 't> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.first().map(|(token, _)| *token)
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let ((token, line), rest) = self.tokens.split_first()?;
        (self.tokens, self.line) = (rest, *line);
        Some(*token)
    }

    fn takes(&mut self, token: Token<'_>) -> bool {
        let is_next = self.peek() == Some(token);
        if is_next {
            self.next();
        }
        is_next
    }

    fn takes_any(&mut self, tokens: &[Token<'_>]) -> bool {
        tokens.iter().any(|token| self.takes(*token))
    }

    fn name(&mut self) -> Option<&'t str> {
        let Some(Token::Name(name)) = self.peek() else { return None };
        self.next();
        Some(name)
    }
}

/// Whether `if` continues an expression. After the list of a comprehension it does not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ternary {
    Taken,
    Left,
}

const BINARY: [Token<'_>; 17] = [
    Token::Sign("+"),
    Token::Sign("-"),
    Token::Sign("*"),
    Token::Sign("/"),
    Token::Sign("%"),
    Token::Sign("//"),
    Token::Sign("**"),
    Token::Sign("=="),
    Token::Sign("!="),
    Token::Sign("<"),
    Token::Sign(">"),
    Token::Sign("<="),
    Token::Sign(">="),
    Token::Sign("~"),
    Token::Name("in"),
    Token::Name("and"),
    Token::Name("or"),
];

const CONSTANTS: [&str; 7] = ["true", "True", "false", "False", "none", "None", "null"];

#[derive(Default)]
struct Walker {
    references: References,
    scope: Scope,
}

impl Walker {
    fn fault(&mut self, line: usize, message: String, way_out: &str) {
        self.references.faults.push(LintFinding { line, message, way_out: way_out.to_owned() });
    }

    fn statement(&mut self, cursor: &mut Cursor<'_, '_>, tag: &Tag<'_>) {
        match cursor.next() {
            Some(Token::Name("if")) => {
                self.expression(cursor, Ternary::Taken);
                self.scope.open_if();
            }
            Some(Token::Name("elif")) => {
                self.scope.next_way(false);
                self.expression(cursor, Ternary::Taken);
            }
            Some(Token::Name("else")) => self.scope.next_way(true),
            Some(Token::Name("for")) => {
                let names = loop_names(cursor);
                let list = self.expression(cursor, Ternary::Taken);
                self.scope.open_for();
                self.bind_loop(&names, list);
                self.scope.bind("loop", Shape::Loop);
            }
            Some(Token::Name(word @ ("set" | "set_global"))) => self.set(cursor, word == "set_global"),
            Some(Token::Name("filter")) => {
                self.filter(cursor, Shape::Opaque);
                self.filters(cursor, Shape::Opaque);
                self.scope.open_filter();
            }
            Some(Token::Name("endif" | "endfor" | "endset" | "endfilter")) => self.scope.close(),
            Some(Token::Name("break" | "continue" | "endblock" | "endcomponent") | Token::Sign("</"))
            | None => {}
            Some(Token::Name(word)) => self.unfollowed(tag.line, &format!("{{% {word} %}}")),
            Some(_) => self.unfollowed(tag.line, "a component"),
        }
    }

    /// What the template is made of would be told elsewhere, or under names that are bound elsewhere.
    fn unfollowed(&mut self, line: usize, what: &str) {
        let message = format!("`{what}` is not taken here: which variables it looks at can not be followed");
        self.fault(line, message, "a template is one file of text, `if`, `for` and `set`");
    }

    fn set(&mut self, cursor: &mut Cursor<'_, '_>, is_global: bool) {
        let Some(name) = cursor.name() else { return };
        let line = cursor.line;
        if cursor.takes(Token::Sign("=")) {
            let shape = self.expression(cursor, Ternary::Taken);
            self.scope.set(name, shape, line, is_global);
        } else {
            self.filters(cursor, Shape::Opaque);
            self.scope.open_set(name, line, is_global);
        }
    }

    fn bind_loop(&mut self, names: &[&str], list: Shape) {
        let element = match list {
            Shape::Path(path) => Shape::Path(path + "[]"),
            _ => Shape::Opaque,
        };
        if let [key, _] = names {
            self.scope.bind(key, Shape::Opaque);
        }
        if let Some(value) = names.last() {
            self.scope.bind(value, element);
        }
    }

    fn expression(&mut self, cursor: &mut Cursor<'_, '_>, ternary: Ternary) -> Shape {
        let mut shape = self.operand(cursor);
        loop {
            if cursor.takes(Token::Name("is")) {
                cursor.takes(Token::Name("not"));
                self.filter(cursor, Shape::Opaque);
            } else if cursor.takes_any(&BINARY) {
                self.operand(cursor);
            } else if cursor.takes(Token::Name("not")) {
                // The `in` of `not in` comes next.
            } else if ternary == Ternary::Taken && cursor.takes(Token::Name("if")) {
                self.expression(cursor, Ternary::Taken);
                cursor.takes(Token::Name("else"));
                self.expression(cursor, Ternary::Taken);
            } else {
                return shape;
            }
            shape = Shape::Opaque;
        }
    }

    /// With the signs before it, and the subscripts and filters after it.
    fn operand(&mut self, cursor: &mut Cursor<'_, '_>) -> Shape {
        while cursor.takes_any(&[Token::Sign("-"), Token::Name("not")]) {}
        let shape = match cursor.next() {
            Some(Token::Name(name)) if CONSTANTS.contains(&name) => Shape::Opaque,
            Some(Token::Name(name)) if cursor.peek() == Some(Token::Sign("(")) => {
                self.arguments(cursor, &Shape::Opaque);
                if name == "super" {
                    self.unfollowed(cursor.line, "super()");
                }
                Shape::Opaque
            }
            Some(Token::Name(name)) => self.variable(cursor, name),
            Some(Token::Sign("(")) => {
                let shape = self.expression(cursor, Ternary::Taken);
                cursor.takes(Token::Sign(")"));
                shape
            }
            Some(Token::Sign("[")) => self.list(cursor),
            Some(Token::Sign("{")) => self.map(cursor),
            Some(Token::Sign("<")) => {
                self.unfollowed(cursor.line, "a component");
                cursor.tokens = &[];
                Shape::Opaque
            }
            _ => Shape::Opaque,
        };
        // Subscripts of what is no name: the value is computed.
        while cursor.takes_any(&[Token::Sign("["), Token::Sign("?[")]) {
            self.subscript(cursor);
        }
        self.filters(cursor, shape)
    }

    /// A name with its members.
    fn variable(&mut self, cursor: &mut Cursor<'_, '_>, name: &str) -> Shape {
        let line = cursor.line;
        let local = self.scope.look(name);
        let mut written = name.to_owned();
        let base = match &local {
            Some(Shape::Path(path)) => path.clone(),
            _ => name.to_owned(),
        };
        let mut members = String::new();
        while let Some(member) = self.member(cursor) {
            written += &member;
            members += &member;
        }
        let is_whole = members.is_empty();
        match local {
            None | Some(Shape::Path(_)) => {
                let name = base + &members;
                self.references.found.push(Reference { name: name.clone(), written, line });
                return Shape::Path(name);
            }
            Some(Shape::Loop) if is_whole => {
                self.references.found.push(Reference { name: "loop".to_owned(), written, line });
            }
            Some(Shape::Sometimes) => {
                let message = format!("`{name}` is not set on every way that leads here");
                self.fault(line, message, "set it before the `if` or `for`");
            }
            Some(Shape::Opaque) if !is_whole => {
                let message = format!("`{written}`: which members `{name}` has can not be known");
                self.fault(line, message, "name the member where its value comes from");
            }
            Some(Shape::Loop | Shape::Opaque) => {}
        }
        Shape::Opaque
    }

    /// `.member`, `["member"]`, or `[]` for an element of a list; slices are like the whole.
    fn member(&mut self, cursor: &mut Cursor<'_, '_>) -> Option<String> {
        if cursor.takes_any(&[Token::Sign("."), Token::Sign("?.")]) {
            return cursor.name().map(|name| format!(".{name}"));
        }
        if !cursor.takes_any(&[Token::Sign("["), Token::Sign("?[")]) {
            return None;
        }
        if let [(Token::Text(text), _), (Token::Sign("]"), _), ..] = cursor.tokens {
            cursor.tokens = &cursor.tokens[2..];
            return Some(format!(".{text}"));
        }
        Some(if self.subscript(cursor) { String::new() } else { "[]".to_owned() })
    }

    /// What stands between the brackets, and the closing one; whether it is a slice.
    fn subscript(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        let mut is_slice = false;
        while !cursor.takes(Token::Sign("]")) {
            if cursor.takes(Token::Sign(":")) {
                is_slice = true;
            } else if cursor.peek().is_some() {
                self.expression(cursor, Ternary::Taken);
            } else {
                break;
            }
        }
        is_slice
    }

    fn filters(&mut self, cursor: &mut Cursor<'_, '_>, mut shape: Shape) -> Shape {
        while cursor.takes(Token::Sign("|")) {
            shape = self.filter(cursor, shape);
        }
        shape
    }

    /// The name of a filter or test, with its arguments.
    fn filter(&mut self, cursor: &mut Cursor<'_, '_>, subject: Shape) -> Shape {
        let name = cursor.name().unwrap_or_default();
        if cursor.peek() == Some(Token::Sign("(")) {
            self.arguments(cursor, &subject);
        }
        match (name, subject) {
            ("first" | "last" | "nth", Shape::Path(path)) => Shape::Path(path + "[]"),
            ("reverse" | "sort" | "unique", subject) => subject,
            _ => Shape::Opaque,
        }
    }

    /// `(name=value, …)`; the value of `attribute` names a member of the subject's elements.
    fn arguments(&mut self, cursor: &mut Cursor<'_, '_>, subject: &Shape) {
        cursor.next();
        while let Some(name) = cursor.name() {
            cursor.takes(Token::Sign("="));
            if let (Shape::Path(path), "attribute", Some(Token::Text(text))) = (subject, name, cursor.peek())
            {
                let written = format!("{path}[].{text}");
                self.references.found.push(Reference { name: written.clone(), written, line: cursor.line });
            }
            self.expression(cursor, Ternary::Taken);
            cursor.takes(Token::Sign(","));
        }
        cursor.takes(Token::Sign(")"));
    }

    fn list(&mut self, cursor: &mut Cursor<'_, '_>) -> Shape {
        let Some(comprehension) = of_comprehension(cursor.tokens) else {
            self.items(cursor, "]");
            return Shape::Opaque;
        };
        let (item, rest) = cursor.tokens.split_at(comprehension);
        let mut rest = Cursor { tokens: &rest[1..], line: cursor.line };
        let names = loop_names(&mut rest);
        let list = self.expression(&mut rest, Ternary::Left);
        let outer = self.scope.keep();
        self.bind_loop(&names, list);
        if rest.takes(Token::Name("if")) {
            self.expression(&mut rest, Ternary::Left);
        }
        self.expression(&mut Cursor { tokens: item, line: cursor.line }, Ternary::Taken);
        self.scope.restore(outer);
        rest.takes(Token::Sign("]"));
        (cursor.tokens, cursor.line) = (rest.tokens, rest.line);
        Shape::Opaque
    }

    fn map(&mut self, cursor: &mut Cursor<'_, '_>) -> Shape {
        self.items(cursor, "}");
        Shape::Opaque
    }

    /// Expressions between commas, colons and `...`, up to the closing sign.
    fn items(&mut self, cursor: &mut Cursor<'_, '_>, close: &str) {
        while cursor.peek().is_some() && !cursor.takes(Token::Sign(close)) {
            if !cursor.takes_any(&[Token::Sign(","), Token::Sign(":"), Token::Sign("...")]) {
                self.expression(cursor, Ternary::Taken);
            }
        }
    }
}

/// `name in` or `key, value in`.
fn loop_names<'t>(cursor: &mut Cursor<'_, 't>) -> Vec<&'t str> {
    let mut names = Vec::new();
    while let Some(name) = cursor.name().filter(|name| *name != "in") {
        names.push(name);
        cursor.takes(Token::Sign(","));
    }
    names
}

/// Where the `for` of a list comprehension stands, if the list that these tokens begin in is one.
fn of_comprehension(tokens: &[(Token<'_>, usize)]) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, (token, _)) in tokens.iter().enumerate() {
        match token {
            Token::Sign("(" | "[" | "?[" | "{") => depth += 1,
            Token::Sign(")" | "]" | "}") => depth = depth.checked_sub(1)?,
            Token::Name("for") if depth == 0 => return Some(index),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expect: &[(&str, usize)]) {
        let references = references(template);
        let found: Vec<(&str, usize)> =
            references.found.iter().map(|reference| (reference.name.as_str(), reference.line)).collect();
        assert_eq!(found, expect, "{template}");
        assert_eq!(references.faults, [], "{template}");
    }

    /// Lines and messages of what is wrong with the template's own variables.
    fn check_faults(template: &str, expect: &[(usize, &str)]) {
        let references = references(template);
        let faults: Vec<(usize, &str)> =
            references.faults.iter().map(|fault| (fault.line, fault.message.as_str())).collect();
        assert_eq!(faults, expect, "{template}");
    }

    #[test]
    fn names_are_found_in_expressions_only() {
        check(
            "option.text {{ package.name | upper }}\n{% if option.xend and root.gcc_major >= 5 -%}\n{{-patches-}}",
            &[("package.name", 1), ("option.xend", 2), ("root.gcc_major", 2), ("patches", 3)],
        );
        check("{% if x == \"option.quoted\" %}{{ '}}' ~ y }}", &[("x", 1), ("y", 1)]);
        check("{{ a\n~\nb }}", &[("a", 1), ("b", 3)]);
        check(
            "{{ a if not b else -c.d }}{{ (e)[f] }}",
            &[("a", 1), ("b", 1), ("c.d", 1), ("e", 1), ("f", 1)],
        );
    }

    #[test]
    fn subscripts_are_members() {
        check("{{ source[\"a-b\"].file }} {{ source['c'] }}", &[("source.a-b.file", 1), ("source.c", 1)]);
        check("{{ a[0].b }}{{ a[b.c]?.d }}", &[("a[].b", 1), ("b.c", 1), ("a[].d", 1)]);
        check("{{ a[1:] }}", &[("a", 1)]);
    }

    #[test]
    fn what_the_template_makes_itself_is_followed() {
        check(
            "{% for patch in patches %}{{ patch.file }}{{ loop.index }}{% endfor %}{{ patch.file }}",
            &[("patches", 1), ("patches[].file", 1), ("patch.file", 1)],
        );
        check("{% set n = upstream %}{{ n.index }}", &[("upstream", 1), ("upstream.index", 1)]);
        check(
            "{% set p = a | sort(attribute=\"b\") | first %}{{ p.c }}",
            &[("a", 1), ("a[].b", 1), ("a[].c", 1)],
        );
        check("{{ [p.a for p in ps if p.b] }}{{ p }}", &[("ps", 1), ("ps[].b", 1), ("ps[].a", 1), ("p", 1)]);
        check(
            "{% for k, v in a %}{{ k }}{{ v.b }}{% else %}{{ v }}{% endfor %}",
            &[("a", 1), ("a[].b", 1), ("v", 1)],
        );
        check("{% set t | trim %}{{ a }}{% endset %}{{ t }}", &[("a", 1)]);
    }

    #[test]
    fn filters_tests_functions_and_arguments_are_no_variables() {
        check(
            "{{ a | default(value=b) }}{% if c is defined %}{% endif %}{% if d is not containing(\"x\") %}{{ range(end=3) }}",
            &[("a", 1), ("b", 1), ("c", 1), ("d", 1)],
        );
        check("{% filter upper | default(value=a) %}{{ b }}{% endfilter %}", &[("a", 1), ("b", 1)]);
        check("{{ {\"a\": b, ...c} }}{{ [d, ...e, null] }}", &[("b", 1), ("c", 1), ("d", 1), ("e", 1)]);
    }

    #[test]
    fn raw_blocks_and_comments_are_text() {
        check("{% raw %}{{ hidden }}${#a}{%{% endraw %}\n{# {{ hidden }} #}{{ seen }}", &[("seen", 2)]);
    }

    #[test]
    fn variables_that_are_set_on_some_ways_only() {
        let sometimes = "`n` is not set on every way that leads here";
        check_faults("{% if a %}{% set n = 1 %}{% endif %}\n{{ n }}", &[(2, sometimes)]);
        check_faults(
            "{% if a %}{% set n = 1 %}{% elif b %}{% else %}{% set n = 2 %}{% endif %}{{ n }}",
            &[(1, sometimes)],
        );
        check_faults("{% if a %}{% set n = 1 %}{% else %}{% set n = 2 %}{% endif %}{{ n }}", &[]);
        check_faults("{% set n = 0 %}{% if a %}{{ n }}{% set n = 1 %}{% endif %}{{ n }}", &[]);
        check_faults("{% for p in a %}{% set_global n = 1 %}{% endfor %}{{ n }}", &[(1, sometimes)]);
        check_faults(
            "{% set n = 0 %}{% for p in a %}{% if n %},{% endif %}{% set_global n = 1 %}{% endfor %}",
            &[],
        );
    }

    #[test]
    fn variables_that_nothing_looks_at() {
        let unread = "`n` is set here, and nothing looks at it";
        check_faults("\n{% set n = 1 %}", &[(2, unread)]);
        check_faults("{% set n %}x{% endset %}", &[(1, unread)]);
        check_faults("{% set n = 1 %}\n{% set n = 2 %}{{ n }}", &[(1, unread)]);
        check_faults("{% for p in a %}{% set n = 1 %}{% endfor %}{{ n }}", &[(1, unread)]);
        check_faults("{{ [n for n in a] }}{% set n = 1 %}", &[(1, unread)]);
    }

    #[test]
    fn what_can_not_be_followed() {
        check_faults(
            "{% set n = a | get(key=\"b\") %}{{ n.c }}",
            &[(1, "`n.c`: which members `n` has can not be known")],
        );
        let not_taken = |what: &str| {
            format!("`{what}` is not taken here: which variables it looks at can not be followed")
        };
        check_faults("{% block b %}{% endblock %}", &[(1, &not_taken("{% block %}"))]);
        check_faults("\n{{ <B a={c} /> }}", &[(2, &not_taken("a component"))]);
    }
}
