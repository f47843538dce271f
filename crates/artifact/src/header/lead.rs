use std::io::Read;

use super::{Header, HeaderError, Part, Text, source::Source, tag};

/// Bytes of the lead.
pub(super) const LEAD_LENGTH: usize = 96;

/// Bytes of the name, its final NUL included.
const NAME_LENGTH: usize = 66;

const MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];

/// What the lead says a package is. rpm itself believes the header instead
/// ([`RpmHeaders::is_source`](super::RpmHeaders::is_source)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageType {
    /// 0
    Binary,
    /// 1
    Source,
    /// Any other number.
    Other(u16),
}

/// The 96 bytes that open a package file. Only the magic number still matters to rpm; `file` reads the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    bytes: [u8; LEAD_LENGTH],
}

impl Lead {
    pub(super) fn read(source: &mut Source<'_, impl Read + ?Sized>) -> Result<Self, HeaderError> {
        let mut read = Vec::new();
        source.read(&mut read, LEAD_LENGTH, Part::Lead)?;
        Self::of(&read)
    }

    /// From exactly [`LEAD_LENGTH`] bytes.
    pub(super) fn of(read: &[u8]) -> Result<Self, HeaderError> {
        let mut bytes = [0; LEAD_LENGTH];
        bytes.copy_from_slice(read);
        let lead = Self { bytes };
        if bytes[..4] != MAGIC {
            return Err(HeaderError::NotRpm);
        }
        if !matches!(lead.major(), 3 | 4) {
            return Err(HeaderError::Version(lead.major()));
        }
        Ok(lead)
    }

    /// The lead that rpmbuild on x86_64 writes for a package with this main header: the whole of it follows
    /// from the header, so that it can be checked although no signature covers it.
    pub fn for_header(header: &Header) -> Self {
        let mut bytes = [0; LEAD_LENGTH];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = 3;
        bytes[7] = u8::from(!header.contains(tag::SOURCE_RPM));
        // Architecture 1 is x86, whatever the width; system 1 is Linux; signature type 5 is a header.
        (bytes[9], bytes[77], bytes[79]) = (1, 1, 5);
        let text = |tag| {
            let text = header.string(tag).ok().flatten().unwrap_or_default().as_bytes();
            text[..text.len().min(NAME_LENGTH)].to_vec()
        };
        let epoch = header.u32(tag::EPOCH).ok().flatten();
        let epoch = epoch.map_or_else(String::new, |epoch| format!("{epoch}:")).into_bytes();
        let (name, version, release) = (text(tag::NAME), text(tag::VERSION), text(tag::RELEASE));
        let name = [name, b"-".to_vec(), epoch, version, b"-".to_vec(), release].concat();
        let length = name.len().min(NAME_LENGTH - 1);
        bytes[10..10 + length].copy_from_slice(&name[..length]);
        Self { bytes }
    }

    /// The bytes as they stand in the file.
    pub const fn as_bytes(&self) -> &[u8; LEAD_LENGTH] {
        &self.bytes
    }

    /// Major version of the format: 3 in every package since 1997, whatever rpm calls the package.
    pub const fn major(&self) -> u8 {
        self.bytes[4]
    }

    /// Minor version of the format.
    pub const fn minor(&self) -> u8 {
        self.bytes[5]
    }

    /// Binary or source.
    pub const fn package_type(&self) -> PackageType {
        match u16::from_be_bytes([self.bytes[6], self.bytes[7]]) {
            0 => PackageType::Binary,
            1 => PackageType::Source,
            other => PackageType::Other(other),
        }
    }

    /// `name-version-release`, cut at 65 bytes.
    pub fn name(&self) -> Text<'_> {
        let field = &self.bytes[10..10 + NAME_LENGTH];
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        Text::new(&field[..end])
    }

    /// 5, which says that a signature header follows.
    pub const fn signature_type(&self) -> u16 {
        u16::from_be_bytes([self.bytes[78], self.bytes[79]])
    }
}
