//! What is learned of a published fault, written into `advisories/known/`. As in `draft`, files that people keep are edited as
//! text.

use xen4centos_manifest::KnownIssue;

use crate::draft::{list, quoted};

/// How a package that nobody has spoken of yet stands to an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// The source package.
    pub package: String,
    /// The part of it.
    pub component: String,
    /// Upstream's release that mended it; none where upstream has none.
    pub released_in: Option<String>,
    /// What else is to be known.
    pub note: Option<String>,
}

/// The file with one issue more, at its end.
pub fn with_issue(text: &str, id: &str, title: &str, cves: &[String], learned: &[Learned]) -> String {
    let gap = match text {
        "" => "",
        _ if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let cves = if cves.is_empty() { String::new() } else { format!("cves = {}\n", list(cves)) };
    let learned: String = learned.iter().map(line).collect();
    format!("{text}{gap}[[issue]]\nid = {}\ntitle = {}\n{cves}{learned}", quoted(id), quoted(title))
}

/// The file with what is learned of an issue that stands in it; none where its text has no place for it that can be found
/// for sure.
pub fn with_learned(text: &str, issue: &KnownIssue, learned: &[Learned]) -> Option<String> {
    let line_of_id = format!("id = {}", quoted(&issue.id));
    let mut end = 0;
    let mut is_in = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        is_in = (is_in || line.trim_end() == line_of_id) && !line.starts_with('[');
        at += line.len();
        if is_in && !line.trim().is_empty() && !line.starts_with('#') {
            end = at;
        }
    }
    if end == 0 {
        return None;
    }
    let (before, after) = text.split_at(end);
    let gap = if before.ends_with('\n') { "" } else { "\n" };
    let learned: String = learned.iter().map(line).collect();
    Some(format!("{before}{gap}{learned}{after}"))
}

fn line(learned: &Learned) -> String {
    let Learned { package, component, released_in, note } = learned;
    let state = match released_in {
        Some(release) => format!("\"fixed\", released-in = {}", quoted(release)),
        None => "\"affected\"".to_owned(),
    };
    let note = note.as_ref().map_or_else(String::new, |note| format!(", note = {}", quoted(note)));
    format!("in.{package} = {{ component = {}, state = {state}{note} }}\n", quoted(component))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn learned(package: &str) -> Learned {
        let component = "hypervisor".to_owned();
        Learned { package: package.to_owned(), component, released_in: None, note: None }
    }

    #[test]
    fn an_issue_is_added_at_the_end() {
        let cves = ["CVE-2031-1000".to_owned()];
        let issue = "[[issue]]\nid = \"XSA-901\"\ntitle = \"a \\\"fault\\\"\"\ncves = [\"CVE-2031-1000\"]\n\
                     in.xen = { component = \"hypervisor\", state = \"affected\" }\n";
        assert_eq!(with_issue("", "XSA-901", "a \"fault\"", &cves, &[learned("xen")]), issue);
        let more = with_issue("# known\n", "XSA-901", "a \"fault\"", &cves, &[learned("xen")]);
        assert_eq!(more, format!("# known\n\n{issue}"));
    }

    #[test]
    fn a_package_is_added_to_its_issue() {
        let text =
            "[[issue]]\nid = \"XSA-90\"\nin.xen = {}\n\n# next\n[[issue]]\nid = \"XSA-901\"\nin.xen = {}";
        let issue = |id: &str| KnownIssue {
            id: id.to_owned(),
            title: String::new(),
            cves: Vec::new(),
            statement: None,
            packages: BTreeMap::new(),
            file: "known.toml".into(),
            line: 1,
        };
        let added = "in.kernel = { component = \"hypervisor\", state = \"affected\" }\n";
        let first = text.replacen("{}\n", &format!("{{}}\n{added}"), 1);
        assert_eq!(with_learned(text, &issue("XSA-90"), &[learned("kernel")]), Some(first));
        assert_eq!(
            with_learned(text, &issue("XSA-901"), &[learned("kernel")]),
            Some(format!("{text}\n{added}"))
        );
        assert_eq!(with_learned(text, &issue("XSA-9"), &[learned("kernel")]), None);
    }
}
