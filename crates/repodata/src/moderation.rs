//! How much room a package's metadata will take, before any of it is made.
//!
//! Metadata is larger than the header that it comes from: a directory stands before each of its files, markup around each
//! name. Real headers come to their own size or less, because most of what they say is not repeated; one that somebody
//! made for the purpose could come to hundreds of times its size.

use xen4centos_artifact::header::{DependencyKind, HeaderError, RpmHeaders, Tag, Text, tag};

use crate::convert::{OLD_ENHANCES, OLD_SUGGESTS};

/// Bytes of one package's metadata. rpm on EL6 takes headers of 16 MiB at most, which hold 130,000 files with all that
/// rpm says of each; those would come to a fifth of this, and the packages with most dependencies to a tenth.
pub(crate) const LIMIT: u64 = 64 * 1024 * 1024;

/// Markup of a file, with its kind.
const FILE: u64 = 32;

/// Markup of a dependency, and what its parts take while they are sorted out.
const DEPENDENCY: u64 = 400;

/// Texts that stand in metadata once.
const TEXTS: [Tag; 9] = [
    tag::SUMMARY,
    tag::DESCRIPTION,
    tag::PACKAGER,
    tag::URL,
    tag::LICENSE,
    tag::VENDOR,
    tag::GROUP,
    tag::BUILD_HOST,
    tag::SOURCE_RPM,
];

/// Texts that stand in each of the three documents.
const NAMES: [Tag; 4] = [tag::NAME, tag::VERSION, tag::RELEASE, tag::ARCH];

/// What any byte of a header can come to at most: the name of a dependency is a byte and its NUL, a byte is written as six.
/// Directories are repeated, and a header's paths are limited by its size when it is read.
const BYTE: u64 = DEPENDENCY + 8 * 6 + 3 * 6;

/// Bytes of a header that can not come to [`LIMIT`], whatever they are: nearly all packages need no closer look.
pub(crate) const HARMLESS: u64 = LIMIT / BYTE / 2;

/// What all files, dependencies and texts will take at most. Nothing is allocated for it.
pub(crate) fn cost(headers: &RpmHeaders, changelog_limit: usize) -> Result<u64, HeaderError> {
    let main = headers.main();
    let mut cost = 0;
    for file in main.paths()? {
        cost += FILE + written(file.directory) + written(file.base_name);
    }
    for kind in DependencyKind::ALL {
        for dependency in headers.dependencies(kind)? {
            cost += DEPENDENCY + written(dependency.name) + written(dependency.evr);
        }
    }
    for first in [OLD_SUGGESTS, OLD_ENHANCES] {
        cost += main.strings(first)?.map(|name| DEPENDENCY + written(name)).sum::<u64>();
        cost += main.strings(first + 1)?.map(written).sum::<u64>();
    }
    for tag in NAMES {
        cost += 3 * main.strings(tag)?.take(1).map(written).sum::<u64>();
    }
    for tag in TEXTS {
        cost += main.strings(tag)?.take(1).map(written).sum::<u64>();
    }
    for tag in [tag::CHANGELOG_NAME, tag::CHANGELOG_TEXT] {
        cost += main.strings(tag)?.take(changelog_limit).map(written).sum::<u64>();
    }
    Ok(cost)
}

/// Bytes of a text as XML at most: markup is escaped, and what is no UTF-8 becomes characters of two bytes.
fn written(text: Text<'_>) -> u64 {
    let bytes = text.as_bytes().iter().map(|byte| match byte {
        b'"' => 6,
        b'&' | b'\t' | b'\n' | b'\r' => 5,
        b'<' | b'>' => 4,
        0x80.. => 2,
        _ => 1,
    });
    bytes.sum()
}
