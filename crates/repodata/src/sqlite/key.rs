//! Columns of an index as bytes that sort as SQLite sorts the columns: NULL, integers, texts byte by byte.
//!
//! No key is the beginning of another one, so keys can be compared in pieces of any size, filled up with zeros.

use super::{
    record::{self, Value},
    varint,
};

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const TEXT: u8 = 2;

/// Ends a text.
const END: u8 = 0;

/// Stands before `END` and itself in a text, which become 1 and 2.
const ESCAPE: u8 = 1;

/// Appends a column to a key.
pub(super) fn put(value: Value<'_>, key: &mut Vec<u8>) {
    match value {
        Value::Null => key.push(NULL),
        Value::Integer(value) => {
            key.push(INTEGER);
            key.extend_from_slice(&(value.cast_unsigned() ^ 1 << 63).to_be_bytes());
        }
        Value::Text(text) => {
            key.push(TEXT);
            put_text(text.as_bytes(), key);
            key.push(END);
        }
    }
}

fn put_text(text: &[u8], key: &mut Vec<u8>) {
    // Looks at every byte, so that many are looked at at once.
    if text.iter().fold(0, |found, &byte| found | u8::from(byte <= ESCAPE)) == 0 {
        key.extend_from_slice(text);
        return;
    }
    for &byte in text {
        if byte <= ESCAPE {
            key.extend_from_slice(&[ESCAPE, byte + 1]);
        } else {
            key.push(byte);
        }
    }
}

/// Makes records of keys and rowids.
#[derive(Default)]
pub(super) struct Records {
    types: Vec<u8>,
    contents: Vec<u8>,
    text: Vec<u8>,
    record: Vec<u8>,
}

impl Records {
    /// Takes a key that `put` made.
    pub(super) fn set_key(&mut self, mut key: &[u8]) {
        self.types.clear();
        self.contents.clear();
        while let Some((&kind, rest)) = key.split_first() {
            key = match (kind, rest.split_first_chunk()) {
                (INTEGER, Some((bytes, rest))) => {
                    let value = Value::Integer((u64::from_be_bytes(*bytes) ^ 1 << 63).cast_signed());
                    varint::put(value.serial_type(), &mut self.types);
                    value.put_content(&mut self.contents);
                    rest
                }
                (TEXT, _) => self.put_text(rest),
                _ => {
                    self.types.push(0);
                    rest
                }
            };
        }
    }

    /// Takes a text from the beginning of `key` and returns what follows it.
    fn put_text<'a>(&mut self, key: &'a [u8]) -> &'a [u8] {
        let end = key.iter().position(|&byte| byte == END).unwrap_or(key.len());
        let (mut text, rest) = (&key[..end], key.get(end + 1..).unwrap_or_default());
        if text.contains(&ESCAPE) {
            self.text.clear();
            let mut bytes = text.iter();
            while let Some(&byte) = bytes.next() {
                let byte = if byte == ESCAPE { bytes.next().map_or(byte, |byte| byte - 1) } else { byte };
                self.text.push(byte);
            }
            text = &self.text;
        }
        varint::put(text.len() as u64 * 2 + 13, &mut self.types);
        self.contents.extend_from_slice(text);
        rest
    }

    /// The index entry of the row.
    pub(super) fn record(&mut self, rowid: i64) -> &[u8] {
        let rowid = Value::Integer(rowid);
        self.record.clear();
        // An integer's type is one byte.
        record::put_header_length(self.types.len() + 1, &mut self.record);
        self.record.extend_from_slice(&self.types);
        varint::put(rowid.serial_type(), &mut self.record);
        self.record.extend_from_slice(&self.contents);
        rowid.put_content(&mut self.record);
        &self.record
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sqlite::tests::Owned;

    fn owned() -> impl Strategy<Value = Owned> {
        let text = prop_oneof![any::<String>(), "[\u{0}-\u{2}]{0,4}"].prop_map(Owned::Text);
        prop_oneof![Just(Owned::Null), any::<i64>().prop_map(Owned::Integer), text]
    }

    fn key(values: &[Value<'_>]) -> Vec<u8> {
        let mut key = Vec::new();
        for &value in values {
            put(value, &mut key);
        }
        key
    }

    proptest! {
        #[test]
        fn keys_sort_as_values_do_and_come_back(left in [owned(), owned()], right in [owned(), owned()]) {
            let (left, right) = (left.each_ref().map(Owned::value), right.each_ref().map(Owned::value));
            prop_assert_eq!(key(&left).cmp(&key(&right)), left.cmp(&right));
            let (mut records, mut expected) = (Records::default(), Vec::new());
            records.set_key(&key(&left));
            record::encode(&[left[0], left[1], Value::Integer(7)], &mut expected);
            prop_assert_eq!(records.record(7), expected);
        }
    }
}
