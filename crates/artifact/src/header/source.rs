use std::io::Read;

use super::{HeaderError, Part};

/// Memory grows in steps of this size where the length of the input is not known.
const STEP: usize = 64 * 1024;

/// A reader that never makes room for bytes that are only announced.
#[derive(Debug)]
pub(super) struct Source<'r, R: ?Sized> {
    reader: &'r mut R,
    left: Option<u64>,
}

impl<'r, R: Read + ?Sized> Source<'r, R> {
    /// A stream: memory grows with what arrives.
    pub(super) fn of_unknown_length(reader: &'r mut R) -> Self {
        Self { reader, left: None }
    }

    /// A file of which `length` bytes are left: what is announced beyond them is refused at once.
    pub(super) fn of_length(reader: &'r mut R, length: u64) -> Self {
        Self { reader, left: Some(length) }
    }

    /// Appends exactly `length` bytes, or says how many there were.
    pub(super) fn read(&mut self, bytes: &mut Vec<u8>, length: usize, part: Part) -> Result<(), HeaderError> {
        let wanted = bytes.len() + length;
        let truncated = |found| HeaderError::Truncated { part, expected: wanted as u64, found };
        let mut step = STEP;
        if let Some(left) = &mut self.left {
            let rest = left.checked_sub(length as u64);
            *left = rest.ok_or_else(|| truncated(bytes.len() as u64 + *left))?;
            step = length;
        }
        while bytes.len() < wanted {
            let part_length = (wanted - bytes.len()).min(step);
            bytes.reserve_exact(part_length);
            let got = Read::by_ref(&mut self.reader)
                .take(part_length as u64)
                .read_to_end(bytes)
                .map_err(|source| HeaderError::Read { part, source })?;
            if got < part_length {
                return Err(truncated(bytes.len() as u64));
            }
        }
        Ok(())
    }
}
