//! Security advisories: a command each.

mod announce;
mod draft;
mod given;
mod import;
mod issue;
mod leaks;
mod publication;
mod status;
mod upstream;

use crate::{
    args::{AdvisoryArgs, AdvisoryCommand, Cli},
    failure::{Failure, Kind, Outcome},
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

/// What was given can not be done.
fn wrong(message: String, hint: &str) -> Failure {
    Failure::new(Kind::Data, message).hint(Some(hint.to_owned()))
}
