use super::random::{Random, Skew};

/// How many packages, and how large they are.
pub(crate) struct Scale {
    pub(crate) count: usize,
    /// Entries of a changelog, the second exclusive.
    pub(crate) changes: (usize, usize),
    payload: Skew,
    files: Skew,
    /// Spreads the sizes evenly over the packages instead of by chance: of a few packages, chance makes now one,
    /// now two gigabytes.
    even: bool,
}

impl Scale {
    pub(crate) fn new(kind: &str, count: usize) -> Option<Self> {
        let files = Skew { low: 1, median: 12, high: 600, power: 9 };
        let payload = Skew { low: 1_000, median: 12_000, high: 1_000_000, power: 14 };
        let small = Self { count, changes: (10, 41), payload, files, even: false };
        match kind {
            "small" => Some(small),
            "headers" => Some(Self {
                changes: (4, 16),
                payload: Skew { low: 100, median: 300, high: 900, power: 1 },
                files: Skew { low: 1, median: 6, high: 150, power: 9 },
                ..small
            }),
            "large" => Some(Self {
                payload: Skew { low: 1_000_000, median: 5_150_000, high: 100_000_000, power: 4 },
                files: Skew { low: 20, median: 580, high: 20_000, power: 5 },
                even: true,
                ..small
            }),
            _ => None,
        }
    }

    pub(crate) fn payload(&self, number: usize, random: &mut Random) -> usize {
        self.size(self.payload, number * 71, random)
    }

    pub(crate) fn files(&self, number: usize, random: &mut Random) -> usize {
        self.size(self.files, number * 37, random)
    }

    fn size(&self, skew: Skew, place: usize, random: &mut Random) -> usize {
        if self.even { skew.at(place % self.count * 1000 / self.count) } else { random.skewed(skew) }
    }
}
