//! Almost Montgomery multiplication by AVX-512 IFMA (Gueron and Krasnov, "Software Implementation of Modular
//! Exponentiation, Using Advanced Vector Instructions Architectures", 2012), modulo two numbers in turn.

use std::arch::x86_64::{
    __m512i, _mm_cvtsi128_si64, _mm256_extract_epi64, _mm512_add_epi64, _mm512_alignr_epi64,
    _mm512_castsi512_si128, _mm512_castsi512_si256, _mm512_extracti64x4_epi64, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_set_epi64, _mm512_set1_epi64, _mm512_setzero_si512,
};

use zeroize::Zeroizing;

use crate::{
    WINDOW,
    field::Field,
    number::{BITS, DIGITS, MASK, Number, ONE},
};

const LANES: usize = 8;
const VECTORS: usize = DIGITS / LANES;

type Vectors = [__m512i; VECTORS];

/// See [`crate::pair::powers`].
#[target_feature(enable = "avx512f,avx512ifma,avx2")]
pub(crate) fn powers(bases: &[Number; 2], windows: [&[u8]; 2], fields: &[Field; 2]) -> [Number; 2] {
    let ones = [fields[0].one, fields[1].one];
    // The powers from 0 to 31.
    let mut tables = ones.map(|one| Zeroizing::new(vec![one; 1 << WINDOW]));
    for power in 1..1 << WINDOW {
        let before = [&tables[0][power - 1], &tables[1][power - 1]];
        let [one, other] = multiply(before, [&bases[0], &bases[1]], fields);
        (tables[0][power], tables[1][power]) = (one, other);
    }
    let mut result = Zeroizing::new(ones);
    for (one, other) in windows[0].iter().zip(windows[1]) {
        for _ in 0..WINDOW {
            *result = multiply([&result[0], &result[1]], [&result[0], &result[1]], fields);
        }
        let chosen = Zeroizing::new([select(&tables[0], *one), select(&tables[1], *other)]);
        *result = multiply([&result[0], &result[1]], [&chosen[0], &chosen[1]], fields);
    }
    multiply([&result[0], &result[1]], [&ONE, &ONE], fields)
}

/// See [`crate::pair::multiply`].
#[target_feature(enable = "avx512f,avx512ifma,avx2")]
pub(crate) fn multiply(left: [&Number; 2], right: [&Number; 2], fields: &[Field; 2]) -> [Number; 2] {
    let (left_one, left_other) = (load(left[0]), load(left[1]));
    let (one, other) = (load(&fields[0].modulus), load(&fields[1].modulus));
    let mut sum_one = [_mm512_setzero_si512(); VECTORS];
    let mut sum_other = sum_one;
    for (digit_one, digit_other) in right[0].iter().zip(right[1]) {
        step(&mut sum_one, (&left_one, *digit_one), (&one, fields[0].factor));
        step(&mut sum_other, (&left_other, *digit_other), (&other, fields[1].factor));
    }
    [normal(&sum_one), normal(&sum_other)]
}

/// Adds `number · digit` and as many times the modulus as makes the lowest digit zero, and drops that digit. A digit of the
/// sum takes four halves of products in each of its 40 steps: less than 2^60.
#[target_feature(enable = "avx512f,avx512ifma,avx2")]
#[inline]
fn step(sum: &mut Vectors, (number, digit): (&Vectors, u64), (modulus, factor): (&Vectors, u64)) {
    let digit = _mm512_set1_epi64(digit.cast_signed());
    let mut at = 0;
    while at < VECTORS {
        sum[at] = _mm512_madd52lo_epu64(sum[at], number[at], digit);
        at += 1;
    }
    let times = _mm512_set1_epi64((lowest(sum[0]).wrapping_mul(factor) & MASK).cast_signed());
    at = 0;
    while at < VECTORS {
        sum[at] = _mm512_madd52lo_epu64(sum[at], modulus[at], times);
        at += 1;
    }
    let carry = (lowest(sum[0]) >> BITS).cast_signed();
    at = 0;
    while at < VECTORS - 1 {
        sum[at] = _mm512_alignr_epi64::<1>(sum[at + 1], sum[at]);
        at += 1;
    }
    sum[at] = _mm512_alignr_epi64::<1>(_mm512_setzero_si512(), sum[at]);
    sum[0] = _mm512_add_epi64(sum[0], _mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, carry));
    at = 0;
    while at < VECTORS {
        sum[at] = _mm512_madd52hi_epu64(sum[at], number[at], digit);
        at += 1;
    }
    at = 0;
    while at < VECTORS {
        sum[at] = _mm512_madd52hi_epu64(sum[at], modulus[at], times);
        at += 1;
    }
}

#[target_feature(enable = "avx512f,avx512ifma,avx2")]
#[inline]
fn load(number: &Number) -> Vectors {
    let (rows, _) = number.as_chunks::<LANES>();
    let mut vectors = [_mm512_setzero_si512(); VECTORS];
    let mut at = 0;
    while at < VECTORS {
        let row = rows[at].map(u64::cast_signed);
        vectors[at] = _mm512_set_epi64(row[7], row[6], row[5], row[4], row[3], row[2], row[1], row[0]);
        at += 1;
    }
    vectors
}

#[target_feature(enable = "avx512f,avx512ifma,avx2")]
#[inline]
fn lowest(vector: __m512i) -> u64 {
    _mm_cvtsi128_si64(_mm512_castsi512_si128(vector)).cast_unsigned()
}

/// Moves what digits have above 52 bits to the next.
#[target_feature(enable = "avx512f,avx512ifma,avx2")]
#[inline]
fn normal(sum: &Vectors) -> Number {
    let mut number = [0; DIGITS];
    let (rows, _) = number.as_chunks_mut::<LANES>();
    let mut at = 0;
    while at < VECTORS {
        let (low, high) = (_mm512_castsi512_si256(sum[at]), _mm512_extracti64x4_epi64::<1>(sum[at]));
        rows[at] = [
            _mm256_extract_epi64::<0>(low),
            _mm256_extract_epi64::<1>(low),
            _mm256_extract_epi64::<2>(low),
            _mm256_extract_epi64::<3>(low),
            _mm256_extract_epi64::<0>(high),
            _mm256_extract_epi64::<1>(high),
            _mm256_extract_epi64::<2>(high),
            _mm256_extract_epi64::<3>(high),
        ]
        .map(i64::cast_unsigned);
        at += 1;
    }
    let mut carry = 0;
    for digit in &mut number {
        carry += *digit;
        *digit = carry & MASK;
        carry >>= BITS;
    }
    number
}

/// Reads the whole table, so that the memory that is touched does not tell the window.
#[target_feature(enable = "avx512f,avx512ifma,avx2")]
#[inline]
fn select(table: &[Number], window: u8) -> Number {
    let mut chosen = [0; DIGITS];
    for (power, number) in (0_u8..).zip(table) {
        let mask = std::hint::black_box(u64::from(power == window).wrapping_neg());
        for (chosen, digit) in chosen.iter_mut().zip(number) {
            *chosen |= digit & mask;
        }
    }
    chosen
}
