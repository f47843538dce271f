//! One file for each command: its arguments in, the stages called in order, what to print out.

mod boot_test;
mod build;
mod completions;
mod doctor;
mod fetch;
mod index;
mod install_test;
mod kernel_config;
mod render;
mod sign;

use crate::{
    args::{Cli, Command},
    failure::Outcome,
    printer::Printer,
};

/// Runs what was asked for.
pub(crate) fn run(cli: &Cli, printer: &Printer) -> Outcome {
    match &cli.command {
        Command::Doctor(args) => doctor::run(cli, args, printer),
        Command::Fetch(args) => fetch::run(cli, args, printer),
        Command::Render(args) => render::run(cli, args, printer),
        Command::KernelConfig(args) => kernel_config::run(cli, args, printer),
        Command::Build(args) => build::run(cli, args, printer),
        Command::Sign(args) => sign::run(cli, args, printer),
        Command::Index(args) => index::run(cli, args, printer),
        Command::InstallTest(args) => install_test::run(cli, args, printer),
        Command::BootTest(args) => boot_test::run(cli, args, printer),
        Command::Completions(args) => completions::run(args, printer),
        _ => Ok(()),
    }
}
