use std::{collections::BTreeMap, io};

use memchr::memmem;
use object::{
    Endianness,
    elf::{FileHeader32, FileHeader64, PT_NOTE},
    read::elf::{FileHeader, ProgramHeader as _},
};

use super::{config::Config, inflate};

/// Documentation/x86/boot.txt: fields of the header, by their offsets in the file.
const SETUP_SECTORS: usize = 0x1f1;
const MAGIC: (usize, &[u8]) = (0x202, b"HdrS");
const PROTOCOL: usize = 0x206;
const KERNEL_VERSION: usize = 0x20e;
const PAYLOAD_OFFSET: usize = 0x248;
const PAYLOAD_LENGTH: usize = 0x24c;

/// The first protocol that tells where the kernel inside is.
const WITH_PAYLOAD: u16 = 0x0208;

const SECTOR: usize = 512;

/// xen/include/public/elfnote.h
const XEN_NAME: &[u8] = b"Xen\0";

/// No note of Xen is longer.
const LONGEST_NOTE: usize = 4096;

/// Xen has about twenty.
const LAST_NOTE: usize = 63;

/// Kernels have one or two segments of notes.
const MOST_SEGMENTS: usize = 16;

pub(super) const XEN_ENTRY: u32 = 1;
pub(super) const XEN_HYPERCALL_PAGE: u32 = 2;
pub(super) const XEN_VERSION: u32 = 5;

/// Between these `CONFIG_IKCONFIG` keeps the configuration.
const CONFIG: (&[u8], &[u8]) = (b"IKCFG_ST", b"IKCFG_ED");

/// What a bzImage says of itself and of the kernel inside.
#[derive(Debug)]
pub(super) struct KernelImage {
    /// The first word of the version in the header of the image.
    pub(super) release: String,
    /// That of the banner in the kernel.
    pub(super) banner: Option<String>,
    /// Xen's notes, by type.
    pub(super) notes: BTreeMap<u32, Vec<u8>>,
    /// `CONFIG_IKCONFIG`.
    pub(super) config: Option<Config>,
    /// The kernel inside is compressed in a way that is not known here, and nothing is known of it.
    pub(super) is_closed: bool,
}

impl KernelImage {
    /// Reads all of it, as that of a release. The error is what is wrong, as what comes after the path.
    pub(super) fn read(file: &[u8], wanted: &str) -> Result<Self, String> {
        let short = || "is shorter than its header says".to_owned();
        if file.get(MAGIC.0..).is_none_or(|rest| !rest.starts_with(MAGIC.1)) {
            return Err("is no bzImage".to_owned());
        }
        let protocol = u16_at(file, PROTOCOL).ok_or_else(short)?;
        if protocol < WITH_PAYLOAD {
            return Err(format!("has boot protocol {}.{:02}", protocol >> 8, protocol & 0xff));
        }
        let version = usize::from(u16_at(file, KERNEL_VERSION).ok_or_else(short)?) + SECTOR;
        let release = word(file.get(version..).ok_or_else(short)?);
        let setup = match file[SETUP_SECTORS] {
            // Older than the field.
            0 => 4,
            sectors => usize::from(sectors),
        };
        let start = (setup + 1) * SECTOR + number_at(file, PAYLOAD_OFFSET).ok_or_else(short)?;
        let length = number_at(file, PAYLOAD_LENGTH).ok_or_else(short)?;
        let payload = file.get(start..).and_then(|rest| rest.get(..length)).ok_or_else(short)?;
        let kernel = match inflate::kernel(payload) {
            Ok(kernel) => kernel,
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                let (banner, notes, config) = Default::default();
                return Ok(Self { release, banner, notes, config, is_closed: true });
            }
            Err(error) => return Err(format!("can not be decompressed: {error}")),
        };
        let notes = notes(&kernel).ok_or("has no program inside")?;
        Ok(Self {
            release,
            banner: banner(&kernel, wanted),
            notes,
            config: config(&kernel)
                .map_err(|error| format!("has a configuration that can not be decompressed: {error}"))?,
            is_closed: false,
        })
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn number_at(bytes: &[u8], offset: usize) -> Option<usize> {
    let number = bytes.get(offset..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))?;
    usize::try_from(number).ok()
}

/// Up to the first blank or NUL, of a length that a release has.
fn word(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| byte.is_ascii_whitespace() || *byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len()).min(128)]).into_owned()
}

/// The release in the kernel's banner: where drivers have such words, too, the wanted one counts.
fn banner(kernel: &[u8], wanted: &str) -> Option<String> {
    let start = b"Linux version ";
    let mut first = None;
    for at in memmem::find_iter(kernel, start) {
        let release = word(&kernel[at + start.len()..]);
        if release == wanted {
            return Some(release);
        }
        // The format of the same words stands in the kernel, too.
        if !release.starts_with('%') && !release.is_empty() {
            first.get_or_insert(release);
        }
    }
    first
}

fn notes(kernel: &[u8]) -> Option<BTreeMap<u32, Vec<u8>>> {
    match kernel.get(4)? {
        1 => notes_of::<FileHeader32<Endianness>>(kernel),
        _ => notes_of::<FileHeader64<Endianness>>(kernel),
    }
}

fn notes_of<H: FileHeader<Endian = Endianness>>(kernel: &[u8]) -> Option<BTreeMap<u32, Vec<u8>>> {
    let header = H::parse(kernel).ok()?;
    let endian = header.endian().ok()?;
    let mut found = BTreeMap::new();
    let segments = header.program_headers(endian, kernel).ok()?.iter();
    for segment in segments.filter(|segment| segment.p_type(endian) == PT_NOTE).take(MOST_SEGMENTS) {
        if let Ok(bytes) = segment.data(endian, kernel) {
            collect_notes(bytes, &mut found);
        }
    }
    Some(found)
}

/// Xen goes from note to note in steps of four bytes, whatever alignment the segment has by other notes in it.
fn collect_notes(mut bytes: &[u8], found: &mut BTreeMap<u32, Vec<u8>>) {
    let word = |bytes: &[u8], at: usize| number_at(bytes, at);
    while let (Some(name), Some(description), Some(kind)) = (word(bytes, 0), word(bytes, 4), word(bytes, 8)) {
        let start = name.next_multiple_of(4).saturating_add(12);
        let end = start.saturating_add(description);
        let Some(content) = bytes.get(start..end) else { return };
        let is_of_xen = bytes.get(12..12 + name) == Some(XEN_NAME);
        if is_of_xen && kind <= LAST_NOTE && content.len() <= LONGEST_NOTE {
            found.insert(u32::try_from(kind).unwrap_or_default(), content.to_vec());
        }
        bytes = bytes.get(end.next_multiple_of(4)..).unwrap_or_default();
    }
}

fn config(kernel: &[u8]) -> io::Result<Option<Config>> {
    let Some(start) = memmem::find(kernel, CONFIG.0) else { return Ok(None) };
    let rest = &kernel[start + CONFIG.0.len()..];
    let Some(end) = memmem::find(rest, CONFIG.1) else { return Ok(None) };
    Ok(Some(Config::read(&inflate::gzip(&rest[..end], Config::LONGEST as u64)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program with so many segments of notes, all but the last of which are empty.
    fn program(segments: u8) -> Vec<u8> {
        let note = [&[4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0][..], XEN_NAME].concat();
        let mut image = b"\x7fELF\x02\x01\x01".to_vec();
        image.resize(32, 0);
        image[16..24].copy_from_slice(&[2, 0, 62, 0, 1, 0, 0, 0]);
        image.extend(64_u64.to_le_bytes());
        image.resize(54, 0);
        image.extend([56, 0, segments, 0]);
        image.resize(64, 0);
        let place = 64 + 56 * u64::from(segments);
        for segment in 1..=segments {
            image.extend([4, 0, 0, 0, 4, 0, 0, 0]);
            let length = if segment == segments { note.len() as u64 } else { 0 };
            image.extend([place, 0, 0, length, length, 4].iter().flat_map(|word| word.to_le_bytes()));
        }
        [image, note].concat()
    }

    #[test]
    fn no_more_segments_of_notes_are_read_than_kernels_have() {
        let found = |segments: u8| notes(&program(segments)).unwrap().len();
        assert_eq!([1, 2, 16, 17, 200].map(found), [1, 1, 1, 0, 0]);
    }

    #[test]
    fn notes_that_xen_does_not_have_are_not_kept() {
        let note = |kind: u8| [&[4, 0, 0, 0, 0, 0, 0, 0, kind, 0, 0, 0][..], XEN_NAME].concat();
        let mut found = BTreeMap::new();
        collect_notes(&[note(1), note(64), note(255), note(63)].concat(), &mut found);
        assert_eq!(found.into_keys().collect::<Vec<_>>(), [1, 63]);
    }
}
