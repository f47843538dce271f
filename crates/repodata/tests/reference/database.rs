//! sqlite databases, read by sqlite3: every table with every column, and how they are declared.

use std::collections::BTreeMap;

use camino::Utf8Path;
use xen4centos_process::{Invocation, Tool};

use super::{Scratch, metadata::Part};

fn sqlite(database: &Utf8Path, statement: &str) -> String {
    let directory = database.parent().unwrap();
    Invocation::new(Tool::Sqlite3, directory)
        .args(["-readonly", database.as_str(), statement])
        .run()
        .unwrap()
        .text()
}

/// Parts `NAME_db` (the declarations) and `NAME_db.TABLE` for each table, by packages.
pub(crate) fn parts(name: &str, bytes: &[u8]) -> BTreeMap<String, Part> {
    let scratch = Scratch::new();
    let database = scratch.path().join("database");
    fs_err::write(&database, bytes).unwrap();
    let declared = sqlite(
        &database,
        "SELECT 'declared ' || type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(replace(sql, char(10), ' '), '')
         FROM sqlite_master ORDER BY name;
         SELECT 'integrity ' || integrity_check FROM pragma_integrity_check;
         SELECT 'encoding ' || encoding FROM pragma_encoding;
         SELECT 'version ' || user_version FROM pragma_user_version;
         SELECT 'column ' || m.name || ' ' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
         ORDER BY m.name, c.cid;",
    );
    let mut parts = BTreeMap::new();
    let mut columns: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut part = Part::default();
    let mut lines = Vec::new();
    for line in declared.lines() {
        match line.strip_prefix("column ").and_then(|rest| rest.split_once(' ')) {
            Some((table, column)) => columns.entry(table).or_default().push(column),
            None => lines.push(line.to_owned()),
        }
    }
    part.add("declared", lines);
    parts.insert(format!("{name}_db"), part);
    let statements: Vec<String> = columns.iter().map(|(table, columns)| statement(table, columns)).collect();
    let rows = sqlite(&database, &statements.join(""));
    for (table, _) in columns {
        parts.insert(format!("{name}_db.{table}"), Part::default());
    }
    let mut collected: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for row in rows.lines() {
        let mut fields = row.splitn(3, '|');
        let (table, package) = (fields.next().unwrap(), fields.next().unwrap());
        let key = (format!("{name}_db.{table}"), package.to_owned());
        let values = fields.next().unwrap_or_default();
        let lines = collected.entry(key).or_default();
        if matches!(table, "packages" | "db_info") {
            lines.extend(values.split('\u{1f}').map(str::to_owned));
        } else {
            lines.push(values.replace('\u{1f}', " "));
        }
    }
    for ((table, package), lines) in collected {
        parts.get_mut(&table).unwrap().add(&package, lines);
    }
    parts
}

/// Rows in their order, as `table|digest of the package|values`, with a separator that no value has between values.
fn statement(table: &str, columns: &[&str]) -> String {
    let values: Vec<String> = columns
        .iter()
        .filter(|column| **column != "pkgKey")
        .map(|column| format!("'{column}=' || replace(quote(t.{column}), char(10), '\\n')"))
        .collect();
    let values = values.join(" || char(31) || ");
    if columns.contains(&"pkgKey") && table != "packages" {
        // Rows without a package, too.
        return format!(
            "SELECT '{table}', ifnull(p.pkgId, 'none'), {values} FROM {table} t LEFT JOIN packages p USING (pkgKey) ORDER BY t.rowid;"
        );
    }
    let package = if table == "packages" { "pkgId" } else { "''" };
    format!("SELECT '{table}', {package}, {values} FROM {table} t ORDER BY t.rowid;")
}
