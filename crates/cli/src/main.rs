//! The program: what was typed goes to its command, and how the command ended becomes an exit code.
//!
//! This crate joins the stages; it holds **no algorithm of theirs**, and it alone reads the environment and the clock.

mod args;
mod commands;
mod failure;
mod index_args;
mod left_out_args;
mod pipeline;
mod printer;
mod scratch;
mod session;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let printer = settings::printer(&cli.global);
    match commands::run(&cli, &printer) {
        Ok(()) if printer.data_lost() => {
            printer.error("the result could not be written to standard output", None);
            ExitCode::from(failure::Kind::World.exit_code())
        }
        Ok(()) => ExitCode::SUCCESS,
        // The answer was printed as data.
        Err(failure) if failure.kind == failure::Kind::Differs && !printer.data_lost() => {
            ExitCode::from(failure.kind.exit_code())
        }
        Err(failure) => {
            // Whoever reads JSON gets some in any case; a check that refuses has printed its findings.
            if cli.command.wants_json() && !printer.has_data() {
                printer.json(&serde_json::json!({
                    "error": failure.to_string(),
                    "hint": failure.way_out(),
                    "exit-code": failure.kind.exit_code(),
                }));
            }
            printer.error(&failure, failure.way_out());
            ExitCode::from(failure.kind.exit_code())
        }
    }
}
