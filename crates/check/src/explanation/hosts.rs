//! Hosts.

use super::{Long, long};

pub(super) const ALL: &[Long] = long! {
    "EL6-HOST-001" ""
        "yum does all of a transaction or nothing: one package that can not be had stops the security updates of all the others"
        "a new xen-libs that requires a library which neither the repository nor CentOS 6 has";
    "EL6-HOST-002" ""
        "hosts keep what they have, and with it what the repository's version mends; what requires the repository's version can not be installed at all"
        "4.2.5-3 published after 4.2.5-30";
    "EL6-HOST-003" ""
        "a host that has a repository enabled loses the package with the next `yum -y update`, whether or not anybody there wants what comes in its place"
        "`Obsoletes: libvirt` in a package that hosts with KVM have, too";
};
