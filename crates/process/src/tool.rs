use std::fmt;

/// Every program that the project starts. A new one is a new line here, so that the list is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// `rpmbuild`
    Rpmbuild,
    /// `rpmspec`, which parses a spec without building it
    Rpmspec,
    /// `rpmkeys`, rpm's own verification
    Rpmkeys,
    /// `rpm`
    Rpm,
    /// `gpg`
    Gpg,
    /// `gpgconf`, which ends the agents that gpg starts
    Gpgconf,
    /// `git`
    Git,
    /// `patch`
    Patch,
    /// `make`
    Make,
    /// `gcc`
    Gcc,
    /// `ld`
    Ld,
    /// `unshare` (util-linux), which gives a build its own network namespace
    Unshare,
    /// `setpriv` (util-linux), which has a child killed when its parent dies
    Setpriv,
    /// `mount` (util-linux), only in a mount namespace of its own
    Mount,
    /// `dnf`
    Dnf,
    /// `createrepo_c`, the peer in tests and benchmarks
    CreaterepoC,
    /// `mergerepo_c`, likewise
    MergerepoC,
    /// `modifyrepo_c`, which lists documents of other kinds, the peer in tests
    ModifyrepoC,
    /// `sqliterepo_c`, which makes databases of XML, the peer in tests
    SqliterepoC,
    /// `repo2solv` (libsolv), which reads in tests what we write
    Repo2solv,
    /// `dumpsolv` (libsolv), which tells what that has read
    Dumpsolv,
    /// `testsolv` (libsolv), which solves what stands in a file
    Testsolv,
    /// `qemu-system-x86_64`
    Qemu,
    /// `python2` by that name
    Python2,
    /// `python`, Python 2 on CentOS 6
    Python,
    /// `python3`
    Python3,
    /// `depmod` (kmod)
    Depmod,
    /// `ldconfig`, which lists the libraries of this machine
    Ldconfig,
    /// `timeout` (coreutils), which ends a program and its children in time
    Timeout,
    /// `rpmsign`, the peer in tests and benchmarks
    Rpmsign,
    /// `cpio`, the peer in tests
    Cpio,
    /// `sh`, for tests of the shell scripts that packages ship
    Sh,
    /// `sqlite3`, which reads in tests what we write
    Sqlite3,
    /// `uname`
    Uname,
}

impl Tool {
    /// The name that is looked up in the search path.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Rpmbuild => "rpmbuild",
            Self::Rpmspec => "rpmspec",
            Self::Rpmkeys => "rpmkeys",
            Self::Rpm => "rpm",
            Self::Gpg => "gpg",
            Self::Gpgconf => "gpgconf",
            Self::Git => "git",
            Self::Patch => "patch",
            Self::Make => "make",
            Self::Gcc => "gcc",
            Self::Ld => "ld",
            Self::Unshare => "unshare",
            Self::Setpriv => "setpriv",
            Self::Mount => "mount",
            Self::Dnf => "dnf",
            Self::CreaterepoC => "createrepo_c",
            Self::MergerepoC => "mergerepo_c",
            Self::ModifyrepoC => "modifyrepo_c",
            Self::SqliterepoC => "sqliterepo_c",
            Self::Repo2solv => "repo2solv",
            Self::Dumpsolv => "dumpsolv",
            Self::Testsolv => "testsolv",
            Self::Qemu => "qemu-system-x86_64",
            Self::Python2 => "python2",
            Self::Python => "python",
            Self::Python3 => "python3",
            Self::Depmod => "depmod",
            Self::Ldconfig => "ldconfig",
            Self::Timeout => "timeout",
            Self::Rpmsign => "rpmsign",
            Self::Cpio => "cpio",
            Self::Sh => "sh",
            Self::Sqlite3 => "sqlite3",
            Self::Uname => "uname",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.program())
    }
}
