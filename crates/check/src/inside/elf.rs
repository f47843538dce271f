//! What the system's loader sees of a program or library, by its program headers.

use std::ops::Range;

use object::{
    Endianness, elf,
    pod::{from_bytes, slice_from_bytes},
    read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _},
};

/// More than any real program has of libraries that it needs, or of versions of their symbols. A small file can name the
/// same ones again and again.
const MOST: usize = 1 << 13;

/// Sections, of which large objects have one for each function.
const MOST_SECTIONS: usize = 1 << 16;

/// Nor is any name or path longer.
const LONGEST_STRING: usize = 4096;

/// How a program wants its stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stack {
    /// It does not say: the kernel makes it executable, where the machine has such.
    #[default]
    Unsaid,
    Executable,
    Plain,
}

/// A program, library or object.
#[derive(Debug, Default)]
pub(super) struct Elf {
    pub(super) machine: u16,
    /// `ET_…`: a program, a library, or an object.
    kind: elf::FileType,
    pub(super) has_interpreter: bool,
    pub(super) is_64_bit: bool,
    /// `DT_NEEDED`
    pub(super) needed: Vec<String>,
    /// `DT_RPATH` and `DT_RUNPATH`
    pub(super) search_paths: Vec<String>,
    /// Libraries and the versions of symbols that are needed of them.
    pub(super) versions: Vec<(String, String)>,
    pub(super) has_text_relocations: bool,
    pub(super) stack: Stack,
    /// `NT_GNU_ABI_TAG`: the oldest Linux that its C library runs on.
    pub(super) kernel: Option<[u32; 3]>,
    /// Parts of the file that are no more than information for debuggers.
    pub(super) unloaded: Vec<Range<u64>>,
}

impl Elf {
    /// Reads all of it. `None` is a file that no loader takes, or that says something else in every place.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        match data.get(4)? {
            1 => read::<elf::FileHeader32<Endianness>>(data),
            2 => read::<elf::FileHeader64<Endianness>>(data),
            _ => None,
        }
    }

    /// Whether it runs on top of an operating system: the dynamic loader's, or linked with a C library.
    pub(super) fn is_user_space(&self) -> bool {
        if self.kind == elf::ET_REL {
            return false;
        }
        self.has_interpreter || !self.needed.is_empty() || self.kernel.is_some()
    }

    /// Whether it is a library, or a program that can lie anywhere.
    pub(super) fn is_shared(&self) -> bool {
        self.kind == elf::ET_DYN
    }

    /// Whether a place in the file is seen by debuggers only.
    pub(super) fn is_unloaded(&self, offset: u64) -> bool {
        self.unloaded.iter().any(|range| range.contains(&offset))
    }
}

/// A file while it is read.
struct Image<'d, H: FileHeader> {
    data: &'d [u8],
    endian: H::Endian,
    segments: &'d [H::ProgramHeader],
}

fn read<H: FileHeader<Endian = Endianness>>(data: &[u8]) -> Option<Elf> {
    let header = H::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let mut found = Elf {
        machine: header.e_machine(endian).0,
        kind: header.e_type(endian),
        is_64_bit: header.is_type_64(),
        unloaded: unloaded(header, endian, data),
        ..Elf::default()
    };
    let image = Image::<H> { data, endian, segments: header.program_headers(endian, data).ok()? };
    for segment in image.segments {
        match segment.p_type(endian) {
            elf::PT_INTERP => found.has_interpreter = true,
            elf::PT_GNU_STACK if segment.p_flags(endian).contains(elf::PF_X) => {
                found.stack = Stack::Executable;
            }
            elf::PT_GNU_STACK => found.stack = Stack::Plain,
            elf::PT_NOTE => found.kernel = image.kernel(segment).or(found.kernel),
            _ => {}
        }
    }
    image.dynamic(&mut found)?;
    Some(found)
}

/// The sections that are not loaded. Where there is no list of sections, nothing is known to be one.
fn unloaded<H: FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
    data: &[u8],
) -> Vec<Range<u64>> {
    let sections = header.section_headers(endian, data).unwrap_or_default();
    let aside = sections
        .iter()
        .take(MOST_SECTIONS)
        .filter(|section| !section.sh_flags(endian).contains(elf::SHF_ALLOC));
    aside
        .filter_map(|section| section.file_range(endian))
        .map(|(start, length)| start..start.saturating_add(length))
        .collect()
}

impl<'d, H: FileHeader<Endian = Endianness>> Image<'d, H> {
    fn kernel(&self, segment: &H::ProgramHeader) -> Option<[u32; 3]> {
        let mut notes = segment.notes(self.endian, self.data).ok()??;
        while let Ok(Some(note)) = notes.next() {
            if note.name() != elf::ELF_NOTE_GNU || note.n_type(self.endian) != elf::NT_GNU_ABI_TAG {
                continue;
            }
            let mut words = note.desc().as_chunks::<4>().0.iter().map(|word| match self.endian {
                Endianness::Little => u32::from_le_bytes(*word),
                Endianness::Big => u32::from_be_bytes(*word),
            });
            // The first word is the system: 0 is Linux.
            if words.next() == Some(0) {
                return Some([words.next()?, words.next()?, words.next()?]);
            }
        }
        None
    }

    /// The file from where an address is loaded from to the end of its segment.
    fn at(&self, address: u64) -> Option<&'d [u8]> {
        self.segments.iter().filter(|segment| segment.p_type(self.endian) == elf::PT_LOAD).find_map(
            |segment| {
                let bytes = segment.data(self.endian, self.data).ok()?;
                let start = address.checked_sub(segment.p_vaddr(self.endian).into())?;
                bytes.get(usize::try_from(start).ok()?..).filter(|rest| !rest.is_empty())
            },
        )
    }

    fn dynamic(&self, found: &mut Elf) -> Option<()> {
        let dynamic = self.segments.iter().find(|segment| segment.p_type(self.endian) == elf::PT_DYNAMIC);
        let Some(dynamic) = dynamic else { return Some(()) };
        let bytes = dynamic.data(self.endian, self.data).ok()?;
        let (entries, _) = slice_from_bytes::<H::Dyn>(bytes, bytes.len() / size_of::<H::Dyn>()).ok()?;
        let end = entries.iter().position(|entry| entry.tag(self.endian) == elf::DT_NULL);
        let entries = &entries[..end.unwrap_or(entries.len()).min(MOST)];
        let value = |tag| {
            entries.iter().find(|entry| entry.tag(self.endian) == tag).map(|entry| entry.val(self.endian))
        };
        let strings = value(elf::DT_STRTAB).and_then(|address| self.at(address)).unwrap_or_default();
        for entry in entries {
            let value = entry.val(self.endian);
            match entry.tag(self.endian) {
                elf::DT_NEEDED => found.needed.extend(string(strings, value)),
                elf::DT_RPATH | elf::DT_RUNPATH => found.search_paths.extend(string(strings, value)),
                elf::DT_TEXTREL => found.has_text_relocations = true,
                elf::DT_FLAGS => found.has_text_relocations |= value & elf::DF_TEXTREL.0 != 0,
                _ => {}
            }
        }
        if let Some(needs) = value(elf::DT_VERNEED).and_then(|address| self.at(address)) {
            found.versions = self.versions(needs, strings, value(elf::DT_VERNEEDNUM).unwrap_or(0))?;
        }
        Some(())
    }

    /// `DT_VERNEED`: chains of libraries, each with a chain of versions.
    fn versions(&self, mut needs: &[u8], strings: &[u8], count: u64) -> Option<Vec<(String, String)>> {
        let mut all = Vec::new();
        for _ in 0..count {
            let (need, _) = from_bytes::<elf::Verneed<Endianness>>(needs).ok()?;
            let library = string(strings, need.vn_file.get(self.endian).into())?;
            let mut rest = needs.get(need.vn_aux.get(self.endian) as usize..)?;
            for _ in 0..need.vn_cnt.get(self.endian) {
                let (version, _) = from_bytes::<elf::Vernaux<Endianness>>(rest).ok()?;
                if all.len() == MOST {
                    return None;
                }
                all.push((library.clone(), string(strings, version.vna_name.get(self.endian).into())?));
                match version.vna_next.get(self.endian) {
                    0 => break,
                    next => rest = rest.get(next as usize..)?,
                }
            }
            match need.vn_next.get(self.endian) {
                0 => break,
                next => needs = needs.get(next as usize..)?,
            }
        }
        Some(all)
    }
}

/// A string of a table, up to its NUL.
fn string(table: &[u8], offset: u64) -> Option<String> {
    let rest = table.get(usize::try_from(offset).ok()?..)?;
    let end = memchr::memchr(0, &rest[..rest.len().min(LONGEST_STRING)])?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program that runs this test.
    fn own() -> Vec<u8> {
        fs_err::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_real_program_is_read() {
        let elf = Elf::read(&own()).unwrap();
        assert!(elf.is_user_space() && elf.has_interpreter && elf.kernel.is_some());
        assert!(elf.needed.iter().any(|name| name == "libc.so.6"), "{:?}", elf.needed);
        assert!(
            elf.versions
                .iter()
                .any(|(library, version)| library == "libc.so.6" && version.starts_with("GLIBC_"))
        );
        assert_eq!((elf.stack, elf.has_text_relocations), (Stack::Plain, false));
    }

    #[test]
    fn damaged_programs_are_read_or_not_but_end() {
        let mut bytes = own();
        // Headers, and all that stands before the code; numbers that are large, small and no multiples of anything.
        for at in (4..16 * 1024).step_by(3) {
            for byte in [0, 1, 0x7f, 0xff] {
                let before = std::mem::replace(&mut bytes[at], byte);
                let _ = Elf::read(&bytes);
                bytes[at] = before;
            }
        }
        for length in 0..1024 {
            let _ = Elf::read(&bytes[..length]);
        }
    }

    /// One library with a chain of versions that leads through the same bytes for each of 65,535 others.
    #[test]
    fn what_is_named_again_and_again_is_bounded() {
        let image =
            Image::<elf::FileHeader64<Endianness>> { data: &[], endian: Endianness::Little, segments: &[] };
        let need = [1_u16.to_le_bytes(), u16::MAX.to_le_bytes()].concat();
        let words = [0_u32, 0, 16].map(u32::to_le_bytes).concat();
        let needs = [need, words].concat().repeat(60_000);
        assert_eq!(image.versions(&needs, b"a\0", u64::MAX), None);
    }
}
