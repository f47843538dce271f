//! Arithmetic modulo two numbers at a time. What the processor has is looked up by `multiversion`, once.

#![expect(clippy::unnecessary_wraps, reason = "each version of a function is all or nothing")]

use multiversion::{multiversion, target::match_target};

#[cfg(target_arch = "x86_64")]
use crate::ifma;
use crate::{field::Field, number::Number};

/// The products in Montgomery's form, each less than twice its modulus; nothing where the processor can not.
#[multiversion(targets("x86_64+avx512f+avx512ifma+avx2"))]
pub(crate) fn multiply(left: [&Number; 2], right: [&Number; 2], fields: &[Field; 2]) -> Option<[Number; 2]> {
    match_target! {
        "x86_64+avx512f+avx512ifma+avx2" => Some(ifma::multiply(left, right, fields)),
        _ => {
            let _ = (left, right, fields);
            None
        },
    }
}

/// The powers of numbers in Montgomery's form, each at most its modulus and no longer in that form. Both exponents have
/// equally many windows.
#[multiversion(targets("x86_64+avx512f+avx512ifma+avx2"))]
pub(crate) fn powers(bases: &[Number; 2], windows: [&[u8]; 2], fields: &[Field; 2]) -> Option<[Number; 2]> {
    match_target! {
        "x86_64+avx512f+avx512ifma+avx2" => Some(ifma::powers(bases, windows, fields)),
        _ => {
            let _ = (bases, windows, fields);
            None
        },
    }
}
