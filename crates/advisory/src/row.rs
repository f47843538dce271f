use xen4centos_manifest::NotAffected;

/// How one package stands to one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Such as `XSA-108`.
    pub issue: String,
    /// What it is about.
    pub title: String,
    /// Its CVEs.
    pub cves: Vec<String>,
    /// The source package; none for an issue that asks for no change.
    pub package: Option<String>,
    /// The part of it, where that is known.
    pub component: Option<String>,
    /// How it stands.
    pub verdict: Verdict,
    /// Upstream's commits that mend it.
    pub commits: Vec<String>,
    /// What else is to be known.
    pub note: Option<String>,
}

/// How a package stands to a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This release has the fix, and all later ones.
    Fixed {
        /// `name-[epoch:]version-release`, with the dist tag.
        release: String,
        /// Which announced it; none for what upstream had mended before our first release.
        advisory: Option<String>,
        /// Upstream's release that brought it, where no patch of ours does.
        upstream: Option<String>,
    },
    /// It does not have the fault.
    NotAffected(NotAffected),
    /// The issue asks for no change, for this reason.
    Statement(String),
    /// No release has the fix, as far as is known.
    Open(Opening),
}

/// Why a fault is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The code has it.
    Affected,
    /// Nobody has looked yet.
    UnderInvestigation,
    /// Upstream mended it in a later release than the package is of.
    Later {
        /// That release.
        released_in: String,
    },
    /// The package has a patch for it, and no advisory says in which release it came.
    Unannounced {
        /// The patch's file name.
        patch: String,
    },
}

impl Row {
    /// Whether something is still to be done.
    pub fn is_open(&self) -> bool {
        matches!(self.verdict, Verdict::Open(_))
    }

    /// Whether it is about the issue or CVE of this name, whatever the case.
    pub fn is_about(&self, name: &str) -> bool {
        self.issue.eq_ignore_ascii_case(name) || self.cves.iter().any(|cve| cve.eq_ignore_ascii_case(name))
    }
}
