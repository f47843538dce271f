/// The splitmix64 generator: the same corpus on every machine, at some gigabytes a second.
pub(crate) struct Random(u64);

/// How large something is in most packages and in a few: half of the values lie evenly between `low` and `median`,
/// the others above it, and the fewer of them near `high` the larger `power` is.
#[derive(Clone, Copy)]
pub(crate) struct Skew {
    pub(crate) low: usize,
    pub(crate) median: usize,
    pub(crate) high: usize,
    pub(crate) power: u32,
}

impl Skew {
    /// The value below which a share of `thousandths` of all values lies.
    pub(crate) fn at(self, thousandths: usize) -> usize {
        const WHOLE: usize = 500;
        let Some(above) = thousandths.checked_sub(WHOLE) else {
            return self.low + (self.median - self.low) * thousandths / WHOLE;
        };
        (0..self.power).fold((self.high - self.median) * above / WHOLE, |value, _| value * above / WHOLE)
            + self.median
    }
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit`, exclusive.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::from_le_bytes(self.next().to_le_bytes()) % limit.max(1)
    }

    /// A number between two, the second exclusive.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low)
    }

    /// Whether something happens that does so `percent` times of a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub(crate) fn skewed(&mut self, skew: Skew) -> usize {
        skew.at(self.below(1000))
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend(self.next().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}
