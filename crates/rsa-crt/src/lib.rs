//! RSA's private operation, `base ^ d mod p·q`, by two powers modulo the primes and the Chinese remainder theorem.
//!
//! Crates that work on every processor spend some 25 million cycles on a signature of 4096 bits, several times what all else
//! costs that is done to sign a small package. Processors with AVX-512 IFMA multiply eight digits of 52 bits at a time, and
//! the two powers fill one another's gaps: an eighth of that. Where a processor has no such instructions there is no
//! [`PrivateKey`], and one of those crates has to do it.
//!
//! No branch and no address depends on a secret: lengths are those of the modulus, tables are read from end to end, and
//! what may have to be subtracted always is, under a mask. What a key holds is overwritten when it is dropped; what was on the
//! stack on the way there, or when it was moved, is not. **Who calls this verifies each result with the public exponent**,
//! by other code, before it leaves the machine: a wrong power modulo one prime would tell the other.

mod field;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod number;
mod pair;

use zeroize::Zeroizing;

use crate::{
    field::Field,
    number::{Number, add, bits_of, from_bytes, join, less_one, remainder, subtract, subtract_once},
    pair::{multiply, powers},
};

/// Bytes of the largest prime.
pub const PRIME_BYTES: usize = 256;

/// Bits of an exponent that are taken at a time.
const WINDOW: usize = 5;

/// The parts of a private key, big-endian. Who fills it keeps it only as long as it takes.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// One prime.
    pub p: &'a [u8],
    /// The other.
    pub q: &'a [u8],
    /// The private exponent.
    pub d: &'a [u8],
    /// The inverse of `p` modulo `q`, as `OpenPGP` has it.
    pub u: &'a [u8],
}

/// A private key that is ready to use.
pub struct PrivateKey {
    /// Modulo `p`, and modulo `q`.
    fields: [Field; 2],
    /// `d` modulo `p − 1` and `q − 1`, from the highest window to the lowest.
    windows: [Zeroizing<Vec<u8>>; 2],
    /// The inverse of `p` modulo `q`, in Montgomery's form.
    inverse: Zeroizing<Number>,
}

impl PrivateKey {
    /// Nothing where the processor lacks the instructions, or a prime is even, one, or longer than [`PRIME_BYTES`].
    pub fn new(parts: Parts<'_>) -> Option<Self> {
        let primes = [parts.p, parts.q];
        if !primes.into_iter().all(may_be_prime) || parts.u.len() > PRIME_BYTES {
            return None;
        }
        let length = primes.map(<[u8]>::len).into_iter().max()?;
        let fields = primes.map(Field::new);
        let windows = [&fields[0], &fields[1]].map(|field| {
            let exponent = Zeroizing::new(remainder(bits_of(parts.d), &less_one(&field.modulus)));
            windows(&exponent, length)
        });
        let u = Zeroizing::new(from_bytes(parts.u));
        let [_, inverse] = multiply([&u; 2], [&fields[0].square, &fields[1].square], &fields)?;
        Some(Self { fields, windows, inverse: Zeroizing::new(inverse) })
    }

    /// `base ^ d mod p·q`, in as many bytes as `base` has, for a `base` below `p·q`. Both are big-endian.
    pub fn apply(&self, base: &[u8]) -> Option<Vec<u8>> {
        let [p, q] = &self.fields;
        if base.len() > 2 * number::BYTES {
            return None;
        }
        let (high, low) = base.split_at(base.len().saturating_sub(number::BYTES));
        let low = from_bytes(low);
        let high = from_bytes(high.get(..number::BYTES).unwrap_or(high));
        // Both halves in Montgomery's form; the higher one is worth 2^2080 times as much.
        let low = multiply([&low; 2], [&p.square, &q.square], &self.fields)?;
        let high = multiply([&high; 2], [&p.cube, &q.cube], &self.fields)?;
        let bases = Zeroizing::new([add(&low[0], &high[0]), add(&low[1], &high[1])]);
        let [one, other] = powers(&bases, [&self.windows[0], &self.windows[1]], &self.fields)?;
        let one = Zeroizing::new(subtract_once(&one, &p.modulus));
        let other = Zeroizing::new(subtract_once(&other, &q.modulus));
        let steps = self.steps_between(&one, &other)?;
        Some(join(&one, &p.modulus, &steps, base.len()))
    }

    /// How many times `p` must be added to what is `one` modulo `p` until it is `other` modulo `q`.
    fn steps_between(&self, one: &Number, other: &Number) -> Option<Zeroizing<Number>> {
        let modulus = &self.fields[1].modulus;
        let reduced = |number: &Number, factor: &Number| {
            let [_, product] = multiply([number; 2], [factor; 2], &self.fields)?;
            Some(Zeroizing::new(subtract_once(&product, modulus)))
        };
        let one = reduced(one, &self.fields[1].square)?;
        let one = reduced(&one, &number::ONE)?;
        let difference = Zeroizing::new(subtract(&add(other, modulus), &one));
        reduced(&difference, &self.inverse)
    }
}

/// Of a length that is taken, odd, and more than one.
fn may_be_prime(number: &[u8]) -> bool {
    let is_odd = number.last().is_some_and(|low| low % 2 == 1);
    // Every byte is looked at, whatever is in the others.
    let rest =
        number.split_last().map_or(0, |(low, rest)| rest.iter().fold(low & !1, |any, byte| any | byte));
    number.len() <= PRIME_BYTES && is_odd && rest != 0
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PrivateKey(…)")
    }
}

/// An exponent of at most `length` bytes in windows, from the highest.
fn windows(exponent: &Number, length: usize) -> Zeroizing<Vec<u8>> {
    let bit = |at: usize| {
        exponent.get(at / number::BITS).map_or(0, |digit| (digit >> (at % number::BITS)).to_le_bytes()[0] & 1)
    };
    let window = |index: usize| (0..WINDOW).rev().fold(0, |sum, at| sum << 1 | bit(index * WINDOW + at));
    Zeroizing::new((0..(length * 8).div_ceil(WINDOW)).rev().map(window).collect())
}
