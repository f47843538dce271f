//! Every known fault against every package, as a table or as JSON.

use serde_json::{Value, json};
use xen4centos_advisory::{Opening, Row, Verdict, matrix};

use super::publication::Publication;
use crate::{
    args::{AdvisoryStatusArgs, Cli},
    failure::{Failure, Kind, Outcome},
    printer::Printer,
    session::Session,
};

pub(crate) fn run(cli: &Cli, args: &AdvisoryStatusArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let packages: Vec<String> =
        session.packages(&args.package)?.into_iter().map(|package| package.name).collect();
    let mut rows = matrix(&session.project, &session.target);
    demand_known(args, &rows)?;
    rows.retain(|row| {
        let is_asked = args.issues.is_empty() || args.issues.iter().any(|issue| row.is_about(issue));
        let is_of_package =
            row.package.as_ref().map_or(args.package.is_empty(), |package| packages.contains(package));
        is_asked && is_of_package && (!args.open || row.is_open())
    });
    let publication = Publication::of(&session)?;
    if args.json {
        printer.json(&rows.iter().map(|row| as_json(row, publication.lacks(row))).collect::<Vec<_>>());
    } else {
        print(&rows, &publication, printer);
    }
    printer.step("Known", summary(&rows));
    if args.exit_code && rows.iter().any(Row::is_open) {
        return Err(Failure::new(Kind::Differs, "something is open"));
    }
    Ok(())
}

/// A slip of the pen must not look like an issue that nobody has to care about.
fn demand_known(args: &AdvisoryStatusArgs, rows: &[Row]) -> Result<(), Failure> {
    let unknown = args.issues.iter().find(|issue| !rows.iter().any(|row| row.is_about(issue)));
    unknown.map_or(Ok(()), |issue| {
        let message = format!("nothing is known of `{issue}`");
        let hint = "`xen4centos advisory status` lists all; what is known stands in advisories/known/";
        Err(Failure::new(Kind::Data, message).hint(Some(hint.to_owned())))
    })
}

fn print(rows: &[Row], publication: &Publication<'_>, printer: &Printer) {
    let cells = |row: &Row| {
        let (word, mut rest) = told(row);
        if let Some(lack) = publication.lacks(row) {
            rest = format!("{rest}, {lack}");
        }
        let cves = row.cves.join(" ");
        [
            row.issue.clone(),
            row.package.clone().unwrap_or_else(|| "-".to_owned()),
            word.to_owned(),
            rest,
            cves,
        ]
    };
    let table: Vec<[String; 5]> = rows.iter().map(cells).collect();
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for ([issue, package, word, rest, cves], row) in table.iter().zip(rows) {
        let [first, second, third] = widths;
        let cves = if cves.is_empty() { String::new() } else { format!(" [{cves}]") };
        let title = &row.title;
        printer.data(format!("{issue:<first$}  {package:<second$}  {word:<third$}  {rest}; {title}{cves}"));
    }
}

/// The status as one of the words of JSON, and what is to be said of it.
fn told(row: &Row) -> (&'static str, String) {
    match &row.verdict {
        Verdict::Fixed { release, advisory: Some(advisory), .. } => {
            ("fixed", format!("{release} ({advisory})"))
        }
        Verdict::Fixed { release, upstream: Some(upstream), .. } => {
            ("fixed", format!("{release} (upstream {upstream})"))
        }
        Verdict::Fixed { release, .. } => ("fixed", release.clone()),
        Verdict::NotAffected(reason) => ("not-affected", reason.to_string()),
        Verdict::Statement(reason) => ("statement", reason.clone()),
        Verdict::Open(Opening::Affected) if !row.commits.is_empty() => {
            ("open", format!("{}, upstream has {}", why(&Opening::Affected), row.commits.join(" ")))
        }
        Verdict::Open(opening) => ("open", why(opening)),
    }
}

fn why(opening: &Opening) -> String {
    match opening {
        Opening::Affected => "affected".to_owned(),
        Opening::UnderInvestigation => "under_investigation".to_owned(),
        Opening::Later { released_in } => format!("upstream mended it in {released_in}"),
        Opening::Unannounced { patch } => format!("`{patch}` is there, and no advisory says since when"),
    }
}

fn as_json(row: &Row, lack: Option<&'static str>) -> Value {
    let (status, _) = told(row);
    let mut value = json!({
        "issue": row.issue,
        "title": row.title,
        "cves": row.cves,
        "package": row.package,
        "component": row.component,
        "status": status,
        "commits": row.commits,
        "note": row.note,
    });
    match &row.verdict {
        Verdict::Fixed { release, advisory, upstream } => {
            value["fixed-in"] = json!(release);
            value["advisory"] = json!(advisory);
            value["released-in"] = json!(upstream);
            value["lack"] = json!(lack);
        }
        Verdict::NotAffected(reason) => value["reason"] = json!(reason.to_string()),
        Verdict::Statement(reason) => value["reason"] = json!(reason),
        Verdict::Open(opening) => value["reason"] = json!(why(opening)),
    }
    value
}

fn summary(rows: &[Row]) -> String {
    let count = |word: &str| rows.iter().filter(|row| told(row).0 == word).count();
    let told = [("fixed", "fixed"), ("not-affected", "not affected"), ("statement", "without a fix to make")];
    let told = told.map(|(word, shown)| format!("{} {shown}", count(word)));
    format!("{}, {} open", told.join(", "), count("open"))
}
