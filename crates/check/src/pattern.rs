//! `*` for any characters, `?` for one: what waivers name subjects by.

/// Whether all of `text` is what `pattern` means.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut in_text) = (0, 0);
    // Where the last `*` stands, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while in_text < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(one) if *one == '?' || *one == text[in_text] => {
                at += 1;
                in_text += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                in_text = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        let check = |pattern: &str, text: &str, expect| {
            assert_eq!(matches(pattern, text), expect, "{pattern} {text}");
        };
        check("xen-*", "xen-4.2.5.rpm", true);
        check("xen-*", "libxen-4", false);
        check("*.x86_64.rpm", "a.x86_64.x86_64.rpm", true);
        check("a*b*c", "axxbyybzc", true);
        check("a*b*c", "axxbyybz", false);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("*", "", true);
        check("", "a", false);
        check("a**", "a", true);
        check("ä?", "äö", true);
    }

    proptest::proptest! {
        #[test]
        fn a_text_is_matched_by_itself_and_by_its_ends(text in "[a-z*?/]{0,12}", cut in 0_usize..12) {
            assert!(matches(&text, &text));
            let cut = cut.min(text.len());
            let pattern = format!("{}*", &text[..cut]);
            assert!(matches(&pattern, &text));
        }
    }
}
