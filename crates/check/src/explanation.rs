//! The rules at length: which row of the contract (EL6.md) each one is, why it matters to a host, and an example.

mod booting;
mod files;
mod hosts;
mod keys;
mod packages;
mod relations;
mod repositories;

use crate::{CheckError, Rule, rule, rules};

/// What is said of a rule beyond the rule itself.
pub(crate) struct Long {
    code: &'static str,
    /// As EL6.md has it.
    row: &'static str,
    matters: &'static str,
    example: &'static str,
}

/// A table of them: a code, a row, and the two texts.
macro_rules! long {
    ($($code:literal $row:literal $matters:literal $example:literal;)+) => {
        &[$(Long { code: $code, row: $row, matters: $matters, example: $example }),+]
    };
}

use long;

/// A rule with all that is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explanation {
    /// The rule.
    #[serde(flatten)]
    pub rule: &'static Rule,
    /// What it is about, such as `packages`.
    pub family: &'static str,
    /// The row of EL6.md that it comes from, where it comes from one.
    pub row: Option<&'static str>,
    /// Why that matters to a host.
    pub matters: Option<&'static str>,
    /// What trips it.
    pub example: Option<&'static str>,
}

/// The families of rules, by how their codes begin, in the order in which they are listed.
const FAMILIES: [(&str, &str); 8] = [
    ("EL6-PKG-", "packages"),
    ("EL6-FILE-", "files in packages"),
    ("EL6-XEN-", "what hosts boot"),
    ("EL6-DEP-", "dependencies"),
    ("EL6-UPG-", "upgrades"),
    ("EL6-REPO-", "repositories"),
    ("EL6-KEY-", "keys"),
    ("EL6-HOST-", "hosts"),
];

/// All there is to say about the rule of a code; case does not matter, nor `EL6-`.
///
/// # Errors
/// [`CheckError::UnknownRule`] with the nearest codes.
pub fn explain(code: &str) -> Result<Explanation, CheckError> {
    let wanted = normalised(code);
    let rule = rule(&wanted)
        .ok_or_else(|| CheckError::UnknownRule { code: code.to_owned(), hint: hint_for(code) })?;
    let long = all().find(|long| long.code == rule.code);
    Ok(Explanation {
        rule,
        family: family(rule.code),
        row: long.map(|long| long.row).filter(|row| !row.is_empty()),
        matters: long.map(|long| long.matters),
        example: long.map(|long| long.example),
    })
}

fn all() -> impl Iterator<Item = &'static Long> {
    packages::ALL
        .iter()
        .chain(files::ALL)
        .chain(repositories::ALL)
        .chain(keys::ALL)
        .chain(booting::ALL)
        .chain(relations::ALL)
        .chain(hosts::ALL)
}

/// What a rule is about, by its code.
pub fn family(code: &str) -> &'static str {
    FAMILIES.iter().find(|(start, _)| code.starts_with(start)).map_or("others", |(_, name)| name)
}

/// The rules by family: those that clients meet first come first.
pub fn rules_by_family() -> Vec<(&'static str, Vec<&'static Rule>)> {
    let names = FAMILIES.iter().map(|(_, name)| *name).chain(["others"]);
    let of = |name| rules().into_iter().filter(move |rule| family(rule.code) == name).collect();
    names.map(|name| (name, of(name))).filter(|(_, rules): &(_, Vec<_>)| !rules.is_empty()).collect()
}

/// `pkg-31` is typed as easily as `EL6-PKG-031`.
fn normalised(code: &str) -> String {
    let upper = code.trim().to_ascii_uppercase();
    let rest = upper.strip_prefix("EL6-").unwrap_or(&upper);
    match rest.rsplit_once('-') {
        Some((family, number)) => format!("EL6-{family}-{number:0>3}"),
        None => format!("EL6-{rest}"),
    }
}

/// How many codes are offered.
const OFFERED: usize = 3;

/// The way out of a code that is none: those that are nearest to it.
pub(crate) fn hint_for(code: &str) -> String {
    let wanted = normalised(code);
    let (family, number) = wanted.rsplit_once('-').unwrap_or((&wanted, ""));
    let number: i64 = number.parse().unwrap_or(0);
    let mut near: Vec<_> = rules()
        .into_iter()
        .filter_map(|rule| {
            let (other, digits) = rule.code.rsplit_once('-')?;
            let away = digits.parse::<i64>().map_or(i64::MAX, |digits| (digits - number).abs());
            Some((letters_apart(family, other), away, rule.code))
        })
        .collect();
    near.sort_unstable();
    let codes: Vec<_> = near.iter().take(OFFERED).map(|(.., code)| format!("`{code}`")).collect();
    format!("the nearest are {}; `check --list` shows all", codes.join(", "))
}

/// How many letters stand elsewhere or are not there: enough to tell the few families apart.
fn letters_apart(left: &str, right: &str) -> usize {
    let mut rest: Vec<char> = right.chars().collect();
    let missing = left.chars().filter(|letter| match rest.iter().position(|other| other == letter) {
        Some(place) => {
            rest.remove(place);
            false
        }
        None => true,
    });
    missing.count() + rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_at_length_is_said_of_a_rule_once() {
        let mut codes: Vec<_> = all().map(|long| long.code).collect();
        codes.sort_unstable();
        for pair in codes.windows(2) {
            assert_ne!(pair[0], pair[1]);
        }
        for long in all() {
            assert!(rule(long.code).is_some(), "{} is no rule", long.code);
            for text in [long.matters, long.example] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", long.code);
            }
        }
    }

    #[test]
    fn codes_are_found_as_they_are_typed() {
        for typed in ["EL6-PKG-031", "el6-pkg-031", "PKG-31", " pkg-031"] {
            assert_eq!(explain(typed).unwrap().rule.code, "EL6-PKG-031", "{typed}");
        }
    }

    #[test]
    fn near_codes_are_offered() {
        let check = |typed: &str, expect: &str| {
            let hint = explain(typed).unwrap_err().hint().unwrap();
            assert!(hint.starts_with(expect), "{typed}: {hint}");
        };
        check("EL6-PKG-035000", "the nearest are `EL6-PKG-");
        check("EL6-PGK-031", "the nearest are `EL6-PKG-031`");
        check("EL6-REPOS-14", "the nearest are `EL6-REPO-014`");
        check("nonsense", "the nearest are `");
        check("", "the nearest are `");
    }
}
