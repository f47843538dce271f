//! What a host would do with a repository: joins a repository's own packages with the trial crate.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Nevra, header::RpmHeaders};
use xen4centos_trial::{InstallReport, InstallRequest, StandIn, StandInRequest, TrialError};

use crate::{
    failure::{Failure, Kind},
    pipeline::{closed, hosts},
    scratch::Scratch,
    session::Session,
};

/// A repository that a trial installs from, and the key that it must be signed by.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    /// Where it really lies.
    pub(crate) directory: Utf8PathBuf,
    /// Where a reader finds it.
    pub(crate) shown: Utf8PathBuf,
    pub(crate) key: Utf8PathBuf,
}

impl Repository {
    /// The one given, or the target's channel.
    pub(crate) fn find(
        session: &Session<'_>,
        directory: Option<&Utf8Path>,
        key: Option<&Utf8Path>,
    ) -> Result<Self, Failure> {
        let here = crate::settings::current_directory()?;
        let directory = match directory {
            Some(directory) => here.join(directory),
            None => session.publish_root.join(&session.channel.directory),
        };
        let key = key.map_or_else(|| session.public_key_file(), |key| here.join(key));
        for (path, what) in [
            (directory.join("repodata/repomd.xml"), "there is no repository"),
            (key.clone(), "there is no key"),
        ] {
            if !path.is_file() {
                let hint = "publish it first with `xen4centos release`, or name one (see --help)".to_owned();
                return Err(
                    Failure::new(Kind::Data, format!("{what}: `{path}` does not exist")).hint(Some(hint))
                );
            }
        }
        // dnf is given a path that does not move when the channel is switched meanwhile.
        let shown = directory;
        let directory = shown.canonicalize_utf8()?;
        Ok(Self { directory, shown, key })
    }
}

impl Repository {
    /// What a host installs: the kernel, and `xen`, or where user space was left out the hypervisor alone.
    pub(crate) fn main_packages(&self) -> Result<Vec<String>, Failure> {
        let mut names = BTreeSet::new();
        for entry in self.directory.join("Packages").read_dir_utf8()? {
            let file = entry?.file_name().to_owned();
            let nevra = file.strip_suffix(".rpm").and_then(|name| name.parse::<Nevra>().ok());
            names.extend(nevra.map(|nevra| nevra.name));
        }
        let wanted = if names.contains("xen") { ["kernel", "xen"] } else { ["kernel", "xen-hypervisor"] };
        Ok(wanted.into_iter().filter(|name| names.contains(*name)).map(str::to_owned).collect())
    }
}

/// Installs `packages` after the release package into `root`, which must be absent or empty.
pub(crate) fn install(
    session: &Session<'_>,
    repository: &Repository,
    root: &Utf8Path,
    packages: &[String],
) -> Result<InstallReport, Failure> {
    if root.is_dir() && root.read_dir_utf8()?.next().is_some() {
        let message = format!("the root `{root}` is not empty");
        return Err(Failure::new(Kind::Data, message)
            .hint(Some("name a directory that does not exist yet with --root".to_owned())));
    }
    let scratch = Scratch::new("trial")?;
    let base = hosts::base(session)?;
    let (requirements, provided) = dependencies(&repository.directory)?;
    let request = StandInRequest { base: &base, requirements: &requirements, provided: &provided };
    let stand_in = StandIn::build(&request, &scratch.path)?;
    closed::close_to_others(session);
    let request = InstallRequest {
        repository: repository.directory.as_str(),
        key: &repository.key,
        release_package: RELEASE_PACKAGE,
        packages,
        stand_in: &stand_in,
        root,
        scratch: &scratch.path.join("dnf"),
        log: &session.work("install-test.log"),
    };
    Ok(xen4centos_trial::install(&request)?)
}

/// The package that brings the repository file and the key.
pub(crate) const RELEASE_PACKAGE: &str = "centos-release-xen";

/// All requirements and provides of a repository's packages, as rpm prints them.
fn dependencies(repository: &Utf8Path) -> Result<(BTreeSet<String>, BTreeSet<String>), Failure> {
    let mut requirements = BTreeSet::new();
    let mut provided = BTreeSet::new();
    let packages = repository.join("Packages");
    for entry in packages.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.extension() != Some("rpm") {
            continue;
        }
        let unreadable = |error: &dyn std::error::Error| {
            let failure = Failure::of(Kind::Data, error);
            Failure::new(Kind::Data, format!("`{path}` can not be read: {failure}"))
        };
        let headers =
            RpmHeaders::read(&mut fs_err::File::open(&path)?).map_err(|error| unreadable(&error))?;
        if headers.is_source() {
            continue;
        }
        let list = headers.requires().map_err(|error| unreadable(&error))?;
        requirements.extend(list.filter(|item| !item.is_rpmlib()).map(|item| item.to_string()));
        let list = headers.provides().map_err(|error| unreadable(&error))?;
        provided.extend(list.map(|item| item.to_string()));
    }
    Ok((requirements, provided))
}

impl From<TrialError> for Failure {
    fn from(error: TrialError) -> Self {
        let kind = match &error {
            TrialError::Install { .. } | TrialError::Scriptlet { .. } => Kind::Refused,
            TrialError::Missing { .. }
            | TrialError::Damaged { .. }
            | TrialError::Record { .. }
            | TrialError::EmptyRecord { .. } => Kind::Data,
            _ => Kind::World,
        };
        let hint = error.hint();
        Self::of(kind, &error).hint(hint)
    }
}
