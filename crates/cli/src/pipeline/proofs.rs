//! What is claimed must be there: before anything is built, every patch that an advisory names is looked for in the tree
//! that `%prep` makes. A release once announced XSA-156 with an empty commit, and shipped XSA-96's patch without applying it.
//!
//! What was found is kept by the key of the build, and goes beside its packages, so that another machine that publishes them
//! can ask for it.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Evr, Sha256Digest};
use xen4centos_build::{BuildResult, Conditions, Inputs, SourceOrigin, prepare};
use xen4centos_manifest::{AdvisedPackage, Advisory, Fix, Package, Patch, Standing};
use xen4centos_presence::{Expected, Finding, Listed, PresenceError, Proof};
use xen4centos_sources::{Role, VerifiedSource, unpack};

use crate::{
    failure::{Failure, Kind},
    pipeline::{admission::is_pinned, files::write_whole, plan::Planned},
    session::Session,
};

/// Beside the packages that were built after it.
pub(crate) const PROOF_FILE: &str = "proof.json";

/// Raised when what was proven before is to be proven again.
const SCHEMA: u32 = 2;

/// By patch, who claims it.
type Claims = BTreeMap<String, BTreeSet<String>>;

/// What was proven of a build's tree.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Record {
    schema: u32,
    /// The key of the build.
    key: Sha256Digest,
    /// By file name.
    patches: BTreeMap<String, Proven>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Proven {
    sha256: Sha256Digest,
    files: usize,
    hunks: usize,
}

/// The patches of `package` that an advisory, or their own entry in package.toml, says to answer something.
fn claims(session: &Session<'_>, package: &Package) -> Claims {
    let mut claims = Claims::new();
    let mut claim = |patch: &String, by: &String| {
        claims.entry(patch.clone()).or_default().insert(by.clone());
    };
    for patch in &package.patches {
        for advisory in &patch.advisories {
            claim(&patch.file, advisory);
        }
    }
    for (advisory, _, fix) in advised(session, package) {
        fix.patches.iter().filter(|patch| has(package, patch)).for_each(|patch| claim(patch, &advisory.id));
    }
    claims
}

/// What advisories claim of one release of `package`, which may be another than the one at hand.
fn claims_of_release(session: &Session<'_>, package: &Package, evr: &Evr) -> Claims {
    let mut claims = Claims::new();
    for (advisory, _, fix) in advised(session, package) {
        if fix.evr(package, &session.target) <= *evr {
            for patch in fix.patches.iter().filter(|patch| has(package, patch)) {
                claims.entry(patch.clone()).or_default().insert(advisory.id.clone());
            }
        }
    }
    claims
}

/// The advisories that say that a release of `package` has a fix.
pub(crate) fn advised<'s>(
    session: &'s Session<'_>,
    package: &Package,
) -> impl Iterator<Item = (&'s Advisory, &'s AdvisedPackage, &'s Fix)> {
    let all = session.project.advisories.values();
    let all = all.flat_map(|advisory| advisory.packages.iter().map(move |advised| (advisory, advised)));
    all.filter(|(_, advised)| advised.name == package.name).filter_map(|(advisory, advised)| {
        match &advised.standing {
            Standing::Fixed(fix) => Some((advisory, advised, fix)),
            Standing::NotAffected(_) => None,
        }
    })
}

/// Over its miniature a package is without the patches for upstream's tree.
fn has(package: &Package, patch: &str) -> bool {
    package.patches.iter().any(|other| other.file == patch)
}

/// Stops before a build whose tree lacks what is claimed of it.
pub(crate) fn demand(
    session: &Session<'_>,
    planned: &[Planned],
    conditions: &Conditions<'_>,
) -> Result<(), Failure> {
    for planned in planned {
        let claims = claims(session, &planned.package);
        if claims.is_empty() || kept(session, planned).is_some_and(|record| record.covers(planned, &claims)) {
            continue;
        }
        let proofs = proven(session, planned, &claims, conditions)?;
        let hunks: usize = proofs.iter().map(|proof| proof.hunks).sum();
        let name = &planned.package.name;
        keep(session, planned, &proofs)?;
        session
            .printer
            .step("Proven", format!("{name}: {} patches ({hunks} hunks) are in its tree", proofs.len()));
    }
    Ok(())
}

/// Puts what was proven beside the packages.
pub(crate) fn attach(
    session: &Session<'_>,
    planned: &[Planned],
    results: &[BuildResult],
) -> Result<(), Failure> {
    for (planned, result) in planned.iter().zip(results) {
        let place = place(session, planned);
        if claims(session, &planned.package).is_empty() {
            continue;
        }
        let bytes = fs_err::read(&place)?;
        let beside = result.directory.join(PROOF_FILE);
        if !fs_err::read(&beside).is_ok_and(|kept| kept == bytes) {
            write_whole(&beside, &bytes)?;
        }
    }
    Ok(())
}

/// The patches that were proven to be in the tree of the build of these inputs, as the project has them now: by what lies in
/// `directory`, or in this work directory.
pub(crate) fn shown(
    session: &Session<'_>,
    package: &Package,
    directory: &Utf8Path,
    inputs: &Inputs,
) -> BTreeSet<String> {
    let here = |part: &str| session.work(part).join(&inputs.package);
    let places = [
        directory.join(PROOF_FILE),
        here("builds").join(inputs.key.to_string()).join(PROOF_FILE),
        here("proofs").join(format!("{}.json", inputs.key)),
    ];
    let records = places.iter().filter_map(|place| read(place)).filter(|record| record.key == inputs.key);
    let patches = records.flat_map(|record| record.patches);
    let is_it = |(file, proven): &(String, Proven)| {
        let source = inputs.sources.get(file).filter(|source| source.sha256 == proven.sha256);
        let is_own = |origin| matches!(origin, SourceOrigin::Pinned | SourceOrigin::InTree);
        source.is_some_and(|source| is_own(source.origin) && is_pinned(package, file, source))
    };
    patches.filter(is_it).map(|(file, _)| file).collect()
}

/// Refuses a result that was built elsewhere where nothing beside it shows what is claimed of its version here.
pub(crate) fn demand_beside(
    session: &Session<'_>,
    directory: &Utf8Path,
    inputs: &Inputs,
) -> Result<(), Failure> {
    let Some(mut package) = session.project.packages.get(&inputs.package).cloned() else { return Ok(()) };
    if inputs.sources.values().any(|source| source.origin == SourceOrigin::Miniature) {
        package.patches.retain(|patch| patch.miniature);
    }
    let mut claims = claims(session, &package);
    if inputs.evr != package.evr(&session.target.dist).to_string() {
        let Ok(evr) = inputs.evr.parse::<Evr>() else { return Ok(()) };
        claims = claims_of_release(session, &package, &evr);
    }
    let record = read(&directory.join(PROOF_FILE)).filter(|record| record.key == inputs.key);
    let is_proven = |patch: &&String| {
        let proven = record.as_ref().and_then(|record| record.patches.get(*patch));
        let source = inputs.sources.get(*patch);
        proven.zip(source).is_some_and(|(proven, source)| proven.sha256 == source.sha256)
    };
    let Some((patch, by)) = claims.iter().find(|(patch, _)| !is_proven(patch)) else { return Ok(()) };
    let by: Vec<&str> = by.iter().map(String::as_str).collect();
    let message = format!(
        "{}: `{directory}` has no proof that `{patch}` is in it (claimed by {})",
        Finding::NOT_IN_TREE,
        by.join(", ")
    );
    let hint = "build it with this program and this project's advisories: xen4centos build";
    Err(Failure::new(Kind::Refused, message).hint(Some(hint.to_owned())))
}

/// The patches that were proven to be in the tree of a build; none where nothing beside it shows that.
pub(crate) fn proven_beside(directory: &Utf8Path, key: &Sha256Digest) -> Option<Vec<String>> {
    let record = read(&directory.join(PROOF_FILE)).filter(|record| record.key == *key)?;
    Some(record.patches.into_keys().collect())
}

fn proven(
    session: &Session<'_>,
    planned: &Planned,
    claims: &Claims,
    conditions: &Conditions<'_>,
) -> Result<Vec<Proof>, Failure> {
    let Planned { package, verified, .. } = planned;
    let expected = expected(session, package, verified, |patch| claims.contains_key(patch))?;
    if !expected.findings().is_empty() {
        return Err(refusal(planned, claims, expected.findings()));
    }
    let directory = package.upstream.as_ref().map(|upstream| upstream.directory.as_str());
    let proofs = prepare(&planned.request, conditions, |built| expected.prove(&tree_in(built, directory)))??;
    proofs.map_err(|findings| refusal(planned, claims, &findings))
}

/// Where a package's tree is: of the name that upstream's release has, or the only directory. Newer rpm gives each package a
/// directory of its own there, with one for itself in it.
fn tree_in(built: &Utf8Path, top: Option<&str>) -> Utf8PathBuf {
    let directories = |parent: &Utf8Path| -> Vec<Utf8PathBuf> {
        let entries = parent.read_dir_utf8().into_iter().flatten().flatten();
        let all = entries.map(|entry| entry.path().to_owned()).filter(|path| path.is_dir());
        all.filter(|path| path.file_name() != Some("SPECPARTS")).collect()
    };
    let outer = directories(built);
    let is_own = |path: &&Utf8PathBuf| path.join("SPECPARTS").is_dir();
    let candidates = outer.iter().find(is_own).map_or_else(|| outer.clone(), |own| directories(own));
    let named = |path: &&Utf8PathBuf| top.is_none_or(|top| path.file_name() == Some(top));
    candidates.iter().find(named).cloned().unwrap_or_else(|| built.to_owned())
}

/// What the tree of `package` must look like where its claimed patches change it.
pub(crate) fn expected(
    session: &Session<'_>,
    package: &Package,
    verified: &[VerifiedSource],
    is_claimed: impl Fn(&str) -> bool,
) -> Result<Expected, Failure> {
    let listed = package.patches.iter().map(|patch| {
        let is_it = |source: &&VerifiedSource| source.role == Role::Patch && source.file == patch.file;
        let content = verified.iter().find(is_it).map_or(Ok(Vec::new()), VerifiedSource::content)?;
        let is_claimed = is_claimed(&patch.file);
        let takes_back = takes_back(package, patch);
        Ok(Listed { file: patch.file.clone(), strip: patch.strip, content, is_claimed, takes_back })
    });
    let listed = listed.collect::<Result<Vec<Listed>, Failure>>()?;
    let unpacked = session.work("proofs").join(&package.name).join("upstream");
    remove(&unpacked)?;
    let top = match package.upstream {
        Some(_) => unpack(verified, &unpacked)?,
        // All that is in its tree then comes from patches.
        None => unpacked.clone(),
    };
    let expected = Expected::new(&top, &listed);
    remove(&unpacked)?;
    Ok(expected?)
}

/// The earlier patches whose changes a patch may take back: it says so, or answers the same issue.
fn takes_back(package: &Package, patch: &Patch) -> Vec<String> {
    let earlier = package.patches.iter().take_while(|other| other.file != patch.file);
    let is_meant = |other: &&Patch| {
        let is_of_same = other.advisories.iter().any(|id| patch.advisories.contains(id));
        is_of_same || patch.supersedes.contains(&other.file)
    };
    earlier.filter(is_meant).map(|other| other.file.clone()).collect()
}

fn refusal(planned: &Planned, claims: &Claims, findings: &[Finding]) -> Failure {
    let line = |finding: &Finding| {
        let by: Vec<&str> = claims.get(&finding.patch).into_iter().flatten().map(String::as_str).collect();
        let by = if by.is_empty() { String::new() } else { format!(" (claimed by {})", by.join(", ")) };
        format!("  {finding}{by}")
    };
    let lines: Vec<String> = findings.iter().map(line).collect();
    let name = &planned.package.name;
    let message = format!("`{name}` claims what its prepared tree does not show\n{}", lines.join("\n"));
    Failure::new(Kind::Refused, message).hint(findings.first().map(|finding| finding.hint().to_owned()))
}

fn place(session: &Session<'_>, planned: &Planned) -> Utf8PathBuf {
    let key = planned.request.input_key();
    session.work("proofs").join(&planned.package.name).join(format!("{key}.json"))
}

fn kept(session: &Session<'_>, planned: &Planned) -> Option<Record> {
    let is_it = |record: &Record| record.schema == SCHEMA && record.key == planned.request.input_key();
    read(&place(session, planned)).filter(is_it)
}

/// A record that can not be read is none. What was proven of a release stays proven by the rules of its time.
fn read(path: &Utf8Path) -> Option<Record> {
    let record: Record = serde_json::from_slice(&fs_err::read(path).ok()?).ok()?;
    (record.schema <= SCHEMA).then_some(record)
}

fn keep(session: &Session<'_>, planned: &Planned, proofs: &[Proof]) -> Result<(), Failure> {
    let sha256 = |file: &str| planned.request.sources.iter().find(|source| source.file == file);
    let proven = proofs.iter().filter_map(|Proof { patch, files, hunks, .. }| {
        let proven = Proven { sha256: sha256(patch)?.sha256, files: *files, hunks: *hunks };
        Some((patch.clone(), proven))
    });
    let record = Record { schema: SCHEMA, key: planned.request.input_key(), patches: proven.collect() };
    let place = place(session, planned);
    if let Some(directory) = place.parent() {
        fs_err::create_dir_all(directory)?;
    }
    let mut text = serde_json::to_vec_pretty(&record).expect("strings, numbers and sorted maps become JSON");
    text.push(b'\n');
    write_whole(&place, &text)
}

fn remove(directory: &Utf8Path) -> Result<(), Failure> {
    if directory.exists() {
        fs_err::remove_dir_all(directory)?;
    }
    Ok(())
}

impl Record {
    /// Whether every claimed patch was proven as it is now.
    fn covers(&self, planned: &Planned, claims: &Claims) -> bool {
        claims.keys().all(|patch| {
            let source = planned.request.sources.iter().find(|source| source.file == *patch);
            let proven = self.patches.get(patch);
            proven.zip(source).is_some_and(|(proven, source)| proven.sha256 == source.sha256)
        })
    }
}

impl From<PresenceError> for Failure {
    fn from(error: PresenceError) -> Self {
        Self::of(Kind::World, &error)
    }
}
