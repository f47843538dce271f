use jiff::civil::Date;
use xen4centos_toml_tree::Table;

use super::value;
use crate::{Waiver, words};

/// All `[[waiver]]` of a target. Whether there is such a rule, and whether the day has come, is for who checks.
pub(crate) fn read(root: &Table<'_>) -> Vec<Waiver> {
    root.tables("waiver").into_iter().filter_map(one).collect()
}

fn one(table: Table<'_>) -> Option<Waiver> {
    let (line, _) = table.file().position(table.span.start);
    let file = table.file().shown.clone();
    let code = value(&table, table.required("code"), words::rule_code);
    let [subject, reason] = ["subject", "reason"].map(|key| table.required(key).map(|text| text.value));
    let message = table.text("message").map(|text| text.value);
    let expires = expires(&table);
    table.finish();
    Some(Waiver { code: code?, subject: subject?, message, reason: reason?, expires: expires?, file, line })
}

fn expires(table: &Table<'_>) -> Option<Date> {
    let text = table.date_text("expires")?;
    // Longer forms would carry a time.
    let date = text.value.parse().ok().filter(|_| text.value.len() == 10);
    if date.is_none() {
        let message = format!("there is no date `{}`", text.value);
        table.problem_at(&text, message, Some("expected YYYY-MM-DD, the last day on which it holds"));
    }
    date
}
