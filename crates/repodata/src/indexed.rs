//! One package, as the index handles it.

use std::sync::Arc;

use xen4centos_artifact::Nevra;

use crate::{
    Package, Source,
    blocks::{Identity, identity_of},
    cache::Place,
    database::Described,
    ordered::Weigh,
    stamp::Stamp,
    write_xml::Fragments,
};

/// What an index must know of a package beside what documents say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Title {
    pub(crate) nevra: Nevra,
    /// Seconds since 1970.
    pub(crate) build_time: u64,
    /// Where clients find it, which is part of what documents say.
    pub(crate) href: String,
    pub(crate) base: Option<String>,
    /// A number that stands for the package, wherever it is.
    pub(crate) boundary: u32,
    /// Of what documents say; made where there is a cache to remember it.
    pub(crate) identity: Option<Identity>,
}

impl Title {
    /// `keyed` says whether an identity is wanted.
    fn of(package: &Package, fragments: &Fragments, keyed: bool) -> Self {
        Self {
            nevra: package.nevra.clone(),
            build_time: package.build_time,
            href: package.href.clone(),
            base: package.base.clone(),
            boundary: boundary(package),
            identity: keyed.then(|| identity_of(fragments.parts().map(str::as_bytes))),
        }
    }
}

/// A number that stands for a package, wherever it is.
pub(crate) fn boundary(package: &Package) -> u32 {
    let digits = package.checksum.value.get(..8).unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or(0)
}

/// What becomes of a package in the cache.
pub(crate) enum Remembered {
    /// It is there.
    There(Place),
    /// It is new; these bytes describe it, where databases will want to know.
    New(Vec<u8>),
}

/// A package that was read, or is known.
pub(crate) struct Indexed {
    pub(crate) stamp: Stamp,
    pub(crate) title: Title,
    pub(crate) fragments: Fragments,
    pub(crate) source: Source,
    /// For databases, where there are any.
    pub(crate) described: Option<Described>,
    pub(crate) remembered: Remembered,
}

/// What of a package is wanted besides its parts of documents.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// What a cache knows it by.
    pub(crate) identity: bool,
    /// Its description, for databases.
    pub(crate) described: bool,
}

impl Indexed {
    /// A package as it is described; nothing is remembered of it but what its documents say.
    pub(crate) fn of((stamp, source): (Stamp, Source), described: &Described, wanted: Wanted) -> Self {
        let (package, files) = &**described;
        let fragments = Fragments::of(package, files);
        let title = Title::of(package, &fragments, wanted.identity);
        let described = wanted.described.then(|| Arc::clone(described));
        Self { stamp, title, fragments, source, described, remembered: Remembered::New(Vec::new()) }
    }
}

impl Weigh for Indexed {
    fn weight(&self) -> usize {
        let record = match &self.remembered {
            Remembered::There(_) => 0,
            Remembered::New(record) => record.len(),
        };
        let text = self.fragments.text().len();
        // A description takes about as much as what documents say of it.
        let described = if self.described.is_some() { text } else { 0 };
        text + record + described
    }
}
