use zeroize::Zeroize;

use crate::number::{BITS, BYTES, MASK, Number, from_bytes, remainder};

/// What is computed once for a modulus. Montgomery's form of a number is 2^2080 times as much.
pub(crate) struct Field {
    pub(crate) modulus: Number,
    /// −1 divided by the modulus, modulo 2^52.
    pub(crate) factor: u64,
    /// 2^2080: one in Montgomery's form.
    pub(crate) one: Number,
    /// 2^4160: brings a number into that form.
    pub(crate) square: Number,
    /// 2^6240
    pub(crate) cube: Number,
}

impl Field {
    /// Of an odd number, big-endian, with room for its double.
    pub(crate) fn new(modulus: &[u8]) -> Self {
        let modulus = from_bytes(modulus);
        let power = |times: usize| {
            let bits = std::iter::once(1).chain(std::iter::repeat_n(0, times * BYTES * 8));
            remainder(bits, &modulus)
        };
        Self { modulus, factor: factor(modulus[0]), one: power(1), square: power(2), cube: power(3) }
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.factor.zeroize();
        for number in [&mut self.modulus, &mut self.one, &mut self.square, &mut self.cube] {
            number.zeroize();
        }
    }
}

/// By Newton's method: an odd number is its own inverse modulo 8, and each step doubles the bits that are right.
fn factor(low: u64) -> u64 {
    let inverse =
        (0..5).fold(low, |found, _| found.wrapping_mul(2_u64.wrapping_sub(low.wrapping_mul(found))));
    const { assert!(BITS <= 3 << 5) };
    inverse.wrapping_neg() & MASK
}
