//! Files that somebody put down beside the store: by name, by package and name, or by digest.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Sha256Digest;

use crate::FetchSettings;

/// Where a file may lie, in order; only what is there.
pub(crate) fn candidates(
    settings: &FetchSettings,
    package: &str,
    file: &str,
    sha256: Option<&Sha256Digest>,
) -> Vec<Utf8PathBuf> {
    settings
        .lookaside
        .iter()
        .flat_map(|directory| {
            let by_digest = sha256.map(|digest| directory.join(digest.to_string()));
            [Some(directory.join(file)), Some(directory.join(package).join(file)), by_digest]
        })
        .flatten()
        .filter(|path| path.is_file())
        .collect()
}

/// Where a missing file is asked for: the first lookaside directory.
pub(crate) fn put_at(settings: &FetchSettings, file: &str) -> Utf8PathBuf {
    settings.lookaside.first().map_or(Utf8Path::new("lookaside"), Utf8PathBuf::as_path).join(file)
}

/// The last segment of a URL, without query and fragment.
pub(crate) fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

/// The URLs of a file: the base URLs of the settings, then the places the manifest names, upstream last.
pub(crate) fn urls(settings: &FetchSettings, file: &str, mirrors: &[String], upstream: &str) -> Vec<String> {
    let bases = settings.mirrors.iter().map(|base| under(base, file));
    let named = mirrors.iter().map(|mirror| {
        // A mirror is either the file's own URL or a directory.
        if mirror.ends_with('/') { under(mirror, file) } else { mirror.clone() }
    });
    let mut urls: Vec<String> = bases.chain(named).chain([upstream.to_owned()]).collect();
    let mut seen = std::collections::BTreeSet::new();
    urls.retain(|url| seen.insert(url.clone()));
    urls
}

fn under(base: &str, file: &str) -> String {
    format!("{}/{file}", base.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_last_segment() {
        assert_eq!(file_name("https://host/a/b.tar.gz?x=1#y"), "b.tar.gz");
        assert_eq!(file_name("https://host/a.sig"), "a.sig");
    }
}
