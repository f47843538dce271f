//! The small user space of the boot test: a static busybox, one script, and the modules that shall be loaded.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use flate2::{Compression, write::GzEncoder};
use xen4centos_process::{Invocation, Tool};

use crate::{TrialError, cpio::CpioWriter};

const INIT: &str = include_str!("init.sh");

/// Where a statically linked busybox is looked for on this machine.
const BUSYBOX: [&str; 3] = ["/bin/busybox", "/usr/bin/busybox", "/sbin/busybox"];

/// The first busybox of this machine; whether it is static shows when it runs without any library.
pub(crate) fn busybox() -> Result<Utf8PathBuf, TrialError> {
    let found = BUSYBOX.iter().map(Utf8PathBuf::from).find(|path| path.is_file());
    found.ok_or_else(|| TrialError::Missing { what: "static busybox", path: BUSYBOX[0].into() })
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
    let files = closure(&dependencies, wanted);
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
fn closure(dependencies: &str, wanted: &[String]) -> BTreeSet<String> {
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
    fn modules_bring_their_dependencies() {
        let dependencies = "kernel/a/xen-netback.ko: kernel/b/bus.ko\nkernel/b/bus.ko:\nkernel/c/other.ko:\n";
        let files = closure(dependencies, &["xen_netback".to_owned()]);
        assert_eq!(Vec::from_iter(files), ["kernel/a/xen-netback.ko", "kernel/b/bus.ko"]);
    }
}
