use serde_json::{Value, json};
use xen4centos_repodata::{Change, Difference, Ignored, Replaced, Replacement, Telling, difference};

use crate::{
    args::RepoDiffArgs,
    failure::{Failure, Kind, Outcome},
    printer::Printer,
};

pub(crate) fn run(args: &RepoDiffArgs, printer: &Printer) -> Outcome {
    // A copy of a repository has other times, and nobody means that.
    let times = (!args.file_times).then_some("time");
    let ignored = Ignored::new(args.ignore.iter().map(String::as_str).chain(times))?;
    let (before, after) = (super::open(&args.before, printer)?, super::open(&args.after, printer)?);
    let telling = if args.summary { Telling::Packages } else { Telling::Changes };
    let activity = printer.activity("Comparing", format!("{} and {}", args.before, args.after));
    let found = difference(&before, &after, &ignored, telling)?;
    drop(activity);
    match (args.json, args.summary) {
        (true, true) => printer.json(&counts(&found)),
        (true, false) => printer.json(&json(&found)),
        (false, true) => printer.data(summary(&found)),
        (false, false) => print(&found, printer),
    }
    if args.exit_code && !found.is_empty() {
        return Err(Failure::new(Kind::Differs, "the repositories differ"));
    }
    Ok(())
}

const fn word(replacement: Replacement) -> &'static str {
    match replacement {
        Replacement::Upgrade => "upgraded",
        Replacement::Downgrade => "downgraded",
        Replacement::Rebuilt => "rebuilt",
        Replacement::Described => "redescribed",
    }
}

/// In the order in which they are told.
const REPLACEMENTS: [Replacement; 4] =
    [Replacement::Upgrade, Replacement::Downgrade, Replacement::Rebuilt, Replacement::Described];

fn number(found: &Difference, replacement: Replacement) -> usize {
    found.replaced.iter().filter(|replaced| replaced.replacement == replacement).count()
}

fn summary(found: &Difference) -> String {
    let mut counts = vec![(found.added.len(), "added"), (found.removed.len(), "removed")];
    counts.extend(REPLACEMENTS.map(|replacement| (number(found, replacement), word(replacement))));
    let told = counts.iter().filter(|(count, _)| *count > 0);
    let mut told: Vec<String> = told.map(|(count, word)| format!("{count} {word}")).collect();
    if !found.repository.is_empty() {
        let names: Vec<&str> = found.repository.iter().map(Change::name).collect();
        told.push(format!("the repository differs in {}", names.join(", ")));
    }
    if told.is_empty() { "no differences".to_owned() } else { told.join(", ") }
}

fn counts(found: &Difference) -> Value {
    let mut counts = json!({ "added": found.added.len(), "removed": found.removed.len() });
    for replacement in REPLACEMENTS {
        counts[word(replacement)] = number(found, replacement).into();
    }
    counts["repository"] = found.repository.iter().map(Change::name).collect();
    counts
}

fn print(found: &Difference, printer: &Printer) {
    for nevra in &found.removed {
        printer.data(format!("removed     {nevra}"));
    }
    for nevra in &found.added {
        printer.data(format!("added       {nevra}"));
    }
    for Replaced { before, after, replacement, changes } in &found.replaced {
        let versions =
            if before == after { before.to_string() } else { format!("{before} -> {}", after.evr) };
        printer.data(format!("{:<11} {versions}", word(*replacement)));
        print_changes(changes, printer);
    }
    if !found.repository.is_empty() {
        printer.data("repository");
        print_changes(&found.repository, printer);
    }
}

fn print_changes(changes: &[Change], printer: &Printer) {
    for change in changes {
        print_change(change, printer);
    }
}

fn print_change(change: &Change, printer: &Printer) {
    let (before, after): (Vec<&str>, Vec<&str>) = match change {
        Change::Field { name, before, after } if !before.contains('\n') && !after.contains('\n') => {
            printer.data(format!("    {name}: `{before}` -> `{after}`"));
            return;
        }
        Change::Field { before, after, .. } => (vec![before], vec![after]),
        Change::List { added, removed, .. } => {
            (removed.iter().map(String::as_str).collect(), added.iter().map(String::as_str).collect())
        }
    };
    printer.data(format!("    {}:", change.name()));
    for (sign, texts) in [('-', before), ('+', after)] {
        for text in texts {
            printer.data(format!("      {sign} {}", text.replace('\n', "\n        ")));
        }
    }
}

fn json(found: &Difference) -> Value {
    let names = |list: &[_]| list.iter().map(ToString::to_string).collect::<Vec<String>>();
    let replaced = |one: &Replaced| {
        json!({
            "before": one.before.to_string(),
            "after": one.after.to_string(),
            "replacement": word(one.replacement),
            "changes": one.changes.iter().map(json_change).collect::<Value>(),
        })
    };
    json!({
        "added": names(&found.added),
        "removed": names(&found.removed),
        "replaced": found.replaced.iter().map(replaced).collect::<Value>(),
        "repository": found.repository.iter().map(json_change).collect::<Value>(),
    })
}

fn json_change(change: &Change) -> Value {
    match change {
        Change::Field { name, before, after } => json!({ "name": name, "before": before, "after": after }),
        Change::List { name, added, removed } => json!({ "name": name, "added": added, "removed": removed }),
    }
}
