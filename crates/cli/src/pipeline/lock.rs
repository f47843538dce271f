use std::fs::TryLockError;

use camino::Utf8Path;

use crate::{failure::Failure, printer::Printer, session::Session};

/// Held while a command changes the work directory; the kernel drops it when its holder dies.
#[derive(Debug)]
pub(crate) struct WorkLock {
    _file: fs_err::File,
}

impl WorkLock {
    /// Waits, and says so, while another run holds it.
    pub(crate) fn take(session: &Session<'_>) -> Result<Self, Failure> {
        Self::take_in(&session.directories.work, session.printer)
    }

    /// As [`Self::take`], before there is a session.
    pub(crate) fn take_in(work: &Utf8Path, printer: &Printer) -> Result<Self, Failure> {
        fs_err::create_dir_all(work)?;
        let path = work.join("lock");
        let file = fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        match file.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                printer.step("Waiting", format!("for another run that works in {work}"));
                file.file().lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        Ok(Self { _file: file })
    }
}
