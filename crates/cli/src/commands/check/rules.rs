//! What the rules say: all of them, or one at length.

use xen4centos_advisory::{CODES, Code};
use xen4centos_check::{Explanation, explain, family, rules, rules_by_family};

use crate::{failure::Outcome, printer::Printer};

/// What stops updates: `release`, `publish` and `advisory import` name these.
const ADVISORIES: &str = "advisories";

pub(super) fn list(json: bool, printer: &Printer) {
    if json {
        let rows = rules().into_iter().map(|rule| {
            serde_json::json!({
                "code": rule.code, "severity": rule.severity, "title": rule.title, "family": family(rule.code),
                "why": rule.why, "way-out": rule.way_out,
            })
        });
        let codes = CODES.iter().map(|code| {
            serde_json::json!({
                "code": code.code, "severity": "error", "title": code.title, "family": ADVISORIES,
                "why": code.why, "way-out": code.way_out,
            })
        });
        printer.json(&rows.chain(codes).collect::<Vec<_>>());
        return;
    }
    for (family, rules) in rules_by_family() {
        printer.data(format!("{family}:"));
        for rule in rules {
            printer.data(format!("  {:<12} {:<8} {}", rule.code, rule.severity.to_string(), rule.title));
        }
    }
    printer.data(format!("{ADVISORIES}:"));
    for code in CODES {
        printer.data(format!("  {:<14} {}", code.code, code.title));
    }
}

/// What stops an update, and is no rule of packages.
fn explain_code(code: &Code, json: bool, printer: &Printer) {
    if json {
        printer.json(code);
        return;
    }
    let Code { code, title, why, way_out } = code;
    printer.data(format!("{code} {title} ({ADVISORIES})\n"));
    printer.data(format!("why it matters:\n  {why}\nway out:\n  {way_out}"));
}

pub(super) fn explain_one(code: &str, json: bool, printer: &Printer) -> Outcome {
    if let Some(code) = xen4centos_advisory::code(code) {
        explain_code(code, json, printer);
        return Ok(());
    }
    let explanation = explain(code)?;
    if json {
        printer.json(&explanation);
        return Ok(());
    }
    let Explanation { rule, family, row, matters, example } = explanation;
    printer.data(format!("{} {} ({}, {family})\n", rule.code, rule.title, rule.severity));
    let lines = [
        ("what the client says", Some(rule.why)),
        ("why it matters", matters),
        ("what trips it", example),
        ("way out", Some(rule.way_out)),
        ("row of EL6.md", row),
    ];
    for (what, text) in lines {
        if let Some(text) = text {
            printer.data(format!("{what}:\n  {text}"));
        }
    }
    Ok(())
}
