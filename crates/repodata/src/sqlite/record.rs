//! Rows as the format stores them: the types of all columns, then their contents.

use super::varint;

/// What a column holds. It is stored as it is: the declared type of a column converts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
}

impl Value<'_> {
    /// The type that takes the fewest bytes.
    pub(super) const fn serial_type(self) -> u64 {
        match self {
            Self::Null => 0,
            Self::Text(text) => text.len() as u64 * 2 + 13,
            Self::Integer(0) => 8,
            Self::Integer(1) => 9,
            Self::Integer(value) => match integer_length(value) {
                length @ 1..=4 => length as u64,
                6 => 5,
                _ => 6,
            },
        }
    }

    pub(super) fn put_content(self, out: &mut Vec<u8>) {
        match self {
            Self::Null | Self::Integer(0 | 1) => {}
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Integer(value) => {
                let bytes = value.to_be_bytes();
                // Lengths that are known here need no call to copy them.
                match integer_length(value) {
                    1 => out.push(bytes[7]),
                    2 => out.extend_from_slice(&bytes[6..]),
                    3 => out.extend_from_slice(&bytes[5..]),
                    length => out.extend_from_slice(&bytes[8 - length..]),
                }
            }
        }
    }
}

/// Bytes of the shortest two's complement that the format has for `value`.
const fn integer_length(value: i64) -> usize {
    // The sign takes a bit, too.
    let bits = 65 - (value ^ (value >> 63)).leading_zeros();
    match bits.div_ceil(8) {
        length @ 0..=4 => length as usize,
        5 | 6 => 6,
        _ => 8,
    }
}

/// Replaces what is in `out` with the record of `values`.
pub(super) fn encode(values: &[Value<'_>], out: &mut Vec<u8>) {
    out.clear();
    // Nearly always one byte is enough for the length.
    out.push(0);
    for value in values {
        varint::put(value.serial_type(), out);
    }
    if let Ok(length @ ..0x80) = u8::try_from(out.len()) {
        out[0] = length;
    } else {
        let types = out.split_off(1);
        out.clear();
        put_header_length(types.len(), out);
        out.extend_from_slice(&types);
    }
    for value in values {
        value.put_content(out);
    }
}

/// The header's length, which counts itself, before `types` bytes of serial types.
pub(super) fn put_header_length(types: usize, out: &mut Vec<u8>) {
    let types = types as u64;
    let mut length = types + 1;
    while varint::length(length) as u64 + types > length {
        length += 1;
    }
    varint::put(length, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[Value<'_>], expect: &[u8]) {
        let mut out = Vec::new();
        encode(values, &mut out);
        assert_eq!(out, expect);
    }

    #[test]
    fn integers_take_the_fewest_bytes() {
        let all = [(0, 8, 0), (1, 9, 0), (2, 1, 1), (-1, 1, 1), (127, 1, 1), (-128, 1, 1), (128, 2, 2)];
        let more = [(-32769, 3, 3), (1 << 23, 4, 4), (1 << 31, 5, 6), (1 << 47, 6, 8), (-(1 << 47), 5, 6)];
        let most = [(i64::MAX, 6, 8), (i64::MIN, 6, 8), (-(1 << 31), 4, 4)];
        for (value, serial_type, length) in all.into_iter().chain(more).chain(most) {
            let mut out = Vec::new();
            Value::Integer(value).put_content(&mut out);
            assert_eq!((Value::Integer(value).serial_type(), out.len()), (serial_type, length), "{value}");
        }
    }

    #[test]
    fn types_come_first() {
        check(&[Value::Null, Value::Integer(-2), Value::Text("né")], &[4, 0, 1, 19, 0xfe, b'n', 0xc3, 0xa9]);
        let wide = vec![Value::Null; 127];
        check(&wide, &[&[0x81, 0x01][..], &[0; 127]].concat());
    }
}
