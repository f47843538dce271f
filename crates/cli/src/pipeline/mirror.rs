use std::{
    io::{self, Read as _},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_repodata::{Http, RepodataError, Repository, Storage};

use crate::{
    failure::{Failure, Kind},
    session::Session,
    settings,
};

/// Of what metadata give no size for.
const LONGEST: u64 = 1 << 30;

/// A copy of what is listed in a repository elsewhere. It is gone with this value.
pub(crate) struct Mirror {
    _directory: tempfile::TempDir,
    pub(crate) root: Utf8PathBuf,
}

impl Mirror {
    /// Fetches the metadata of the repository at `url` and each package that they list. What the server does not have is
    /// not in the copy, and what is longer than stated is cut behind its size: both are for the check to find.
    pub(crate) fn of(session: &Session<'_>, url: &str) -> Result<Self, Failure> {
        let directory = tempfile::Builder::new().prefix("xen4centos-check-").tempdir()?;
        let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).map_err(|path| {
            Failure::new(Kind::World, format!("`{}` has a name that is no UTF-8", path.display()))
        })?;
        let server = Http::new(url, &settings::http())?;
        let activity = session.printer.activity("Fetching", url);
        let copy = |href: &str, size: Option<u64>| copy(&server, href, &root, size);
        copy("repodata/repomd.xml", None)?;
        copy("repodata/repomd.xml.asc", None)?;
        let repository = Repository::open_in(Arc::new(server.clone()))?;
        for record in &repository.repomd().records {
            copy(&record.location, record.size)?;
        }
        // From the copy: a list that is not there or damaged is found there again, by the rules.
        let listed = Repository::open(&root)?.packages();
        for package in listed.into_iter().flatten() {
            let Ok(package) = package else { break };
            if package.base.is_none() {
                copy(&package.href, Some(package.size.package))?;
            }
        }
        drop(activity);
        Ok(Self { _directory: directory, root })
    }
}

/// One file, if the server has it and it lies inside.
fn copy(server: &Http, href: &str, root: &Utf8Path, size: Option<u64>) -> Result<(), Failure> {
    let is_inside =
        Utf8Path::new(href).components().all(|part| matches!(part, camino::Utf8Component::Normal(_)));
    if href.is_empty() || !is_inside {
        return Ok(());
    }
    let content = match server.open(Utf8Path::new(href)) {
        Ok(content) => content,
        Err(RepodataError::Files { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let path = root.join(href);
    if let Some(directory) = path.parent() {
        fs_err::create_dir_all(directory)?;
    }
    let mut content = content.take(size.map_or(LONGEST, |size| size.saturating_add(1)));
    let failed = |source| RepodataError::Files { act: "fetch", path: server.root().join(href), source };
    io::copy(&mut content, &mut fs_err::File::create(&path)?).map_err(failed)?;
    Ok(())
}
