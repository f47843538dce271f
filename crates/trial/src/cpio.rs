//! An initramfs in the "newc" format of cpio, as Documentation/early-userspace/buffer-format.txt of Linux defines it.
//!
//! It is written here, and not by the program cpio, because a device node in an archive needs no privilege while one
//! on a disk does, and because the bytes then depend on nothing but the contents.

use std::io::{self, Write};

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const CHARACTER_DEVICE: u32 = 0o020_000;

/// Writes one archive entry after another; [`finish`](Self::finish) writes the trailer.
pub(crate) struct CpioWriter<W: Write> {
    out: W,
    inode: u32,
    written: usize,
}

struct Entry<'a> {
    name: &'a str,
    mode: u32,
    device: (u32, u32),
    contents: &'a [u8],
}

impl<W: Write> CpioWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, inode: 0, written: 0 }
    }

    pub(crate) fn directory(&mut self, name: &str) -> io::Result<()> {
        self.entry(&Entry { name, mode: DIRECTORY | 0o755, device: (0, 0), contents: b"" })
    }

    pub(crate) fn file(&mut self, name: &str, permissions: u32, contents: &[u8]) -> io::Result<()> {
        self.entry(&Entry { name, mode: REGULAR | permissions, device: (0, 0), contents })
    }

    pub(crate) fn symlink(&mut self, name: &str, target: &str) -> io::Result<()> {
        self.entry(&Entry { name, mode: SYMLINK | 0o777, device: (0, 0), contents: target.as_bytes() })
    }

    pub(crate) fn character_device(&mut self, name: &str, major: u32, minor: u32) -> io::Result<()> {
        self.entry(&Entry { name, mode: CHARACTER_DEVICE | 0o600, device: (major, minor), contents: b"" })
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.entry(&Entry { name: "TRAILER!!!", mode: 0, device: (0, 0), contents: b"" })?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.inode += 1;
        let size = u32::try_from(entry.contents.len())
            .map_err(|_| io::Error::other(format!("{} is over the 4 GiB of the format", entry.name)))?;
        let name_size = u32::try_from(entry.name.len() + 1).expect("names are short");
        let fields =
            [self.inode, entry.mode, 0, 0, 1, 0, size, 0, 0, entry.device.0, entry.device.1, name_size, 0];
        self.put(b"070701")?;
        for field in fields {
            self.put(format!("{field:08X}").as_bytes())?;
        }
        self.put(entry.name.as_bytes())?;
        self.put(b"\0")?;
        self.pad()?;
        self.put(entry.contents)?;
        self.pad()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len();
        self.out.write_all(bytes)
    }

    fn pad(&mut self) -> io::Result<()> {
        let missing = (4 - self.written % 4) % 4;
        self.put(&b"\0\0\0"[..missing])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_the_formats() {
        let mut archive = CpioWriter::new(Vec::new());
        archive.file("init", 0o755, b"#!").unwrap();
        let bytes = archive.finish().unwrap();
        assert_eq!(&bytes[..6], b"070701");
        assert_eq!(&bytes[14..22], b"000081ED", "mode");
        assert_eq!(&bytes[54..62], b"00000002", "file size");
        assert_eq!(&bytes[94..102], b"00000005", "name size with its zero");
        assert_eq!(&bytes[110..115], b"init\0");
        assert_eq!(&bytes[116..120], b"#!\0\0", "contents start and end on four bytes");
        assert_eq!(bytes.len() % 4, 0);
    }
}
