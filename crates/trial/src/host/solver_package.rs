use xen4centos_artifact::Nevra;

/// A package as a solver sees it. Dependencies stand as rpm prints them: `name`, or `name >= [epoch:]version[-release]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolverPackage {
    /// What it is called.
    pub nevra: Nevra,
    /// What it gives; its own name is given without being listed.
    pub provides: Vec<String>,
    /// What it needs.
    pub requires: Vec<String>,
    /// What it can not be installed with.
    pub conflicts: Vec<String>,
    /// What it takes the place of.
    pub obsoletes: Vec<String>,
    /// The paths that it owns, as far as dependencies may name them.
    pub files: Vec<String>,
    /// Why the host's rpm refuses it, in rpm's words, whatever a solver makes of it.
    pub refused_by_rpm: Vec<String>,
}

impl SolverPackage {
    /// A package of which only the name is known.
    pub fn named(nevra: Nevra) -> Self {
        let none = Vec::new;
        Self {
            nevra,
            provides: none(),
            requires: none(),
            conflicts: none(),
            obsoletes: none(),
            files: none(),
            refused_by_rpm: none(),
        }
    }

    /// Whether it is of this name, or gives it.
    pub(super) fn gives(&self, name: &str) -> bool {
        let given = |text: &String| text.split(' ').next() == Some(name);
        self.nevra.name == name || self.provides.iter().any(given)
    }

    /// All by which yum knows it, but for what it provides: `xen`, `xen.x86_64`, `xen-4.2.5`, and so on.
    pub(super) fn forms(&self) -> [String; 7] {
        let Nevra { name, evr, arch } = &self.nevra;
        let whole = format!("{}-{}", evr.version, evr.release);
        [
            name.clone(),
            format!("{name}.{arch}"),
            format!("{name}-{}", evr.version),
            format!("{name}-{whole}"),
            format!("{name}-{whole}.{arch}"),
            format!("{}:{name}-{whole}.{arch}", evr.epoch),
            format!("{name}-{}:{whole}.{arch}", evr.epoch),
        ]
    }

    /// Whether both can be one package in two versions.
    pub(super) fn is_another_of(&self, other: &Self) -> bool {
        let neutral = |arch: &str| arch == "noarch";
        let (left, right) = (&self.nevra, &other.nevra);
        left.name == right.name && (left.arch == right.arch || neutral(&left.arch) || neutral(&right.arch))
    }

    /// All names of dependencies that are paths.
    pub fn paths_asked_for(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.requires, &self.conflicts, &self.obsoletes];
        let names = lists.into_iter().flatten().filter_map(|text| text.split(' ').next());
        names.filter(|name| name.starts_with('/'))
    }
}
