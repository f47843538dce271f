use std::collections::BTreeMap;

use super::{
    Kind, Tag,
    entry::{ENTRY_LENGTH, RawEntry, short},
    store::MAGIC,
};

/// Writes one header structure: entries sorted by tag, data aligned and in the same order, and all of it one
/// region, as rpm writes package files.
#[derive(Clone, Debug, Default)]
pub struct HeaderBuilder {
    entries: BTreeMap<Tag, (Kind, u32, Vec<u8>)>,
}

impl HeaderBuilder {
    /// An empty header.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `tag` to bytes.
    #[must_use]
    pub fn bytes(self, tag: Tag, bytes: &[u8]) -> Self {
        self.set(tag, Kind::Bin, bytes.len(), bytes.to_vec())
    }

    /// Sets `tag` to 16-bit numbers.
    #[must_use]
    pub fn u16s(self, tag: Tag, numbers: &[u16]) -> Self {
        self.set(tag, Kind::Int16, numbers.len(), numbers.iter().flat_map(|n| n.to_be_bytes()).collect())
    }

    /// Sets `tag` to 32-bit numbers.
    #[must_use]
    pub fn u32s(self, tag: Tag, numbers: &[u32]) -> Self {
        self.set(tag, Kind::Int32, numbers.len(), numbers.iter().flat_map(|n| n.to_be_bytes()).collect())
    }

    /// Sets `tag` to 64-bit numbers.
    #[must_use]
    pub fn u64s(self, tag: Tag, numbers: &[u64]) -> Self {
        self.set(tag, Kind::Int64, numbers.len(), numbers.iter().flat_map(|n| n.to_be_bytes()).collect())
    }

    /// Sets `tag` to one string.
    #[must_use]
    pub fn string(self, tag: Tag, text: &str) -> Self {
        self.set(tag, Kind::String, 1, [text.as_bytes(), &[0]].concat())
    }

    /// Sets `tag` to an array of strings.
    #[must_use]
    pub fn strings(self, tag: Tag, texts: &[&str]) -> Self {
        let data = texts.iter().flat_map(|text| text.bytes().chain([0])).collect();
        self.set(tag, Kind::StringArray, texts.len(), data)
    }

    fn set(mut self, tag: Tag, kind: Kind, count: usize, data: Vec<u8>) -> Self {
        self.entries.insert(tag, (kind, short(count), data));
        self
    }

    /// The bytes of the header with `region` (62 for a signature header, 63 for a main one) as its first
    /// entry, without padding after it.
    pub fn build(&self, region: Tag) -> Vec<u8> {
        let mut store: Vec<u8> = Vec::new();
        let mut index = Vec::new();
        for (tag, (kind, count, data)) in &self.entries {
            let alignment = kind.width().unwrap_or(1) as usize;
            store.resize(store.len().next_multiple_of(alignment), 0);
            let entry =
                RawEntry { tag: *tag, kind: kind.number(), offset: short(store.len()), count: *count };
            index.extend(entry.to_bytes());
            store.extend(data);
        }
        let own = RawEntry {
            tag: region,
            kind: Kind::Bin.number(),
            offset: short(store.len()),
            count: short(ENTRY_LENGTH),
        };
        let entries = self.entries.len() + 1;
        let back = short(entries * ENTRY_LENGTH).wrapping_neg();
        store.extend(RawEntry { offset: back, ..own }.to_bytes());
        let mut bytes = MAGIC.to_vec();
        bytes.extend(short(entries).to_be_bytes());
        bytes.extend(short(store.len()).to_be_bytes());
        bytes.extend(own.to_bytes());
        bytes.extend(index);
        bytes.extend(store);
        bytes
    }
}
