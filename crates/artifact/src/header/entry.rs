use std::fmt;

use super::Tag;

/// Bytes of one index entry: tag, type, offset and count, four bytes each.
pub(super) const ENTRY_LENGTH: usize = 16;

/// Lengths inside a header are below 256 MiB, so this never saturates for what was read; what is built too
/// large is refused by whoever reads it back.
pub(super) fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The type of a tag's data, by rpm's numbers 1 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 1: single bytes that are characters.
    Char,
    /// 2: 8-bit numbers.
    Int8,
    /// 3: 16-bit numbers.
    Int16,
    /// 4: 32-bit numbers.
    Int32,
    /// 5: 64-bit numbers.
    Int64,
    /// 6: one string.
    String,
    /// 7: bytes without structure.
    Bin,
    /// 8: an array of strings.
    StringArray,
    /// 9: one string in several languages; the first is the untranslated one.
    I18nString,
}

impl Kind {
    pub(super) const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Char,
            2 => Self::Int8,
            3 => Self::Int16,
            4 => Self::Int32,
            5 => Self::Int64,
            6 => Self::String,
            7 => Self::Bin,
            8 => Self::StringArray,
            9 => Self::I18nString,
            _ => return None,
        })
    }

    pub(super) const fn number(self) -> u32 {
        match self {
            Self::Char => 1,
            Self::Int8 => 2,
            Self::Int16 => 3,
            Self::Int32 => 4,
            Self::Int64 => 5,
            Self::String => 6,
            Self::Bin => 7,
            Self::StringArray => 8,
            Self::I18nString => 9,
        }
    }

    /// Bytes of one item, which is also its alignment; `None` for strings, whose length the data says.
    pub(super) const fn width(self) -> Option<u32> {
        match self {
            Self::Char | Self::Int8 | Self::Bin => Some(1),
            Self::Int16 => Some(2),
            Self::Int32 => Some(4),
            Self::Int64 => Some(8),
            Self::String | Self::StringArray | Self::I18nString => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Char => "characters",
            Self::Int8 => "8-bit numbers",
            Self::Int16 => "16-bit numbers",
            Self::Int32 => "32-bit numbers",
            Self::Int64 => "64-bit numbers",
            Self::String => "a string",
            Self::Bin => "bytes",
            Self::StringArray => "an array of strings",
            Self::I18nString => "a translated string",
        })
    }
}

/// One validated entry of a header's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its tag.
    pub tag: Tag,
    /// The type of its data.
    pub kind: Kind,
    /// How many items it has, at least 1.
    pub count: u32,
    /// Where its data begins, in bytes from the start of the store.
    pub offset: u32,
    /// Its data, to its end; strings with their NULs.
    pub data: &'a [u8],
}

/// An index entry as it stands in the file, not yet believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawEntry {
    pub(super) tag: u32,
    pub(super) kind: u32,
    pub(super) offset: u32,
    pub(super) count: u32,
}

impl RawEntry {
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let number = |at: usize| {
            bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
        };
        Self { tag: number(0), kind: number(4), offset: number(8), count: number(12) }
    }

    pub(super) fn to_bytes(self) -> [u8; ENTRY_LENGTH] {
        let mut bytes = [0; ENTRY_LENGTH];
        for (place, number) in bytes.chunks_exact_mut(4).zip([self.tag, self.kind, self.offset, self.count]) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        bytes
    }
}
