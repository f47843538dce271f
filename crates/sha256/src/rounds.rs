//! The rounds by the SHA extensions of x86-64 (Intel SDM, volume 1, chapter "Intel SHA extensions"), of two messages in
//! turn.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_cvtsi128_si64, _mm_set_epi8, _mm_set_epi32, _mm_set_epi64x,
    _mm_setzero_si128, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
    _mm_shuffle_epi32, _mm_unpackhi_epi64,
};

use crate::BLOCK;

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2), four rounds a
/// row.
const CONSTANTS: [[u32; 4]; 16] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
    [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
    [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
    [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
    [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
    [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
    [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
    [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
    [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];

/// The state of one message as the instructions want it, and sixteen words of its schedule.
#[derive(Clone, Copy)]
struct Lane {
    abef: __m128i,
    cdgh: __m128i,
    words: [__m128i; 4],
}

impl Lane {
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    #[inline]
    fn new(state: &[u32; 8]) -> Self {
        let state = state.map(u32::cast_signed);
        Self {
            abef: _mm_set_epi32(state[0], state[1], state[4], state[5]),
            cdgh: _mm_set_epi32(state[2], state[3], state[6], state[7]),
            words: [_mm_setzero_si128(); 4],
        }
    }

    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    #[inline]
    fn state(&self) -> [u32; 8] {
        let (abef, cdgh) = (words_of(self.abef), words_of(self.cdgh));
        [abef[3], abef[2], cdgh[3], cdgh[2], abef[1], abef[0], cdgh[1], cdgh[0]]
    }

    /// Takes the words of a block, which are big-endian.
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    #[inline]
    fn load(&mut self, block: &[u8; BLOCK]) {
        let swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
        let (halves, _) = block.as_chunks();
        let mut index = 0;
        while index < 4 {
            let [low, high] = [halves[2 * index], halves[2 * index + 1]].map(i64::from_le_bytes);
            self.words[index] = _mm_shuffle_epi8(_mm_set_epi64x(high, low), swap);
            index += 1;
        }
    }

    /// Four rounds, and as much of the schedule as can be done beside them.
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    #[inline]
    fn rounds<const GROUP: usize>(&mut self) {
        let [this, next, after] = [GROUP % 4, (GROUP + 1) % 4, (GROUP + 3) % 4];
        let [k0, k1, k2, k3] = CONSTANTS[GROUP].map(u32::cast_signed);
        let words = _mm_add_epi32(self.words[this], _mm_set_epi32(k3, k2, k1, k0));
        self.cdgh = _mm_sha256rnds2_epu32(self.cdgh, self.abef, words);
        if 3 <= GROUP && GROUP < 15 {
            let middle = _mm_alignr_epi8::<4>(self.words[this], self.words[after]);
            let sum = _mm_add_epi32(self.words[next], middle);
            self.words[next] = _mm_sha256msg2_epu32(sum, self.words[this]);
        }
        self.abef = _mm_sha256rnds2_epu32(self.abef, self.cdgh, _mm_shuffle_epi32::<0x0e>(words));
        if 1 <= GROUP && GROUP < 13 {
            self.words[after] = _mm_sha256msg1_epu32(self.words[after], self.words[this]);
        }
    }

    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    #[inline]
    fn add(&mut self, before: &Self) {
        self.abef = _mm_add_epi32(self.abef, before.abef);
        self.cdgh = _mm_add_epi32(self.cdgh, before.cdgh);
    }
}

/// From the lowest to the highest.
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
fn words_of(vector: __m128i) -> [u32; 4] {
    let low = _mm_cvtsi128_si64(vector).cast_unsigned();
    let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(vector, vector)).cast_unsigned();
    [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32]
}

/// Takes as many blocks of one message as of the other.
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
pub(crate) fn compress(
    left: &mut [u32; 8],
    left_blocks: &[[u8; BLOCK]],
    right: &mut [u32; 8],
    right_blocks: &[[u8; BLOCK]],
) {
    let (mut one, mut other) = (Lane::new(left), Lane::new(right));
    for (left_block, right_block) in left_blocks.iter().zip(right_blocks) {
        let before = [one, other];
        one.load(left_block);
        other.load(right_block);
        // One after the other, as both stand here, keeps the instructions of both in flight.
        macro_rules! rounds {
            ($($group:literal)*) => { $(
                one.rounds::<$group>();
                other.rounds::<$group>();
            )* };
        }
        rounds!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        one.add(&before[0]);
        other.add(&before[1]);
    }
    (*left, *right) = (one.state(), other.state());
}
