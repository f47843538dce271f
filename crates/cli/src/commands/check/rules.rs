//! What the rules say: all of them, or one at length.

use xen4centos_check::{Explanation, explain, family, rules, rules_by_family};

use crate::{failure::Outcome, printer::Printer};

pub(super) fn list(json: bool, printer: &Printer) {
    if json {
        let rows = rules().into_iter().map(|rule| {
            serde_json::json!({
                "code": rule.code, "severity": rule.severity, "title": rule.title, "family": family(rule.code),
                "why": rule.why, "way-out": rule.way_out,
            })
        });
        printer.json(&rows.collect::<Vec<_>>());
        return;
    }
    for (family, rules) in rules_by_family() {
        printer.data(format!("{family}:"));
        for rule in rules {
            printer.data(format!("  {:<12} {:<8} {}", rule.code, rule.severity.to_string(), rule.title));
        }
    }
}

pub(super) fn explain_one(code: &str, json: bool, printer: &Printer) -> Outcome {
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
