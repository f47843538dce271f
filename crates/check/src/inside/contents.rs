use std::io::{self, Read};

use super::{digest::FileDigest, traces::Traces};

/// How much of one program is held; larger ones are not looked into.
const LONGEST_PROGRAM: usize = 256 << 20;

/// How much of one script.
const LONGEST_SCRIPT: usize = 1 << 20;

pub(super) const ELF_MAGIC: &[u8] = b"\x7fELF";

/// What is wanted of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    /// Nothing but its digest.
    Digest,
    /// Traces of the build, and all of it if it is a program.
    Whatever,
    /// The same of an init script, which is held.
    Script,
    /// The same of what a host boots, which is held.
    Boot,
}

/// What a file turned out to be.
pub(super) struct Contents {
    /// Hexadecimal.
    pub(super) digest: Option<String>,
    pub(super) traces: Traces,
    /// A program or init script, else nothing.
    pub(super) held: Vec<u8>,
    /// It was longer than what is held.
    pub(super) is_cut: bool,
}

impl Contents {
    pub(super) fn read(
        mut content: impl Read,
        mut digest: Option<FileDigest>,
        interest: Interest,
        buffer: &mut [u8],
    ) -> io::Result<Self> {
        let (mut traces, mut held) = (Traces::default(), Vec::new());
        let mut is_cut = false;
        let mut limit = match interest {
            Interest::Script => LONGEST_SCRIPT,
            Interest::Boot => LONGEST_PROGRAM,
            Interest::Digest | Interest::Whatever => 0,
        };
        let mut is_start = true;
        loop {
            let length = fill(&mut content, buffer)?;
            if length == 0 {
                break;
            }
            let bytes = &buffer[..length];
            if let Some(digest) = &mut digest {
                digest.update(bytes);
            }
            if is_start && interest != Interest::Digest && bytes.starts_with(ELF_MAGIC) {
                limit = LONGEST_PROGRAM;
            }
            is_start = false;
            if interest != Interest::Digest {
                traces.look(bytes);
            }
            if limit > 0 {
                let room = bytes.len().min(limit - held.len());
                is_cut |= room < bytes.len();
                held.extend_from_slice(&bytes[..room]);
            }
        }
        Ok(Self { digest: digest.map(FileDigest::hexadecimal), traces, held, is_cut })
    }
}

/// Reads until the buffer is full or nothing comes, so that the first bytes are together.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
