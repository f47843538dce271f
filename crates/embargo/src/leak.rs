use crate::SecretKind;

/// A place that tells what must not be known yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// Relative to what was searched; behind ` -> ` what is inside of a package or a compressed file.
    pub place: String,
    /// What it tells. The words themselves are not repeated: they would stand in one more log.
    pub kind: SecretKind,
    /// The id of the advisory that it is of.
    pub advisory: String,
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Sorted, each once.
    pub leaks: Vec<Leak>,
    /// Files that were looked into, those inside of packages among them.
    pub files: usize,
    /// Places that could not be read to their end, and why: of them nothing is proven.
    pub unread: Vec<Unread>,
}

/// A place of which nothing is proven.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// As of a [`Leak`].
    pub place: String,
    /// Why it was not looked into.
    pub reason: String,
}

impl Found {
    /// Whether everything was read and nothing tells.
    pub fn is_clean(&self) -> bool {
        self.leaks.is_empty() && self.unread.is_empty()
    }

    /// Takes in what another search came to.
    pub fn extend(&mut self, other: Self) {
        self.leaks.extend(other.leaks);
        self.leaks.sort();
        self.leaks.dedup();
        self.files += other.files;
        self.unread.extend(other.unread);
    }
}
