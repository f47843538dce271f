use std::collections::BTreeMap;

/// Every capability that a build root can be asked for, sorted. `build` probes all of them and no others, and a
/// `package.toml` that needs another one is refused.
pub const CAPABILITIES: [&str; 29] = [
    "bzip2", "cpio", "dev86", "elfutils", "gettext", "glib2", "glibc32", "iasl", "latex", "libaio", "libelf",
    "ncurses", "network", "newt", "ocaml", "openssl", "pciutils", "perl", "pod2text", "python2", "python3",
    "sdl", "slang", "texinfo", "udevadm", "uuid", "xz", "yajl", "zlib",
];

/// What the `build` crate found out about a build root: the compiler, the tools and headers that are there.
///
/// Templates read it as `root`, options name the capabilities they need, and the whole of it stands in the
/// provenance of every package built there.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BuildRootFacts {
    /// `host`, `chroot`, `mock` or `koji`.
    pub kind: String,
    /// The client generation that user space compiled here can serve: `el6` for a CentOS 6 root, otherwise
    /// the distribution id and version of the root, such as `debian12`.
    pub user_space: String,
    /// Major version of `gcc`, such as 4 or 12; 0 where there is no compiler.
    pub gcc_major: u32,
    /// `gcc -dumpfullversion -dumpversion`, such as `12.2.0`.
    pub gcc_version: String,
    /// Version of `ld`, such as `2.40`.
    pub binutils_version: String,
    /// Version of `make`, such as `4.3`.
    pub make_version: String,
    /// Version of `rpmbuild`, such as `4.18.0` or `4.8.0`.
    pub rpm_version: String,
    /// Program name of a Python 2 interpreter (`python2`, or `python` on EL6); empty where there is none.
    pub python2: String,
    /// Program name of a Python 3 interpreter; empty where there is none.
    pub python3: String,
    /// Named capabilities, true or false, such as `ocaml`, `glibc32`, `dev86`, `iasl`, `udevadm`.
    pub capabilities: BTreeMap<String, bool>,
}
