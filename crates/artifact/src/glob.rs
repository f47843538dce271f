//! Patterns of names, as the shell, yum and createrepo_c's `--excludes` have them.

/// Whether all of `text` matches: `*` stands for any characters, `?` for one, `[abc]`, `[a-z]` and `[!a]` for one of a set.
pub fn matches_glob(pattern: &str, text: &str) -> bool {
    matches(pattern, text, one)
}

/// As [`matches_glob`], but brackets are characters like others, as to `g_pattern_match` of glib, and so to createrepo_c.
pub fn matches_wildcards(pattern: &str, text: &str) -> bool {
    matches(pattern, text, |pattern, character| match pattern.first()? {
        '?' => Some(1),
        literal => (*literal == character).then_some(1),
    })
}

/// `one` says how many characters of the pattern match a character.
fn matches(pattern: &str, text: &str, one: impl Fn(&[char], char) -> Option<usize>) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position) = (0, 0);
    // Where to go on if what follows the last `*` does not fit: that `*` then takes one character more.
    let mut retry: Option<(usize, usize)> = None;
    while position < text.len() {
        if pattern.get(at) == Some(&'*') {
            retry = Some((at + 1, position));
            at += 1;
            continue;
        }
        match one(&pattern[at..], text[position]) {
            Some(length) => (at, position) = (at + length, position + 1),
            None => match &mut retry {
                Some((after, taken)) => {
                    *taken += 1;
                    (at, position) = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

/// How many characters of the pattern match this one.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => match set(pattern, character) {
            Some((length, true)) => Some(length),
            Some((_, false)) => None,
            // A bracket that is never closed is itself.
            None => (character == '[').then_some(1),
        },
        literal => (*literal == character).then_some(1),
    }
}

/// Length of the set that the pattern begins with, and whether it has the character.
fn set(pattern: &[char], character: char) -> Option<(usize, bool)> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let start = if negated { 2 } else { 1 };
    let end = start + 1 + pattern.get(start + 1..)?.iter().position(|found| *found == ']')?;
    let members = &pattern[start..end];
    let mut has = false;
    let mut index = 0;
    while index < members.len() {
        if let Some(last) = members.get(index + 2)
            && members[index + 1] == '-'
        {
            has |= (members[index]..=*last).contains(&character);
            index += 3;
        } else {
            has |= members[index] == character;
            index += 1;
        }
    }
    Some((end + 1, has != negated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expect) in [
            ("*.src.rpm", "a-1.src.rpm", true),
            ("*.src.rpm", "a-1.noarch.rpm", false),
            ("xen-?.?.*", "xen-4.2.5.rpm", true),
            ("xen", "xen-4", false),
            ("*debug*info*", "xen-debuginfo-4", true),
            ("[a-cx]en*", "xen", true),
            ("[!a-c]en", "ben", false),
            ("[xen", "[xen", true),
            ("*a*b*c", "aabbcc", true),
            ("*a*b*c", "aabbcd", false),
            ("", "", true),
            ("**", "x", true),
        ] {
            assert_eq!(matches_glob(pattern, text), expect, "{pattern} {text}");
        }
        for (pattern, text, expect) in [
            ("[am]*", "alpha", false),
            ("[am]*", "[am]x", true),
            ("a?c*", "abcd", true),
            ("a*c", "abd", false),
        ] {
            assert_eq!(matches_wildcards(pattern, text), expect, "{pattern} {text}");
        }
    }
}
