//! The rules about one package. Each is a line of data and a small function that says what is wrong and where.

pub(crate) mod boot;
mod content;
mod dependencies;
mod files;
mod signature;
pub(crate) mod symbols;

use std::cell::OnceCell;

use camino::Utf8Path;
use xen4centos_artifact::{
    Nevra,
    header::{Dependency, DependencyKind, FileEntry, HeaderError, RpmHeaders},
};
use xen4centos_manifest::Client;

use crate::{CheckError, Finding, Rule, Severity};

/// A rule and what finds its breaches: one message each, none where all is well.
pub(crate) struct PackageRule {
    pub(crate) rule: Rule,
    pub(crate) check: fn(&Subject<'_>) -> Result<Vec<String>, HeaderError>,
}

/// What the functions look at.
pub(crate) struct Subject<'a> {
    pub(crate) headers: &'a RpmHeaders,
    pub(crate) client: &'a Client,
    /// For several rules: going through the files costs more than all that most of them do.
    installed: OnceCell<Vec<FileEntry<'a>>>,
    /// The same of all relations.
    dependencies: OnceCell<Vec<(DependencyKind, Dependency<'a>)>>,
    nevra: OnceCell<Nevra>,
}

pub(crate) use signature::{ALTERED_HEADER, LACKING_TAGS};

pub(crate) const UNREADABLE: Rule = Rule {
    code: "EL6-PKG-001",
    severity: Severity::Error,
    title: "not a package",
    why: "rpm: not an rpm package (or package manifest)",
    way_out: "build the package again; what is there is damaged",
};

pub(crate) fn all_rules() -> impl Iterator<Item = &'static Rule> {
    std::iter::once(&UNREADABLE).chain(tables().map(|rule| &rule.rule))
}

/// Whether a rule is about a package's signatures.
pub(crate) fn is_about_signatures(code: &str) -> bool {
    signature::RULES.iter().any(|rule| rule.rule.code == code)
}

fn tables() -> impl Iterator<Item = &'static PackageRule> {
    content::RULES
        .iter()
        .chain(signature::RULES)
        .chain(dependencies::RULES)
        .chain(files::RULES)
        .chain(boot::RULES)
}

/// What `client` would find wrong with the package in the file `path`, as far as its headers tell. Neither its
/// payload nor whether its signatures are good is looked at.
///
/// # Errors
/// When the file can not be read. A file that is no package is a finding.
pub fn check_rpm(path: &Utf8Path, client: &Client) -> Result<Vec<Finding>, CheckError> {
    let subject = path.file_name().unwrap_or(path.as_str());
    Ok(match read_headers(path)? {
        Ok(headers) => check_headers(subject, &headers, client),
        Err(error) => vec![Finding::new(&UNREADABLE, subject, error.to_string())],
    })
}

/// The features of rpm that the package in the file `path` requires and `client` lacks, as rpm names them: it refuses every
/// transaction with such a package, of which metadata of repositories say nothing. None of a file that is no package.
///
/// # Errors
/// When the file can not be read.
pub fn lacking_features(path: &Utf8Path, client: &Client) -> Result<Vec<String>, CheckError> {
    let Ok(headers) = read_headers(path)? else { return Ok(Vec::new()) };
    let package = Subject::new(&headers, client);
    // What can not be read is told by the rules about packages.
    let features = package.missing_features().unwrap_or_default();
    Ok(features.into_iter().map(|(_, requirement)| requirement).collect())
}

/// The outer error is the file's, the inner one its content's.
pub(crate) fn read_headers(path: &Utf8Path) -> Result<Result<RpmHeaders, HeaderError>, CheckError> {
    let failed = |source| CheckError::Read { path: path.to_owned(), source };
    let file = fs_err::File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    Ok(RpmHeaders::read_sized(&mut std::io::BufReader::new(file), length))
}

/// All rules over one package. A rule that can not read what it needs reports that instead.
pub(crate) fn check_headers(subject: &str, headers: &RpmHeaders, client: &Client) -> Vec<Finding> {
    let package = Subject::new(headers, client);
    let mut findings = Vec::new();
    for PackageRule { rule, check } in tables() {
        match check(&package) {
            Ok(messages) => {
                findings.extend(messages.into_iter().map(|message| Finding::new(rule, subject, message)));
            }
            Err(error) => {
                let finding = Finding::new(&UNREADABLE, subject, error.to_string());
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
    }
    findings
}

impl<'a> Subject<'a> {
    fn new(headers: &'a RpmHeaders, client: &'a Client) -> Self {
        Self {
            headers,
            client,
            installed: OnceCell::new(),
            dependencies: OnceCell::new(),
            nevra: OnceCell::new(),
        }
    }

    /// The files that a host gets; nothing of source packages, whose files are the packager's.
    fn installed(&self) -> Result<&[FileEntry<'a>], HeaderError> {
        if let Some(files) = self.installed.get() {
            return Ok(files);
        }
        let files =
            if self.headers.is_source() { Vec::new() } else { self.headers.main().files()?.collect() };
        Ok(self.installed.get_or_init(|| files))
    }

    /// The `rpmlib()` features that the package requires and the client lacks, without parentheses, each with
    /// the whole requirement.
    fn missing_features(&self) -> Result<Vec<(String, String)>, HeaderError> {
        let requirements = self.of_kind(DependencyKind::Requires)?.filter(|one| one.is_rpmlib());
        Ok(requirements
            .map(|requirement| {
                let name = requirement.name.to_str_lossy();
                let feature = name.trim_start_matches("rpmlib(").trim_end_matches(')').to_owned();
                (feature, requirement.to_string())
            })
            .filter(|(feature, _)| !self.client.rpmlib_names.contains(feature))
            .collect())
    }

    /// The requirement of one feature that the client lacks.
    fn missing_feature(&self, feature: &str) -> Result<Vec<String>, HeaderError> {
        let missing = self.missing_features()?;
        Ok(missing
            .into_iter()
            .filter(|(name, _)| name == feature)
            .map(|(_, requirement)| format!("requires {requirement}"))
            .collect())
    }

    /// Requires, provides, conflicts and so on, one after the other.
    fn all_dependencies(&self) -> Result<&[(DependencyKind, Dependency<'a>)], HeaderError> {
        if let Some(all) = self.dependencies.get() {
            return Ok(all);
        }
        let mut all = Vec::new();
        for kind in DependencyKind::ALL {
            all.extend(self.headers.dependencies(kind)?.map(|dependency| (kind, dependency)));
        }
        Ok(self.dependencies.get_or_init(|| all))
    }

    fn nevra(&self) -> Result<&Nevra, HeaderError> {
        if let Some(nevra) = self.nevra.get() {
            return Ok(nevra);
        }
        let nevra = self.headers.nevra()?;
        Ok(self.nevra.get_or_init(|| nevra))
    }

    /// Those of one kind.
    fn of_kind(&self, kind: DependencyKind) -> Result<impl Iterator<Item = &Dependency<'a>>, HeaderError> {
        let all = self.all_dependencies()?.iter();
        Ok(all.filter(move |(other, _)| *other == kind).map(|(_, dependency)| dependency))
    }
}

/// How a spec calls a list of dependencies.
fn section(kind: DependencyKind) -> &'static str {
    match kind {
        DependencyKind::Provides => "provides",
        DependencyKind::Requires => "requires",
        DependencyKind::Conflicts => "conflicts with",
        DependencyKind::Obsoletes => "obsoletes",
        DependencyKind::Recommends => "recommends",
        DependencyKind::Suggests => "suggests",
        DependencyKind::Supplements => "supplements",
        DependencyKind::Enhances => "enhances",
        DependencyKind::OrderWithRequires => "is ordered after",
    }
}
