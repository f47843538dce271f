use std::{io::Read, ops::Range, sync::Arc};

use super::{
    Dependency, DependencyKind, Header, HeaderError, Lead, Part, Text, entry::short, file_list::FileSizes,
    lead::LEAD_LENGTH, source::Source, tag,
};
use crate::{Evr, Nevra};

/// Everything of a package file that stands before its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpmHeaders {
    lead: Lead,
    signature: Header,
    main: Header,
}

impl RpmHeaders {
    /// Reads lead, signature header, padding and main header; the reader then stands at the payload.
    /// Unbuffered readers are fine: pieces are read as wholes.
    ///
    /// # Errors
    /// When the bytes are no package, end early, or announce what can not be true.
    pub fn read(reader: &mut (impl Read + ?Sized)) -> Result<Self, HeaderError> {
        Self::read_from(&mut Source::of_unknown_length(reader))
    }

    /// As [`read`](Self::read), for a file of `length` bytes: never takes more memory than that, whatever the
    /// file announces.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_sized(reader: &mut (impl Read + ?Sized), length: u64) -> Result<Self, HeaderError> {
        Self::read_from(&mut Source::of_length(reader, length))
    }

    /// As [`read`](Self::read), from what is in memory: of a file, the first `filled` bytes of a buffer. Nothing is copied;
    /// the headers hold the buffer. `None` where they go on behind those bytes.
    ///
    /// # Errors
    /// As [`read`](Self::read), of what is there.
    pub fn in_buffer(buffer: &Arc<Vec<u8>>, filled: usize) -> Result<Option<Self>, HeaderError> {
        let Some(lead) = buffer.get(..filled).and_then(|held| held.get(..LEAD_LENGTH)) else {
            return Ok(None);
        };
        let lead = Lead::of(lead)?;
        let Some(signature) = Header::in_buffer(buffer, filled, LEAD_LENGTH, Part::Signature)? else {
            return Ok(None);
        };
        let length = signature.as_bytes().len();
        let start = LEAD_LENGTH + length + padding(length);
        let main = Header::in_buffer(buffer, filled, start, Part::Main)?;
        Ok(main.map(|main| Self { lead, signature, main }))
    }

    fn read_from(source: &mut Source<'_, impl Read + ?Sized>) -> Result<Self, HeaderError> {
        let lead = Lead::read(source)?;
        let signature = Header::read_from(source, Part::Signature)?;
        source.read(&mut Vec::new(), padding(signature.as_bytes().len()), Part::Signature)?;
        let main = Header::read_from(source, Part::Main)?;
        Ok(Self { lead, signature, main })
    }

    /// The first 96 bytes.
    pub const fn lead(&self) -> &Lead {
        &self.lead
    }

    /// Signatures and digests; its tags are the `SIG_` constants.
    pub const fn signature(&self) -> &Header {
        &self.signature
    }

    /// What the package is and holds.
    pub const fn main(&self) -> &Header {
        &self.main
    }

    /// Where the signature header stands in the file, without the padding after it, in bytes.
    pub fn signature_range(&self) -> Range<u64> {
        let start = LEAD_LENGTH as u64;
        start..start + self.signature.as_bytes().len() as u64
    }

    /// Where the main header stands in the file, in bytes: `rpm:header-range` of repository metadata.
    pub fn header_range(&self) -> Range<u64> {
        let signature = self.signature.as_bytes().len();
        let start = (LEAD_LENGTH + signature + padding(signature)) as u64;
        start..start + self.main.as_bytes().len() as u64
    }

    /// Where the compressed payload begins, in bytes from the start of the file.
    pub fn payload_offset(&self) -> u64 {
        self.header_range().end
    }

    /// Whether it is a source package: as in rpm, one that names no source package.
    pub fn is_source(&self) -> bool {
        !self.main.contains(tag::SOURCE_RPM)
    }

    /// `src` for source packages, otherwise what the header says.
    ///
    /// # Errors
    /// When the tag is missing, of another type, or no UTF-8.
    pub fn arch(&self) -> Result<&str, HeaderError> {
        if self.is_source() { Ok("src") } else { self.main.required_str(tag::ARCH) }
    }

    /// Name, epoch (0 where absent), version, release and architecture.
    ///
    /// # Errors
    /// When a tag other than the epoch is missing, or one has another type or is no UTF-8.
    pub fn nevra(&self) -> Result<Nevra, HeaderError> {
        let name = self.main.required_str(tag::NAME)?;
        let version = self.main.required_str(tag::VERSION)?;
        let release = self.main.required_str(tag::RELEASE)?;
        Ok(Nevra::new(name, Evr::new(self.epoch()?.unwrap_or(0), version, release), self.arch()?))
    }

    /// The epoch, where the header has one.
    ///
    /// # Errors
    /// When the tag has another type.
    pub fn epoch(&self) -> Result<Option<u32>, HeaderError> {
        self.main.u32(tag::EPOCH)
    }

    /// Any text of the main header by its tag (`SUMMARY`, `LICENSE`, `URL` …); translated ones untranslated.
    ///
    /// # Errors
    /// When the tag has another type.
    pub fn text(&self, tag: super::Tag) -> Result<Option<Text<'_>>, HeaderError> {
        self.main.string(tag)
    }

    /// File name of the source package; `None` in source packages.
    ///
    /// # Errors
    /// When the tag has another type.
    pub fn source_rpm(&self) -> Result<Option<Text<'_>>, HeaderError> {
        self.main.string(tag::SOURCE_RPM)
    }

    /// When it was built, seconds since 1970.
    ///
    /// # Errors
    /// When the tag has another type.
    pub fn build_time(&self) -> Result<Option<u64>, HeaderError> {
        self.main.number(tag::BUILD_TIME)
    }

    /// Bytes that the files take when installed.
    ///
    /// # Errors
    /// When the tag has another type.
    pub fn installed_size(&self) -> Result<Option<u64>, HeaderError> {
        match self.main.number(tag::LONG_SIZE)? {
            None => self.main.number(tag::SIZE),
            long => Ok(long),
        }
    }

    /// Bytes of the uncompressed payload. rpmbuild writes it into the signature header.
    ///
    /// # Errors
    /// When a tag has another type.
    pub fn archive_size(&self) -> Result<Option<u64>, HeaderError> {
        if let Some(size) = self.signature.number(tag::SIG_LONG_ARCHIVE_SIZE)? {
            return Ok(Some(size));
        }
        match self.signature.number(tag::SIG_PAYLOAD_SIZE)? {
            None => self.main.number(tag::ARCHIVE_SIZE),
            size => Ok(size),
        }
    }

    /// Bytes that the uncompressed payload must have, computed from the list of files: a cpio archive of the
    /// `newc` format, with the data of hard links once. [`archive_size`](Self::archive_size) is what the
    /// signature header claims, which no signature covers.
    ///
    /// # Errors
    /// As [`Header::files`].
    pub fn computed_archive_size(&self) -> Result<u64, HeaderError> {
        let prefix = u64::from(!self.is_source());
        let inodes = self.main.u32s(tag::FILE_INODES)?;
        // Positions of what may be links to one file; a set of inodes would take more memory than the header.
        let mut linked = Vec::with_capacity(inodes.len());
        let mut size = cpio_entry(CPIO_TRAILER_NAME, 0);
        for (position, file) in self.main.files()?.enumerate().filter(|(_, file)| !file.is_ghost()) {
            let name = prefix + (file.directory.len() + file.base_name.len()) as u64;
            let data = match file {
                _ if file.is_link() => file.link_target.len() as u64,
                _ if !file.is_regular() => 0,
                _ if file.inode == 0 => file.size,
                _ => {
                    linked.push(short(position));
                    0
                }
            };
            size = size.saturating_add(cpio_entry(name, data));
        }
        let inode = |position: u32| inodes.get(position as usize);
        linked.sort_unstable_by_key(|position| (inode(*position), *position));
        linked.dedup_by_key(|position| inode(*position));
        let sizes = FileSizes::of(&self.main)?;
        let data = linked.into_iter().map(|first| padded(sizes.get(first as usize)));
        Ok(data.fold(size, u64::saturating_add))
    }

    /// `gzip`, `bzip2`, `xz`, `lzma`, `zstd` or `none`. Where the tag is absent rpm takes `gzip`.
    ///
    /// # Errors
    /// When the tag has another type.
    pub fn payload_compressor(&self) -> Result<Text<'_>, HeaderError> {
        Ok(self.main.string(tag::PAYLOAD_COMPRESSOR)?.unwrap_or(Text::new(b"gzip")))
    }

    /// Number of the digest algorithm of the files by RFC 4880 9.4: 1 MD5 (where the tag is absent), 2 SHA-1,
    /// 8 SHA-256, 9 SHA-384, 10 SHA-512, 11 SHA-224.
    ///
    /// # Errors
    /// When the tag has another type.
    pub fn file_digest_algorithm(&self) -> Result<u32, HeaderError> {
        Ok(self.main.u32(tag::FILE_DIGEST_ALGO)?.unwrap_or(1))
    }

    /// One list of dependencies, as [`Header::dependencies`].
    ///
    /// # Errors
    /// When its tags have other types or lengths that differ.
    pub fn dependencies(
        &self,
        kind: DependencyKind,
    ) -> Result<impl ExactSizeIterator<Item = Dependency<'_>> + Clone, HeaderError> {
        self.main.dependencies(kind)
    }

    /// The requirements, with `rpmlib()` features, interpreters and scriptlet requirements.
    ///
    /// # Errors
    /// When the tags have other types or lengths that differ.
    pub fn requires(&self) -> Result<impl ExactSizeIterator<Item = Dependency<'_>> + Clone, HeaderError> {
        self.main.dependencies(DependencyKind::Requires)
    }

    /// The provides.
    ///
    /// # Errors
    /// When the tags have other types or lengths that differ.
    pub fn provides(&self) -> Result<impl ExactSizeIterator<Item = Dependency<'_>> + Clone, HeaderError> {
        self.main.dependencies(DependencyKind::Provides)
    }
}

/// Bytes of the name `TRAILER!!!`, which ends an archive.
const CPIO_TRAILER_NAME: u64 = 10;

/// Bytes of one archive member: 110 of header with the name and its NUL, and the data, each padded to 4.
const fn cpio_entry(name: u64, data: u64) -> u64 {
    padded(110 + name + 1).saturating_add(padded(data))
}

/// The next multiple of 4.
const fn padded(length: u64) -> u64 {
    if length > u64::MAX - 3 { u64::MAX } else { length.next_multiple_of(4) }
}

/// The main header begins at a multiple of 8.
const fn padding(length: usize) -> usize {
    length.next_multiple_of(8) - length
}
