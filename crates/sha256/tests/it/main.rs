//! Digests of all lengths and cuts, beside the `sha2` crate.

use proptest::prelude::*;
use sha2::Digest as _;
use xen4centos_sha256::{Sha256, update_both};

fn reference(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

fn bytes(length: usize, salt: u8) -> Vec<u8> {
    let mut byte = salt;
    let next = |index: usize| {
        byte = byte.wrapping_mul(37).wrapping_add(index.to_le_bytes()[1] ^ 1);
        byte
    };
    (0..length).map(next).collect()
}

#[test]
fn digests_of_the_standard() {
    // FIPS 180-2, appendix B.
    let check = |text: &[u8], start: [u8; 4]| {
        let mut hasher = Sha256::new();
        hasher.update(text);
        assert_eq!(hasher.finish()[..4], start);
    };
    check(b"", [0xe3, 0xb0, 0xc4, 0x42]);
    check(b"abc", [0xba, 0x78, 0x16, 0xbf]);
    check(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", [0x24, 0x8d, 0x6a, 0x61]);
    check(&vec![b'a'; 1_000_000], [0xcd, 0xc7, 0x6e, 0x5c]);
}

#[test]
fn every_length_is_padded_as_it_must_be() {
    for length in 0..300 {
        let bytes = bytes(length, 3);
        let mut hasher = Sha256::new();
        hasher.update(&bytes);
        assert_eq!(hasher.finish(), reference(&bytes), "{length} bytes");
    }
}

/// Two messages by way of buffers as a program that reads two files has them; tells their digests.
fn both(left: &[u8], right: &[u8], buffers: &[usize]) -> [[u8; 32]; 2] {
    let mut hashers = [Sha256::new(), Sha256::new()];
    let mut rests = [left, right];
    let mut sizes = buffers.iter().copied().cycle();
    while rests.iter().any(|rest| !rest.is_empty()) {
        let mut now = rests.map(|rest| &rest[..rest.len().min(sizes.next().unwrap_or(1))]);
        for (rest, now) in rests.iter_mut().zip(now) {
            *rest = &rest[now.len()..];
        }
        let ([one, other], [one_bytes, other_bytes]) = (&mut hashers, &mut now);
        update_both((&mut *one, &mut *one_bytes), (&mut *other, &mut *other_bytes));
        assert!(
            one_bytes.len() < 64 || other_bytes.len() < 64,
            "{} and {}",
            one_bytes.len(),
            other_bytes.len()
        );
        one.update(one_bytes);
        other.update(other_bytes);
    }
    hashers.map(Sha256::finish)
}

#[test]
fn two_at_a_time_do_not_disturb_one_another() {
    for (left, right) in [(0, 0), (1, 1000), (64, 64), (63, 65), (4096, 4096), (100_000, 70_001)] {
        let (left, right) = (bytes(left, 7), bytes(right, 11));
        assert_eq!(both(&left, &right, &[65_536]), [reference(&left), reference(&right)]);
    }
}

proptest! {
    #[test]
    fn however_they_are_cut(
        left in proptest::collection::vec(any::<u8>(), 0..3000),
        right in proptest::collection::vec(any::<u8>(), 0..3000),
        buffers in proptest::collection::vec(1_usize..700, 1..5),
    ) {
        prop_assert_eq!(both(&left, &right, &buffers), [reference(&left), reference(&right)]);
    }
}
