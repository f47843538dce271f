//! A repository behind HTTP. What comes is read once, as it comes, and is not asked for again: repomd.xml says what
//! it must be.

use std::{
    io::{self, Read},
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_http::{Answer, Client, Deadline, HttpSettings, Status};

use crate::{RepodataError, Storage, location::percent_encoded};

/// A repository behind HTTP.
#[derive(Clone, Debug)]
pub struct Http {
    root: Utf8PathBuf,
    client: Client,
    total: Duration,
}

impl Http {
    /// `url` is what `repodata/repomd.xml` lies below.
    ///
    /// # Errors
    /// When a proxy or a file of certificates is not usable.
    pub fn new(url: &str, settings: &HttpSettings) -> Result<Self, RepodataError> {
        let root = url.trim_end_matches('/').into();
        Ok(Self { root, client: Client::new(settings)?, total: settings.limits.total })
    }
}

impl Storage for Http {
    fn root(&self) -> &Utf8Path {
        &self.root
    }

    fn open(&self, href: &Utf8Path) -> Result<Box<dyn Read + Send>, RepodataError> {
        let path = self.root.join(href);
        let url = format!("{}/{}", self.root, percent_encoded(href.as_str()));
        let answer = self.client.get(&url, 0, Deadline::after(self.total)).map_err(io::Error::from);
        let answer = answer.and_then(accept).map_err(RepodataError::files("fetch", &path))?;
        Ok(Box::new(answer))
    }
}

fn accept(answer: Answer) -> io::Result<Answer> {
    match answer.status() {
        Status(200) => Ok(answer),
        Status(404) => Err(io::Error::new(io::ErrorKind::NotFound, "the server has no such file (404)")),
        status @ Status(401 | 403) => {
            let text = format!("the server answered {status}");
            Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
        }
        status => Err(io::Error::other(format!("the server answered {status}"))),
    }
}
