//! Blocks of two messages, by the best that the processor has.

use multiversion::{multiversion, target::match_target};
use sha2::block_api::compress256;

use crate::BLOCK;
#[cfg(target_arch = "x86_64")]
use crate::rounds;

/// Takes as many blocks of one message as of the other. What the processor has is looked up by `multiversion`, once.
#[multiversion(targets("x86_64+sha+sse2+ssse3+sse4.1"))]
pub(crate) fn compress(
    left: &mut [u32; 8],
    left_blocks: &[[u8; BLOCK]],
    right: &mut [u32; 8],
    right_blocks: &[[u8; BLOCK]],
) {
    match_target! {
        "x86_64+sha+sse2+ssse3+sse4.1" => rounds::compress(left, left_blocks, right, right_blocks),
        _ => one_after_the_other(left, left_blocks, right, right_blocks),
    }
}

/// What every processor can do.
fn one_after_the_other(
    left: &mut [u32; 8],
    left_blocks: &[[u8; BLOCK]],
    right: &mut [u32; 8],
    right_blocks: &[[u8; BLOCK]],
) {
    compress256(left, left_blocks);
    compress256(right, right_blocks);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a processor with instructions for SHA, what others do is not reached otherwise.
    #[test]
    fn all_processors_come_to_the_same() {
        let mut byte = 1_u8;
        let mut next = || {
            byte = byte.wrapping_mul(37).wrapping_add(11);
            byte
        };
        for count in [0, 1, 2, 3, 33] {
            let mut blocks = || (0..count).map(|_| [(); BLOCK].map(|()| next())).collect::<Vec<_>>();
            let (left_blocks, right_blocks) = (blocks(), blocks());
            let (mut left, mut right) = ([7; 8], [u32::MAX - 3; 8]);
            let (mut other_left, mut other_right) = (left, right);
            compress(&mut left, &left_blocks, &mut right, &right_blocks);
            one_after_the_other(&mut other_left, &left_blocks, &mut other_right, &right_blocks);
            assert_eq!((left, right), (other_left, other_right), "{count} blocks");
            // The two lanes are not one another's.
            let (mut left_again, mut right_again) = ([u32::MAX - 3; 8], [7; 8]);
            one_after_the_other(&mut left_again, &right_blocks, &mut right_again, &left_blocks);
            assert_eq!((right_again, left_again), (other_left, other_right), "{count} blocks");
        }
    }
}
