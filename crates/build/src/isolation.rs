//! Cutting the network off for a program that is not ours, hiding from it what it has no business to read or to talk
//! to, letting it write nowhere but in its own directory, showing it that directory under a name that is the same
//! everywhere, and making sure that nothing of it outlives us.
//!
//! `unshare` gives the program its own network namespace, in which not even the loopback device is up, its own
//! mounts, and its own process namespace, whose members all die with the first. In those mounts everything is
//! read-only but the program's directory; an empty directory lies over every hidden one, and an empty one that can be
//! written over those where sockets and other programs' temporary files are. `setpriv` takes away what it would need to
//! lift them. `setpriv` also has that first one killed when this process dies, however it dies. What a machine allows is
//! found out by trying.

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
    /// What stays visible and writable, whatever becomes of the rest.
    work: Utf8PathBuf,
    /// Where `work` can be shown; none: it stays where it is.
    stage: Option<&'static str>,
    /// Directories of the machine in whose place there are empty ones, sorted.
    private: Vec<Utf8PathBuf>,
    /// What there is to hide besides, sorted.
    hidden: Vec<Utf8PathBuf>,
    rest: Rest,
    has_setpriv: bool,
}

/// What can be done to all that is neither the program's own nor hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    ReadOnly,
    Writable,
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

/// Where programs find the sockets of others, those of containers and agents too, and one another's temporary files. The
/// old places may be links to the new ones, or directories of their own.
const PRIVATE: [&str; 5] = ["/dev/shm", "/run", "/tmp", "/var/run", "/var/tmp"];

/// Mounts, then becomes the program: no tool but a shell does the one after the other in one process. It is given
/// the directory of the work, the stage or nothing, what becomes of the rest, what is private, `--`, what to hide, `--`,
/// and the program.
///
/// Every mount of the machine is made read-only by itself, with the options that it has: an unprivileged namespace may
/// add one and drop none. One that lies under another can not be reached, by the program neither. A directory of the work
/// that was covered with what it lies in is shown again, and so is the list of name servers, for those who may see the
/// network. What a shell adds to the environment is taken out of it.
const MOUNTS: &str = r#"set -e
work=$1 stage=$2 rest=$3 here=$PWD names=
shift 3
if [ -r /etc/resolv.conf ]; then names=$(cat /etc/resolv.conf); fi
mount -n --make-rprivate /
mount -n --bind "$work" "${stage:-$work}"
if [ "$rest" = ro ]; then
    while read -r _ _ _ _ point options _; do
        case $point in *\\*) point=$(printf %b "$point") ;; esac
        if [ "$point" = "${stage:-$work}" ]; then continue; fi
        case $options in ro | ro,*) continue ;; esac
        mount -n -i -o "remount,bind,ro${options#rw}" none "$point" 2> /dev/null ||
            { mountpoint -q / && ! mountpoint -q "$point"; } ||
            { echo "$point can not be made read-only" >&2; exit 1; }
    done < /proc/self/mountinfo
fi
while [ "$1" != -- ]; do
    if ! [ -d "$1" ]; then mkdir -p "$1"; fi
    mount -n -t tmpfs -o mode=1777,size=1g private "$1"
    shift
done
shift
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mount -n -t tmpfs -o mode=0755,size=1m hidden "$1"
    elif [ -e "$1" ]; then mount -n --bind /dev/null "$1"; fi
    shift
done
shift
if [ -n "$stage" ]; then
    if ! [ -d "$work" ]; then mkdir -p "$work"; fi
    mount -n --bind "$stage" "$work"
fi
if [ -n "$names" ] && ! [ -e /etc/resolv.conf ]; then
    file=$(readlink -m /etc/resolv.conf)
    mkdir -p "${file%/*}"
    printf '%s\n' "$names" > "$file"
fi
cd "$here"
unset PWD OLDPWD SHLVL
exec "$@""#;

/// Who holds these lifts a mount, makes a disk's device to read it by, or looks through another process's eyes.
const TAKEN_AWAY: &str = "-sys_admin,-sys_ptrace,-sys_rawio,-sys_module,-mknod,-dac_read_search";

/// Each level as root, and with `--map-root-user` for those who are not; with mounts that others can not write first.
fn attempts(policy: NetworkPolicy) -> Vec<(Vec<&'static str>, Rest)> {
    let network: &[&str] = match policy {
        NetworkPolicy::Isolated => &["--net"],
        NetworkPolicy::Allowed => &[],
    };
    let users = |level: &'static [&'static str]| {
        [&[][..], &["--map-root-user"]].map(|user: &[&str]| [user, network, level].concat())
    };
    let (bare, mounting): (Vec<_>, Vec<_>) = LEVELS.into_iter().partition(|level| level.is_empty());
    let mounting: Vec<_> = mounting.into_iter().flat_map(users).collect();
    let bare = bare.into_iter().flat_map(users);
    let mut attempts: Vec<_> = mounting
        .iter()
        .map(|attempt| (attempt.clone(), Rest::ReadOnly))
        .chain(mounting.iter().map(|attempt| (attempt.clone(), Rest::Writable)))
        .chain(bare.map(|attempt| (attempt, Rest::Writable)))
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
        let private = private_places();
        let hidden = worth_hiding(hidden.iter().cloned().chain(sockets()), &private);
        let apart = |stage: &str, path: &Utf8Path| {
            !path.starts_with(stage) && !Utf8Path::new(stage).starts_with(path)
        };
        let stage = STAGES.into_iter().find(|stage| {
            Utf8Path::new(stage).is_dir()
                && apart(stage, work)
                && hidden.iter().all(|path| apart(stage, path))
        });
        let package = package.to_owned();
        let (unshare, work, rest) = (Vec::new(), without_links(work.to_owned()), Rest::ReadOnly);
        let all = Self { unshare, work, stage, private, hidden, rest, has_setpriv };
        all.tried(policy).map_err(|(command, source)| BuildError::NoIsolation { package, command, source })
    }

    /// The first attempt that works, or the last one and how it failed.
    fn tried(&self, policy: NetworkPolicy) -> Result<Self, (String, Box<ProcessError>)> {
        let mut last = None;
        for (unshare, rest) in attempts(policy) {
            let stage = self.stage.filter(|_| unshare.contains(&"--mount"));
            let isolation = Self { unshare, stage, rest, ..self.clone() };
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
            let rest = if self.rest == Rest::ReadOnly { "ro" } else { "rw" };
            let mut arguments =
                vec!["-c", MOUNTS, "mounts", self.work.as_str(), self.stage.unwrap_or_default(), rest];
            for covered in [&self.private, &self.hidden] {
                arguments.extend(self.covered(covered).map(|path| path.as_str()));
                arguments.push("--");
            }
            held = held.wrapped_by(Tool::Sh, arguments);
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

    /// For the provenance: `unshare`'s arguments, or `none`; then what became of the paths that were to be hidden, and of
    /// the rest.
    pub(crate) fn describe(&self) -> String {
        let mut text = if self.unshare.is_empty() { "none".to_owned() } else { self.unshare.join(" ") };
        let mut say = |part: String| text = format!("{text}; {part}");
        let private: Vec<&str> = self.covered(&self.private).map(|path| path.as_str()).collect();
        if !private.is_empty() {
            say(format!("private: {}", private.join(" ")));
        }
        let hidden = self.covered(&self.hidden).count();
        if hidden > 0 {
            say(format!("paths hidden: {hidden}"));
        }
        let wanted = self.private.len() + self.hidden.len();
        let lacking = wanted - private.len() - hidden;
        if lacking > 0 {
            say(format!("paths not hidden: {lacking}"));
        }
        say(match self.rest {
            Rest::ReadOnly => "the rest is read-only".to_owned(),
            Rest::Writable => "the rest can be written".to_owned(),
        });
        if self.mounts() && !self.has_setpriv {
            // The mounts are there, and a build that sets out to lift them can.
            say("all of it can be unmounted".to_owned());
        }
        text
    }

    fn mounts(&self) -> bool {
        self.unshare.contains(&"--mount")
    }

    /// Those of the paths that are covered here. What holds the work is not where there is no other place to show the
    /// work in.
    fn covered<'a>(&'a self, paths: &'a [Utf8PathBuf]) -> impl Iterator<Item = &'a Utf8PathBuf> {
        let can_be = |path: &&Utf8PathBuf| self.stage.is_some() || !self.work.starts_with(path);
        paths.iter().filter(|_| self.mounts()).filter(can_be)
    }
}

/// Those that are here, each once, by the name that no link changes.
fn private_places() -> Vec<Utf8PathBuf> {
    let mut places: Vec<Utf8PathBuf> = PRIVATE
        .iter()
        .filter_map(|place| Utf8Path::new(place).canonicalize_utf8().ok())
        .filter(|place| place.parent().is_some() && place.is_dir())
        .collect();
    places.sort();
    places.dedup();
    places
}

/// Sorted, so that what lies in a hidden directory comes after it, and without what is private anyway. A machine without
/// homes of its own may call `/` one: nothing could run without that.
fn worth_hiding(paths: impl IntoIterator<Item = Utf8PathBuf>, private: &[Utf8PathBuf]) -> Vec<Utf8PathBuf> {
    let mut paths: Vec<Utf8PathBuf> = paths
        .into_iter()
        .filter(|path| path.is_absolute() && path.exists())
        .map(without_links)
        .filter(|path| path.parent().is_some() && !private.iter().any(|place| path.starts_with(place)))
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Mounts are found by the names that no link changes.
fn without_links(path: Utf8PathBuf) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or(path)
}

/// Every socket of this machine that has a name in the file system: neither a network namespace nor a read-only mount
/// keeps a program from connecting to it. A machine that does not list them has only the usual places covered.
fn sockets() -> Vec<Utf8PathBuf> {
    let list = fs_err::read("/proc/net/unix").unwrap_or_default();
    let list = String::from_utf8_lossy(&list);
    let paths = list.lines().skip(1).filter_map(|line| line.split_once(" /"));
    paths.map(|(_, path)| Utf8Path::new("/").join(path)).collect()
}

fn outlived_by_none(invocation: Invocation) -> Invocation {
    invocation.wrapped_by(Tool::Setpriv, ["--pdeathsig", "KILL", "--"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn isolation(unshare: &[&'static str], stage: Option<&'static str>, rest: Rest) -> Isolation {
        let hidden = vec!["/home".into(), "/secret".into()];
        let private = vec!["/run".into(), "/tmp".into()];
        let (unshare, work) = (unshare.to_vec(), "/home/work".into());
        Isolation { unshare, work, stage, private, hidden, rest, has_setpriv: true }
    }

    #[test]
    fn every_isolated_attempt_cuts_the_network() {
        let with_net = |policy| {
            let attempts = attempts(policy);
            (attempts.iter().filter(|(attempt, _)| attempt.contains(&"--net")).count(), attempts.len())
        };
        assert_eq!(with_net(NetworkPolicy::Isolated), (14, 14));
        assert_eq!(with_net(NetworkPolicy::Allowed), (0, 13));
        assert_eq!(attempts(NetworkPolicy::Allowed).last().unwrap().0.len(), 0);
    }

    #[test]
    fn the_build_is_the_innermost_program() {
        let held = isolation(&["--net"], None, Rest::Writable);
        let line = held.wrap(Invocation::new(Tool::Uname, "/")).command_line();
        assert!(line.ends_with("setpriv --pdeathsig KILL -- unshare --net -- uname"), "{line}");
    }

    #[test]
    fn what_could_not_be_hidden_is_said() {
        let text = |unshare: &[&'static str], stage, rest| isolation(unshare, stage, rest).describe();
        assert_eq!(
            text(&["--net", "--mount"], Some("/mnt"), Rest::ReadOnly),
            "--net --mount; private: /run /tmp; paths hidden: 2; the rest is read-only"
        );
        assert_eq!(
            text(&["--net", "--mount"], None, Rest::Writable),
            "--net --mount; private: /run /tmp; paths hidden: 1; paths not hidden: 1; the rest can be written"
        );
        assert_eq!(
            text(&["--net"], None, Rest::Writable),
            "--net; paths not hidden: 4; the rest can be written"
        );
        assert_eq!(text(&[], None, Rest::Writable), "none; paths not hidden: 4; the rest can be written");
    }

    #[test]
    fn what_is_private_need_not_be_hidden() {
        let paths = ["/tmp/agent", "/", "relative", "/usr/bin", "/usr"].map(Utf8PathBuf::from);
        assert_eq!(worth_hiding(paths, &["/tmp".into()]), ["/usr", "/usr/bin"]);
    }
}
