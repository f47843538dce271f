//! What is told of sources on their way, a line for each step.

use xen4centos_sources::{Event, Reporter};

use crate::printer::Printer;

pub(crate) struct Narrator<'a> {
    printer: &'a Printer,
}

impl<'a> Narrator<'a> {
    pub(crate) fn new(printer: &'a Printer) -> Self {
        Self { printer }
    }
}

impl Reporter for Narrator<'_> {
    fn report(&self, event: &Event<'_>) {
        let printer = self.printer;
        match event {
            Event::Started { file, url, have: 0, .. } => {
                printer.step("Fetching", format!("{file} from {url}"));
            }
            Event::Started { file, url, have, .. } => {
                printer.step("Fetching", format!("{file} from {url}, after the {have} bytes that are here"));
            }
            Event::Waiting { file, reason, delay, .. } => {
                printer.warning(format!("{file}: {reason}; again in {} s", delay.as_secs_f32()));
            }
            Event::Rejected { file, place, reason } => printer.detail(format!("{file}: {place}: {reason}")),
            Event::Stored { file, place } => printer.step("Stored", format!("{file} (from {place})")),
            Event::Corrupt { file, kept } => {
                printer
                    .warning(format!("{file} had changed in the store; the changed file is kept as {kept}"));
            }
            Event::Verifying { file } => printer.step("Verifying", format!("the signature over {file}")),
            Event::Packing { package, directory } => {
                printer.step("Packing", format!("{directory} as the upstream release of {package}"));
            }
            Event::Cloning { file, url } => printer.step("Cloning", format!("{url} for {file}")),
            Event::Unused { name, why } => {
                printer.warning(format!("the file for `{name}` in xen4centos.local.toml is not used: {why}"));
            }
            _ => {}
        }
    }
}
