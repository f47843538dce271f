//! The small user space of the boot test: a static busybox, one script, and the modules that shall be loaded.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use flate2::{Compression, write::GzEncoder};
use xen4centos_process::{Invocation, Tool};

use crate::{TrialError, cpio::CpioWriter};

const INIT: &str = include_str!("init.sh");

/// Where a statically linked busybox is looked for on this machine.
const BUSYBOX: [&str; 3] = ["/bin/busybox", "/usr/bin/busybox", "/sbin/busybox"];

/// What the script of the initramfs needs besides the modules that are asked for: `/proc/xen`, where it reads whether
/// this is a dom0.
const OWN_MODULE: &str = "xenfs";

/// The first busybox of this machine that runs where there is no library.
pub(crate) fn busybox() -> Result<Utf8PathBuf, TrialError> {
    let is_static =
        |path: &Utf8PathBuf| fs_err::read(path).is_ok_and(|bytes| is_static(&bytes) == Some(true));
    let found = BUSYBOX.iter().map(Utf8PathBuf::from).find(is_static);
    found.ok_or_else(|| TrialError::Missing { what: "static busybox", path: BUSYBOX[0].into() })
}

/// Whether a 64-bit ELF program asks for no interpreter (`PT_INTERP`), which is what loads libraries; none when it is
/// no such file. Offsets are those of `Elf64_Ehdr` and `Elf64_Phdr` in the System V gABI.
fn is_static(elf: &[u8]) -> Option<bool> {
    const INTERPRETER: [u8; 4] = 3_u32.to_le_bytes();
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(elf.get(at..at + 2)?.try_into().ok()?)));
    if !elf.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = usize::try_from(u64::from_le_bytes(elf.get(32..40)?.try_into().ok()?)).ok()?;
    let (size, count) = (short(54)?, short(56)?);
    let mut headers = elf.get(table..)?.chunks_exact(size.max(4)).take(count);
    Some(headers.all(|header| header[..4] != INTERPRETER))
}

/// Writes the gzipped archive `out` for kernel `version` of the installed `root`.
pub(crate) fn write(
    root: &Utf8Path,
    version: &str,
    modules: &[String],
    out: &Utf8Path,
) -> Result<(), TrialError> {
    let failed = || TrialError::file(out);
    let busybox = busybox()?;
    let busybox_bytes = fs_err::read(&busybox).map_err(TrialError::file(&busybox))?;
    let file = fs_err::File::create(out).map_err(failed())?;
    let mut archive = CpioWriter::new(GzEncoder::new(file, Compression::fast()));
    for directory in ["bin", "dev", "proc", "sys", "lib", "lib/modules"] {
        archive.directory(directory).map_err(failed())?;
    }
    archive.character_device("dev/console", 5, 1).map_err(failed())?;
    archive.character_device("dev/null", 1, 3).map_err(failed())?;
    archive.file("bin/busybox", 0o755, &busybox_bytes).map_err(failed())?;
    archive.symlink("bin/sh", "busybox").map_err(failed())?;
    archive.file("init", 0o755, INIT.as_bytes()).map_err(failed())?;
    archive.file("modules.list", 0o644, (modules.join("\n") + "\n").as_bytes()).map_err(failed())?;
    add_modules(&mut archive, root, version, modules)?;
    let encoder = archive.finish().map_err(failed())?;
    encoder.finish().map_err(failed())?;
    Ok(())
}

/// Adds the wanted modules and all that they depend on, and the lists by which modprobe finds them.
fn add_modules<W: std::io::Write>(
    archive: &mut CpioWriter<W>,
    root: &Utf8Path,
    version: &str,
    wanted: &[String],
) -> Result<(), TrialError> {
    let relative = Utf8PathBuf::from(format!("lib/modules/{version}"));
    let directory = root.join(&relative);
    Invocation::new(Tool::Depmod, root)
        .args(["-b", root.as_str(), version])
        .run()
        .map_err(TrialError::Prepare)?;
    let dependencies_file = directory.join("modules.dep");
    let dependencies =
        fs_err::read_to_string(&dependencies_file).map_err(TrialError::file(&dependencies_file))?;
    let mut directories = BTreeSet::from([relative.clone()]);
    let needed: Vec<&str> = wanted.iter().map(String::as_str).chain([OWN_MODULE]).collect();
    let files = closure(&dependencies, &needed);
    for file in &files {
        directories.extend(relative.join(file).ancestors().skip(1).map(Utf8Path::to_owned));
    }
    for known in ["", "lib", "lib/modules"] {
        directories.remove(Utf8Path::new(known));
    }
    for entry in directories {
        archive.directory(entry.as_str()).map_err(TrialError::file(&directory))?;
    }
    let lists = ["modules.dep", "modules.builtin", "modules.order"].map(str::to_owned);
    for file in files.iter().chain(&lists) {
        let path = directory.join(file);
        let bytes = match fs_err::read(&path) {
            Ok(bytes) => bytes,
            // A kernel without built-in parts has no such list.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && lists.contains(file) => continue,
            Err(error) => return Err(TrialError::file(&path)(error)),
        };
        let name = relative.join(file);
        archive.file(name.as_str(), 0o644, &bytes).map_err(TrialError::file(&path))?;
    }
    Ok(())
}

/// The paths, relative to the module directory, of the wanted modules and of all that modules.dep names for them.
fn closure(dependencies: &str, wanted: &[&str]) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for line in dependencies.lines() {
        let Some((file, needed)) = line.split_once(':') else { continue };
        let stem =
            Utf8Path::new(file).file_name().and_then(|name| name.split(".ko").next()).unwrap_or_default();
        if wanted.iter().any(|module| module.replace('-', "_") == stem.replace('-', "_")) {
            files.insert(file.to_owned());
            files.extend(needed.split_whitespace().map(str::to_owned));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_an_interpreter_is_not_static() {
        // One program header, right after the file header of 64 bytes.
        let mut elf = vec![0; 64 + 56];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (elf[32], elf[54], elf[56]) = (64, 56, 1);
        assert_eq!(is_static(&elf), Some(true));
        elf[64] = 3;
        assert_eq!(is_static(&elf), Some(false));
        assert_eq!(is_static(&elf[..40]), None, "cut short");
        assert_eq!(is_static(b"#!/bin/sh"), None);
    }

    #[test]
    fn modules_bring_their_dependencies() {
        let dependencies = "kernel/a/xen-netback.ko: kernel/b/bus.ko\nkernel/b/bus.ko:\nkernel/c/other.ko:\n";
        let files = closure(dependencies, &["xen_netback"]);
        assert_eq!(Vec::from_iter(files), ["kernel/a/xen-netback.ko", "kernel/b/bus.ko"]);
    }
}
