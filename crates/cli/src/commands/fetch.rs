//! Pinned sources and patches into the store.

use xen4centos_sources::{Planned, Standing, VerifiedSource};

use crate::{
    args::{Cli, FetchArgs},
    failure::Outcome,
    pipeline::{lock::WorkLock, sources},
    printer::Printer,
    session::Session,
};

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row<'a> {
    package: &'a str,
    name: &'a str,
    file: &'a str,
    sha256: Option<String>,
    size: Option<u64>,
    state: String,
    path: Option<&'a str>,
    urls: &'a [String],
}

pub(crate) fn run(cli: &Cli, args: &FetchArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let packages = sources::packages(&session, &args.packages, &args.sources)?;
    let options = session.options(&packages, &args.build)?;
    if args.dry_run {
        let planned = sources::survey(&session, &args.sources, &packages, &options)?;
        print_planned(&planned, args, printer);
        return Ok(());
    }
    let _lock = WorkLock::take(&session)?;
    let verified = sources::fetch(&session, &args.sources, &packages, &options)?;
    print_verified(&verified, args, printer);
    Ok(())
}

fn print_planned(planned: &[Planned], args: &FetchArgs, printer: &Printer) {
    let rows: Vec<Row<'_>> = planned
        .iter()
        .map(|source| Row {
            package: &source.package,
            name: &source.name,
            file: &source.file,
            sha256: source.sha256.map(|digest| digest.to_string()),
            size: source.size,
            state: standing(source.standing).to_owned(),
            path: None,
            urls: &source.urls,
        })
        .collect();
    print_rows(&rows, args.json, printer);
}

fn print_verified(verified: &[VerifiedSource], args: &FetchArgs, printer: &Printer) {
    let rows: Vec<Row<'_>> = verified
        .iter()
        .map(|source| Row {
            package: &source.package,
            name: &source.name,
            file: &source.file,
            sha256: Some(source.sha256.to_string()),
            size: Some(source.size),
            state: match &source.signed_by {
                Some(signed) => format!("verified, signed by {}", signed.primary),
                None => "verified".to_owned(),
            },
            path: Some(source.path.as_str()),
            urls: &[],
        })
        .collect();
    print_rows(&rows, args.json, printer);
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::AsItIs => "in place",
        Standing::Stored => "in the store",
        Standing::Lookaside => "to be taken from the lookaside directory",
        Standing::Remote => "to be downloaded",
        Standing::ToPack => "to be packed from its tree",
    }
}

fn print_rows(rows: &[Row<'_>], json: bool, printer: &Printer) {
    if json {
        printer.json(&rows);
        return;
    }
    for row in rows {
        let size = row.size.map_or_else(String::new, |size| format!(", {size} bytes"));
        printer.data(format!("{:<20} {} ({}{size})", row.package, row.file, row.state));
        for url in row.urls {
            printer.data(format!("{:<20}   {url}", ""));
        }
    }
}
