use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt::{self, Write as _},
    hash::{Hash, Hasher},
};

/// A string of a header as it stands there: bytes without NUL, which are usually but not always UTF-8.
#[derive(Clone, Copy)]
pub struct Text<'a>(Run<'a>);

/// Bytes, or what was found to be UTF-8 already: strings of one tag are looked at together.
#[derive(Clone, Copy)]
pub(super) enum Run<'a> {
    Bytes(&'a [u8]),
    Str(&'a str),
}

impl<'a> Run<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        std::str::from_utf8(bytes).map_or(Self::Bytes(bytes), Self::Str)
    }

    pub(super) const fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Str(text) => text.as_bytes(),
        }
    }

    /// What is before and behind the byte at `index`, which is ASCII.
    pub(super) fn cut(self, index: usize) -> Option<(Self, Self)> {
        Some(match self {
            Self::Bytes(bytes) => (Self::Bytes(bytes.get(..index)?), Self::Bytes(bytes.get(index + 1..)?)),
            Self::Str(text) => (Self::Str(text.get(..index)?), Self::Str(text.get(index + 1..)?)),
        })
    }

    /// A part between characters.
    pub(super) fn part(self, range: std::ops::Range<usize>) -> Option<Self> {
        match self {
            Self::Bytes(bytes) => bytes.get(range).map(Self::Bytes),
            Self::Str(text) => text.get(range).map(Self::Str),
        }
    }
}

impl<'a> Text<'a> {
    /// Wraps bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Run::Bytes(bytes))
    }

    pub(super) const fn of(run: Run<'a>) -> Self {
        Self(run)
    }

    /// The bytes, without the final NUL.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0.as_bytes()
    }

    /// The text, where it is UTF-8.
    pub fn to_str(self) -> Option<&'a str> {
        match self.0 {
            Run::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            Run::Str(text) => Some(text),
        }
    }

    /// The text with every byte that is no UTF-8 replaced by U+FFFD.
    pub fn to_str_lossy(self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Number of bytes.
    pub const fn len(self) -> usize {
        self.as_bytes().len()
    }

    /// Whether it begins with `prefix`.
    pub fn starts_with(self, prefix: &str) -> bool {
        self.as_bytes().starts_with(prefix.as_bytes())
    }
}

impl fmt::Display for Text<'_> {
    /// Lossy, as [`to_str_lossy`](Text::to_str_lossy).
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if formatter.width().is_some() || formatter.precision().is_some() {
            return formatter.pad(&self.to_str_lossy());
        }
        // Piece by piece: a copy of what is no UTF-8 could take three times its room.
        for chunk in self.as_bytes().utf8_chunks() {
            formatter.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                formatter.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::new(&[])
    }
}

/// By bytes, as all that follows.
impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text<'_> {}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}
