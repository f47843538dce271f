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
        _ => {
            compress256(left, left_blocks);
            compress256(right, right_blocks);
        },
    }
}
