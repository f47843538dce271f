//! Whether programs and libraries that are compiled here can run on the target's hosts: known before anything is built,
//! though the check of what was built has the last word.

use xen4centos_build::HostRoot;
use xen4centos_manifest::{Package, PackageOption};

use crate::{
    failure::{Failure, Kind},
    session::{Options, Session},
};

/// The C library that is too new, and the one that hosts have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooNew<'a> {
    here: &'a str,
    hosts: &'a str,
    client: &'a str,
}

impl<'a> TooNew<'a> {
    /// `None` where hosts have one as new as this build root's, or it is not known.
    pub(crate) fn find(session: &'a Session<'_>, root: &'a HostRoot) -> Option<Self> {
        let client = session.project.client(&session.target);
        let (here, hosts) = (root.details().libc_version.as_str(), client.max_glibc.as_deref()?);
        (numbers(here) > numbers(hosts)).then_some(Self { here, hosts, client: &client.name })
    }

    /// What an option lacks that is user space.
    pub(crate) fn lack(self) -> String {
        format!("a C library as old as that of client `{}`, {}", self.client, self.hosts)
    }

    /// Refuses packages whose options that are on would give what no host can run; all of them at once.
    pub(crate) fn refuse(self, packages: &[Package], options: &Options) -> Result<(), Failure> {
        let on = |package: &Package, option: &PackageOption| options[&package.name][&option.name].on;
        let names: Vec<String> = packages
            .iter()
            .flat_map(|package| package.options.values().map(move |option| (package, option)))
            .filter(|(package, option)| option.user_space && on(package, option))
            .map(|(package, option)| format!("{}:{}", package.name, option.name))
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let Self { here, hosts, client } = self;
        let message = format!(
            "user space compiled here (glibc {here}) can not run where client `{client}` is (glibc {hosts}): {}",
            names.join(", ")
        );
        let hint = format!(
            "build in a root of its system (ci/Containerfile), or leave it out on purpose: --without {}",
            names.join(" --without ")
        );
        Err(Failure::new(Kind::Refused, message).hint(Some(hint)))
    }
}

/// `2.12` is older than `2.3.6` to nobody but a string comparison.
fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}
