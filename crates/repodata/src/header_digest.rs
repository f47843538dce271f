//! The digest of its header that a package carries in its signature header: the only one that costs nothing to compare,
//! because the header is in memory. What it is made of is what metadata says of the package.

use camino::Utf8Path;
use xen4centos_artifact::header::{Header, HeaderError, RpmHeaders, tag};

use crate::{ChecksumKind, RepodataError, checksum::Hasher};

/// The best first: one is enough. Old packages have SHA-1 only.
const DIGESTS: [(u32, ChecksumKind, &str); 2] =
    [(tag::SIG_SHA256, ChecksumKind::Sha256, "SHA-256"), (tag::SIG_SHA1, ChecksumKind::Sha1, "SHA-1")];

/// Characters of a digest that an error shows: none has more.
const SHOWN: usize = 80;

/// Compares it, where there is one.
pub(crate) fn check(path: &Utf8Path, headers: &RpmHeaders) -> Result<(), RepodataError> {
    let fail = |source: HeaderError| RepodataError::Package { path: path.to_owned(), source };
    for (tag, kind, digest) in DIGESTS {
        let Some(expected) = headers.signature().string(tag).map_err(fail)? else { continue };
        let found = digest_of(headers.main(), kind);
        if expected.as_bytes().eq_ignore_ascii_case(found.as_bytes()) {
            return Ok(());
        }
        let expected = expected.to_string().escape_debug().take(SHOWN).collect();
        return Err(RepodataError::Damaged { path: path.to_owned(), digest, expected, found });
    }
    Ok(())
}

fn digest_of(header: &Header, kind: ChecksumKind) -> String {
    let mut hasher = Hasher::new(kind);
    header.digested(|bytes| hasher.update(bytes));
    hasher.finish().value
}
