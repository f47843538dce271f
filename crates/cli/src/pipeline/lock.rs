use std::fs::TryLockError;

use camino::Utf8Path;

use crate::{failure::Failure, pipeline::closed::close_to_others, printer::Printer, session::Session};

/// Held while a command changes the work directory; the kernel drops it when its holder dies.
#[derive(Debug)]
pub(crate) struct WorkLock {
    _file: fs_err::File,
}

impl WorkLock {
    /// Waits, and says so, while another run holds it. What is written then is closed to others where it tells.
    pub(crate) fn take(session: &Session<'_>) -> Result<Self, Failure> {
        let lock = Self::take_in(&session.directories.work, session.printer)?;
        close_to_others(session);
        Ok(lock)
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
