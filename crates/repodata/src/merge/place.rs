//! Where the packages of a repository are, as the merged one has to say it.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Bases, Package, RepodataError, Repository, location::percent_encoded};

pub(super) enum Place {
    /// By the path that they have in their own repository.
    AsItIs,
    /// Below the merged one, by this path.
    Below(Utf8PathBuf),
    /// Elsewhere.
    Base(String),
}

impl Place {
    pub(super) fn of(
        repository: &Repository,
        output: &Utf8Path,
        bases: &Bases,
    ) -> Result<Self, RepodataError> {
        let root = repository.root();
        match bases {
            Bases::Omitted => return Ok(Self::AsItIs),
            Bases::Replaced { search, replace } => {
                if let Some(rest) = root.as_str().strip_prefix(search.as_str()) {
                    return Ok(Self::Base(format!("{replace}{rest}")));
                }
            }
            Bases::Written => {}
        }
        if root.as_str().starts_with("http://") || root.as_str().starts_with("https://") {
            return Ok(Self::Base(root.to_string()));
        }
        let absolute = |path: &Utf8Path| path.canonicalize_utf8().map_err(RepodataError::files("find", path));
        let root = absolute(root)?;
        Ok(match root.strip_prefix(absolute(output)?) {
            Ok(below) => Self::Below(below.to_owned()),
            Err(_) => Self::Base(format!("file://{}", percent_encoded(root.as_str()))),
        })
    }

    /// The package with its place.
    pub(super) fn put(&self, mut package: Package) -> Package {
        if package.base.as_ref().is_some_and(|base| !base.is_empty()) {
            return package;
        }
        package.base = None;
        match self {
            Self::Below(path) if !path.as_str().is_empty() => {
                package.href = format!("{path}/{}", package.href);
            }
            Self::AsItIs | Self::Below(_) => {}
            Self::Base(base) => package.base = Some(base.clone()),
        }
        package
    }
}
