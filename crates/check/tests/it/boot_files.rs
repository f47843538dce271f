//! Images as a host boots them, with nothing but what is looked at.

use std::io::Write as _;

/// Xen's notes in a kernel: entry, hypercall page, interface.
pub(crate) const XEN_NOTES: &[(u32, &[u8])] = &[(1, &[0; 8]), (2, &[0; 8]), (5, b"xen-3.0\0")];

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A hypervisor: a program of 32 bits with a multiboot header, and `text` in it.
pub(crate) fn hypervisor(multiboot: u32, text: &str) -> Vec<u8> {
    let mut image = b"\x7fELF\x01\x01\x01".to_vec();
    image.resize(16, 0);
    image.extend([2, 0, 3, 0, 1, 0, 0, 0]);
    image.resize(128, 0);
    let flags = 3_u32;
    let sum = 0_u32.wrapping_sub(multiboot).wrapping_sub(flags);
    image.extend([multiboot, flags, sum].iter().flat_map(|word| word.to_le_bytes()));
    image.extend(text.as_bytes());
    image.push(0);
    image
}

/// A segment of notes of Xen.
fn notes_of(notes: &[(u32, &[u8])]) -> Vec<u8> {
    let mut segment = Vec::new();
    for (kind, description) in notes {
        let words = [4, u32::try_from(description.len()).unwrap(), *kind];
        segment.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        segment.extend(b"Xen\0");
        segment.extend(*description);
        segment.resize(segment.len().next_multiple_of(4), 0);
    }
    segment
}

/// The same as [`vmlinux`], of 32 bits.
fn vmlinux32(notes: &[(u32, &[u8])], rest: &[u8]) -> Vec<u8> {
    let segment = notes_of(notes);
    let mut image = b"\x7fELF\x01\x01\x01".to_vec();
    image.resize(16, 0);
    image.extend([2, 0, 3, 0, 1, 0, 0, 0]);
    // The segments begin after this header, of which there is one of 32 bytes.
    image.extend([0, 52, 0, 0].iter().flat_map(|word: &u32| word.to_le_bytes()));
    image.extend([52, 0, 32, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let length = u32::try_from(segment.len()).unwrap();
    image.extend([4, 84, 0, 0, length, length, 4, 4].iter().flat_map(|word: &u32| word.to_le_bytes()));
    [image, segment, rest.to_vec()].concat()
}

/// A program of 64 bits with one segment of notes and, behind it, `rest`.
fn vmlinux(notes: &[(u32, &[u8])], alignment: u64, rest: &[u8]) -> Vec<u8> {
    let segment = notes_of(notes);
    let mut image = elf64(2, 0, 0);
    image[32..40].copy_from_slice(&64_u64.to_le_bytes());
    image[54..58].copy_from_slice(&[56, 0, 1, 0]);
    image.extend(4_u32.to_le_bytes());
    image.extend(4_u32.to_le_bytes());
    let length = segment.len() as u64;
    image.extend([120, 0, 0, length, length, alignment].iter().flat_map(|word: &u64| word.to_le_bytes()));
    image.extend(segment);
    image.extend(rest);
    image
}

/// The header of a file for x86-64, of a kind, with the place and number of its sections.
fn elf64(kind: u8, sections: u64, count: u8) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    header.extend([kind, 0, 62, 0, 1, 0, 0, 0]);
    header.resize(40, 0);
    header.extend(sections.to_le_bytes());
    header.extend([0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 64, 0, count, 0, count.saturating_sub(1), 0]);
    header
}

/// A module whose `.modinfo` has these strings.
pub(crate) fn module(strings: &[&str]) -> Vec<u8> {
    let names = b"\0.modinfo\0.shstrtab\0";
    let info: Vec<u8> = strings.iter().flat_map(|string| [string.as_bytes(), &[0]].concat()).collect();
    let (at_info, at_names) = (64, 64 + info.len() as u64);
    let at_sections = at_names + names.len() as u64;
    let mut image = elf64(1, at_sections, 3);
    image.extend(&info);
    image.extend(names);
    image.extend([0; 64]);
    for (name, kind, at, length) in [(1, 1, at_info, info.len()), (11, 3, at_names, names.len())] {
        image.extend([name, kind].iter().flat_map(|word: &u32| word.to_le_bytes()));
        let words = [0, 0, at, length as u64, 0, 1, 0];
        image.extend(words.iter().flat_map(|word: &u64| word.to_le_bytes()));
    }
    image
}

/// How the kernel is compressed in its image.
#[derive(Clone, Copy)]
pub(crate) enum Compression {
    Gzip,
    Xz,
    Lzo,
    /// In no way that is known.
    None,
}

/// A kernel's image.
pub(crate) struct Image<'a> {
    /// What its header says.
    pub(crate) release: &'a str,
    /// What the kernel inside says.
    pub(crate) banner: &'a str,
    pub(crate) notes: &'a [(u32, &'a [u8])],
    pub(crate) config: Option<&'a str>,
    pub(crate) by: Compression,
    /// What stands behind the banner in the kernel.
    pub(crate) rest: &'a str,
    /// Of its segment of notes.
    pub(crate) alignment: u64,
    /// Of its words.
    pub(crate) bits: u8,
}

impl Image<'_> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut rest = format!("%s Linux version %s Linux version {} (mock)", self.banner).into_bytes();
        if let Some(config) = self.config {
            rest.extend([b"IKCFG_ST", gzip(config.as_bytes()).as_slice(), b"IKCFG_ED"].concat());
        }
        rest.extend(self.rest.as_bytes());
        let kernel = match self.bits {
            32 => vmlinux32(self.notes, &rest),
            _ => vmlinux(self.notes, self.alignment, &rest),
        };
        let payload = match self.by {
            Compression::Gzip => gzip(&kernel),
            // The length follows, as scripts/Makefile.lib appends it.
            Compression::Xz => {
                [xz(&kernel), u32::try_from(kernel.len()).unwrap().to_le_bytes().to_vec()].concat()
            }
            Compression::None => vec![0x55; 99],
            Compression::Lzo => [&[0x89, b'L', b'Z', b'O', 0][..], &[0x55; 99]].concat(),
        };
        let mut image = vec![0; 1024];
        image[0x1f1] = 1;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x206..0x208].copy_from_slice(&[0x0a, 2]);
        image[0x20e..0x210].copy_from_slice(&0x100_u16.to_le_bytes());
        image[0x248..0x24c].copy_from_slice(&16_u32.to_le_bytes());
        image[0x24c..0x250].copy_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
        image[0x300..0x300 + self.release.len()].copy_from_slice(self.release.as_bytes());
        image.extend([0; 16]);
        image.extend(payload);
        image.extend([0; 64]);
        image
    }
}
