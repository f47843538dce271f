//! The operation beside that of the `rsa` crate. On processors that lack the instructions there is nothing to compare.

use rand::RngCore;
use rsa::{
    BigUint, RsaPrivateKey,
    traits::{PrivateKeyParts, PublicKeyParts},
};
use xen4centos_rsa_crt::{Parts, PrivateKey};

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
    for [p, q] in [[&[2][..], &[3]], [&[3], &[2]], [&[], &[3]], [&long, &[3]]] {
        assert!(PrivateKey::new(Parts { p, q, d: &[1], u: &[1] }).is_none());
    }
}
