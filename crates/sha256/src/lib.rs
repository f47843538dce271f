//! SHA-256 (FIPS 180-4) of two messages at a time.
//!
//! Each round of SHA-256 needs the one before, so the instructions that processors have for it wait for one another most of
//! the time. Rounds of a second message fill these gaps: two messages take little more time than one. Where a processor has no
//! such instructions, and for what is left of the longer message, the `sha2` crate does it.
//!
//! The rounds are of fixed published constants and tested against `sha2` byte for byte. Nothing secret is hashed by this.

mod pair;
#[cfg(target_arch = "x86_64")]
mod rounds;

use sha2::block_api::compress256;

/// Bytes that one step takes.
pub const BLOCK: usize = 64;

/// The first 32 bits of the fractional parts of the square roots of the first eight primes (FIPS 180-4, 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Where the length of the message begins in the last block.
const LENGTH_AT: usize = BLOCK - 8;

/// The digest of a message that comes in pieces.
#[derive(Clone, Debug)]
pub struct Sha256 {
    state: [u32; 8],
    /// The beginning of the next block: as much of it as [`pending`](Self::pending) says.
    block: [u8; BLOCK],
    /// Bytes so far.
    length: u64,
}

impl Default for Sha256 {
    fn default() -> Self {
        Self { state: START, block: [0; BLOCK], length: 0 }
    }
}

impl Sha256 {
    /// Of the empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the message.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.fill_block(&mut bytes);
        let (blocks, rest) = bytes.as_chunks();
        if !blocks.is_empty() {
            compress256(&mut self.state, blocks);
            self.length += blocks.as_flattened().len() as u64;
        }
        self.block[..rest.len()].copy_from_slice(rest);
        self.length += rest.len() as u64;
    }

    /// The digest of all that came.
    pub fn finish(mut self) -> [u8; 32] {
        let (pending, bits) = (self.pending(), self.length.wrapping_mul(8));
        self.block[pending] = 0x80;
        self.block[pending + 1..].fill(0);
        if pending >= LENGTH_AT {
            compress256(&mut self.state, &[self.block]);
            self.block = [0; BLOCK];
        }
        self.block[LENGTH_AT..].copy_from_slice(&bits.to_be_bytes());
        compress256(&mut self.state, &[self.block]);
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        digest
    }

    /// Bytes of a block that is not complete.
    #[expect(clippy::cast_possible_truncation, reason = "less than a block")]
    const fn pending(&self) -> usize {
        (self.length % BLOCK as u64) as usize
    }

    /// Completes the block that was begun, as far as `bytes` go.
    fn fill_block(&mut self, bytes: &mut &[u8]) {
        let pending = self.pending();
        if pending == 0 {
            return;
        }
        let (now, later) = bytes.split_at(bytes.len().min(BLOCK - pending));
        self.block[pending..pending + now.len()].copy_from_slice(now);
        self.length += now.len() as u64;
        *bytes = later;
        if self.pending() == 0 && !now.is_empty() {
            compress256(&mut self.state, &[self.block]);
        }
    }
}

/// Takes as much from both messages as goes at a time: afterwards less than a block of one is left, or none.
///
/// What is left can be given again with more behind it from where the message comes from, or to [`Sha256::update`].
pub fn update_both(left: (&mut Sha256, &mut &[u8]), right: (&mut Sha256, &mut &[u8])) {
    let (one, one_bytes) = left;
    let (other, other_bytes) = right;
    one.fill_block(one_bytes);
    other.fill_block(other_bytes);
    let count = one_bytes.len().min(other_bytes.len()) / BLOCK;
    if count == 0 {
        return;
    }
    let (one_now, one_later) = one_bytes.split_at(count * BLOCK);
    let (other_now, other_later) = other_bytes.split_at(count * BLOCK);
    pair::compress(&mut one.state, one_now.as_chunks().0, &mut other.state, other_now.as_chunks().0);
    one.length += one_now.len() as u64;
    other.length += other_now.len() as u64;
    (*one_bytes, *other_bytes) = (one_later, other_later);
}
