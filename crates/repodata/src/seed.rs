//! Names for blocks by which an index finds those that an earlier one compressed.
//!
//! All that is in a database is hashed for them, which a fast hash does several times faster than one that is safe against
//! forgery. It need not be safe: it begins with numbers that are kept in the cache, so nobody who makes packages can know
//! which blocks would have one name.

use std::hash::{BuildHasher, Hasher, RandomState};

use foldhash::{SharedSeed, quality::FoldHasher};

/// What the hash begins with. Nothing that is written for others depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seed(pub(crate) [u64; 2]);

/// Identifies what is in a block, the bytes that it refers back to included.
pub(crate) type BlockKey = [u8; 16];

impl Seed {
    /// One of its own for each cache.
    pub(crate) fn random() -> Self {
        Self([(); 2].map(|()| RandomState::new().hash_one(())))
    }

    /// Of parts, and of where each ends.
    pub(crate) fn key(self, parts: &[&[u8]]) -> BlockKey {
        let mut key = BlockKey::default();
        for (half, seed) in key.chunks_exact_mut(8).zip(self.0) {
            let shared = SharedSeed::from_u64(seed);
            let mut hasher = FoldHasher::with_seed(seed, &shared);
            for part in parts {
                hasher.write_usize(part.len());
                hasher.write(part);
            }
            half.copy_from_slice(&hasher.finish().to_le_bytes());
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_parts_and_seeds_apart() {
        let long = vec![7; 100_000];
        let mut other = long.clone();
        other[77_777] = 8;
        let parts: [&[&[u8]]; 6] = [&[], &[b""], &[b"ab", b"c"], &[b"a", b"bc"], &[&long], &[&other]];
        let seeds = [Seed([1, 2]), Seed([1, 3]), Seed([2, 1]), Seed::random(), Seed::random()];
        let mut keys: Vec<_> = seeds.iter().flat_map(|seed| parts.map(|parts| seed.key(parts))).collect();
        assert_eq!(Seed([1, 2]).key(parts[5]), keys[5]);
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), seeds.len() * parts.len());
    }
}
