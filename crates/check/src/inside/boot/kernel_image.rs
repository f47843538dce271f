use std::{collections::BTreeMap, io};

use memchr::memmem;
use object::{
    Endianness,
    elf::FileHeader64,
    read::elf::{FileHeader as _, ProgramHeader as _},
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
const XEN_NAME: &[u8] = b"Xen";
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
}

impl KernelImage {
    /// Reads all of it. The error is what is wrong, as what comes after the path.
    pub(super) fn read(file: &[u8]) -> Result<Self, String> {
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
        let kernel = inflate::kernel(payload).map_err(|error| format!("can not be decompressed: {error}"))?;
        let notes = notes(&kernel).ok_or("has no 64-bit program inside")?;
        Ok(Self {
            release,
            banner: banner(&kernel),
            notes,
            config: config(&kernel)
                .map_err(|error| format!("has a configuration that can not be decompressed: {error}"))?,
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

fn banner(kernel: &[u8]) -> Option<String> {
    let start = b"Linux version ";
    // The format of the same words stands in the kernel, too.
    let found = memmem::find_iter(kernel, start).map(|at| word(&kernel[at + start.len()..]));
    found.filter(|release| !release.starts_with('%') && !release.is_empty()).last()
}

fn notes(kernel: &[u8]) -> Option<BTreeMap<u32, Vec<u8>>> {
    let header = FileHeader64::<Endianness>::parse(kernel).ok()?;
    let endian = header.endian().ok()?;
    let mut found = BTreeMap::new();
    for segment in header.program_headers(endian, kernel).ok()? {
        let Ok(Some(mut notes)) = segment.notes(endian, kernel) else { continue };
        while let Ok(Some(note)) = notes.next() {
            if note.name() == XEN_NAME {
                found.insert(note.n_type(endian).0, note.desc().to_vec());
            }
        }
    }
    Some(found)
}

fn config(kernel: &[u8]) -> io::Result<Option<Config>> {
    let Some(start) = memmem::find(kernel, CONFIG.0) else { return Ok(None) };
    let rest = &kernel[start + CONFIG.0.len()..];
    let Some(end) = memmem::find(rest, CONFIG.1) else { return Ok(None) };
    Ok(Some(Config::read(&inflate::gzip(&rest[..end])?)))
}
