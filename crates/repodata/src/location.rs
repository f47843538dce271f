use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_http::HttpSettings;

use crate::{Directory, Http, RepodataError, Repository};

/// Where somebody says that a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory that holds `repodata`.
    Directory(Utf8PathBuf),
    /// An `http://` or `https://` URL below which `repodata/repomd.xml` is, without a slash at its end.
    Url(String),
}

impl Location {
    /// Takes a path, which is relative to `here`, or a `file://`, `http://` or `https://` URL.
    ///
    /// # Errors
    /// When it is a URL of another kind, or a `file://` URL of another machine.
    pub fn parse(text: &str, here: &Utf8Path) -> Result<Self, RepodataError> {
        let unsupported = |what: String| RepodataError::Unsupported { path: text.into(), what };
        let is_scheme =
            |scheme: &str| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => return Ok(Self::Directory(here.join(text))),
        };
        match scheme.as_str() {
            "http" | "https" => {
                let trimmed = rest.trim_end_matches('/');
                if trimmed.is_empty() || trimmed.contains(['?', '#']) {
                    return Err(unsupported("a URL without a host, or with `?` or `#`".to_owned()));
                }
                Ok(Self::Url(format!("{scheme}://{trimmed}")))
            }
            "file" => {
                let path = rest.strip_prefix("localhost").unwrap_or(rest);
                let path = percent_decoded(path).filter(|path| path.starts_with('/'));
                path.map(|path| Self::Directory(path.into()))
                    .ok_or_else(|| unsupported("a file URL of another machine".to_owned()))
            }
            other => Err(unsupported(format!("`{other}://`"))),
        }
    }

    /// Opens the repository that is there, or the one whose `repodata` or list that is.
    ///
    /// # Errors
    /// When its repomd.xml can not be read or understood.
    pub fn open(&self, http: &HttpSettings) -> Result<Repository, RepodataError> {
        let opened = self.open_here(http);
        let above = self.above_metadata();
        // A server that is silent or out of order would be so again, and a list that is bad is one.
        match (opened, above) {
            (Err(error), Some(above)) if is_elsewhere(&error) => match above.open_here(http) {
                Err(other) if is_elsewhere(&other) => Err(error),
                opened => opened,
            },
            (opened, _) => opened,
        }
    }

    fn open_here(&self, http: &HttpSettings) -> Result<Repository, RepodataError> {
        match self {
            Self::Directory(root) => Repository::open_in(std::sync::Arc::new(Directory::new(root.clone()))),
            Self::Url(url) => Repository::open_in(std::sync::Arc::new(Http::new(url, http)?)),
        }
    }

    /// The repository, where this is the place of its metadata.
    fn above_metadata(&self) -> Option<Self> {
        let above = |text: &str| {
            let directory = text.strip_suffix("/repomd.xml").unwrap_or(text).trim_end_matches('/');
            let above = directory.strip_suffix("/repodata")?;
            Some(if above.is_empty() { "/".to_owned() } else { above.to_owned() })
        };
        match self {
            Self::Directory(root) => above(root.as_str()).map(|root| Self::Directory(root.into())),
            Self::Url(url) => above(url).map(Self::Url),
        }
    }
}

/// Whether there is nothing in a place. Some servers do not tell that from what nobody may see.
fn is_elsewhere(error: &RepodataError) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    matches!(error, RepodataError::Files { source, .. }
        if matches!(source.kind(), NotFound | NotADirectory | PermissionDenied))
}

/// `None` where the bytes are no text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let number = escaped
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(number.unwrap_or(*first));
        rest = if number.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

/// A path as it stands in a URL: clients of repositories take hrefs unescaped and escape them themselves.
pub(crate) fn percent_encoded(path: &str) -> String {
    use std::fmt::Write as _;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte);
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap_or_default();
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let found = match Location::parse(text, Utf8Path::new("/here")) {
            Ok(Location::Directory(path)) => path.into_string(),
            Ok(Location::Url(url)) => url,
            Err(error) => error.to_string(),
        };
        assert!(found.starts_with(expect), "{text}: {found}");
    }

    #[test]
    fn places_are_told_apart() {
        check("a/b", "/here/a/b");
        check("/a", "/a");
        check("file:///a%20b%zz", "/a b%zz");
        check("FILE://localhost/a", "/a");
        check("file://other/a", "a file URL of another machine is not supported");
        check("http://h/a//", "http://h/a");
        check("https://h?x", "a URL without a host, or with");
        check("http:///", "a URL without a host");
        check("ftp://h/a", "`ftp://` is not supported");
        check("a b://c", "/here/a b://c");
    }

    #[test]
    fn the_place_of_metadata_is_below_its_repository() {
        let check = |text: &str, expect: Option<&str>| {
            let above = Location::parse(text, Utf8Path::new("/here")).unwrap().above_metadata();
            assert_eq!(above, expect.map(|text| Location::parse(text, Utf8Path::new("/here")).unwrap()));
        };
        check("http://h/a/repodata/", Some("http://h/a"));
        check("http://h/repodata/repomd.xml", Some("http://h"));
        check("repodata/", Some("/here"));
        check("http://h/a", None);
        check("my-repodata", None);
    }

    #[test]
    fn paths_are_escaped_once() {
        assert_eq!(
            percent_encoded("a b/größe 100%25 #1?.rpm"),
            "a%20b/gr%C3%B6%C3%9Fe%20100%2525%20%231%3F.rpm"
        );
        assert_eq!(percent_decoded("gr%C3%B6%c3%9Fe"), Some("größe".to_owned()));
        assert_eq!(percent_decoded("%ff"), None);
    }
}
