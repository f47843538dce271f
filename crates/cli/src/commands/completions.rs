use clap::CommandFactory as _;

use crate::{
    args::{Cli, CompletionsArgs},
    printer::Printer,
};

pub(crate) fn run(args: &CompletionsArgs, printer: &Printer) {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "xen4centos", &mut script);
    printer.data(String::from_utf8_lossy(&script).trim_end());
}
