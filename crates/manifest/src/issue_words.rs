//! What the names in advisories must look like; as [`crate::words`].

use crate::{AdvisoryKind, Complaint, words};

fn is_number(text: &str, least: usize) -> bool {
    text.len() >= least && text.chars().all(|c| c.is_ascii_digit())
}

/// `CVE-2014-7188`
fn is_cve(text: &str) -> bool {
    let parts = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| year.len() == 4 && is_number(year, 4) && is_number(number, 4))
}

pub(crate) fn cve(text: &str) -> Option<Complaint> {
    if is_cve(text) {
        return None;
    }
    Some((format!("`{text}` is no CVE"), Some("such as `CVE-2014-7188`")))
}

/// `XSA-108`, or a CVE.
pub(crate) fn issue(text: &str) -> Option<Complaint> {
    let is_xsa = text.strip_prefix("XSA-").is_some_and(|number| is_number(number, 1));
    if is_xsa || is_cve(text) {
        return None;
    }
    Some((format!("`{text}` is no issue"), Some("such as `XSA-108`, or a CVE where Xen gave no number")))
}

/// `CESA-2026:X0001`: the project's scheme, in which `X` keeps its numbers apart from those of CentOS.
pub(crate) fn advisory_id(text: &str) -> Option<Complaint> {
    let rest =
        AdvisoryKind::WORDS.iter().find_map(|(_, kind)| text.strip_prefix(kind.prefix())?.strip_prefix('-'));
    let parts = rest.and_then(|rest| rest.split_once(":X"));
    if parts.is_some_and(|(year, number)| year.len() == 4 && is_number(year, 4) && is_number(number, 4)) {
        return None;
    }
    Some((
        format!("`{text}` is no id of the project's scheme"),
        Some("such as `CESA-2026:X0001`; CEBA for what mends, CEEA for what is new"),
    ))
}

/// A version and release without dist tag, or a release alone.
pub(crate) fn release(text: &str) -> Option<Complaint> {
    if text.contains(['-', ':']) { words::changelog_version(text) } else { words::version(text) }
}

pub(crate) fn is_commit(text: &str) -> bool {
    (10..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

/// Upstream's commit, for people to find.
pub(crate) fn commit(text: &str) -> Option<Complaint> {
    if is_commit(text) {
        return None;
    }
    Some((format!("`{text}` is no commit"), Some("state its first ten digits or more, in lower case")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&str) -> Option<Complaint>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(rule(text), None, "{text}");
        }
        for text in bad {
            assert!(rule(text).is_some(), "{text}");
        }
    }

    #[test]
    fn names_are_those_of_their_schemes() {
        check(
            cve,
            &["CVE-2014-7188", "CVE-2015-12345"],
            &["CVE-14-7188", "cve-2014-7188", "CVE-2014-1", "XSA-1"],
        );
        check(issue, &["XSA-108", "CVE-2014-7188"], &["XSA-", "XSA-1a", "xsa-108", "108"]);
        check(
            advisory_id,
            &["CESA-2026:X0001", "CEBA-2026:X0012", "CEEA-2027:X10000"],
            &["CESA-2026:0001", "CESA-26:X0001", "RHSA-2026:X0001", "CESA-2026-X0001", "CESA-2026:X1"],
        );
        check(release, &["39", "4.2.5-39", "10:6-7.el6.centos"], &["4.2.5-", "1~rc", "a b"]);
        check(commit, &["22e7a63ee4"], &["22e7a63ee", "22E7A63EE4", ""]);
    }
}
