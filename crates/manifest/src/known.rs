//! What is known of published faults, from `advisories/known/*.toml`: facts about upstream, apart from what the project
//! has announced.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::NotAffected;

/// A fault that was made public, such as `XSA-108`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIssue {
    /// `XSA-108`, or `CVE-2014-7188` where there is no advisory of Xen's.
    pub id: String,
    /// What it is about, in our words.
    pub title: String,
    /// Its CVEs; empty for what has none, and for an issue that is called by its CVE.
    pub cves: Vec<String>,
    /// It asks for no change of code, and why; then no package is named.
    pub statement: Option<String>,
    /// How each source package stands that it is about.
    pub packages: BTreeMap<String, Knowledge>,
    /// The file that it stands in, as messages show it.
    pub file: Utf8PathBuf,
    /// Its line, from 1.
    pub line: usize,
}

/// How upstream's code, as the package takes it, stands to a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knowledge {
    /// The part of the package.
    pub component: String,
    /// How it stands without patches of ours.
    pub state: KnownState,
    /// Upstream's commits that mend it, as far as they are known; at least ten digits each.
    pub commits: Vec<String>,
    /// What else is to be known.
    pub note: Option<String>,
}

/// How upstream's code stands to a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownState {
    /// Mended in this release of upstream's and in all later ones.
    Fixed {
        /// The release.
        released_in: String,
    },
    /// It has the fault, and no release of upstream's is without.
    Affected,
    /// Nobody has looked, or what was found does not say.
    UnderInvestigation,
    /// It does not have the fault.
    NotAffected(NotAffected),
}
