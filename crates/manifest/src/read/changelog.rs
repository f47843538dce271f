use jiff::civil::Date;
use xen4centos_toml_tree::{Spot, Table, Text};

use super::{checked, value};
use crate::{ChangelogEntry, words};

/// All `[[changelog]]` entries: newest first, and the newest one for the package as it is, `VERSION-RELEASE` with or
/// without its epoch.
pub(crate) fn read(root: &Table<'_>, package: Option<&str>, epoch: u32, today: Date) -> Vec<ChangelogEntry> {
    let tables = root.tables("changelog");
    if tables.is_empty() {
        root.missing(
            "changelog",
            Some("a package has at least one [[changelog]] entry, for its present version"),
        );
    }
    let mut entries = Vec::new();
    let mut previous: Option<Spot<Date>> = None;
    for (index, table) in tables.into_iter().enumerate() {
        let date = date(&table, today);
        check_order(&table, date.as_ref(), previous.as_ref());
        let stated = checked(&table, table.required("version"), words::changelog_version);
        if let (0, Some(stated), Some(package)) = (index, &stated, package) {
            check_newest(&table, stated, package, epoch);
        }
        let author = value(&table, table.required("author"), words::changelog_author);
        let lines: Vec<String> = table.texts("entries").into_iter().map(|text| text.value).collect();
        if !table.has("entries") {
            table.missing("entries", None);
        } else if lines.is_empty() {
            table.problem("a changelog entry without a line says nothing", None);
        }
        previous = date.clone().or(previous);
        table.finish();
        let entry = (|| {
            Some(ChangelogEntry {
                date: date?.value,
                author: author?,
                version: stated?.value,
                entries: lines,
            })
        })();
        entries.extend(entry);
    }
    entries
}

fn date(table: &Table<'_>, today: Date) -> Option<Spot<Date>> {
    let text = table.date_text("date")?;
    // Longer forms would carry a time, and a changelog has none.
    let shaped = text.value.len() == 10 && checked(table, Some(text.clone()), |_| None).is_some();
    match text.value.parse::<Date>() {
        // rpm stores the time as an unsigned count of seconds since 1970.
        Ok(date) if shaped && (1970..2106).contains(&date.year()) => {
            let date = Spot { value: date, span: text.span };
            if date.value > today {
                // The newest entry's day is the time of everything in the packages, their signatures included.
                let hint = format!("date it today (UTC), {today}");
                table.problem_at(&date, format!("{} is in the future", date.value), Some(&hint));
            }
            Some(date)
        }
        _ => {
            table.problem_at(
                &text,
                format!("there is no date `{}`", text.value),
                Some("expected YYYY-MM-DD"),
            );
            None
        }
    }
}

fn check_order(table: &Table<'_>, date: Option<&Spot<Date>>, previous: Option<&Spot<Date>>) {
    if let (Some(date), Some(previous)) = (date, previous)
        && date.value > previous.value
    {
        let message =
            format!("the changelog goes back in time: {} stands below {}", date.value, previous.value);
        table.problem_at(date, message, Some("newest first; rpmbuild refuses another order"));
    }
}

fn check_newest(table: &Table<'_>, stated: &Text, expected: &str, epoch: u32) {
    if stated.value != expected && stated.value != format!("{epoch}:{expected}") {
        let message =
            format!("the newest changelog entry is for `{}`, the package is `{expected}`", stated.value);
        table.problem_at(stated, message, Some("say in a new entry what the new version or release brings"));
    }
}
