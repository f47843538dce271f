//! What is out of date, and why.

use crate::{
    args::{Cli, StatusArgs},
    failure::Outcome,
    pipeline::{
        plan::{self, Purpose},
        status,
    },
    printer::Printer,
};

pub(crate) fn run(cli: &Cli, args: &StatusArgs, printer: &Printer) -> Outcome {
    status::print(&plan::open(&cli.global, &args.plan, Purpose::Look, printer)?, args.json)
}
