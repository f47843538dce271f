//! Variable-length integers: seven bits a byte, the most significant first; a ninth byte holds eight.

/// Appends `value`.
#[inline]
pub(super) fn put(value: u64, out: &mut Vec<u8>) {
    match value {
        ..0x80 => out.push(low(value)),
        0x80..0x4000 => out.extend_from_slice(&[low(value >> 7) | 0x80, low(value) & 0x7f]),
        0x4000..0x20_0000 => {
            let bytes = [low(value >> 14) | 0x80, low(value >> 7) | 0x80, low(value) & 0x7f];
            out.extend_from_slice(&bytes);
        }
        _ => put_long(value, out),
    }
}

fn put_long(value: u64, out: &mut Vec<u8>) {
    let length = length(value);
    // Bits of the last byte.
    let last = if length == 9 { 8 } else { 7 };
    for index in (0..length - 1).rev() {
        out.push(low(value >> (last + 7 * index)) | 0x80);
    }
    out.push(low(value) & if length == 9 { 0xff } else { 0x7f });
}

const fn low(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

/// The value that all of `bytes` stand for.
pub(super) fn read(bytes: &[u8]) -> u64 {
    bytes.iter().enumerate().fold(0, |value, (index, &byte)| match index {
        8 => value << 8 | u64::from(byte),
        _ => value << 7 | u64::from(byte & 0x7f),
    })
}

/// Bytes that `value` takes.
pub(super) const fn length(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    if bits > 56 { 9 } else { bits.div_ceil(7) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: u64, expect: &[u8]) {
        let mut out = Vec::new();
        put(value, &mut out);
        assert_eq!(out, expect);
        assert_eq!(length(value), expect.len());
        assert_eq!(read(expect), value);
    }

    #[test]
    fn seven_bits_a_byte() {
        check(0, &[0]);
        check(0x7f, &[0x7f]);
        check(0x80, &[0x81, 0]);
        check(0x3fff, &[0xff, 0x7f]);
        check(0x4000, &[0x81, 0x80, 0]);
        check(0x1f_ffff, &[0xff, 0xff, 0x7f]);
        check(0x20_0000, &[0x81, 0x80, 0x80, 0]);
        check((1 << 56) - 1, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        check(1 << 56, &[0x80, 0xc0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]);
        check(u64::MAX, &[0xff; 9]);
    }
}
