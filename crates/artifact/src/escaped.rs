use std::borrow::Cow;

/// A text without what terminals obey, which may come from a package, a file name or a server: control characters are
/// escaped, but for those in `kept`.
pub fn escape_controls<'t>(text: &'t str, kept: &[char]) -> Cow<'t, str> {
    let is_wild = |character: char| character.is_control() && !kept.contains(&character);
    if !text.contains(is_wild) {
        return Cow::Borrowed(text);
    }
    let tamed = |character: char| {
        if is_wild(character) { character.escape_default().to_string() } else { character.to_string() }
    };
    Cow::Owned(text.chars().map(tamed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_obey_is_escaped() {
        assert_eq!(escape_controls("größe\n\tof `a`", &['\n', '\t']), "größe\n\tof `a`");
        assert_eq!(escape_controls("a\u{1b}[2J\nb\u{9b}", &[]), "a\\u{1b}[2J\\nb\\u{9b}");
    }
}
