//! Gives a name to the code that describes packages: what other code remembered of them is of no use.

use std::{
    error::Error,
    hash::{DefaultHasher, Hasher as _},
    path::Path,
};

/// This crate, and the one that reads headers.
const CODE: [&str; 2] = ["src", "../artifact/src"];

/// The versions of all that both use.
const LOCK: &str = "../../Cargo.lock";

fn main() -> Result<(), Box<dyn Error>> {
    let mut hasher = DefaultHasher::new();
    for directory in CODE {
        println!("cargo:rerun-if-changed={directory}");
        take(Path::new(directory), &mut hasher)?;
    }
    // Another compression is other bytes.
    println!("cargo:rerun-if-changed={LOCK}");
    hasher.write(&fs_err::read(LOCK)?);
    println!("cargo:rustc-env=XEN4CENTOS_REPODATA_CODE={:016x}", hasher.finish());
    Ok(())
}

/// All files below a directory, in the order of their names.
fn take(directory: &Path, hasher: &mut DefaultHasher) -> Result<(), Box<dyn Error>> {
    let mut entries = fs_err::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs_err::DirEntry::file_name);
    for entry in entries {
        if entry.file_type()?.is_dir() {
            take(&entry.path(), hasher)?;
        } else {
            hasher.write(entry.file_name().as_encoded_bytes());
            hasher.write(&fs_err::read(entry.path())?);
        }
    }
    Ok(())
}
