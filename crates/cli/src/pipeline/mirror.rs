use std::{
    io::{self, Read as _},
    sync::Arc,
};

use camino::Utf8Path;
use xen4centos_repodata::{Http, RepodataError, Repository, Storage};

use crate::{failure::Failure, scratch::Scratch, session::Session, settings};

/// Of what metadata give no size for.
const LONGEST: u64 = 1 << 30;

/// A copy of what is listed in a repository elsewhere. It is gone with this value.
pub(crate) struct Mirror(Scratch);

impl Mirror {
    /// Fetches the metadata of the repository at `url` and each package that they list. What the server does not have is
    /// not in the copy, and what is longer than stated is cut behind its size: both are for the check to find.
    pub(crate) fn of(session: &Session<'_>, url: &str) -> Result<Self, Failure> {
        let mirror = Self(Scratch::new("check")?);
        let server = Http::new(url, &settings::http())?;
        let _activity = session.printer.activity("Fetching", url);
        for list in ["repodata/repomd.xml", "repodata/repomd.xml.asc"] {
            mirror.copy(&server, list, None)?;
        }
        // One that is not there or no list is told of by its URL.
        let repository =
            Repository::open(mirror.root()).or_else(|_| Repository::open_in(Arc::new(server.clone())))?;
        let copy = |href: &str, size| match repository.path_of(href) {
            Ok(_) => mirror.copy(&server, href, size),
            // What lies outside is nothing to fetch.
            Err(_) => Ok(()),
        };
        for record in &repository.repomd().records {
            copy(&record.location, record.size)?;
        }
        // A list that is not there or damaged is found again, by the rules.
        for package in repository.packages().into_iter().flatten() {
            let Ok(package) = package else { break };
            if package.base.is_none() {
                copy(&package.href, Some(package.size.package))?;
            }
        }
        Ok(mirror)
    }

    /// The directory that holds `repodata`.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.0.path
    }

    /// Fetches a file, if the server has it.
    fn copy(&self, server: &Http, href: &str, size: Option<u64>) -> Result<(), Failure> {
        let content = match server.open(Utf8Path::new(href)) {
            Ok(content) => content,
            Err(RepodataError::Files { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let path = self.root().join(href);
        if let Some(directory) = path.parent() {
            fs_err::create_dir_all(directory)?;
        }
        let mut content = content.take(size.map_or(LONGEST, |size| size.saturating_add(1)));
        let failed = |source| RepodataError::Files { act: "fetch", path: server.root().join(href), source };
        io::copy(&mut content, &mut fs_err::File::create(&path)?).map_err(failed)?;
        Ok(())
    }
}
