//! Which variables a template looks at: the identifiers of its expressions, outside `{% raw %}`.

use std::collections::BTreeSet;

/// Dotted names such as `option.xend` or `patch_commands`, from all `{{ … }}` and `{% … %}`.
pub(crate) fn references(template: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = template;
    let mut raw = false;
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let statement = rest[start..].starts_with("{%");
        let body = &rest[start + 2..];
        let Some(end) = body.find(if statement { "%}" } else { "}}" }) else { break };
        let text = &body[..end];
        let word = text.trim_matches(|character: char| character == '-' || character.is_whitespace());
        match (statement, raw, word) {
            (true, false, "raw") => raw = true,
            (true, true, "endraw") => raw = false,
            (_, true, _) => {
                // Only `{% endraw %}` ends it; anything else is text.
                rest = &rest[start + 2..];
                continue;
            }
            _ => collect(text, &mut names),
        }
        rest = &body[end + 2..];
    }
    names
}

fn collect(expression: &str, names: &mut BTreeSet<String>) {
    let mut quote: Option<char> = None;
    let mut name = String::new();
    for character in expression.chars().chain([' ']) {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => continue,
            None if character == '"' || character == '\'' || character == '`' => quote = Some(character),
            None => {}
        }
        if quote.is_none() && (character.is_ascii_alphanumeric() || character == '_' || character == '.') {
            name.push(character);
        } else if !name.is_empty() {
            names.insert(std::mem::take(&mut name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_expressions_only() {
        let template = "option.text {{ package.name | upper }}{% if option.xend and root.gcc_major >= 5 %}\n\
                        {% raw %}{{ hidden }}{% endraw %}{% if x == \"option.quoted\" %}{{-patches-}}";
        let found = references(template);
        for name in ["package.name", "option.xend", "root.gcc_major", "patches", "x"] {
            assert!(found.contains(name), "{name} in {found:?}");
        }
        for name in ["option.text", "hidden", "option.quoted"] {
            assert!(!found.contains(name), "{name} in {found:?}");
        }
    }
}
