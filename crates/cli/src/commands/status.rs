//! What is out of date, and why.

use crate::{
    args::{Cli, StatusArgs},
    failure::Outcome,
    pipeline::{
        plan::{self, Opened},
        status::standings,
    },
    printer::Printer,
};

pub(crate) fn run(cli: &Cli, args: &StatusArgs, printer: &Printer) -> Outcome {
    let Opened { session, key, planned, .. } = &plan::open(&cli.global, &args.plan, printer)?;
    let standings = standings(session, key, planned)?;
    if args.json {
        printer.json(&standings);
        return Ok(());
    }
    for standing in &standings {
        printer.data(format!("{:<20} {:<24} {}", standing.package, standing.version, standing.state));
        for reason in &standing.reasons {
            printer.data(format!("{:<20}   {reason}", ""));
        }
        if !standing.off.is_empty() {
            printer.data(format!("{:<20}   without {}", "", standing.off.join(", ")));
        }
    }
    Ok(())
}
