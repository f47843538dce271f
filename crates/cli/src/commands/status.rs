//! What is out of date, and why.

use crate::{
    args::{Cli, StatusArgs},
    failure::Outcome,
    pipeline::{
        keys::SigningKey,
        lock::WorkLock,
        plan::{PlanArgs, plan},
        status::standings,
    },
    printer::Printer,
    session::Session,
};

pub(crate) fn run(cli: &Cli, args: &StatusArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let packages = session.packages(&args.packages)?;
    let _lock = WorkLock::take(&session)?;
    let key = SigningKey::open(&session, &args.key)?;
    let plan_args = PlanArgs { sources: &args.sources, build: &args.build, key: &key };
    let planned = plan(&session, &packages, plan_args)?;
    let standings = standings(&session, &key, &planned)?;
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
