//! SARIF 2.1.0 (OASIS): what code scanning services read.

use serde::Serialize;

use crate::{Checked, Finding, Rule, Severity, explain, rules};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A log with one run. It is data: whoever prints it chooses how.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sarif {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tool {
    driver: Driver,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
}

#[derive(Clone, Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Text {
    text: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    suppressions: Vec<Suppression>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Clone, Debug, Serialize)]
struct Artifact {
    uri: String,
}

/// Services show no result that has none, so the beginning stands for the file.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Clone, Debug, Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

/// All that was found, with all rules.
pub fn sarif(checked: &[Checked]) -> Sarif {
    let rules = rules();
    let results = checked
        .iter()
        .flat_map(|one| one.findings.iter().map(move |finding| (one, finding)))
        .map(|(one, finding)| outcome(one, finding, &rules))
        .collect();
    let driver = Driver {
        name: "xen4centos check",
        version: env!("CARGO_PKG_VERSION"),
        rules: rules.iter().map(|rule| descriptor(rule)).collect(),
    };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    Sarif { schema: SCHEMA, version: "2.1.0", runs: [run] }
}

fn descriptor(rule: &Rule) -> Descriptor {
    let text = |text: String| Text { text };
    let matters = explain(rule.code).ok().and_then(|explanation| explanation.matters);
    let help = match matters {
        Some(matters) => format!("The client: {}. Way out: {}. {matters}.", rule.why, rule.way_out),
        None => format!("The client: {}. Way out: {}.", rule.why, rule.way_out),
    };
    Descriptor {
        id: rule.code,
        short_description: text(rule.title.to_owned()),
        full_description: text(format!("{}: {}", rule.title, rule.why)),
        help: text(help),
        default_configuration: Configuration { level: level(rule.severity) },
    }
}

fn outcome(checked: &Checked, finding: &Finding, rules: &[&Rule]) -> Outcome {
    let suppression = |waived: &crate::Waived| Suppression {
        kind: "external",
        status: "accepted",
        justification: format!("{} (until {}, {})", waived.reason, waived.expires, waived.place),
    };
    Outcome {
        rule_id: finding.code,
        rule_index: rules.iter().position(|rule| rule.code == finding.code).unwrap_or_default(),
        level: level(finding.severity),
        message: Text { text: format!("{}: {}", finding.subject, finding.message) },
        locations: [Location {
            physical_location: Physical {
                artifact_location: Artifact { uri: uri(checked.location(finding).as_str()) },
                region: Region { start_line: 1 },
            },
        }],
        suppressions: finding.waived.iter().map(suppression).collect(),
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A path as a URI reference: all that could mean something else in one is quoted.
fn uri(path: &str) -> String {
    let start = if path.starts_with('/') { "file://" } else { "" };
    path.bytes().fold(start.to_owned(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"/-._~+".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            write!(uri, "%{byte:02X}").expect("writing to a string does not fail");
        }
        uri
    })
}
