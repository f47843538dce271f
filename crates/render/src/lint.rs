//! Where RPM's syntax and tera's collide, found before tera reads the text.
//!
//! `{#` (as in `${#array[@]}`) starts a tera comment and can silently delete text up to a later `#}`; `%{{ x }}`
//! loses its braces. Both are refused outside `{% raw %}`, whatever they were meant to be.

use crate::LintFinding;

/// All findings, in order.
pub(crate) fn lint(template: &str) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    let mut raw = false;
    for (index, line) in template.lines().enumerate() {
        let mut position = 0;
        while position < line.len() {
            let rest = &line[position..];
            if let Some(length) = raw_tag(rest, raw) {
                raw = !raw;
                position += length;
                continue;
            }
            if !raw && let Some(finding) = collision(rest) {
                findings.push(LintFinding { line: index + 1, ..finding });
                position += 2;
                continue;
            }
            position += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    findings
}

/// The length of `{% raw %}` (outside) or `{% endraw %}` (inside) at the start of `text`.
fn raw_tag(text: &str, inside: bool) -> Option<usize> {
    let body = text.strip_prefix("{%")?;
    let end = body.find("%}")?;
    let word = body[..end].trim_matches(|character: char| character == '-' || character.is_whitespace());
    (word == if inside { "endraw" } else { "raw" }).then_some(end + 4)
}

fn collision(text: &str) -> Option<LintFinding> {
    let (message, way_out) = if text.starts_with("{#") {
        (
            "`{#` starts a comment for tera, which deletes everything up to the next `#}`",
            "put the line between {% raw %} and {% endraw %}; for comments use `#`",
        )
    } else if text.starts_with("%{{") {
        (
            "`%{{` loses a brace: tera takes `{{` for the start of an expression",
            "write {{ \"%{\" ~ name ~ \"}\" }}, or put the line between {% raw %} and {% endraw %}",
        )
    } else {
        return None;
    };
    Some(LintFinding { line: 0, message: message.to_owned(), way_out: way_out.to_owned() })
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
    }

    #[test]
    fn what_passes_through_tera_is_left_alone() {
        assert_eq!(lines("%{name} %{?dist} %{?a:%{b}} {{ package.name }} {% if x %} }} # {\n"), [0; 0]);
    }

    #[test]
    fn raw_blocks_are_left_alone() {
        assert_eq!(lines("{% raw %}${#a[@]}\n%{{b}}{% endraw %}\n{%- raw -%}{#{% endraw %}{#"), [3]);
    }
}
