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
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
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

/// What was typed can not be understood, or is answered by what clap prints. Whoever reads JSON gets some in any case.
fn refuse(error: &clap::Error) -> ExitCode {
    let is_error = error.use_stderr();
    let code = failure::Kind::Data.exit_code();
    if is_error && std::env::args_os().any(|word| word == "--json") {
        let text = error.render().to_string();
        let text = text.split("\n\nUsage:").next().unwrap_or_default();
        let (text, hint) = text.split_once("\n\n").unwrap_or((text, ""));
        let value = serde_json::json!({
            "error": text.trim().trim_start_matches("error: "),
            "hint": Some(hint.trim()).filter(|hint| !hint.is_empty()),
            "exit-code": code,
        });
        printer::Printer::new(printer::Verbosity::Normal, args::ColorChoice::Never, true).json(&value);
    }
    // There is nowhere to say that it could not be said.
    error.print().unwrap_or_default();
    if is_error { ExitCode::from(code) } else { ExitCode::SUCCESS }
}
