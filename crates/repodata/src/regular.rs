//! Files of repositories, which others may have put there: a pipe under a document's name would be waited for without end.

use std::io;

use camino::Utf8Path;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::OFlags;

/// Opens a file, and nothing else.
pub(crate) fn open(path: &Utf8Path) -> io::Result<fs_err::File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    let file = fs_err::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{path}` is no regular file")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_waited_for_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(directory.path()).unwrap();
        let pipe = directory.join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, pipe.as_std_path(), rustix::fs::FileType::Fifo, mode, 0)
            .unwrap();
        for path in [pipe.as_path(), directory, Utf8Path::new("/dev/zero")] {
            let error = open(path).unwrap_err();
            assert_eq!(error.to_string(), format!("`{path}` is no regular file"));
        }
        fs_err::write(directory.join("file"), "x").unwrap();
        assert!(open(&directory.join("file")).is_ok());
        assert_eq!(open(&directory.join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
