//! What would be fetched: for `status` and `--dry-run`. Nothing is downloaded, copied or packed.

use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::Package;

use crate::{
    FetchError, FetchSettings, Reporter, Role, Store,
    fetch::{Run, as_it_is, of_the_tree},
    lookaside,
    plan::{Wanted, Way, plan},
    replacements::report_unused,
    tree::Tree,
};

/// A source or patch, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The package.
    pub package: String,
    /// As in [`VerifiedSource`](crate::VerifiedSource).
    pub name: String,
    /// The name it has in rpm's source directory.
    pub file: String,
    /// What it is for.
    pub role: Role,
    /// How far it is.
    pub standing: Standing,
    /// The digest that it has or will have; none for a tree or a commit that was not packed yet.
    pub sha256: Option<Sha256Digest>,
    /// Bytes, where they are known.
    pub size: Option<u64>,
    /// Where it would be downloaded from, in order.
    pub urls: Vec<String>,
}

/// How far a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In the project's tree, or given by a person.
    AsItIs,
    /// In the store.
    Stored,
    /// To be taken from a lookaside directory, if it has the digest.
    Lookaside,
    /// To be downloaded.
    Remote,
    /// A tree that was not packed yet, or has changed since.
    ToPack,
}

impl Store {
    /// How far every source and patch of the packages is.
    ///
    /// # Errors
    /// What is wrong with overrides and trees, and what can not be read.
    pub fn survey(
        &self,
        packages: &[&Package],
        settings: &FetchSettings,
        reporter: &dyn Reporter,
    ) -> Result<Vec<Planned>, FetchError> {
        let plan = plan(packages, settings)?;
        report_unused(&plan, packages, settings, reporter)?;
        let run = Run::new(self, settings, reporter);
        plan.wanted.iter().map(|wanted| run.look_at(wanted)).collect()
    }
}

impl Run<'_> {
    fn look_at(&self, wanted: &Wanted<'_>) -> Result<Planned, FetchError> {
        let mut planned = Planned {
            package: wanted.package.name.clone(),
            name: wanted.name.clone(),
            file: wanted.file.clone(),
            role: wanted.role,
            standing: Standing::AsItIs,
            sha256: None,
            size: None,
            urls: Vec::new(),
        };
        match &wanted.way {
            Way::InTree(path, sha256) => {
                let object = of_the_tree(wanted, path, *sha256)?;
                (planned.sha256, planned.size) = (Some(object.sha256), Some(object.size));
            }
            Way::Override(path) => {
                let object = as_it_is(path)?;
                (planned.sha256, planned.size) = (Some(object.sha256), Some(object.size));
            }
            Way::Url(location) => {
                planned.sha256 = Some(location.sha256);
                planned.size = location.size;
                planned.urls = lookaside::urls(self.settings, &wanted.file, &location.mirrors, &location.url);
                let package = &wanted.package.name;
                let put_down =
                    lookaside::candidates(self.settings, package, &wanted.file, Some(&location.sha256));
                planned.standing = match (self.store.get(&location.sha256)?, put_down.is_empty()) {
                    (Some(_), _) => Standing::Stored,
                    (None, false) => Standing::Lookaside,
                    (None, true) => Standing::Remote,
                };
            }
            Way::Git(git) => {
                planned.urls = vec![git.url.clone()];
                planned.sha256 = self.commit_packed_before(wanted, git)?.map(|object| object.sha256);
                planned.standing = if planned.sha256.is_some() { Standing::Stored } else { Standing::Remote };
            }
            Way::Commit(change) => {
                planned.urls = vec![change.url.clone()];
                let written = self.change_written_before(wanted, change)?;
                planned.sha256 = written.as_ref().map(|object| object.sha256).or(change.sha256);
                planned.size = written.as_ref().map(|object| object.size);
                planned.standing = if written.is_some() { Standing::Stored } else { Standing::Remote };
            }
            Way::Tree { dir, upstream, .. } => {
                let mtime = self.settings.source_date_epoch;
                let tree = Tree { package: &wanted.package.name, dir, upstream, mtime };
                planned.sha256 = tree.digest_if_packed(self.store)?;
                planned.standing = if planned.sha256.is_some() { Standing::Stored } else { Standing::ToPack };
            }
        }
        Ok(planned)
    }
}
