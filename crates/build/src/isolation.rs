//! Cutting the network off for a program that is not ours, hiding from it what it has no business to read, showing
//! it its directory under a name that is the same everywhere, and making sure that nothing of it outlives us.
//!
//! `unshare` gives the program its own network namespace, in which not even the loopback device is up, its own
//! mounts, and its own process namespace, whose members all die with the first. In those mounts an empty directory
//! lies over every hidden one, and `setpriv` takes away what it would need to lift it. `setpriv` also has that first
//! one killed when this process dies, however it dies. What a machine allows is found out by trying.

use camino::{Utf8Path, Utf8PathBuf};
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

/// How programs that are not ours are held, found out for this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// Arguments of `unshare`; empty: it is not used.
    unshare: Vec<&'static str>,
    /// What stays visible, whatever is hidden.
    work: Utf8PathBuf,
    /// Where `work` can be shown; none: it stays where it is.
    stage: Option<&'static str>,
    /// What there is to hide, sorted.
    hidden: Vec<Utf8PathBuf>,
    has_setpriv: bool,
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

/// Mounts, then becomes the program: no tool but a shell does the one after the other in one process. It is given
/// the stage or nothing, the directory of the work, what to hide, `--`, and the program. A directory of the work
/// that was hidden with what it lies in is shown again. What a shell adds to the environment is taken out of it.
const MOUNTS: &str = "set -e; stage=$1 work=$2; shift 2; \
    if [ -n \"$stage\" ]; then mount --bind \"$work\" \"$stage\"; fi; \
    while [ \"$1\" != -- ]; do \
    if [ -d \"$1\" ]; then mount -t tmpfs -o mode=0755,size=1m hidden \"$1\"; \
    elif [ -e \"$1\" ]; then mount --bind /dev/null \"$1\"; fi; \
    shift; done; shift; \
    if ! [ -d \"$work\" ]; then \
    here=$PWD; mkdir -p \"$work\"; mount --bind \"$stage\" \"$work\"; cd \"$here\"; fi; \
    unset stage work here PWD OLDPWD SHLVL; exec \"$@\"";

/// Who holds these lifts a mount, makes a disk's device to read it by, or looks through another process's eyes.
const TAKEN_AWAY: &str = "-sys_admin,-sys_ptrace,-sys_rawio,-sys_module,-mknod,-dac_read_search";

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
    /// The first way that works here, for programs of `package` that work in `work` and are not to see `hidden`:
    /// absolute paths of files and directories, of which some may not exist. `work` stays visible where it lies in
    /// one of them.
    ///
    /// # Errors
    /// When the network can not be cut off and should be.
    pub fn find(
        package: &str,
        policy: NetworkPolicy,
        work: &Utf8Path,
        hidden: &[Utf8PathBuf],
    ) -> Result<Self, BuildError> {
        let has_setpriv = outlived_by_none(Invocation::new(Tool::Uname, work)).run().is_ok();
        let hidden = worth_hiding(hidden);
        let apart = |stage: &str, path: &Utf8Path| {
            !path.starts_with(stage) && !Utf8Path::new(stage).starts_with(path)
        };
        let stage = STAGES.into_iter().find(|stage| {
            Utf8Path::new(stage).is_dir()
                && apart(stage, work)
                && hidden.iter().all(|path| apart(stage, path))
        });
        let package = package.to_owned();
        let all = Self { unshare: Vec::new(), work: work.to_owned(), stage, hidden, has_setpriv };
        all.tried(policy).map_err(|(command, source)| BuildError::NoIsolation { package, command, source })
    }

    /// The first attempt that works, or the last one and how it failed.
    fn tried(&self, policy: NetworkPolicy) -> Result<Self, (String, Box<ProcessError>)> {
        let mut last = None;
        for unshare in attempts(policy) {
            let stage = self.stage.filter(|_| unshare.contains(&"--mount"));
            let isolation = Self { unshare, stage, ..self.clone() };
            let attempt = isolation.wrap(Invocation::new(Tool::Uname, &self.work));
            match attempt.run() {
                Ok(_) => return Ok(isolation),
                Err(error) => last = Some((attempt.command_line(), Box::new(error))),
            }
        }
        Err(last.expect("there is always an attempt"))
    }

    /// The same program, held.
    #[must_use]
    pub fn wrap(&self, invocation: Invocation) -> Invocation {
        let mut held = invocation;
        if self.mounts() {
            if self.has_setpriv {
                held = held.wrapped_by(Tool::Setpriv, ["--bounding-set", TAKEN_AWAY, "--"]);
            }
            let paths = [self.stage.unwrap_or_default(), self.work.as_str()];
            let hidden = self.hidden().map(|path| path.as_str());
            held = held.wrapped_by(
                Tool::Sh,
                ["-c", MOUNTS, "mounts"].into_iter().chain(paths).chain(hidden).chain(["--"]),
            );
        }
        if !self.unshare.is_empty() {
            held = held.wrapped_by(Tool::Unshare, self.unshare.iter().copied().chain(["--"]));
        }
        if self.has_setpriv { outlived_by_none(held) } else { held }
    }

    /// Where the build can be shown its tree.
    pub(crate) fn stage(&self) -> Option<&'static str> {
        self.stage
    }

    /// For the provenance: `unshare`'s arguments, or `none`; then what became of the paths that were to be hidden.
    pub(crate) fn describe(&self) -> String {
        let mut text = if self.unshare.is_empty() { "none".to_owned() } else { self.unshare.join(" ") };
        let (wanted, hidden) = (self.hidden.len(), self.hidden().count());
        if hidden > 0 {
            // Without `setpriv` the mounts are there, and a build that sets out to lift them can.
            let how = if self.has_setpriv { "hidden" } else { "hidden, but can be unmounted" };
            text = format!("{text}; paths {how}: {hidden}");
        }
        if hidden < wanted {
            text = format!("{text}; paths not hidden: {}", wanted - hidden);
        }
        text
    }

    fn mounts(&self) -> bool {
        self.unshare.contains(&"--mount")
    }

    /// What is hidden here. What holds the work is not where there is no other place to show the work in.
    fn hidden(&self) -> impl Iterator<Item = &Utf8PathBuf> {
        let can_be = |path: &&Utf8PathBuf| self.stage.is_some() || !self.work.starts_with(path);
        self.hidden.iter().filter(|_| self.mounts()).filter(can_be)
    }
}

/// Sorted, so that what lies in a hidden directory comes after it. A machine without homes of its own may call `/`
/// one: nothing could run without that.
fn worth_hiding(paths: &[Utf8PathBuf]) -> Vec<Utf8PathBuf> {
    let mut paths: Vec<Utf8PathBuf> = paths
        .iter()
        .filter(|path| path.is_absolute() && path.parent().is_some() && path.exists())
        .cloned()
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

fn outlived_by_none(invocation: Invocation) -> Invocation {
    invocation.wrapped_by(Tool::Setpriv, ["--pdeathsig", "KILL", "--"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn isolation(unshare: &[&'static str], stage: Option<&'static str>) -> Isolation {
        let hidden = vec!["/home".into(), "/secret".into()];
        Isolation { unshare: unshare.to_vec(), work: "/home/work".into(), stage, hidden, has_setpriv: true }
    }

    #[test]
    fn every_isolated_attempt_cuts_the_network() {
        assert!(attempts(NetworkPolicy::Isolated).iter().all(|attempt| attempt.contains(&"--net")));
        assert!(!attempts(NetworkPolicy::Allowed).iter().any(|attempt| attempt.contains(&"--net")));
        assert_eq!(attempts(NetworkPolicy::Allowed).last().unwrap().len(), 0);
    }

    #[test]
    fn the_build_is_the_innermost_program() {
        let line = isolation(&["--net"], None).wrap(Invocation::new(Tool::Uname, "/")).command_line();
        assert!(line.ends_with("setpriv --pdeathsig KILL -- unshare --net -- uname"), "{line}");
    }

    #[test]
    fn what_could_not_be_hidden_is_said() {
        let text = |unshare: &[&'static str], stage| isolation(unshare, stage).describe();
        assert_eq!(text(&["--net", "--mount"], Some("/mnt")), "--net --mount; paths hidden: 2");
        assert_eq!(text(&["--net", "--mount"], None), "--net --mount; paths hidden: 1; paths not hidden: 1");
        assert_eq!(text(&["--net"], None), "--net; paths not hidden: 2");
        assert_eq!(text(&[], None), "none; paths not hidden: 2");
    }
}
