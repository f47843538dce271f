//! The digest of its header that a package carries in its signature header: the only one that costs nothing to compare,
//! because the header is in memory. What it is made of is what metadata says of the package.

use camino::Utf8Path;
use xen4centos_artifact::header::{Header, HeaderError, Region, RpmHeaders, tag};

use crate::{ChecksumKind, RepodataError, checksum::Hasher};

/// The best first: one is enough. Old packages have SHA-1 only.
const DIGESTS: [(u32, ChecksumKind, &str); 2] =
    [(tag::SIG_SHA256, ChecksumKind::Sha256, "SHA-256"), (tag::SIG_SHA1, ChecksumKind::Sha1, "SHA-1")];

/// Bytes of a header before its index, of which so many are its magic number, and of an entry of the index.
const INTRO: usize = 16;
const MAGIC: usize = 8;
const ENTRY: usize = 16;

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

/// As rpm makes it: of the part that the author made immutable, which is mostly all of it.
fn digest_of(header: &Header, kind: ChecksumKind) -> String {
    let mut hasher = Hasher::new(kind);
    let bytes = header.as_bytes();
    match header.region() {
        Some(Region { entries, data_length, .. }) if !header.is_one_region() => {
            let store = INTRO + header.entry_count() * ENTRY;
            hasher.update(&bytes[..MAGIC]);
            hasher.update(&entries.to_be_bytes());
            hasher.update(&data_length.to_be_bytes());
            // The region was found to be inside when the header was read.
            hasher.update(&bytes[INTRO..][..entries as usize * ENTRY]);
            hasher.update(&bytes[store..][..data_length as usize]);
        }
        _ => hasher.update(bytes),
    }
    hasher.finish().value
}
