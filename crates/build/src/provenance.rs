//! What lies beside every result: all that went in, all that came out, and, apart from those, when and how.

use std::collections::BTreeMap;

use camino::Utf8Path;
use xen4centos_artifact::{BuildRootFacts, Sha256Digest};

use crate::{
    BuildError, BuildRequest, NetworkPolicy, OptionChoice, ProjectState, SeenFacts, SourceOrigin, files,
    macros,
};

/// Number of the file's format.
const SCHEMA: u32 = 2;

/// The file's name in the directory of a result. It is written last, so where it stands the result is whole.
pub const PROVENANCE_FILE: &str = "provenance.json";

/// The contents of `provenance.json`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Provenance {
    /// Number of the format.
    pub schema: u32,
    /// What went in; equal inputs have equal keys.
    pub inputs: Inputs,
    /// What came out, sorted by file name; equal for equal inputs.
    pub outputs: Vec<OutputFile>,
    /// What may differ between two builds of the same inputs.
    pub run: Run,
}

/// What went into a build.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inputs {
    /// The digest that names the result.
    pub key: Sha256Digest,
    /// Name of the source package.
    pub package: String,
    /// `[epoch:]version-release`.
    pub evr: String,
    /// Name of the target.
    pub target: String,
    /// File name of the spec, which lies beside this file.
    pub spec_file: String,
    /// Of the rendered spec.
    pub spec_sha256: Sha256Digest,
    /// By file name.
    pub sources: BTreeMap<String, InputSource>,
    /// By option name.
    pub options: BTreeMap<String, OptionChoice>,
    /// Every macro that was set, without those that say where things are.
    pub macros: BTreeMap<String, String>,
    /// What the package can see of its build root: part of the key.
    pub seen: SeenFacts,
    /// The whole build root and the versions of its tools, for people.
    pub facts: BuildRootFacts,
    /// Unix time, in seconds.
    pub source_date_epoch: u64,
    /// Whether the build could see the network.
    pub network: NetworkPolicy,
}

/// A source file of a build.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InputSource {
    /// Of the file.
    pub sha256: Sha256Digest,
    /// How it came to be trusted.
    pub origin: SourceOrigin,
    /// A URL or a path.
    pub detail: String,
    /// The security advisory that it answers, if it is such a patch; several with `, ` between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisory: Option<String>,
}

/// A package that was built.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OutputFile {
    /// Its name, beside this file.
    pub file: String,
    /// In bytes.
    pub size: u64,
    /// Of the whole file.
    pub sha256: Sha256Digest,
    /// `name-[epoch:]version-release.arch`, from its header.
    pub nevra: String,
    /// Source or binary.
    pub kind: OutputKind,
}

/// The two kinds of package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    /// The source package.
    Source,
    /// A binary package.
    Binary,
}

/// When and how a build was run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Run {
    /// The program that ran it, and its version.
    pub program: String,
    /// The project's data that it was made from; none where git does not keep them.
    pub project: Option<ProjectState>,
    /// Unix time, in seconds.
    pub started: u64,
    /// Unix time, in seconds.
    pub finished: u64,
    /// Parallel jobs of `make`.
    pub jobs: usize,
    /// Arguments given to `unshare`, or `none`; then how many paths were hidden from the build, and how many of those
    /// that should have been were not.
    pub isolation: String,
    /// Whether rpm checked the spec's `BuildRequires`; it can not where the system is not made of rpm packages.
    pub build_requires: String,
    /// Where the compiler saw the build tree: always the same where the machine allows mount namespaces.
    pub directory: String,
}

impl Inputs {
    pub(crate) fn of(request: &BuildRequest, key: Sha256Digest) -> Self {
        let source = |source: &crate::BuildSource| InputSource {
            sha256: source.sha256,
            origin: source.origin,
            detail: source.detail.clone(),
            advisory: request.advisories.get(&source.file).cloned(),
        };
        Self {
            key,
            package: request.package.clone(),
            evr: request.evr.to_string(),
            target: request.target.name.clone(),
            spec_file: request.spec_file.clone(),
            spec_sha256: files::sha256(request.spec.as_bytes()),
            sources: request.sources.iter().map(|file| (file.file.clone(), source(file))).collect(),
            options: request.options.clone(),
            macros: macros::lasting(request),
            seen: request.seen_facts(),
            facts: request.facts.clone(),
            source_date_epoch: request.source_date_epoch,
            network: request.network,
        }
    }
}

impl Provenance {
    pub(crate) fn new(inputs: Inputs, mut outputs: Vec<OutputFile>, run: Run) -> Self {
        outputs.sort_by(|left, right| left.file.cmp(&right.file));
        Self { schema: SCHEMA, inputs, outputs, run }
    }

    /// Reads the file in the directory of a result.
    ///
    /// # Errors
    /// When it can not be read or is not of this version.
    pub fn read(directory: &Utf8Path) -> Result<Self, BuildError> {
        let path = directory.join(PROVENANCE_FILE);
        let bytes = fs_err::read(&path).map_err(BuildError::file("read", &path))?;
        let provenance: Self = serde_json::from_slice(&bytes)
            .map_err(|source| BuildError::Provenance { path: path.clone(), source })?;
        if provenance.schema != SCHEMA {
            let source =
                serde::de::Error::custom(format!("format {} instead of {SCHEMA}", provenance.schema));
            return Err(BuildError::Provenance { path, source });
        }
        Ok(provenance)
    }

    pub(crate) fn write(&self, directory: &Utf8Path) -> Result<(), BuildError> {
        let mut text = serde_json::to_vec_pretty(self).expect("strings, numbers and sorted maps become JSON");
        text.push(b'\n');
        let path = directory.join(PROVENANCE_FILE);
        files::write(&path, &text)?;
        files::sync(&path)
    }
}
