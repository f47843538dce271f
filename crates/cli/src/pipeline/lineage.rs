//! From a published package back to all that it was made of. Each step is held against the next one: what a record says
//! of a file against the file, and one record against the other.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{BuildRootFacts, Evr, Nevra, Sha256Digest};
use xen4centos_build::{InputSource, Inputs, OptionChoice, OutputKind, Provenance, Run};
use xen4centos_publish::{PublishedPackage, State};
use xen4centos_sign::{PublicKeys, verify_rpm};

use crate::{
    failure::{Failure, Kind},
    pipeline::{channel, evidence, files, proofs, signing},
    session::Session,
};

/// All that is known of one published package.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Lineage {
    pub(crate) package: String,
    pub(crate) file: Utf8PathBuf,
    pub(crate) sha256: Sha256Digest,
    /// In bytes.
    pub(crate) size: u64,
    /// Oldest first; of the states that are kept.
    pub(crate) publications: Vec<Publication>,
    /// None where the file's signatures do not hold.
    pub(crate) signature: Option<Signature>,
    /// None where nothing here says how it was built.
    pub(crate) build: Option<Build>,
    /// What does not hold, or is not there; empty where every step leads to the next one.
    pub(crate) broken: Vec<String>,
}

/// A state of the channel that has the package.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Publication {
    pub(crate) state: u64,
    /// Seconds since 1970.
    pub(crate) time: u64,
}

/// Both signatures, verified just now.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Signature {
    pub(crate) key: String,
    pub(crate) user_id: String,
    /// Seconds since 1970: the day of the package or of the key, so that signing again gives the same bytes.
    pub(crate) time: u32,
}

/// What the provenance says, and where the build's files are.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Build {
    pub(crate) key: Sha256Digest,
    /// None where the result is not on this machine.
    pub(crate) directory: Option<Utf8PathBuf>,
    pub(crate) log: Option<Utf8PathBuf>,
    pub(crate) source_package: Option<String>,
    /// Before it was signed.
    pub(crate) unsigned_sha256: Sha256Digest,
    pub(crate) spec: String,
    pub(crate) spec_sha256: Sha256Digest,
    /// By file name, patches among them.
    pub(crate) sources: BTreeMap<String, InputSource>,
    pub(crate) options: BTreeMap<String, OptionChoice>,
    pub(crate) root: BuildRootFacts,
    pub(crate) network: xen4centos_build::NetworkPolicy,
    /// Advisories of the project that this release answers: they say so, and something shows it.
    pub(crate) announced_by: Vec<String>,
    /// Patches that were found in the tree that was built; none where that was not looked for.
    pub(crate) proven: Option<Vec<String>>,
    pub(crate) run: Run,
}

/// The packages of the channel that are meant: by name, or by a NEVRA from its beginning to any `.` or `-` of it, with or
/// without epoch. Of several versions the newest.
///
/// # Errors
/// Where the channel has none of that name, now or in the states that are kept.
pub(crate) fn trace(session: &Session<'_>, wanted: &str) -> Result<Vec<Lineage>, Failure> {
    let history = channel::open(session)?.history()?;
    let Some(current) = history.last() else {
        let message = format!("nothing was published into channel {} yet", session.channel.name);
        return Err(Failure::new(Kind::Data, message));
    };
    let mut found: Vec<(&State, &PublishedPackage)> = Vec::new();
    // The youngest first, so that of what went the last publication is told of.
    for state in history.iter().rev() {
        for package in state.packages.iter().filter(|package| is_meant(&package.nevra, wanted)) {
            if !found.iter().any(|(_, other)| other.nevra == package.nevra) {
                found.push((state, package));
            }
        }
    }
    if found.is_empty() {
        let names = current.packages.iter().map(|package| package.nevra.to_string());
        let hint = format!("it has: {}", names.collect::<Vec<_>>().join(", "));
        let message = format!("channel `{}` has no package `{wanted}`", session.channel.name);
        return Err(Failure::new(Kind::Data, message).hint(Some(hint)));
    }
    keep_newest(&mut found);
    found.into_iter().map(|(state, package)| lineage(session, &history, state, package)).collect()
}

fn is_meant(nevra: &Nevra, wanted: &str) -> bool {
    let Nevra { name, evr, arch } = nevra;
    let version_release = evr.version_release();
    let begins = |rest: &str| {
        let wholes = [format!("{evr}.{arch}.rpm"), format!("{version_release}.{arch}.rpm")];
        wholes.iter().any(|whole| {
            whole.strip_prefix(rest).is_some_and(|end| end.is_empty() || end.starts_with(['.', '-']))
        })
    };
    match wanted.strip_prefix(name.as_str()) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(begins) || rest.strip_prefix('.') == Some(arch),
        None => false,
    }
}

/// Of several versions of one name and architecture the newest.
fn keep_newest(found: &mut Vec<(&State, &PublishedPackage)>) {
    found.sort_by(|(_, left), (_, right)| {
        (&left.nevra.name, &right.nevra.evr).cmp(&(&right.nevra.name, &left.nevra.evr))
    });
    found.dedup_by(|(_, second), (_, first)| {
        (&first.nevra.name, &first.nevra.arch) == (&second.nevra.name, &second.nevra.arch)
    });
}

fn lineage(
    session: &Session<'_>,
    history: &[State],
    state: &State,
    package: &PublishedPackage,
) -> Result<Lineage, Failure> {
    let tree = channel::open(session)?.tree(state.number);
    let mut lineage = Lineage {
        package: package.nevra.to_string(),
        file: tree.join(package.location()),
        sha256: package.sha256,
        size: package.size,
        publications: Vec::new(),
        signature: None,
        build: None,
        broken: Vec::new(),
    };
    lineage.look_at_publications(history, package);
    if !history.last().is_some_and(|current| current.packages.contains(package)) {
        lineage
            .broken
            .push(format!("it is not in the channel's present state; state {} had it", state.number));
    }
    lineage.look_at_file(session, (state, &tree), package)?;
    lineage.look_at_build(session, state, package)?;
    Ok(lineage)
}

impl Lineage {
    fn look_at_publications(&mut self, history: &[State], package: &PublishedPackage) {
        for state in history {
            let Some(published) = state.packages.iter().find(|other| other.nevra == package.nevra) else {
                continue;
            };
            self.publications.push(Publication { state: state.number, time: state.time });
            if published.sha256 != package.sha256 {
                self.broken.push(format!(
                    "state {} published another file under this name: sha256 {}",
                    state.number, published.sha256
                ));
            }
        }
    }

    /// The published file against the record of its state, and its signatures against the key that is shipped beside it.
    fn look_at_file(
        &mut self,
        session: &Session<'_>,
        (state, tree): (&State, &Utf8Path),
        package: &PublishedPackage,
    ) -> Result<(), Failure> {
        if !self.file.is_file() {
            self.broken.push(format!("the published file is gone: {}", self.file));
            return Ok(());
        }
        let key_file = tree.join(&session.target.key.file);
        let keys = match fs_err::read_to_string(&key_file) {
            Ok(text) => PublicKeys::from_armored(&text).ok(),
            Err(_) => None,
        };
        let Some(keys) = keys else {
            self.broken.push(format!("the key that hosts were given can not be read: {key_file}"));
            return Ok(());
        };
        let found = match verify_rpm(&self.file, &keys) {
            Ok(verified) => {
                let key = keys.iter().find(|key| key.fingerprint() == verified.key);
                self.signature = Some(Signature {
                    key: verified.key.to_string(),
                    user_id: key.map(|key| key.user_id().to_owned()).unwrap_or_default(),
                    time: verified.signed_at,
                });
                if verified.key != state.key {
                    self.broken.push(format!(
                        "it is signed by {}, and the repository by {}",
                        verified.key, state.key
                    ));
                }
                verified.sha256
            }
            Err(error) => {
                self.broken.push(Failure::of(Kind::Refused, &error).to_string());
                files::sha256_of(&self.file)?
            }
        };
        if found != package.sha256 {
            self.broken.push(format!("the published file has changed: its sha256 is {found}"));
        }
        Ok(())
    }

    /// From the signed package to the unsigned one, and from there to the record of its build.
    fn look_at_build(
        &mut self,
        session: &Session<'_>,
        state: &State,
        package: &PublishedPackage,
    ) -> Result<(), Failure> {
        let Some(origin) = signing::origin(session, state.key, package)? else {
            self.broken.push(
                "where it was signed is not known: this work directory did not sign it, or does not have that any more"
                    .to_owned(),
            );
            return Ok(());
        };
        let kept = session
            .work("builds")
            .join(&origin.provenance.inputs.package)
            .join(origin.provenance.inputs.key.to_string());
        let directory = kept.is_dir().then_some(kept);
        match &directory {
            None => self.broken.push(format!(
                "the result of its build, {}, is not on this machine",
                origin.provenance.inputs.key
            )),
            Some(directory) => self.look_at_result(directory, &origin.provenance)?,
        }
        if !origin.provenance.outputs.iter().any(|output| output.sha256 == origin.unsigned) {
            self.broken.push("the record of its build does not name it".to_owned());
        }
        let (announced_by, claimed) = announced(session, &origin.directory, &origin.provenance.inputs);
        let proven = directory
            .as_deref()
            .and_then(|directory| proofs::proven_beside(directory, &origin.provenance.inputs.key));
        let lacking = claimed.iter().filter(|patch| !proven.iter().flatten().any(|proven| proven == *patch));
        for patch in lacking.filter(|_| directory.is_some()) {
            self.broken
                .push(format!("nothing beside its build shows that `{patch}`, which is announced, is in it"));
        }
        self.build = Some(build(directory, origin, (announced_by, proven)));
        Ok(())
    }

    /// Every file of a result against its record.
    fn look_at_result(&mut self, directory: &Utf8Path, signed_with: &Provenance) -> Result<(), Failure> {
        match Provenance::read(directory) {
            Ok(here) if here.inputs == signed_with.inputs && here.outputs == signed_with.outputs => {}
            Ok(_) => self
                .broken
                .push(format!("the result of its build was made again and is another one, in {directory}")),
            Err(error) => self.broken.push(Failure::of(Kind::Data, &error).to_string()),
        }
        let spec = (&signed_with.inputs.spec_file, signed_with.inputs.spec_sha256);
        let outputs = signed_with.outputs.iter().map(|output| (&output.file, output.sha256));
        for (file, recorded) in outputs.chain([spec]) {
            let path = directory.join(file);
            if !path.is_file() {
                self.broken.push(format!("a file of its build is gone: {path}"));
            } else if files::sha256_of(&path)? != recorded {
                self.broken.push(format!("a file of its build has changed: {path}"));
            }
        }
        if !directory.join(LOG).is_file() {
            self.broken.push(format!("the log of its build is gone: {}", directory.join(LOG)));
        }
        Ok(())
    }
}

/// As the build stage calls it.
const LOG: &str = "build.log";

/// The advisories that say that this release of the package has their fix, as far as something shows it; and the patches by
/// which it should.
fn announced(session: &Session<'_>, directory: &Utf8Path, inputs: &Inputs) -> (Vec<String>, Vec<String>) {
    let (mut ids, mut patches) = (Vec::new(), Vec::new());
    let Some(package) = session.project.packages.get(&inputs.package) else { return (ids, patches) };
    let Ok(evr) = inputs.evr.parse::<Evr>() else { return (ids, patches) };
    let evidence = evidence::of_build(session, directory, inputs);
    for (advisory, _, fix) in proofs::advised(session, package) {
        let has_all = fix.patches.iter().all(|patch| inputs.sources.contains_key(patch));
        if fix.evr(package, &session.target) <= evr && has_all {
            patches.extend(fix.patches.iter().cloned());
            if evidence.shows(fix) {
                ids.push(advisory.id.clone());
            }
        }
    }
    (ids, patches)
}

fn build(
    directory: Option<Utf8PathBuf>,
    origin: signing::Origin,
    (announced_by, proven): (Vec<String>, Option<Vec<String>>),
) -> Build {
    let Provenance { inputs, outputs, run, .. } = origin.provenance;
    let source_package = outputs.into_iter().find(|output| output.kind == OutputKind::Source);
    Build {
        key: inputs.key,
        log: directory.as_ref().map(|directory| directory.join(LOG)).filter(|log| log.is_file()),
        directory,
        source_package: source_package.map(|output| output.file),
        unsigned_sha256: origin.unsigned,
        spec: inputs.spec_file,
        spec_sha256: inputs.spec_sha256,
        sources: inputs.sources,
        options: inputs.options,
        root: inputs.facts,
        network: inputs.network,
        announced_by,
        proven,
        run,
    }
}
