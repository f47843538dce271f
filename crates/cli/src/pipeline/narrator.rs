//! What is told of sources on their way: a line for each step, and on a terminal one that counts bytes for each file.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use xen4centos_sources::{Event, Reporter};

use crate::printer::{Activity, Printer};

pub(crate) struct Narrator<'a> {
    printer: &'a Printer,
    /// By file; several are on their way at once.
    transfers: Mutex<BTreeMap<String, Activity>>,
}

impl<'a> Narrator<'a> {
    pub(crate) fn new(printer: &'a Printer) -> Self {
        Self { printer, transfers: Mutex::default() }
    }

    fn begin(&self, file: &str, have: u64, total: Option<u64>) {
        let transfer = self.printer.transfer(file, have, total);
        self.with_transfers(|transfers| transfers.insert(file.to_owned(), transfer));
    }

    /// However it ended; its line goes before the one that says how.
    fn end(&self, file: &str) {
        self.with_transfers(|transfers| transfers.remove(file));
    }

    fn with_transfers<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Activity>) -> T) -> T {
        act(&mut self.transfers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reporter for Narrator<'_> {
    fn report(&self, event: &Event<'_>) {
        let printer = self.printer;
        match event {
            Event::Started { file, url, have, total } => {
                let from = match have {
                    0 => String::new(),
                    have => format!(", after the {have} bytes that are here"),
                };
                printer.step("Fetching", format!("{file} from {url}{from}"));
                self.begin(file, *have, *total);
            }
            Event::Advanced { file, have } => self.with_transfers(|transfers| {
                if let Some(transfer) = transfers.get(*file) {
                    transfer.bytes(*have);
                }
            }),
            Event::Waiting { file, reason, delay, .. } => {
                self.end(file);
                printer.warning(format!("{file}: {reason}; again in {} s", delay.as_secs_f32()));
            }
            Event::Rejected { file, place, reason } => {
                self.end(file);
                printer.detail(format!("{file}: {place}: {reason}"));
            }
            Event::Stored { file, place } => {
                self.end(file);
                printer.step("Stored", format!("{file} (from {place})"));
            }
            Event::Corrupt { file, kept } => {
                printer
                    .warning(format!("{file} had changed in the store; the changed file is kept as {kept}"));
            }
            Event::Locked { path } => {
                printer.step("Waiting", format!("until somebody else is done with {path}"));
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
