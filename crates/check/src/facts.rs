use xen4centos_artifact::{
    Nevra,
    header::{Dependency, DependencyKind, HeaderError, RpmHeaders},
};

use crate::Provision;

/// What is to be known of a package to say which others it can be with: from its headers, from metadata of whatever
/// origin, or from a host's own list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFacts {
    /// Name, version and architecture.
    pub nevra: Nevra,
    /// File name of its source package; empty where that is not known, and in source packages.
    pub source: String,
    /// What it gives; itself, too.
    pub provides: Vec<Provision>,
    /// What it needs, without features of rpm.
    pub requires: Vec<Provision>,
    /// What it can not be beside.
    pub conflicts: Vec<Provision>,
    /// Whose place it takes.
    pub obsoletes: Vec<Provision>,
}

impl PackageFacts {
    /// A package of which nothing but its name is known yet.
    pub fn new(nevra: Nevra) -> Self {
        let (provides, requires, conflicts, obsoletes) = Default::default();
        Self { nevra, source: String::new(), provides, requires, conflicts, obsoletes }
    }

    /// What the headers say. Rich dependencies, which have a rule of their own, are left out.
    pub(crate) fn of(headers: &RpmHeaders) -> Result<Self, HeaderError> {
        let list = |kind| -> Result<Vec<Provision>, HeaderError> {
            let all =
                headers.dependencies(kind)?.filter(|it: &Dependency<'_>| !it.is_rpmlib() && !it.is_rich());
            let mut list: Vec<Provision> = all.map(Into::into).collect();
            // Scriptlets make rpmbuild list a requirement once for each of them.
            list.dedup();
            Ok(list)
        };
        Ok(Self {
            nevra: headers.nevra()?,
            source: headers.source_rpm()?.map_or_else(String::new, |name| name.to_str_lossy().into_owned()),
            provides: list(DependencyKind::Provides)?,
            requires: list(DependencyKind::Requires)?,
            conflicts: list(DependencyKind::Conflicts)?,
            obsoletes: list(DependencyKind::Obsoletes)?,
        })
    }

    /// The package as obsoletes see it, which go by names of packages and not by what they provide.
    pub(crate) fn itself(&self) -> Provision {
        Provision::exactly(self.nevra.name.as_str(), self.nevra.evr.to_string())
    }

    /// The entry by which it takes the place of a package.
    pub(crate) fn obsoleting(&self, other: &Provision) -> Option<&Provision> {
        let own = self.nevra.name == other.name;
        self.obsoletes.iter().find(|entry| !own && entry.name == other.name && entry.overlaps(other))
    }
}

/// The name in `name-version-release.src.rpm`.
pub(crate) fn source_name(file: &str) -> &str {
    let mut parts = file.rsplitn(3, '-');
    let (_, _, name) = (parts.next(), parts.next(), parts.next());
    name.unwrap_or(file)
}
