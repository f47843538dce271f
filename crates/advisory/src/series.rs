//! Which releases the prose of an advisory means: «Xen 4.3.x, Xen 4.2.x», «xen-unstable - Xen 4.16.x», «Xen 3.4 and onward are
//! vulnerable».

/// The first two numbers of a release: those that share a branch of fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series(u32, u32);

/// What is newer than all releases.
const UNSTABLE: Series = Series(u32::MAX, 0);

/// A word of a list of releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Release(Series),
    /// Between two releases: all from one to the other.
    Through,
    Other,
}

impl Series {
    /// Of a version such as `4.2.5`, `4.2.x` or `4.2`.
    pub fn of(version: &str) -> Option<Self> {
        let version = version.trim_matches(|c: char| "(),.;:".contains(c));
        let mut parts = version.split('.');
        let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let is_rest = |part: &str| part == "x" || part.parse::<u32>().is_ok();
        parts.all(is_rest).then_some(Self(major, minor))
    }

    /// Whether a list of what a patch is for has it. One for Linux that says no more is for any.
    pub(crate) fn is_named_in(self, list: &str) -> bool {
        let words = words(list);
        let mut releases = words.iter().filter(|word| matches!(word, Word::Release(_)));
        if releases.next().is_none() {
            return list.trim().eq_ignore_ascii_case("linux");
        }
        self.is_among(&words)
    }

    fn is_among(self, words: &[Word]) -> bool {
        let within = |between: &[Word]| match *between {
            [Word::Release(one), Word::Through, Word::Release(other)] => {
                (one.min(other)..=one.max(other)).contains(&self)
            }
            _ => false,
        };
        words.contains(&Word::Release(self)) || words.windows(3).any(within)
    }

    /// Whether the text of a section on vulnerable systems says so; nothing where it speaks of them in another way.
    pub(crate) fn is_affected(self, text: &str) -> Option<bool> {
        let verdicts: Vec<bool> =
            text.split(". ").filter_map(|sentence| self.is_affected_by(&sentence.to_lowercase())).collect();
        if verdicts.is_empty() { None } else { Some(verdicts.contains(&true)) }
    }

    fn is_affected_by(self, sentence: &str) -> Option<bool> {
        let has =
            |word: &str| sentence.split(|c: char| !c.is_ascii_alphanumeric()).any(|other| other == word);
        if !has("xen") || !(has("vulnerable") || has("affected")) || has("not") || has("no") || has("arm") {
            return None;
        }
        let words = words(sentence);
        let first = words.iter().find_map(|word| match word {
            Word::Release(series) => Some(*series),
            _ => None,
        });
        let is_open = ["onward", "onwards", "later", "newer", "upwards", "above", "since"];
        match first {
            None if has("all") && (has("version") || has("versions")) => Some(true),
            None => None,
            Some(first) if is_open.iter().any(|word| has(word)) => Some(first <= self),
            Some(_) if has("earlier") || has("older") || has("before") => None,
            Some(_) => Some(self.is_among(&words)),
        }
    }
}

fn words(list: &str) -> Vec<Word> {
    let words = list.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    words.filter(|word| !word.eq_ignore_ascii_case("xen")).flat_map(one).collect()
}

/// `4.4-4.2` is three.
fn one(word: &str) -> Vec<Word> {
    if let Some((from, to)) = word.split_once('-')
        && let (Some(from), Some(to)) = (Series::of(from), Series::of(to))
    {
        return vec![Word::Release(from), Word::Through, Word::Release(to)];
    }
    let known = match word.to_ascii_lowercase().as_str() {
        "xen-unstable" | "unstable" => Word::Release(UNSTABLE),
        "-" | "..." | ".." | "\u{2013}" | "to" | "through" => Word::Through,
        _ => Series::of(word).map_or(Word::Other, Word::Release),
    };
    vec![known]
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Series = Series(4, 2);

    #[test]
    fn lists_and_ranges_name_releases() {
        let yes = [
            "xen-unstable, Xen 4.4.x, Xen 4.3.x, Xen 4.2.x",
            "Xen 4.3.x, 4.2.x",
            "xen-unstable - Xen 4.1.x",
            "Xen 4.4.x - Xen 4.2.x",
            "Xen 4.4-4.1",
            "Xen 4.0 ... 4.3",
            "Xen 4.2",
        ];
        let no =
            ["Xen 4.3.x", "xen-unstable - Xen 4.3.x", "Xen 4.12.x, Xen 14.2.x", "xen-unstable", "Linux", ""];
        assert!(yes.iter().all(|list| OURS.is_named_in(list)));
        assert_eq!(no.map(|list| OURS.is_named_in(list)), [false, false, false, false, true, false]);
    }

    #[test]
    fn prose_says_which_are_vulnerable() {
        let cases = [
            ("Xen 3.4 and onward are vulnerable. Only x86 systems are vulnerable.", Some(true)),
            (
                "All Xen versions from at least 3.2 onwards are vulnerable. Older versions have not been looked at.",
                Some(true),
            ),
            (
                "Xen versions 3.2.x and later are affected. (Only Xen 4.6 and later has more of it.)",
                Some(true),
            ),
            ("All versions of Xen are vulnerable.", Some(true)),
            ("Xen 4.11 and onward are vulnerable.", Some(false)),
            ("Xen versions 4.3 through 4.5 are vulnerable.", Some(false)),
            ("Xen versions 4.1 to 4.5 are vulnerable.", Some(true)),
            ("Xen 4.4.x is vulnerable. Xen 4.3 and earlier are not vulnerable.", Some(false)),
            ("Only systems with a device of that kind are vulnerable.", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(OURS.is_affected(text), expected, "{text}");
        }
    }
}
