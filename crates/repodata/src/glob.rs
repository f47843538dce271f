/// Whether the shell would take `pattern` for `text`: `*`, `?`, and sets such as `[a-z]` and `[!a]`. `*` also stands
/// for slashes, as dnf has it.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    if !is_glob(pattern) {
        return pattern == text;
    }
    let (mut pattern, mut text) = (pattern, text);
    // Where the last `*` was, and what it stands for so far ends where this begins.
    let mut star: Option<(&str, &str)> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix('*') {
            star = Some((rest, text));
            pattern = rest;
            continue;
        }
        if pattern.is_empty() && text.is_empty() {
            return true;
        }
        if let Some((rest_of_pattern, rest)) = one(pattern, text) {
            (pattern, text) = (rest_of_pattern, rest);
            continue;
        }
        // The last `*` stands for one character more; those before it need not change.
        let Some((after, from)) = star else { return false };
        let mut characters = from.chars();
        if characters.next().is_none() {
            return false;
        }
        let from = characters.as_str();
        star = Some((after, from));
        (pattern, text) = (after, from);
    }
}

/// Whether a pattern has anything but itself to match.
pub(crate) fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// Takes one character and what stands for it in the pattern.
fn one<'a>(pattern: &'a str, text: &'a str) -> Option<(&'a str, &'a str)> {
    let (mut wanted, mut characters) = (pattern.chars(), text.chars());
    let character = characters.next()?;
    match wanted.next()? {
        '?' => {}
        '[' => {
            // What has no end is no set.
            if let Some((set, rest)) = set(wanted.as_str()) {
                return contains(set, character).then_some((rest, characters.as_str()));
            }
            if character != '[' {
                return None;
            }
        }
        other if other == character => {}
        _ => return None,
    }
    Some((wanted.as_str(), characters.as_str()))
}

/// The content of a set, and what follows it. `]` as the first character belongs to it.
fn set(behind: &str) -> Option<(&str, &str)> {
    let start = usize::from(behind.starts_with(['!', '^']));
    let first = behind[start..].chars().next()?.len_utf8();
    let end = start + first + behind[start + first..].find(']')?;
    Some((&behind[..end], &behind[end + 1..]))
}

fn contains(set: &str, character: char) -> bool {
    let (negated, set) = match set.strip_prefix(['!', '^']) {
        Some(set) => (true, set),
        None => (false, set),
    };
    let characters: Vec<char> = set.chars().collect();
    let mut at = 0;
    let mut found = false;
    while at < characters.len() {
        if let [from, '-', to, ..] = characters[at..] {
            found |= (from..=to).contains(&character);
            at += 3;
        } else {
            found |= characters[at] == character;
            at += 1;
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_stand_for_texts() {
        for (pattern, yes, no) in [
            ("a", "a", "b"),
            ("a*", "abc", "ba"),
            ("*a*b", "xaxab", "xaxa"),
            ("a?c", "aäc", "ac"),
            ("[a-c]x", "bx", "dx"),
            ("[!a]x", "bx", "ax"),
            ("[]]", "]", "x"),
            ("[x", "[x", "x"),
            ("a[-]", "a-", "a"),
            ("*", "", "\0never\0"),
            ("/usr/*/x", "/usr/a/b/x", "/usr/x"),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes}");
            assert!(pattern == "*" || !matches(pattern, no), "{pattern} {no}");
        }
        // Time does not explode.
        assert!(!matches(&"a*".repeat(1000), &"a".repeat(900)));
    }
}
