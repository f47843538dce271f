//! An installation as a host does it: first the release package, by the repository's key, and then everything else
//! through the repository file that the release package brought.
//!
//! dnf and rpm install as root only, and rpm's chroot is root's, too. Who is not root is root of a user namespace of
//! their own (see `man 7 user_namespaces`): there only root and root's group exist, which is enough because every file of the
//! packages belongs to root:root; the owner of a file of another user could not be set there. Tried by hand as nobody
//! on Debian 12 (rpm 4.18, dnf 4.14): all packages install, their scriptlets run, and the installed root boots; where
//! the kernel refuses the namespace, the error says so and what to do.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, ProcessError, Tool};

use crate::{
    StandIn, TrialError,
    stand_in::{FAILURES, RECORD},
};

/// What to install, from where, and to where.
#[derive(Clone, Debug)]
pub struct InstallRequest<'a> {
    /// The directory with `Packages/` and `repodata/`, or its `http://` URL.
    pub repository: &'a str,
    /// The armoured public key that must have signed the repository and its packages.
    pub key: &'a Utf8Path,
    /// The package that brings the repository file and the key, such as `centos-release-xen`.
    pub release_package: &'a str,
    /// What to install after it.
    pub packages: &'a [String],
    /// The stand-in for the base system.
    pub stand_in: &'a StandIn,
    /// The root to install into: absent or empty.
    pub root: &'a Utf8Path,
    /// A directory for dnf's own files.
    pub scratch: &'a Utf8Path,
    /// The file for each command line of dnf and all that it said; a former one is replaced.
    pub log: &'a Utf8Path,
}

/// What was installed.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct InstallReport {
    /// `name-epoch:version-release.arch`, sorted, without the stand-in and without imported keys.
    pub packages: Vec<String>,
    /// What the packages' scriptlets asked of the base system, in order.
    pub scriptlet_calls: Vec<String>,
    /// The repository file that was used for all but the release package.
    pub repository_file: Utf8PathBuf,
}

/// Installs with `gpgcheck` and `repo_gpgcheck` on.
///
/// # Errors
/// When dnf is missing or refuses, when a scriptlet fails, or when this is not root and may not have a user namespace.
pub fn install(request: &InstallRequest<'_>) -> Result<InstallReport, TrialError> {
    for directory in [Some(request.root), Some(request.scratch), request.log.parent()].into_iter().flatten() {
        fs_err::create_dir_all(directory).map_err(TrialError::file(directory))?;
    }
    fs_err::write(request.log, "").map_err(TrialError::file(request.log))?;
    namespace_allowed(request.scratch)?;
    let dnf = Dnf::prepare(request)?;
    dnf.run("stand-in", &[request.stand_in.package().as_str()], &["--nogpgcheck", "--disablerepo=*"])?;
    dnf.run("release package", &[request.release_package], &[])?;
    let (file, identifier) = installed_repository(request.root)?;
    let key = installed_key(request.root, &file)?;
    let packages: Vec<&str> = request.packages.iter().map(String::as_str).collect();
    let overrides = [
        format!("--setopt=reposdir={}/etc/yum.repos.d", request.root),
        format!("--setopt={identifier}.baseurl={}", dnf.base_url),
        format!("--setopt={identifier}.gpgkey=file://{key}"),
    ];
    let overrides: Vec<&str> = overrides.iter().map(String::as_str).collect();
    if !packages.is_empty() {
        dnf.run("packages", &packages, &overrides)?;
    }
    report(request, file)
}

struct Dnf<'a> {
    request: &'a InstallRequest<'a>,
    base_url: String,
    configuration: Utf8PathBuf,
    repositories: Utf8PathBuf,
}

impl<'a> Dnf<'a> {
    fn prepare(request: &'a InstallRequest<'a>) -> Result<Self, TrialError> {
        let write = |path: &Utf8Path, text: &str| fs_err::write(path, text).map_err(TrialError::file(path));
        let base_url = if request.repository.contains("://") {
            request.repository.to_owned()
        } else {
            format!("file://{}", request.repository)
        };
        let repositories = request.scratch.join("repos.d");
        fs_err::create_dir_all(&repositories).map_err(TrialError::file(&repositories))?;
        let bootstrap = format!(
            "[bootstrap]\nname=bootstrap\nbaseurl={base_url}\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\n\
             gpgkey=file://{}\n",
            request.key
        );
        write(&repositories.join("bootstrap.repo"), &bootstrap)?;
        let configuration = request.scratch.join("dnf.conf");
        write(
            &configuration,
            "[main]\ngpgcheck=1\nrepo_gpgcheck=1\ninstall_weak_deps=0\ntsflags=nodocs\nplugins=0\nkeepcache=0\n",
        )?;
        // Debian's rpm keeps its database elsewhere; a host has it here.
        write(&request.scratch.join(".rpmmacros"), "%_dbpath /var/lib/rpm\n")?;
        Ok(Self { request, base_url, configuration, repositories })
    }

    fn run(&self, step: &str, packages: &[&str], options: &[&str]) -> Result<(), TrialError> {
        let InstallRequest { scratch, log, .. } = self.request;
        let invocation = Invocation::new(Tool::Dnf, *scratch)
            .args(["-y", "--releasever=6", "--forcearch=x86_64"])
            .arg(format!("--installroot={}", self.request.root))
            .arg(format!("--config={}", self.configuration))
            .arg(format!("--setopt=reposdir={}", self.repositories))
            .arg(format!("--setopt=cachedir={scratch}/cache"))
            .arg(format!("--setopt=logdir={scratch}"))
            .arg(format!("--setopt=persistdir={scratch}/state"))
            .args(options)
            .arg("install")
            .args(packages);
        let invocation = as_root(invocation);
        note(log, &invocation.command_line())?;
        let packages = format!("{step}: {}", packages.join(" "));
        let log = (*log).to_owned();
        let mut lines = Vec::new();
        match invocation.run_logged(&log, |line| lines.push(line.to_owned())) {
            Ok(()) if self.request.root.join(&FAILURES[1..]).exists() => {
                Err(TrialError::Scriptlet { packages, said: scriptlets(&lines), log })
            }
            Ok(()) => Ok(()),
            Err(ProcessError::Failed { .. }) => {
                Err(TrialError::Install { packages, said: complaint(&lines), log })
            }
            Err(source) => Err(TrialError::Dnf(source)),
        }
    }
}

/// Adds a command line to the log, so that it can be pasted.
fn note(log: &Utf8Path, command: &str) -> Result<(), TrialError> {
    let file = fs_err::OpenOptions::new().append(true).open(log);
    file.and_then(|mut file| writeln!(file, "$ {command}")).map_err(TrialError::file(log))
}

/// What of dnf's output a person wants to read first: from the first error on, with what stands right before it, since
/// `Error: GPG check FAILED` follows the name of the package. Without an error, the end.
fn complaint(lines: &[String]) -> String {
    const BEFORE: usize = 2;
    const END: usize = 10;
    // Progress of downloads, details of keys, and advice for another situation than a trial.
    let noise =
        |line: &str| line.contains("B/s |") || line.starts_with(" From ") || line.starts_with("(try to ");
    let error = lines.iter().position(|line| line.starts_with("Error"));
    let from = error.map_or(lines.len().saturating_sub(END), |line| line.saturating_sub(BEFORE));
    let lines = lines[from..].iter().map(|line| line.trim_end());
    let told: Vec<&str> = lines.filter(|line| !line.is_empty() && !noise(line)).collect();
    told.join("\n")
}

/// What rpm says of scriptlets that failed; that they did is known without it.
fn scriptlets(lines: &[String]) -> String {
    let told: Vec<&str> =
        lines.iter().map(|line| line.trim_end()).filter(|line| line.contains("scriptlet failed")).collect();
    told.join("\n")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The invocation as root, or as what is root in a user namespace of its own.
fn as_root(invocation: Invocation) -> Invocation {
    if is_root() { invocation } else { invocation.wrapped_by(Tool::Unshare, ["--map-root-user", "--"]) }
}

/// Tries the namespace by itself: later its failure could not be told from that of the program in it.
fn namespace_allowed(scratch: &Utf8Path) -> Result<(), TrialError> {
    if is_root() {
        return Ok(());
    }
    as_root(Invocation::new(Tool::Uname, scratch)).run().map(drop).map_err(TrialError::Namespace)
}

/// The repository file that the release package brought, and the first repository in it.
fn installed_repository(root: &Utf8Path) -> Result<(Utf8PathBuf, String), TrialError> {
    let directory = root.join("etc/yum.repos.d");
    let missing = || TrialError::Missing { what: "repository file", path: directory.clone() };
    let entries = directory.read_dir_utf8().map_err(TrialError::file(&directory))?;
    let mut files: Vec<Utf8PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.into_path())).collect();
    files.retain(|file| file.extension() == Some("repo"));
    files.sort();
    let file = files.into_iter().next().ok_or_else(missing)?;
    let text = fs_err::read_to_string(&file).map_err(TrialError::file(&file))?;
    let identifier =
        text.lines().find_map(|line| line.strip_prefix('[')?.strip_suffix(']')).ok_or_else(missing)?;
    Ok((file.clone(), identifier.to_owned()))
}

/// The key that the repository file names, as it lies in the root.
fn installed_key(root: &Utf8Path, repository_file: &Utf8Path) -> Result<Utf8PathBuf, TrialError> {
    let text = fs_err::read_to_string(repository_file).map_err(TrialError::file(repository_file))?;
    let key = text.lines().find_map(|line| line.strip_prefix("gpgkey=file:///"));
    let path = root.join(key.unwrap_or("etc/pki/rpm-gpg"));
    if path.is_file() { Ok(path) } else { Err(TrialError::Missing { what: "signing key", path }) }
}

fn report(request: &InstallRequest<'_>, repository_file: Utf8PathBuf) -> Result<InstallReport, TrialError> {
    let query = Invocation::new(Tool::Rpm, request.scratch)
        .args(["--root", request.root.as_str(), "--dbpath", "/var/lib/rpm", "-qa", "--qf"])
        .arg("%{NAME}-%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}.%{ARCH}\n");
    let listing = as_root(query)
        .run()
        .map_err(|source| TrialError::List { root: request.root.to_owned(), source })?
        .text();
    let ours = |line: &&str| !line.starts_with("gpg-pubkey-") && !line.starts_with("base-stand-in-");
    let mut packages: Vec<String> = listing.lines().filter(ours).map(str::to_owned).collect();
    packages.sort();
    // No file: no scriptlet called anything.
    let record = fs_err::read_to_string(request.root.join(&RECORD[1..])).unwrap_or_default();
    Ok(InstallReport {
        packages,
        scriptlet_calls: record.lines().map(str::to_owned).collect(),
        repository_file,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint_of(text: &str) -> String {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        complaint(&lines)
    }

    #[test]
    fn the_reason_leads() {
        let conflict = "bootstrap   9.7 kB/s | 1.1 kB   00:00    \nError: \n Problem: conflicting requests\n  \
                        - nothing provides udev = 147 needed by xen\n(try to add '--skip-broken')\n\n";
        assert_eq!(
            complaint_of(conflict),
            "Error:\n Problem: conflicting requests\n  - nothing provides udev = 147 needed by xen"
        );
        let unsigned =
            "Total size: 1 k\nDownloading Packages:\nPackage a.rpm is not signed\nError: GPG check FAILED\n";
        assert!(complaint_of(unsigned).ends_with("Package a.rpm is not signed\nError: GPG check FAILED"));
    }

    #[test]
    fn without_an_error_the_end_is_told() {
        let lines: Vec<String> = (0..30).map(|number| format!("line {number}")).collect();
        assert!(complaint(&lines).starts_with("line 20\n"));
        assert_eq!(complaint_of(""), "");
    }
}
