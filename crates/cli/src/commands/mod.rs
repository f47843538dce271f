//! One file for each command: its arguments in, the stages called in order, what to print out.

mod advisory;
mod boot_test;
mod build;
mod caches;
mod check;
mod completions;
mod doctor;
mod explain;
mod fetch;
pub(crate) mod index;
mod install_test;
mod kernel_config;
mod publish;
mod release;
mod render;
pub(crate) mod repo;
mod serve;
mod sign;
mod status;
mod told;

use crate::{
    args::{Cli, Command},
    failure::Outcome,
    printer::Printer,
};

/// Runs what was asked for.
pub(crate) fn run(cli: &Cli, printer: &Printer) -> Outcome {
    match &cli.command {
        Command::Release(args) => release::run(cli, args, printer),
        Command::Status(args) => status::run(cli, args, printer),
        Command::Doctor(args) => doctor::run(cli, args, printer),
        Command::Explain(args) => explain::run(cli, args, printer),
        Command::Fetch(args) => fetch::run(cli, args, printer),
        Command::Render(args) => render::run(cli, args, printer),
        Command::KernelConfig(args) => kernel_config::run(cli, args, printer),
        Command::Build(args) => build::run(cli, args, printer),
        Command::Sign(args) => sign::run(cli, args, printer),
        Command::Index(args) => index::run(cli, args, printer),
        Command::Repo(args) => repo::run(args, printer),
        Command::Advisory(args) => advisory::run(cli, args, printer),
        Command::Check(args) => check::run(cli, args, printer),
        Command::Publish(args) => publish::run(cli, args, printer),
        Command::Serve(args) => serve::run(cli, args, printer),
        Command::InstallTest(args) => install_test::run(cli, args, printer),
        Command::BootTest(args) => boot_test::run(cli, args, printer),
        Command::Completions(args) => {
            completions::run(args, printer);
            Ok(())
        }
    }
}

/// A revision in JSON: a number where it is one.
fn shown_revision(revision: &str) -> serde_json::Value {
    revision.parse::<u64>().map_or_else(|_| revision.into(), serde_json::Value::from)
}
