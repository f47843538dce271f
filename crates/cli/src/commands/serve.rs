use crate::{args::{Cli, ServeArgs}, failure::Outcome, printer::Printer};

pub(crate) fn run(_cli: &Cli, _args: &ServeArgs, _printer: &Printer) -> Outcome {
    Ok(())
}
