//! Repositories with the package by which hosts get them: its `.repo` file, its key, and who signed.

use std::{collections::BTreeSet, sync::OnceLock};

use camino::Utf8Path;
use xen4centos_artifact::header::{HeaderBuilder, tag};
use xen4centos_check::{
    Depth, Finding, KeyTerms, RepositoryCheck, RepositorySignature, check_repository, rules,
};
use xen4centos_process::{Invocation, Tool};

use crate::{
    built::build,
    client::client,
    gpg::{Home, MADE},
};

const SPEC: &str = "
Name: release
Version: 1
Release: 1
Summary: Release
License: none
BuildArch: noarch
%description
Release.
%install
mkdir -p %{buildroot}/etc/yum.repos.d %{buildroot}/etc/pki/rpm-gpg
cp %{_topdir}/xen.repo %{buildroot}/etc/yum.repos.d/xen.repo
cp %{_topdir}/KEY %{buildroot}/etc/pki/rpm-gpg/RPM-GPG-KEY-Xen
mkdir %{buildroot}/usr
echo terms > %{buildroot}/usr/terms
%files
%license /usr/terms
%config(noreplace) /etc/yum.repos.d/xen.repo
/etc/pki/rpm-gpg/RPM-GPG-KEY-Xen
";

const REPO: &str = "# Xen
[Xen4CentOS]
name=CentOS-$releasever - Xen
baseurl=http://mirror/centos/$releasever/xen4/$basearch/
    http://mirror2/$basearch/
enabled=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-Xen
";

/// What is put together, and by whom it is signed.
struct Release {
    repo: String,
    key: String,
    metadata_signature: Vec<u8>,
    package_signature: Vec<u8>,
    /// Of the file in /etc/yum.repos.d.
    name: &'static str,
    /// It has no key, and nothing but its name says what it is for.
    is_bare: bool,
}

/// Made once: two keys, of which `good` is shipped, one of another kind, and signatures of all three.
struct Keys {
    good: String,
    by_good: Vec<u8>,
    by_stranger: Vec<u8>,
    by_modern: Vec<u8>,
}

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let home = Home::new();
        let [good, stranger] = ["good", "stranger"].map(|name| home.key(name, "rsa2048", "sign", "never"));
        let modern = home.key("modern", "ed25519", "sign", "never");
        let [by_good, by_stranger, by_modern] = [&good, &stranger, &modern].map(|key| home.sign(key, b"x"));
        Keys { good: home.export(&[&good]), by_good, by_stranger, by_modern }
    })
}

impl Release {
    fn clean() -> Self {
        let Keys { good, by_good, .. } = keys();
        Self {
            repo: REPO.to_owned(),
            key: good.clone(),
            metadata_signature: by_good.clone(),
            package_signature: by_good.clone(),
            name: "xen.repo",
            is_bare: false,
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut release = Self::clean();
        change(&mut release);
        release
    }

    fn repo(from: &str, to: &str) -> Self {
        assert!(REPO.contains(from), "{from}");
        Self::with(|release| release.repo = REPO.replace(from, to))
    }

    fn check(&self) -> Vec<Finding> {
        let directory = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(directory.path()).unwrap();
        fs_err::write(top.join("xen.repo"), &self.repo).unwrap();
        fs_err::write(top.join("KEY"), &self.key).unwrap();
        let mut spec = SPEC.replace("d/xen.repo", &format!("d/{}", self.name));
        if self.is_bare {
            spec = spec
                .replace("Name: release", "Name: xen-release")
                .replace("/etc/pki/rpm-gpg", "/etc/pki/xen");
        }
        let built = build(top, &spec, &["_binary_payload w1.xzdio"]);
        let built = built.values().next().unwrap();
        let root = top.join("repository");
        fs_err::create_dir(&root).unwrap();
        let package = signed(&fs_err::read(built).unwrap(), &self.package_signature);
        fs_err::write(root.join("release.rpm"), package).unwrap();
        Invocation::new(Tool::CreaterepoC, &root)
            .args(["-q", "--no-database", "--revision=1795000000", "--set-timestamp-to-revision", "."])
            .run()
            .unwrap();
        fs_err::write(root.join("repodata/repomd.xml.asc"), &self.metadata_signature).unwrap();
        let mut client = client("el6");
        client.required_signature_tags.clear();
        let check = RepositoryCheck {
            signature: RepositorySignature::Present,
            root: &root,
            client: &client,
            verifier: None,
            base: None,
            histories: &[],
            published_before: None,
            contract: None,
            depth: Depth::Payloads,
            keys: Some(KeyTerms { time: MADE, lifetime: None }),
        };
        let mut findings = check_repository(&check).unwrap();
        // Nobody here has a key.
        findings.retain(|finding| finding.code != "EL6-REPO-034");
        findings
    }
}

/// The package with another signature header.
fn signed(package: &[u8], signature: &[u8]) -> Vec<u8> {
    let magic = [0x8e, 0xad, 0xe8, 0x01];
    let main = 100 + package[100..].windows(4).position(|window| window == magic).unwrap();
    let mut header = HeaderBuilder::new().bytes(tag::SIG_RSA_HEADER, signature).build(tag::HEADER_SIGNATURES);
    header.resize(header.len().next_multiple_of(8), 0);
    [&package[..96], &header, &package[main..]].concat()
}

type Poison = (&'static str, &'static str, fn() -> Release);

const POISONS: &[Poison] = &[
    ("EL6-KEY-012", "repomd.xml is signed by", || {
        Release::with(|release| release.metadata_signature.clone_from(&keys().by_stranger))
    }),
    ("EL6-KEY-012", "release.rpm is signed by", || {
        Release::with(|release| release.package_signature.clone_from(&keys().by_stranger))
    }),
    ("EL6-KEY-002", "/etc/pki/rpm-gpg/RPM-GPG-KEY-Xen: armour block 1 is damaged", || {
        Release::with(|release| {
            release.key = format!("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n{}", release.key);
        })
    }),
    ("EL6-REPO-040", "does not have `repo_gpgcheck=1`", || Release::repo("repo_gpgcheck=1\n", "")),
    ("EL6-REPO-040", "does not have `gpgcheck=1`", || Release::repo("\ngpgcheck=1", "\ngpgcheck=0")),
    ("EL6-REPO-041", "has `.gz` in its id", || Release::repo("[Xen4CentOS]", "[Xen.gz-4]")),
    ("EL6-REPO-042", "has `$arch` in `baseurl`", || Release::repo("mirror2/$basearch", "mirror2/$arch")),
    ("EL6-REPO-043", "has `module_hotfixes`", || Release::repo("enabled=1", "enabled=1\nmodule_hotfixes=1")),
    ("EL6-REPO-043", "`priority`, which only a plugin reads", || {
        Release::repo("enabled=1", "enabled=1\npriority=1")
    }),
    ("EL6-REPO-044", "has no `gpgkey`", || {
        Release::repo("gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-Xen\n", "")
    }),
    ("EL6-REPO-044", "/etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-6, which the package does not have", || {
        Release::repo("RPM-GPG-KEY-Xen", "RPM-GPG-KEY-CentOS-6")
    }),
    ("EL6-REPO-045", "is found by a metalink", || Release::repo("baseurl=", "metalink=")),
    ("EL6-REPO-046", "has no `baseurl`", || Release::repo("baseurl=", "exclude=")),
    ("EL6-REPO-046", "line 1 stands before", || {
        Release::with(|release| "name=x\n".clone_into(&mut release.repo))
    }),
    ("EL6-REPO-046", "has no `[id]`", || Release::with(|release| "#\n".clone_into(&mut release.repo))),
    ("EL6-REPO-046", "line 2 is neither", || {
        Release::with(|release| "[x]\nnonsense\n".clone_into(&mut release.repo))
    }),
    ("EL6-REPO-047", "takes its key from http://mirror/KEY", || {
        Release::repo("gpgkey=", "gpgkey=http://mirror/KEY ")
    }),
    ("EL6-REPO-048", "/etc/yum.repos.d/xen.repo: [Xen4CentOS] is not enabled", || {
        Release::repo("enabled=1", "enabled = no")
    }),
    ("EL6-REPO-048", "[Xen4CentOS] is not enabled", || {
        // What is enabled beside it is not what the package is for.
        Release::with(|release| {
            let testing = REPO.replace("[Xen4CentOS]", "[testing]");
            release.repo = format!("{}{testing}", REPO.replace("enabled=1", "enabled=0"));
        })
    }),
    ("EL6-REPO-049", "has no /etc/yum.repos.d/*.repo", || {
        Release::with(|release| (release.name, release.is_bare) = ("xen.list", true))
    }),
    ("EL6-REPO-049", "has no /etc/yum.repos.d/*.repo", || Release::with(|release| release.name = "xen.list")),
];

#[test]
fn clean_releases_pass() {
    assert_eq!(Release::clean().check(), []);
    // A signature of another kind behind the one that counts.
    let two = Release::with(|release| release.metadata_signature.extend(&keys().by_modern));
    assert_eq!(two.check(), []);
    let spaced = Release::repo("gpgcheck=1\nrepo_gpgcheck=1", "gpgcheck = True\nrepo_gpgcheck: yes");
    assert_eq!(spaced.check(), []);
    assert_eq!(Release::repo("enabled=1\n", "").check(), []);
    let testing = REPO.replace("[Xen4CentOS]", "[testing]").replace("enabled=1", "enabled=0");
    assert_eq!(Release::with(|release| release.repo.push_str(&testing)).check(), []);
    let over_tls = Release::repo("gpgkey=", "gpgkey=https://mirror/KEY ");
    assert_eq!(over_tls.check(), []);
}

#[test]
fn each_poison_trips_exactly_its_rule() {
    for (code, words, spoil) in POISONS {
        let findings = spoil().check();
        let codes: BTreeSet<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, BTreeSet::from([*code]), "{words}: {findings:#?}");
        assert!(findings.iter().any(|finding| finding.message.contains(words)), "{findings:#?}");
    }
}

#[test]
fn no_rule_about_repo_files_is_without_a_poison() {
    let poisoned: BTreeSet<_> = POISONS.iter().map(|(code, ..)| *code).collect();
    let about_repo_files = |code: &&str| code.starts_with("EL6-REPO-04") || *code == "EL6-KEY-012";
    let mut all = rules().into_iter().map(|rule| rule.code).filter(about_repo_files);
    assert!(all.all(|code| poisoned.contains(code)));
}

#[test]
fn the_first_signature_counts() {
    let first = Release::with(|release| {
        release.metadata_signature = [&keys().by_modern[..], &keys().by_good].concat();
    });
    let codes: BTreeSet<_> = first.check().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, BTreeSet::from(["EL6-REPO-005", "EL6-KEY-012"]));
}
