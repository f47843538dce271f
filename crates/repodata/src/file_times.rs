use std::time::{Duration, UNIX_EPOCH};

use camino::Utf8Path;

use crate::{FileTimes, Record, RepodataError};

impl FileTimes {
    /// Gives new documents in a directory their times. Only those that are of this index alone: other links to a file have
    /// its times, too.
    pub(crate) fn set(
        self,
        directory: &Utf8Path,
        records: &[Record],
        timestamp: u64,
    ) -> Result<(), RepodataError> {
        if self == Self::Written {
            return Ok(());
        }
        let time = UNIX_EPOCH.checked_add(Duration::from_secs(timestamp)).unwrap_or(UNIX_EPOCH);
        for name in records.iter().filter_map(Record::file_name) {
            let path = directory.join(name);
            let file = fs_err::OpenOptions::new().append(true).open(&path);
            let set = file.and_then(|file| file.file().set_modified(time));
            set.map_err(RepodataError::files("set the time of", &path))?;
        }
        Ok(())
    }
}
