//! `/boot/xen-….gz`.

use memchr::memmem;
use object::{
    Endianness,
    elf::{EM_386, FileHeader32},
    read::elf::FileHeader as _,
};

use super::{inflate, rules};
use crate::Rule;

/// Multiboot 0.6.96, 3.1: the header lies in these first bytes of the image, and begins with this.
const MULTIBOOT_WITHIN: usize = 8192;
const MULTIBOOT_MAGIC: u32 = 0x1bad_b002;

/// No version has more after `4.2`: the interface has room for 16 bytes.
const LONGEST_EXTRA: usize = 16;

/// Version, release and interface (`xen-hypervisor-abi`) of the package.
pub(super) struct Expected<'a> {
    pub(super) version: &'a str,
    pub(super) release: &'a str,
    pub(super) interface: &'a str,
}

/// What is wrong with an image.
pub(super) fn judge(file: &[u8], package: &Expected<'_>) -> Option<(&'static Rule, String)> {
    let image = match image(file) {
        Ok(image) => image,
        Err(fault) => return Some((&rules::HYPERVISOR, fault)),
    };
    let rest = package.version.strip_prefix(package.interface)?;
    let mut releases = prefixes(package.release);
    // A release of nothing but dots is no more work than a real one.
    releases.retain(|release| release.len() <= 2 * LONGEST_EXTRA);
    let is_there = |release: &&str| memmem::find(&image, format!("{rest}-{release}\0").as_bytes()).is_some();
    if releases.iter().any(is_there) {
        return None;
    }
    let says = extra_version(&image).map_or_else(
        || "does not say its version".to_owned(),
        |extra| format!("is {}{extra}", package.interface),
    );
    let Expected { version, release, .. } = package;
    Some((&rules::HYPERVISOR_VERSION, format!("{says}, the package is {version}-{release}")))
}

/// The longest first: `38.el6.centos`, `38.el6`, `38`. The hypervisor has no room for all of a long one.
pub(crate) fn prefixes(release: &str) -> Vec<&str> {
    let ends = release.match_indices('.').map(|(end, _)| end).chain([release.len()]);
    let mut all: Vec<_> = ends.map(|end| &release[..end]).collect();
    all.reverse();
    all
}

/// The program inside, as a boot loader takes it.
fn image(file: &[u8]) -> Result<Vec<u8>, String> {
    let image =
        inflate::gzip(file, inflate::LONGEST).map_err(|error| format!("can not be decompressed: {error}"))?;
    let header = FileHeader32::<Endianness>::parse(image.as_slice());
    let is_program =
        header.is_ok_and(|header| header.endian().is_ok_and(|endian| header.e_machine(endian) == EM_386));
    if !is_program {
        return Err("is no 32-bit program".to_owned());
    }
    let words: Vec<u32> = image[..image.len().min(MULTIBOOT_WITHIN)]
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect();
    let is_header = |words: &[u32]| {
        words[0] == MULTIBOOT_MAGIC && words.iter().fold(0_u32, |sum, word| sum.wrapping_add(*word)) == 0
    };
    if words.windows(3).any(is_header) { Ok(image) } else { Err("has no multiboot header".to_owned()) }
}

/// What an image of any version says: a string of its own like `.5-38.el6`.
fn extra_version(image: &[u8]) -> Option<String> {
    let mut strings = image.split(|byte| *byte == 0).filter(|string| string.len() <= LONGEST_EXTRA);
    let found = strings.find(|string| {
        string.first() == Some(&b'.')
            && string.get(1).is_some_and(u8::is_ascii_digit)
            && string.contains(&b'-')
            && string.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-_+~".contains(byte))
    })?;
    Some(String::from_utf8_lossy(found).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_cut_at_their_dots() {
        assert_eq!(prefixes("38.el6.centos.alt"), ["38.el6.centos.alt", "38.el6.centos", "38.el6", "38"]);
        assert_eq!(prefixes("1"), ["1"]);
    }

    #[test]
    fn a_version_is_found_among_other_strings() {
        assert_eq!(extra_version(b"\0.text\0.5-39.el6\0").as_deref(), Some(".5-39.el6"));
        assert_eq!(extra_version(b".note-x\0banner .5-39\0"), None);
    }
}
