//! Where RPM's syntax and tera's collide, found before tera reads the text.
//!
//! `{#` (as in `${#array[@]}`) starts a tera comment and can silently delete text up to a later `#}`; `%{{ x }}`
//! loses its braces. Both are refused outside `{% raw %}`, whatever they were meant to be.

use crate::{
    LintFinding,
    tags::{Comments, Piece, pieces},
};

/// All findings, in order.
pub(crate) fn lint(template: &str) -> Vec<LintFinding> {
    pieces(template, Comments::Entered).iter().filter_map(collision).collect()
}

fn collision(piece: &Piece<'_>) -> Option<LintFinding> {
    let (line, message, way_out) = match piece {
        Piece::Comment { line } => (
            *line,
            "`{#` starts a comment for tera, which deletes everything up to the next `#}`",
            "put the line between {% raw %} and {% endraw %}; for comments use `#`",
        ),
        Piece::Tag(tag) if tag.follows_percent && !tag.is_statement => (
            tag.line,
            "`%{{` loses a brace: tera takes `{{` for the start of an expression",
            "write {{ \"%{\" ~ name ~ \"}\" }}, or put the line between {% raw %} and {% endraw %}",
        ),
        Piece::Tag(_) => return None,
    };
    Some(LintFinding { line, message: message.to_owned(), way_out: way_out.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(template: &str) -> Vec<usize> {
        lint(template).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn collisions_are_found_with_their_lines() {
        assert_eq!(lines("ok\nn=${#array[@]}\n%{{ x }}\n"), [2, 3]);
        assert_eq!(lines("{# comment #} {# again #}"), [1, 1]);
        assert_eq!(lines("%{{a,b}\n{# %{{\n"), [1, 2, 2]);
    }

    #[test]
    fn what_passes_through_tera_is_left_alone() {
        assert_eq!(lines("%{name} %{?dist} %{?a:%{b}} {{ package.name }} {% if x %} }} # {\n"), [0; 0]);
    }

    #[test]
    fn raw_blocks_are_left_alone() {
        assert_eq!(lines("{% raw %}${#a[@]}\n%{{b}}{% endraw %}\n{%- raw -%}{#{% endraw %}{#"), [3]);
    }

    /// What only looks like the start of a raw block hides nothing.
    #[test]
    fn raw_in_a_string_is_a_string() {
        assert_eq!(lines("{{ \"{% raw %}\" }}\n${#a[@]} {% if a == '{% raw %}' %}\n%{{ b }}"), [2, 3]);
    }
}
