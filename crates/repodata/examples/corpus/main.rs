//! Packages to measure an indexer with: `cargo run --release -p xen4centos-repodata --example corpus -- KIND COUNT DIR`
//! writes COUNT packages into DIR, the same ones every time. KIND is `small` (54 kB on average, as those of a
//! distribution), `large` (12 MB, with as many files as kernels have) or `headers` (nearly no payload). With
//! `--rebuild-every N` only every Nth package is written, under its name but built once more.

mod dependencies;
mod files;
mod identity;
mod package;
mod random;
mod scale;
mod words;

use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use identity::Identity;
use package::Package;
use scale::Scale;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "usage: corpus small|large|headers COUNT DIR [--rebuild-every N]";

/// A number as headers hold it.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn write(package: Package, scale: &Scale, directory: &Utf8Path) -> Outcome<()> {
    let path = directory.join(Identity::of(package.number).file_name());
    fs_err::write(&path, package.bytes(scale)?)?;
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(package.build_time()));
    fs_err::OpenOptions::new().write(true).open(&path)?.file().set_modified(time)?;
    Ok(())
}

/// Writes all packages of a kind, or every `step`th built once more.
pub(crate) fn generate(kind: &str, count: usize, directory: &Utf8Path, step: Option<usize>) -> Outcome<()> {
    let scale = Scale::new(kind, count).ok_or(USAGE)?;
    fs_err::create_dir_all(directory)?;
    for number in (0..count).step_by(step.unwrap_or(1)) {
        write(Package { number, rebuilt: step.is_some() }, &scale, directory)?;
    }
    Ok(())
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [kind, count, directory] => generate(kind, count.parse()?, directory.into(), None),
        [kind, count, directory, "--rebuild-every", step] => {
            generate(kind, count.parse()?, directory.into(), Some(step.parse()?))
        }
        _ => Err(USAGE.into()),
    }
}
