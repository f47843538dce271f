//! Packages beside one another, and beside what was published before.

use super::{Long, long};

pub(super) const ALL: &[Long] = long! {
    "EL6-DEP-001" ""
        "yum solves before it downloads: one requirement that nothing meets stops the whole update of a host, and `--skip-broken` leaves the fix out"
        "xen-runtime requires a yajl that CentOS 6 does not have";
    "EL6-DEP-002" ""
        "yum can install neither, or takes one away for the other in the transaction that brings both"
        "`Obsoletes: xen-libs` in the package that requires xen-libs, or in one beside it, without `Provides: xen-libs`";
    "EL6-DEP-003" ""
        "rpm finds it after everything was downloaded, and installs nothing at all"
        "two packages of one build list the same configuration file with different contents";
    "EL6-DEP-004" ""
        "drivers load firmware by name when the host starts: with an older package the names are not there"
        "a kernel published from a build without kernel-firmware";
    "EL6-DEP-005" ""
        "a conflict with a version is meant for old ones: where what CentOS 6 has is among them, hosts must choose"
        "`Conflicts: bash < 99`";
    "EL6-UPG-001" ""
        "hosts that have the newer one keep it, and believe that they are up to date"
        "a security fix on an older release while a newer one is in the channel";
    "EL6-UPG-002" ""
        "yum compares names, not contents: hosts keep what they have, and caches and mirrors serve both"
        "a package built again and published under its old release";
    "EL6-UPG-003" ""
        "subpackages require one another by exact version, and who looks at one of them takes the others to be the same"
        "a subpackage with a `Version:` of its own, or two builds of one release";
    "EL6-UPG-004" ""
        "a package that is no longer published gets no fixes, and what requires the old build-mates by exact version stops updates"
        "xen-ocaml left out of a build because of an option";
    "EL6-UPG-005" ""
        "the same, and found before the old build is withdrawn"
        "a release whose spec no longer has the subpackage that the release before had";
};
