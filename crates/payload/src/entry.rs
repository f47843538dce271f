use std::io::{self, Read};

use crate::Payload;

/// What the archive says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As the header has it: `/usr/bin/xl`; a bare name in a source package.
    pub path: Vec<u8>,
    /// Type and permissions, as stat(2) has them; nothing in rpm's own format.
    pub mode: Option<u32>,
    /// Bytes of the content that follows: none for all but the last name of a file with several.
    pub size: u64,
}

/// The content of the file that the payload is at.
#[derive(Debug)]
pub struct Content<'a>(pub(crate) &'a mut Payload);

impl Read for Content<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read_content(out)
    }
}
