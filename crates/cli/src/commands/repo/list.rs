use std::num::NonZeroUsize;

use serde_json::Value;
use xen4centos_repodata::{Query, Template, Versions};

use crate::{args::RepoListArgs, failure::Outcome, printer::Printer};

pub(crate) fn run(args: &RepoListArgs, printer: &Printer) -> Outcome {
    let template = Template::parse(&args.format)?;
    let repository = super::open(&args.repository, printer)?;
    let versions = if args.latest { Versions::Latest(NonZeroUsize::MIN) } else { Versions::All };
    let packages = Query { versions, ..Query::default() }.run(&repository)?;
    if args.json {
        let rows = packages.iter().map(|package| super::shown(&repository, package));
        printer.json(&rows.collect::<Vec<Value>>());
        return Ok(());
    }
    for package in &packages {
        printer.data(template.render(&repository, package));
    }
    Ok(())
}
