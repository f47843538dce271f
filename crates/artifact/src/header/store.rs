use std::{io::Read, sync::Arc};

use super::{
    Array, Entry, EntryFault, HeaderError, Kind, Number, Part, Strings, Tag, Text,
    entry::{ENTRY_LENGTH, RawEntry, short},
    shared::Shared,
    source::Source,
    tag,
};

/// Magic number, four reserved bytes, number of entries, bytes of data.
pub(super) const INTRO_LENGTH: usize = 16;

/// Magic number and format version of a header, and four bytes that are reserved; rpm compares all eight.
pub(super) const MAGIC: [u8; 8] = [0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];

/// rpm itself takes 65,535 entries. It knows fewer than 500 tags and none may appear twice, so nothing real
/// comes near this limit, which keeps the search for duplicates short without a table.
const ENTRIES_LIMIT: u32 = 2048;

/// rpm's own limit (`HEADER_DATA_MAX` in its header.c).
const DATA_LIMIT: u32 = 0x0fff_ffff;

/// Tags below this one are rpm's own: regions and the like.
const FIRST_DATA_TAG: Tag = 100;

/// The part of a header that its author made immutable, and over which rpm computes digests and signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// 61 (image), 62 (signatures) or 63 (immutable).
    pub tag: Tag,
    /// Entries that belong to it, its own included; they are the first ones of the index.
    pub entries: u32,
    /// Bytes of the store that belong to it, its trailer included; they are the first ones of the store.
    pub data_length: u32,
}

/// One header structure: an index of typed entries and the store that holds their data.
///
/// It keeps the bytes as they stood in the file and decodes on demand, so it costs hardly more memory than the
/// header has bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    part: Part,
    bytes: Shared,
    entries: usize,
    region: Option<Region>,
    /// Bytes of the data of each entry, so that the ends of strings are searched once.
    lengths: Box<[u32]>,
}

impl Header {
    /// Reads one header and validates all of its index. Padding after it is left unread.
    ///
    /// # Errors
    /// When the bytes end early, or anything in them can not be true.
    pub fn read(reader: &mut (impl Read + ?Sized), part: Part) -> Result<Self, HeaderError> {
        Self::read_from(&mut Source::of_unknown_length(reader), part)
    }

    pub(super) fn read_from(
        source: &mut Source<'_, impl Read + ?Sized>,
        part: Part,
    ) -> Result<Self, HeaderError> {
        let mut bytes = Vec::new();
        source.read(&mut bytes, INTRO_LENGTH, part)?;
        let (entries, length) = announced(&bytes, part)?;
        source.read(&mut bytes, length - INTRO_LENGTH, part)?;
        Self::of(bytes.into(), entries, part)
    }

    /// The header that begins at `start` of what a buffer holds, its first `filled` bytes; `None` where it goes on behind
    /// them.
    pub(super) fn in_buffer(
        buffer: &Arc<Vec<u8>>,
        filled: usize,
        start: usize,
        part: Part,
    ) -> Result<Option<Self>, HeaderError> {
        let Some(intro) = buffer.get(..filled).and_then(|held| held.get(start..start + INTRO_LENGTH)) else {
            return Ok(None);
        };
        let (entries, length) = announced(intro, part)?;
        let end = start + length;
        match Shared::of(buffer, start..end).filter(|_| end <= filled) {
            Some(bytes) => Self::of(bytes, entries, part).map(Some),
            None => Ok(None),
        }
    }

    fn of(bytes: Shared, entries: usize, part: Part) -> Result<Self, HeaderError> {
        let mut header = Self { part, bytes, entries, region: None, lengths: Box::default() };
        header.region = header.find_region()?;
        header.lengths = header.validate()?;
        Ok(header)
    }

    /// Which header of the package this is.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// The bytes as they stand in the file, from the magic number to the end of the store, without padding.
    /// Digests and signatures over the header are computed over these.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The region, where the header has one. Packages of format version 3 have none.
    pub const fn region(&self) -> Option<Region> {
        self.region
    }

    /// Whether the region covers all entries and all data, as it does in every package file that rpm 4 wrote.
    /// What lies outside of it would not be covered by rpm's signatures.
    pub fn is_one_region(&self) -> bool {
        self.region.is_some_and(|region| {
            region.entries as usize == self.entries && region.data_length as usize == self.store().len()
        })
    }

    /// Gives away, in pieces, what rpm makes digests of (signature tags 269 and 273): the part that the author made immutable,
    /// which is mostly all of it.
    pub fn digested(&self, mut update: impl FnMut(&[u8])) {
        /// Bytes before the index, of which so many are the magic number, and of an entry of the index.
        const INTRO: usize = 16;
        const MAGIC: usize = 8;
        const ENTRY: usize = 16;
        let bytes = self.as_bytes();
        match self.region() {
            Some(Region { entries, data_length, .. }) if !self.is_one_region() => {
                let store = INTRO + self.entry_count() * ENTRY;
                update(&bytes[..MAGIC]);
                update(&entries.to_be_bytes());
                update(&data_length.to_be_bytes());
                // The region was found to be inside when the header was read.
                update(&bytes[INTRO..][..entries as usize * ENTRY]);
                update(&bytes[store..][..data_length as usize]);
            }
            _ => update(bytes),
        }
    }

    /// Bytes of the store (the data, without the index).
    pub fn store_length(&self) -> usize {
        self.store().len()
    }

    /// Number of index entries, the region's own included.
    pub const fn entry_count(&self) -> usize {
        self.entries
    }

    /// All entries in the order of the index, without the region's own.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> + Clone {
        self.data_indexes().filter_map(|index| self.at(index))
    }

    /// The entry of `tag`.
    pub fn entry(&self, tag: Tag) -> Option<Entry<'_>> {
        self.at(self.data_indexes().find(|index| self.tag_at(*index) == tag)?)
    }

    /// The entry at a position of the index; its bounds were found when the header was read.
    fn at(&self, index: usize) -> Option<Entry<'_>> {
        let raw = self.raw(index);
        let kind = Kind::from_number(raw.kind)?;
        let data = self.store().get(raw.offset as usize..)?.get(..*self.lengths.get(index)? as usize)?;
        Some(Entry { tag: raw.tag, kind, count: raw.count, offset: raw.offset, data })
    }

    /// Whether `tag` is there.
    pub fn contains(&self, tag: Tag) -> bool {
        self.entry(tag).is_some()
    }

    /// The strings of `tag`, whichever of the three string types it has; none where it is absent.
    ///
    /// # Errors
    /// When the tag holds no strings.
    pub fn strings(&self, tag: Tag) -> Result<Strings<'_>, HeaderError> {
        let Some(entry) = self.entry(tag) else { return Ok(Strings::default()) };
        match entry.kind {
            Kind::String | Kind::StringArray | Kind::I18nString => {
                Ok(Strings::new(entry.data, entry.count as usize))
            }
            found => Err(HeaderError::Type { tag, expected: "strings", found }),
        }
    }

    /// The first string of `tag`: of a translated one this is the untranslated text.
    ///
    /// # Errors
    /// When the tag holds no strings.
    pub fn string(&self, tag: Tag) -> Result<Option<Text<'_>>, HeaderError> {
        Ok(self.strings(tag)?.next())
    }

    /// As [`string`](Self::string), for tags that must be there.
    ///
    /// # Errors
    /// When the tag is absent or holds no strings.
    pub fn required_string(&self, tag: Tag) -> Result<Text<'_>, HeaderError> {
        self.string(tag)?.ok_or(HeaderError::Missing { tag })
    }

    /// As [`required_string`](Self::required_string), for texts that must be UTF-8 to be used.
    ///
    /// # Errors
    /// When the tag is absent, holds no strings, or one that is no UTF-8.
    pub fn required_str(&self, tag: Tag) -> Result<&str, HeaderError> {
        self.required_string(tag)?.to_str().ok_or(HeaderError::Encoding { tag })
    }

    /// 16-bit numbers; an empty array where the tag is absent.
    ///
    /// # Errors
    /// When the tag holds another type.
    pub fn u16s(&self, tag: Tag) -> Result<Array<'_, u16>, HeaderError> {
        self.numbers(tag, Kind::Int16, "16-bit numbers")
    }

    /// 32-bit numbers; an empty array where the tag is absent.
    ///
    /// # Errors
    /// When the tag holds another type.
    pub fn u32s(&self, tag: Tag) -> Result<Array<'_, u32>, HeaderError> {
        self.numbers(tag, Kind::Int32, "32-bit numbers")
    }

    /// 64-bit numbers; an empty array where the tag is absent.
    ///
    /// # Errors
    /// When the tag holds another type.
    pub fn u64s(&self, tag: Tag) -> Result<Array<'_, u64>, HeaderError> {
        self.numbers(tag, Kind::Int64, "64-bit numbers")
    }

    /// The first number of `tag`, of 8, 16, 32 or 64 bits: for tags of which only the value matters.
    ///
    /// # Errors
    /// When the tag holds no numbers.
    pub fn number(&self, tag: Tag) -> Result<Option<u64>, HeaderError> {
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        Ok(match entry.kind {
            Kind::Char | Kind::Int8 => Array::<u8>::new(entry.data).first().map(u64::from),
            Kind::Int16 => Array::<u16>::new(entry.data).first().map(u64::from),
            Kind::Int32 => Array::<u32>::new(entry.data).first().map(u64::from),
            Kind::Int64 => Array::<u64>::new(entry.data).first(),
            found => return Err(HeaderError::Type { tag, expected: "a number", found }),
        })
    }

    /// The first 32-bit number of `tag`.
    ///
    /// # Errors
    /// When the tag holds another type.
    pub fn u32(&self, tag: Tag) -> Result<Option<u32>, HeaderError> {
        Ok(self.u32s(tag)?.first())
    }

    /// The bytes of `tag` (types bin, char and int8).
    ///
    /// # Errors
    /// When the tag holds another type.
    pub fn bytes(&self, tag: Tag) -> Result<Option<&[u8]>, HeaderError> {
        match self.entry(tag) {
            None => Ok(None),
            Some(Entry { kind: Kind::Bin | Kind::Char | Kind::Int8, data, .. }) => Ok(Some(data)),
            Some(Entry { kind: found, .. }) => Err(HeaderError::Type { tag, expected: "bytes", found }),
        }
    }

    fn numbers<N: Number>(
        &self,
        tag: Tag,
        kind: Kind,
        expected: &'static str,
    ) -> Result<Array<'_, N>, HeaderError> {
        match self.entry(tag) {
            None => Ok(Array::new(&[])),
            Some(entry) if entry.kind == kind => Ok(Array::new(entry.data)),
            Some(entry) => Err(HeaderError::Type { tag, expected, found: entry.kind }),
        }
    }

    fn store(&self) -> &[u8] {
        &self.bytes[INTRO_LENGTH + self.entries * ENTRY_LENGTH..]
    }

    fn raw(&self, index: usize) -> RawEntry {
        let start = INTRO_LENGTH + index * ENTRY_LENGTH;
        RawEntry::from_bytes(&self.bytes[start..start + ENTRY_LENGTH])
    }

    fn tag_at(&self, index: usize) -> Tag {
        u32_at(&self.bytes, INTRO_LENGTH + index * ENTRY_LENGTH)
    }

    fn data_indexes(&self) -> std::ops::Range<usize> {
        usize::from(self.region.is_some())..self.entries
    }

    fn find_region(&self) -> Result<Option<Region>, HeaderError> {
        let fail = |reason| HeaderError::Region { part: self.part, reason };
        if self.entries == 0 {
            return Ok(None);
        }
        let entry = self.raw(0);
        if !matches!(entry.tag, tag::HEADER_IMAGE | tag::HEADER_SIGNATURES | tag::HEADER_IMMUTABLE) {
            return Ok(None);
        }
        let length = short(ENTRY_LENGTH);
        if entry.kind != Kind::Bin.number() || entry.count != length {
            return Err(fail("its entry has the wrong type or count"));
        }
        let start = entry.offset as usize;
        let Some(trailer) = start.checked_add(ENTRY_LENGTH).and_then(|end| self.store().get(start..end))
        else {
            return Err(fail("its trailer lies outside the store"));
        };
        let trailer = RawEntry::from_bytes(trailer);
        // Old rpm wrote 61 into the trailer of signature headers.
        let old = entry.tag == tag::HEADER_SIGNATURES && trailer.tag == tag::HEADER_IMAGE;
        if (trailer.tag != entry.tag && !old) || trailer.kind != entry.kind || trailer.count != length {
            return Err(fail("its trailer contradicts its entry"));
        }
        // The trailer points back to the start of the index with a negative offset.
        let index_length = trailer.offset.wrapping_neg();
        let entries = index_length / length;
        if !index_length.is_multiple_of(length) || entries == 0 || entries as usize > self.entries {
            return Err(fail("it claims entries that are not there"));
        }
        Ok(Some(Region { tag: entry.tag, entries, data_length: entry.offset + length }))
    }

    /// Tells how long each entry's data is. Data must not overlap, which also keeps the search for the ends of strings
    /// linear in the store's size.
    fn validate(&self) -> Result<Box<[u32]>, HeaderError> {
        let mut lengths = vec![0; self.entries].into_boxed_slice();
        let (mut end, mut highest) = (0, None);
        for index in self.data_indexes() {
            let raw = self.raw(index);
            let fail = |fault| HeaderError::Entry { part: self.part, index, tag: raw.tag, fault };
            if raw.offset < end {
                return Err(fail(EntryFault::Overlap(raw.offset)));
            }
            lengths[index] = short(self.decode(raw).map_err(fail)?.data.len());
            end = raw.offset + lengths[index];
            if let Some(region) = self.region {
                let trailer = region.data_length - short(ENTRY_LENGTH);
                if raw.offset < region.data_length && end > trailer {
                    return Err(fail(EntryFault::Overlap(raw.offset)));
                }
            }
            // rpm sorts its tags, so there is rarely anything to search.
            if highest.is_some_and(|highest| raw.tag <= highest)
                && self
                    .data_indexes()
                    .take_while(|before| *before < index)
                    .any(|before| self.tag_at(before) == raw.tag)
            {
                return Err(fail(EntryFault::Duplicate));
            }
            highest = highest.max(Some(raw.tag));
        }
        Ok(lengths)
    }

    fn decode(&self, raw: RawEntry) -> Result<Entry<'_>, EntryFault> {
        if raw.tag < FIRST_DATA_TAG {
            return Err(EntryFault::ReservedTag);
        }
        let kind = Kind::from_number(raw.kind).ok_or(EntryFault::Type(raw.kind))?;
        let store = self.store();
        if raw.count == 0 || raw.count as usize > store.len() || (kind == Kind::String && raw.count != 1) {
            return Err(EntryFault::Count(raw.count));
        }
        let rest = store.get(raw.offset as usize..).ok_or(EntryFault::Range(raw.offset))?;
        let length = match kind.width() {
            Some(width) if !raw.offset.is_multiple_of(width) => {
                return Err(EntryFault::Alignment(raw.offset));
            }
            Some(width) => width as usize * raw.count as usize,
            None => strings_length(rest, raw.count).ok_or(EntryFault::Unterminated(raw.offset))?,
        };
        let data = rest.get(..length).ok_or(EntryFault::Range(raw.offset))?;
        Ok(Entry { tag: raw.tag, kind, count: raw.count, offset: raw.offset, data })
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Header")
            .field("part", &self.part)
            .field("region", &self.region)
            .field(
                "entries",
                &self.entries().map(|entry| (entry.tag, entry.kind, entry.count)).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}

/// Bytes of `count` strings with their NULs.
fn strings_length(bytes: &[u8], count: u32) -> Option<usize> {
    let mut length = 0;
    for _ in 0..count {
        length += memchr::memchr(0, bytes.get(length..)?)? + 1;
    }
    Some(length)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// How many entries the first bytes of a header announce, and how many bytes in all.
fn announced(intro: &[u8], part: Part) -> Result<(usize, usize), HeaderError> {
    if intro[..8] != MAGIC {
        return Err(HeaderError::Magic { part });
    }
    let entries = limited(part, "index entries", u32_at(intro, 8), ENTRIES_LIMIT)?;
    let data = limited(part, "bytes of data", u32_at(intro, 12), DATA_LIMIT)?;
    Ok((entries, INTRO_LENGTH + entries * ENTRY_LENGTH + data))
}

fn limited(part: Part, what: &'static str, found: u32, limit: u32) -> Result<usize, HeaderError> {
    if found > limit { Err(HeaderError::Size { part, what, found, limit }) } else { Ok(found as usize) }
}
