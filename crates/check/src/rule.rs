use crate::{Severity, closure, host, inside, key, package, repository, together, upgrade};

/// One way in which a client can be disappointed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// Never changes and is never given to another rule.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is refused, in a few words.
    pub title: &'static str,
    /// What the client says or does; in its own words where it has some.
    pub why: &'static str,
    /// What to do about it.
    pub way_out: &'static str,
}

/// Rules as a table: a name, a code, a severity, and the three texts.
macro_rules! rule_table {
    ($($name:ident $code:literal $severity:ident $title:literal $why:literal $way_out:literal;)+) => {
        $(pub(crate) const $name: Rule = Rule {
            code: $code,
            severity: crate::Severity::$severity,
            title: $title,
            why: $why,
            way_out: $way_out,
        };)+

        const ALL: &[Rule] = &[$($name),+];

        pub(crate) fn all_rules() -> impl Iterator<Item = &'static Rule> {
            ALL.iter()
        }
    };
}

pub(crate) use rule_table;

/// The rules about packages beside one another.
const RELATIONS: [&Rule; 10] = [
    &closure::UNMET,
    &together::CONFLICT,
    &together::BASE_CONFLICT,
    &together::FILES,
    &together::FIRMWARE,
    &upgrade::OLDER,
    &upgrade::CHANGED,
    &upgrade::DISAGREE,
    &upgrade::LEFT,
    &upgrade::BEHIND,
];

/// All rules, by code.
pub fn rules() -> Vec<&'static Rule> {
    let mut all: Vec<_> = package::all_rules()
        .chain(inside::all_rules())
        .chain(repository::all_rules())
        .chain(key::all_rules())
        .chain(RELATIONS)
        .chain(host::all_rules())
        .collect();
    all.sort_by_key(|rule| rule.code);
    all
}

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().into_iter().find(|rule| rule.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_one_rule_and_every_rule_is_explained() {
        let rules = rules();
        for pair in rules.windows(2) {
            assert_ne!(pair[0].code, pair[1].code);
        }
        for rule in rules {
            assert!(rule.code.starts_with("EL6-"), "{}", rule.code);
            for text in [rule.title, rule.why, rule.way_out] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", rule.code);
            }
        }
    }
}
