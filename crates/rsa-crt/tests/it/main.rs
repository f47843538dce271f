//! The operation beside that of the `rsa` crate. On processors that lack the instructions there is nothing to compare.

use rand::RngCore;
use rsa::{
    BigUint, RsaPrivateKey,
    traits::{PrivateKeyParts, PublicKeyParts},
};
use xen4centos_rsa_crt::{PRIME_BYTES, Parts, PrivateKey};

fn ready(key: &RsaPrivateKey) -> Option<PrivateKey> {
    let [p, q] = [0, 1].map(|index: usize| &key.primes()[index]);
    // The inverse of a number modulo a prime is its power to two less than that.
    let u = p.modpow(&(q - 2_u8), q);
    let [p, q, d, u] = [p, q, key.d(), &u].map(BigUint::to_bytes_be);
    PrivateKey::new(Parts { p: &p, q: &q, d: &d, u: &u })
}

fn padded(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; length - bytes.len()], bytes].concat()
}

#[test]
fn powers_equal_those_of_another_crate() {
    let mut random = rand::thread_rng();
    for (bits, rounds) in [(1024, 200), (2048, 100), (3072, 20), (4096, 40)] {
        let key = RsaPrivateKey::new(&mut random, bits).unwrap();
        let Some(ready) = ready(&key) else { return };
        let (n, length) = (key.n(), bits / 8);
        let [p, q] = [&key.primes()[0], &key.primes()[1]];
        let edges = [BigUint::from(0_u8), 1_u8.into(), n - 1_u8, p.clone(), q.clone(), n - p, n - q];
        let drawn = (0..rounds).map(|_| {
            let mut bytes = vec![0; length];
            random.fill_bytes(&mut bytes);
            BigUint::from_bytes_be(&bytes) % n
        });
        for base in edges.into_iter().chain(drawn) {
            let expected = padded(&base.modpow(key.d(), n), length);
            assert_eq!(ready.apply(&padded(&base, length)).unwrap(), expected, "{bits} {base} {p} {q}");
        }
    }
}

#[test]
fn unusual_keys_are_left_to_others() {
    let long = [1; 257];
    let refused = |p: &[u8], q: &[u8], u: &[u8]| PrivateKey::new(Parts { p, q, d: &[1], u }).is_none();
    for [p, q] in [[&[2][..], &[3]], [&[3], &[2]], [&[], &[3]], [&[3], &[]], [&long, &[3]], [&[3], &long]] {
        assert!(refused(p, q, &[1]), "{p:?} {q:?}");
    }
    assert!(refused(&[3], &[5], &long), "an inverse longer than a prime");
    for one in [&[1][..], &[0, 1]] {
        assert!(refused(one, &[3], &[1]) && refused(&[3], one, &[1]), "one is no prime");
    }
}

#[test]
fn numbers_longer_than_a_modulus_are_left_to_others() {
    // 3 · 2 = 1 modulo 5, and 3 · 3 = 1 modulo 8.
    let Some(key) = PrivateKey::new(Parts { p: &[3], q: &[5], d: &[3], u: &[2] }) else { return };
    let padded = |length: usize| [vec![0; length - 1], vec![2]].concat();
    for length in [1, 2, PRIME_BYTES, 2 * PRIME_BYTES] {
        assert_eq!(key.apply(&padded(length)).unwrap(), [vec![0; length - 1], vec![8]].concat(), "{length}");
    }
    assert_eq!(key.apply(&padded(2 * PRIME_BYTES + 9)), None);
    assert_eq!(key.apply(&[]), Some(Vec::new()));
}
