//! The package by which hosts get the repository: its `.repo` files, its keys, and whether one of those is what signs.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read as _, Seek as _},
};

use camino::Utf8Path;
use xen4centos_artifact::header::{RpmHeaders, tag};
use xen4centos_payload::{Payload, PayloadError};

use super::{Findings, RepositoryCheck, metadata::dearmoured, repo_file, rules};
use crate::{
    KeyTerms, check_key_file,
    inside::described,
    key::{NOT_THE_SIGNER, primary_ids},
    openpgp::packets::{KeyId, SIGNATURE, SignaturePacket, packets, shown},
    package::UNREADABLE,
};

const KEYS: &str = "/etc/pki/rpm-gpg/";
const REPO_FILES: &str = "/etc/yum.repos.d/";

/// No file of these is longer; keys and `.repo` files have a few kilobytes.
const LONGEST: u64 = 1 << 20;

/// What was seen of packages: who signed them, and what they bring to find and trust a repository.
#[derive(Debug, Default)]
pub(super) struct Shipped {
    /// With the first package of each.
    signers: BTreeMap<KeyId, String>,
    packages: Vec<Release>,
}

/// A package with keys or `.repo` files, or with the name of one.
#[derive(Debug)]
struct Release {
    subject: String,
    /// By path; the outcome is why it could not be read.
    files: Result<BTreeMap<String, Vec<u8>>, String>,
    paths: BTreeSet<String>,
}

impl Release {
    fn has_repo_file(&self) -> bool {
        self.paths.iter().any(|path| path.starts_with(REPO_FILES))
    }
}

impl Shipped {
    /// Takes note of a package.
    pub(super) fn look(&mut self, subject: &str, path: &Utf8Path, headers: &RpmHeaders) {
        if headers.is_source() {
            return;
        }
        let signature = headers.signature().bytes(tag::SIG_RSA_HEADER).ok().flatten();
        if let Some(id) = signature.and_then(issuer) {
            self.signers.entry(id).or_insert_with(|| subject.to_owned());
        }
        // Nearly all packages have nothing in these directories; and what can not be read is reported by the package's
        // own rules.
        let (Ok(mut directories), Ok(files)) =
            (headers.main().strings(tag::DIR_NAMES), headers.main().files())
        else {
            return;
        };
        let is_named = headers.nevra().is_ok_and(|nevra| is_release(&nevra.name));
        if !is_named
            && !directories.any(|directory| [KEYS, REPO_FILES].contains(&directory.to_str_lossy().as_ref()))
        {
            return;
        }
        let paths: BTreeSet<String> =
            files.map(|file| file.path_lossy()).filter(|path| is_wanted(path)).collect();
        if is_named || !paths.is_empty() {
            let files = read(path, headers, &paths);
            self.packages.push(Release { subject: subject.to_owned(), files, paths });
        }
    }

    /// All that is wrong with what they bring.
    pub(super) fn check(&self, check: &RepositoryCheck<'_>, findings: &mut Findings) {
        for release in &self.packages {
            match &release.files {
                Ok(files) => self.release(check, release, files, findings),
                Err(reason) => findings.add(&UNREADABLE, &release.subject, reason),
            }
        }
        if self.packages.iter().any(Release::has_repo_file) {
            return;
        }
        if let Some(release) = self.packages.first() {
            findings.add(&rules::NO_REPO_FILE, &release.subject, format!("has no {REPO_FILES}*.repo"));
        }
    }

    fn release(
        &self,
        check: &RepositoryCheck<'_>,
        release: &Release,
        files: &BTreeMap<String, Vec<u8>>,
        findings: &mut Findings,
    ) {
        let mut ids = BTreeSet::new();
        for (path, bytes) in files {
            if path.starts_with(REPO_FILES) {
                for (rule, message) in
                    repo_file::check(bytes, check.client, |key| release.paths.contains(key))
                {
                    findings.add(rule, &release.subject, format!("{path}: {message}"));
                }
                continue;
            }
            ids.extend(primary_ids(bytes));
            let terms = check.keys.unwrap_or(KeyTerms { time: 0, lifetime: Some(0) });
            for mut finding in check_key_file(&release.subject, bytes, check.client, terms) {
                if check.keys.is_none() && finding.code == crate::key::EXPIRED.code {
                    continue;
                }
                finding.message = format!("{path}: {}", finding.message);
                findings.0.push(finding);
            }
        }
        // One file that is on is enough: others may be of archives.
        let off: Vec<_> = files
            .iter()
            .filter(|(path, _)| path.starts_with(REPO_FILES))
            .map(|(path, bytes)| {
                repo_file::switched_off(bytes).map(|id| format!("{path}: [{id}] is not enabled"))
            })
            .collect();
        if let Some(Some(message)) = off.first().filter(|_| off.iter().all(Option::is_some)) {
            findings.add(&rules::SWITCHED_OFF, &release.subject, message);
        }
        if files.keys().any(|path| path.starts_with(KEYS)) {
            self.signed_by(check, (&release.subject, &ids), findings);
        }
    }

    /// Whether all that is signed is signed by one of these keys.
    fn signed_by(
        &self,
        check: &RepositoryCheck<'_>,
        (subject, ids): (&str, &BTreeSet<KeyId>),
        findings: &mut Findings,
    ) {
        let metadata = fs_err::read(check.root.join("repodata/repomd.xml.asc")).ok();
        let metadata = metadata.and_then(|bytes| issuer(&dearmoured(bytes)));
        let mut signers: Vec<_> = metadata.map(|id| (id, "repomd.xml")).into_iter().collect();
        signers.extend(self.signers.iter().map(|(id, package)| (*id, package.as_str())));
        for (id, signed) in signers.into_iter().filter(|(id, _)| !ids.contains(id)) {
            let message = format!("{signed} is signed by {}, of which it has no key", shown(id));
            findings.add(&NOT_THE_SIGNER, subject, message);
        }
    }
}

/// Who made the first signature.
fn issuer(bytes: &[u8]) -> Option<KeyId> {
    let packets = packets(bytes)?;
    let (_, body) = packets.iter().find(|(tag, _)| *tag == SIGNATURE)?;
    SignaturePacket::read(body)?.issuer
}

/// By its name: `centos-release-xen`, `epel-release`.
fn is_release(name: &str) -> bool {
    name.starts_with("centos-release-") || name.ends_with("-release")
}

fn is_wanted(path: &str) -> bool {
    let key = path.strip_prefix(KEYS).is_some_and(|name| !name.is_empty());
    key || (path.starts_with(REPO_FILES) && Utf8Path::new(path).extension() == Some("repo"))
}

pub(super) fn read(
    path: &Utf8Path,
    headers: &RpmHeaders,
    wanted: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut file = fs_err::File::open(path).map_err(|error| error.to_string())?;
    file.seek(std::io::SeekFrom::Start(headers.payload_offset())).map_err(|error| error.to_string())?;
    let mut payload = Payload::open(file, headers).map_err(|error| described(&error))?;
    let broken = |error| described(&PayloadError::of_content(error));
    let mut files = BTreeMap::new();
    while let Some((entry, content)) = payload.next_entry().map_err(|error| described(&error))? {
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        // Directories and links have no content of this kind.
        let is_file = entry.mode.is_none_or(|mode| mode & 0o170_000 == 0o100_000);
        if is_file && wanted.contains(&path) {
            let mut bytes = Vec::new();
            content.take(LONGEST).read_to_end(&mut bytes).map_err(broken)?;
            files.insert(path, bytes);
        }
    }
    Ok(files)
}
