use object::{
    Endianness,
    elf::{FileHeader32, FileHeader64},
    read::elf::{FileHeader, SectionHeader as _},
};

/// No kernel's is longer.
const LONGEST: usize = 256;

/// `vermagic` of a module: the release of its kernel and what else must agree. Nothing for what is no module.
pub(super) fn vermagic(module: &[u8]) -> Option<String> {
    match module.get(4)? {
        1 => read::<FileHeader32<Endianness>>(module),
        2 => read::<FileHeader64<Endianness>>(module),
        _ => None,
    }
}

fn read<H: FileHeader<Endian = Endianness>>(module: &[u8]) -> Option<String> {
    let header = H::parse(module).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, module).ok()?;
    let (_, section) = sections.section_by_name(endian, b".modinfo")?;
    let mut strings = section.data(endian, module).ok()?.split(|byte| *byte == 0);
    let found = strings.find_map(|string| string.strip_prefix(b"vermagic="))?;
    Some(String::from_utf8_lossy(&found[..found.len().min(LONGEST)]).trim_end().to_owned())
}
