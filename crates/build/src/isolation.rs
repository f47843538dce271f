//! Cutting the network off for a build, showing it its directory under a name that is the same everywhere, and
//! making sure that nothing of it outlives us.
//!
//! `unshare` gives the build its own network namespace, in which not even the loopback device is up, its own
//! mounts, and its own process namespace, whose members all die with the first. `setpriv` has that first one
//! killed when this process dies, however it dies. What a machine allows is found out by trying.

use camino::Utf8Path;
use xen4centos_process::{Invocation, ProcessError, Tool};

use crate::BuildError;

/// Whether a build may see the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkPolicy {
    /// It must not; where the machine can not see to that, the build is refused.
    Isolated,
    /// It may, and the provenance says so.
    Allowed,
}

/// How the children of a build are held, found out for this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Isolation {
    /// Arguments of `unshare`; empty: it is not used.
    unshare: Vec<&'static str>,
    /// Where the build tree can be shown; none: it stays where it is.
    stage: Option<&'static str>,
    dies_with_us: bool,
}

/// Compilers write the directory they work in into debugging information, and the build id is a digest of that.
/// So in its own mount namespace every build sees its tree in the same place: the first of these that does not
/// hold the real one. They exist everywhere and nothing in them is needed for a build.
const STAGES: [&str; 3] = ["/mnt", "/media", "/srv"];

/// From the best to what just does. A container may forbid mounting `/proc`, or all mounts; util-linux of
/// CentOS 6 knows neither process namespaces nor `--kill-child`.
const LEVELS: [&[&str]; 4] = [
    &["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["--mount", "--pid", "--fork", "--kill-child"],
    &["--mount"],
    &[],
];

/// Each level as root, and with `--map-root-user` for those who are not.
fn attempts(policy: NetworkPolicy) -> Vec<Vec<&'static str>> {
    let network: &[&str] = match policy {
        NetworkPolicy::Isolated => &["--net"],
        NetworkPolicy::Allowed => &[],
    };
    let mut attempts: Vec<Vec<&str>> = LEVELS
        .iter()
        .flat_map(|level| [&[][..], &["--map-root-user"]].map(|user| [user, network, level].concat()))
        .collect();
    if policy == NetworkPolicy::Allowed {
        // Only another user: of no use.
        attempts.pop();
    }
    attempts
}

impl Isolation {
    /// The first way that works here, for a build in `work`.
    pub(crate) fn find(package: &str, policy: NetworkPolicy, work: &Utf8Path) -> Result<Self, BuildError> {
        let dies_with_us = wrap_in_setpriv(Invocation::new(Tool::Uname, work)).run().is_ok();
        let stage =
            STAGES.into_iter().find(|stage| Utf8Path::new(stage).is_dir() && !work.starts_with(stage));
        let mut last: Option<(Invocation, ProcessError)> = None;
        for unshare in attempts(policy) {
            let stage = stage.filter(|_| unshare.contains(&"--mount"));
            let isolation = Self { unshare, stage, dies_with_us };
            let attempt = isolation.wrap(match stage {
                Some(stage) => Invocation::new(Tool::Mount, work).args(["--bind", work.as_str(), stage]),
                None => Invocation::new(Tool::Uname, work),
            });
            match attempt.run() {
                Ok(_) => return Ok(isolation),
                Err(error) => last = Some((attempt, error)),
            }
        }
        let (attempt, source) = last.expect("there is always an attempt");
        Err(BuildError::NoIsolation {
            package: package.to_owned(),
            command: attempt.command_line(),
            source: Box::new(source),
        })
    }

    /// The same program, held.
    pub(crate) fn wrap(&self, invocation: Invocation) -> Invocation {
        let held = if self.unshare.is_empty() {
            invocation
        } else {
            invocation.wrapped_by(Tool::Unshare, self.unshare.iter().copied().chain(["--"]))
        };
        if self.dies_with_us { wrap_in_setpriv(held) } else { held }
    }

    /// Where the build can be shown its tree.
    pub(crate) fn stage(&self) -> Option<&'static str> {
        self.stage
    }

    /// For the provenance: `unshare`'s arguments, or `none`.
    pub(crate) fn describe(&self) -> String {
        if self.unshare.is_empty() { "none".to_owned() } else { self.unshare.join(" ") }
    }
}

fn wrap_in_setpriv(invocation: Invocation) -> Invocation {
    invocation.wrapped_by(Tool::Setpriv, ["--pdeathsig", "KILL", "--"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_isolated_attempt_cuts_the_network() {
        assert!(attempts(NetworkPolicy::Isolated).iter().all(|attempt| attempt.contains(&"--net")));
        assert!(!attempts(NetworkPolicy::Allowed).iter().any(|attempt| attempt.contains(&"--net")));
        assert_eq!(attempts(NetworkPolicy::Allowed).last().unwrap().len(), 0);
    }

    #[test]
    fn the_build_is_the_innermost_program() {
        let isolation = Isolation { unshare: vec!["--net"], stage: None, dies_with_us: true };
        let line = isolation.wrap(Invocation::new(Tool::Uname, "/")).command_line();
        assert!(line.ends_with("setpriv --pdeathsig KILL -- unshare --net -- uname"), "{line}");
    }
}
