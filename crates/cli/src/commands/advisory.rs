//! Security advisories: a command each.

mod announce;
mod draft;
mod import;
mod leaks;
mod publication;
mod status;

use crate::{
    args::{AdvisoryArgs, AdvisoryCommand, Cli},
    failure::Outcome,
    printer::Printer,
};

pub(crate) fn run(cli: &Cli, args: &AdvisoryArgs, printer: &Printer) -> Outcome {
    match &args.command {
        AdvisoryCommand::Announce(args) => announce::run(cli, args, printer),
        AdvisoryCommand::Leaks(args) => leaks::run(cli, args, printer),
        AdvisoryCommand::Status(args) => status::run(cli, args, printer),
        AdvisoryCommand::Import(args) => import::run(cli, args, printer),
    }
}
