//! The rules about a repository: metadata first, then every package that it lists, then what ties them together.

mod advisories;
mod boot;
mod content;
mod databases;
mod described;
mod digest;
mod listing;
mod metadata;
mod release;
mod repo_file;
mod rules;
mod sqlite;
mod xml;

use camino::Utf8Path;
use xen4centos_manifest::Client;

use crate::{BaseProvides, CheckError, Depth, Finding, KernelContract, KeyTerms, Published, Rule, Verifier};

/// Says that nothing vouches for what was looked at, because no key is known.
pub fn not_verified(subject: &str, message: impl Into<String>) -> Finding {
    Finding::new(&rules::NOT_VERIFIED, subject, message)
}

pub(crate) use digest::measure;
pub(crate) use rules::{PACKAGE_ALTERED, PACKAGE_SIGNATURE, SIGNATURE_FORM, all_rules};
#[cfg(test)]
pub(crate) use xml::read as read_xml;

/// What is checked, and against what.
#[derive(Clone, Copy)]
pub struct RepositoryCheck<'a> {
    /// The directory that holds `repodata` and `Packages`.
    pub root: &'a Utf8Path,
    /// What the client takes.
    pub client: &'a Client,
    /// Verification of signatures. Without it only the presence of signatures is checked.
    pub verifier: Option<&'a dyn Verifier>,
    /// What a host has without this repository. Without it requirements are not checked.
    pub base: Option<&'a BaseProvides>,
    /// The newest timestamp in the repomd.xml that the channel published before, seconds since 1970.
    pub published_before: Option<u64>,
    /// What kernels must hold to run under Xen. Without it their configurations are not compared.
    pub contract: Option<&'a KernelContract>,
    /// Whether the files in packages are looked at, too.
    pub depth: Depth,
    /// When the keys that it ships must hold. Without it they are not looked at for their time.
    pub keys: Option<KeyTerms>,
    /// What the channel, and those that packages come from, published until now.
    pub histories: &'a [Published],
    /// What of its signature is looked at.
    pub signature: RepositorySignature,
}

/// When the signature of a repository is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepositorySignature {
    /// It is there, or else is missed.
    Present,
    /// It is made when all else is found to be well: [`check_repository_signature`] is then for it alone.
    ToCome,
}

/// What clients would find wrong with a repository and with each of its packages. Every file is read once,
/// and packages once more where their payloads are looked at; none is held in memory but repomd.xml, one package's headers
/// and one of its programs.
///
/// # Errors
/// When a file or directory can not be read. What is missing or malformed is a finding.
pub fn check_repository(check: &RepositoryCheck<'_>) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Findings::default();
    if let Some(metadata) = metadata::check(check, &mut findings)? {
        content::check(check, &metadata, &mut findings)?;
    }
    Ok(findings.0)
}

/// What clients would find wrong with the signature of a repository of which all else is known.
pub fn check_repository_signature(check: &RepositoryCheck<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    metadata::signature(check, &mut findings);
    findings.0
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, rule: &Rule, subject: &str, message: impl Into<String>) {
        self.0.push(Finding::new(rule, subject, message));
    }
}
