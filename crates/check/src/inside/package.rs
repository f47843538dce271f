use std::collections::BTreeSet;

use xen4centos_artifact::header::{FileEntry, HeaderError, RpmHeaders};
use xen4centos_manifest::Client;

use super::{boot, contents::Interest};

/// Directories of init scripts; the second one is a link to the first, and packages use both names.
const INIT_DIRECTORIES: [&str; 2] = ["/etc/rc.d/init.d/", "/etc/init.d/"];

/// What stands there and is no script of a service.
const NO_SERVICES: [&str; 2] = ["functions", "README"];

/// What the rules about files know of the package.
pub(super) struct Package<'a> {
    pub(super) subject: &'a str,
    pub(super) headers: &'a RpmHeaders,
    pub(super) client: &'a Client,
    pub(super) files: Vec<FileEntry<'a>>,
    pub(super) arch: String,
    /// The names that it requires.
    pub(super) requires: BTreeSet<String>,
    /// The last part of each path that it has.
    pub(super) own_names: BTreeSet<String>,
}

impl<'a> Package<'a> {
    pub(super) fn new(
        subject: &'a str,
        headers: &'a RpmHeaders,
        client: &'a Client,
    ) -> Result<Self, HeaderError> {
        let files: Vec<_> = headers.main().files()?.collect();
        Ok(Self {
            subject,
            headers,
            client,
            arch: headers.arch()?.to_owned(),
            requires: headers.requires()?.map(|name| name.name.to_str_lossy().into_owned()).collect(),
            own_names: files.iter().map(|file| file.base_name.to_str_lossy().into_owned()).collect(),
            files,
        })
    }

    /// What there is to see in a file.
    pub(super) fn interest(&self, file: &FileEntry<'_>, path: &str) -> Interest {
        if self.headers.is_source() {
            return Interest::Digest;
        }
        if self.client.sysv_init && is_init_script(file, path) {
            return Interest::Script;
        }
        if boot::is_wanted(file, path) {
            return Interest::Boot;
        }
        Interest::Whatever
    }

    /// Whether it provides a name, in whatever version.
    pub(super) fn provides(&self, name: &str) -> bool {
        self.headers
            .provides()
            .is_ok_and(|mut provides| provides.any(|provided| provided.name.as_bytes() == name.as_bytes()))
    }

    /// Whether one of its own files has that path.
    pub(super) fn has_path(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path_lossy() == path)
    }
}

/// Whether a file is what `service` starts.
pub(super) fn is_init_script(file: &FileEntry<'_>, path: &str) -> bool {
    let name = INIT_DIRECTORIES.iter().find_map(|directory| path.strip_prefix(directory));
    let Some(name) = name.filter(|_| file.is_regular()) else { return false };
    // chkconfig passes over these, too.
    !name.contains(['/', '~', ',']) && !NO_SERVICES.contains(&name)
}
