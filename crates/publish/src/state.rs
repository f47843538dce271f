//! What was published, and when: the record that lies beside each published tree.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use xen4centos_artifact::{Fingerprint, Nevra, Sha256Digest};

use crate::PublishError;

/// File name of a state's record.
const RECORD: &str = "state.json";

/// One published state of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// 1 for the channel's first state.
    pub number: u64,
    /// When it was staged, seconds since 1970.
    pub time: u64,
    /// Revision and timestamps of its metadata, seconds since 1970; greater than those of every state before.
    pub revision: u64,
    /// The key that signed its repomd.xml.
    pub key: Fingerprint,
    /// The state whose packages it brought back.
    pub restored_from: Option<u64>,
    /// Of the groups file that it was indexed with.
    pub comps: Option<Sha256Digest>,
    /// Of the advisories that it lists.
    pub updateinfo: Option<Sha256Digest>,
    /// Of its repomd.xml.
    pub repomd: Sha256Digest,
    /// Its packages, sorted.
    pub packages: Vec<PublishedPackage>,
    /// Packages of earlier states that it no longer has: what was once published never changes.
    pub withdrawn: Vec<PublishedPackage>,
    /// Documents of earlier metadata that are kept for readers who hold the old list.
    pub carried: Vec<CarriedDocument>,
}

/// A package as it was published.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublishedPackage {
    /// What yum knows it by.
    pub nevra: Nevra,
    /// Of the signed file.
    pub sha256: Sha256Digest,
    /// Bytes of the signed file.
    pub size: u64,
    /// Name of its source package.
    pub source: String,
}

impl PublishedPackage {
    /// Where it lies, relative to the repository's root.
    pub fn location(&self) -> Utf8PathBuf {
        Utf8Path::new("Packages").join(self.nevra.file_name())
    }
}

/// A document of earlier metadata.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CarriedDocument {
    /// File name in `repodata`.
    pub name: String,
    /// When a newer list took its place, seconds since 1970.
    pub superseded: u64,
}

impl State {
    pub(crate) fn read(directory: &Utf8Path) -> Result<Self, PublishError> {
        let path = directory.join(RECORD);
        let bytes = fs_err::read(&path).map_err(PublishError::files("read", &path))?;
        let raw: RawState =
            serde_json::from_slice(&bytes).map_err(|source| PublishError::Record { path, source })?;
        Ok(raw.into())
    }

    pub(crate) fn write(&self, directory: &Utf8Path) -> Result<(), PublishError> {
        let path = directory.join(RECORD);
        let mut bytes = serde_json::to_vec_pretty(&RawState::from(self.clone()))
            .map_err(|source| PublishError::Record { path: path.clone(), source })?;
        bytes.push(b'\n');
        crate::files::write_synced(&path, &bytes)
    }

    /// The package, whether still there or withdrawn.
    pub(crate) fn ever_published(&self, nevra: &Nevra) -> Option<&PublishedPackage> {
        self.packages.iter().chain(&self.withdrawn).find(|package| package.nevra == *nevra)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawState {
    number: u64,
    time: u64,
    revision: u64,
    key: Fingerprint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restored_from: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comps: Option<Sha256Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updateinfo: Option<Sha256Digest>,
    repomd: Sha256Digest,
    packages: Vec<RawPackage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withdrawn: Vec<RawPackage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    carried: Vec<RawDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawPackage {
    nevra: Nevra,
    sha256: Sha256Digest,
    size: u64,
    source: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawDocument {
    name: String,
    superseded: u64,
}

impl From<RawState> for State {
    fn from(raw: RawState) -> Self {
        let packages = |raw: Vec<RawPackage>| raw.into_iter().map(Into::into).collect();
        Self {
            number: raw.number,
            time: raw.time,
            revision: raw.revision,
            key: raw.key,
            restored_from: raw.restored_from,
            comps: raw.comps,
            updateinfo: raw.updateinfo,
            repomd: raw.repomd,
            packages: packages(raw.packages),
            withdrawn: packages(raw.withdrawn),
            carried: raw
                .carried
                .into_iter()
                .map(|raw| CarriedDocument { name: raw.name, superseded: raw.superseded })
                .collect(),
        }
    }
}

impl From<State> for RawState {
    fn from(state: State) -> Self {
        let packages = |packages: Vec<PublishedPackage>| packages.into_iter().map(Into::into).collect();
        Self {
            number: state.number,
            time: state.time,
            revision: state.revision,
            key: state.key,
            restored_from: state.restored_from,
            comps: state.comps,
            updateinfo: state.updateinfo,
            repomd: state.repomd,
            packages: packages(state.packages),
            withdrawn: packages(state.withdrawn),
            carried: state
                .carried
                .into_iter()
                .map(|document| RawDocument { name: document.name, superseded: document.superseded })
                .collect(),
        }
    }
}

impl From<RawPackage> for PublishedPackage {
    fn from(raw: RawPackage) -> Self {
        Self { nevra: raw.nevra, sha256: raw.sha256, size: raw.size, source: raw.source }
    }
}

impl From<PublishedPackage> for RawPackage {
    fn from(package: PublishedPackage) -> Self {
        Self { nevra: package.nevra, sha256: package.sha256, size: package.size, source: package.source }
    }
}
