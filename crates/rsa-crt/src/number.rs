//! Numbers of up to 2,080 bits, and what is done to them beside multiplication.

use crate::PRIME_BYTES;

/// Bits of a digit: what AVX-512 IFMA multiplies.
pub(crate) const BITS: usize = 52;
/// The lowest digit comes first.
pub(crate) const DIGITS: usize = 40;
/// Bytes of all digits.
pub(crate) const BYTES: usize = DIGITS * BITS / 8;
pub(crate) const MASK: u64 = (1 << BITS) - 1;

/// Each digit is below 2^52. A prime leaves 32 bits free, so a few sums of products need not be reduced.
pub(crate) type Number = [u64; DIGITS];

const _: () = assert!(PRIME_BYTES + 4 == BYTES);

pub(crate) const ONE: Number = {
    let mut one = [0; DIGITS];
    one[0] = 1;
    one
};

/// From at most [`BYTES`] bytes, big-endian.
pub(crate) fn from_bytes(bytes: &[u8]) -> Number {
    let mut number = [0; DIGITS];
    for (index, byte) in bytes.iter().rev().enumerate() {
        let (digit, shift) = (index * 8 / BITS, index * 8 % BITS);
        number[digit] |= u64::from(*byte) << shift & MASK;
        if shift > BITS - 8 {
            number[digit + 1] |= u64::from(*byte) >> (BITS - shift);
        }
    }
    number
}

/// From the highest to the lowest.
pub(crate) fn bits_of(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| u64::from(byte >> bit & 1)))
}

/// Of a number in bits, from the highest: slow, for what is done once.
pub(crate) fn remainder(bits: impl Iterator<Item = u64>, modulus: &Number) -> Number {
    bits.fold([0; DIGITS], |mut number, bit| {
        let mut carry = bit;
        for digit in &mut number {
            let doubled = *digit << 1 | carry;
            (*digit, carry) = (doubled & MASK, doubled >> BITS);
        }
        subtract_once(&number, modulus)
    })
}

/// Of a number that is odd.
pub(crate) fn less_one(number: &Number) -> Number {
    let mut less = *number;
    less[0] &= !1;
    less
}

/// Of two that leave room for it.
pub(crate) fn add(one: &Number, other: &Number) -> Number {
    let (mut sum, mut carry) = ([0; DIGITS], 0);
    for (digit, (one, other)) in sum.iter_mut().zip(one.iter().zip(other)) {
        let digits = one + other + carry;
        (*digit, carry) = (digits & MASK, digits >> BITS);
    }
    sum
}

/// Of a number that is not less.
pub(crate) fn subtract(from: &Number, less: &Number) -> Number {
    difference(from, less).0
}

/// The number, less the modulus unless it is less than that.
pub(crate) fn subtract_once(number: &Number, modulus: &Number) -> Number {
    let (less, borrow) = difference(number, modulus);
    let kept = std::hint::black_box(borrow.wrapping_neg());
    let mut result = [0; DIGITS];
    for (digit, (number, less)) in result.iter_mut().zip(number.iter().zip(less)) {
        *digit = number & kept | less & !kept;
    }
    result
}

/// And whether there was too little, as 1 or 0.
fn difference(from: &Number, less: &Number) -> (Number, u64) {
    let (mut difference, mut borrow) = ([0; DIGITS], 0);
    for (digit, (from, less)) in difference.iter_mut().zip(from.iter().zip(less)) {
        let digits = from.wrapping_sub(*less).wrapping_sub(borrow);
        (*digit, borrow) = (digits & MASK, digits >> 63);
    }
    (difference, borrow)
}

/// `start + step · count` in `length` bytes, big-endian.
pub(crate) fn join(start: &Number, step: &Number, count: &Number, length: usize) -> Vec<u8> {
    let mut columns = [0_u128; 2 * DIGITS];
    for (column, digit) in columns.iter_mut().zip(start) {
        *column = u128::from(*digit);
    }
    for (index, count) in count.iter().enumerate() {
        for (column, step) in columns[index..].iter_mut().zip(step) {
            *column += u128::from(*step) * u128::from(*count);
        }
    }
    let mut bytes = vec![0; length];
    let (mut pending, mut bits) = (0_u128, 0);
    let mut digits = columns.iter().scan(0_u128, |carry, column| {
        let sum = column + *carry;
        *carry = sum >> BITS;
        Some(sum & u128::from(MASK))
    });
    for byte in bytes.iter_mut().rev() {
        if bits < 8 {
            pending |= digits.next().unwrap_or_default() << bits;
            bits += BITS;
        }
        *byte = pending.to_le_bytes()[0];
        (pending, bits) = (pending >> 8, bits - 8);
    }
    bytes
}
