//! How much memory and time an index takes: `cargo run --release -p xen4centos-repodata --example memory -- DIR`
//! indexes DIR (its repodata is replaced); with a number of megabytes instead, a package of that size is made in
//! a temporary directory first. Prints packages, seconds and peak resident memory.

use std::{
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::header::{HeaderBuilder, tag};
use xen4centos_repodata::{BadPackages, Event, IndexSettings, Reporter, index};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Default)]
struct Count(AtomicUsize);

impl Reporter for Count {
    fn event(&self, event: Event) {
        if matches!(event, Event::Indexed { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A package with a payload of zeros: what matters here is its size.
fn make_package(path: &Utf8Path, megabytes: u64) -> Outcome<()> {
    let main = HeaderBuilder::new()
        .string(tag::NAME, "large")
        .string(tag::VERSION, "1")
        .string(tag::RELEASE, "1")
        .string(tag::ARCH, "x86_64")
        .string(tag::SOURCE_RPM, "large-1-1.src.rpm")
        .build(tag::HEADER_IMMUTABLE);
    let size = u32::try_from(main.len() as u64 + (megabytes << 20))?;
    let mut signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[size]).build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    let mut lead = [0; 96];
    lead[..8].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0]);
    let mut file = fs_err::File::create(path)?;
    for part in [&lead[..], &signature, &main] {
        file.write_all(part)?;
    }
    let megabyte = vec![0; 1 << 20];
    for _ in 0..megabytes {
        file.write_all(&megabyte)?;
    }
    Ok(())
}

fn peak_memory() -> Outcome<String> {
    let status = fs_err::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.ok_or("no VmHWM")?.trim().to_owned())
}

fn main() -> Outcome<()> {
    let argument = std::env::args().nth(1).ok_or("expected a directory or a number of megabytes")?;
    let temporary = tempfile::tempdir()?;
    let root = match argument.parse() {
        Ok(megabytes) => {
            let root = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).map_err(|_| "not UTF-8")?;
            make_package(&root.join("large.rpm"), megabytes)?;
            root
        }
        Err(_) => argument.into(),
    };
    let settings = IndexSettings { bad_packages: BadPackages::LeaveOut, ..IndexSettings::for_el6(1) };
    let (count, start) = (Count::default(), Instant::now());
    let tree = index(&root, &settings, &count)?;
    let seconds = start.elapsed().as_secs_f64();
    let line = format!(
        "{}: {} packages, {seconds:.2} s, peak {}\n",
        tree.root,
        count.0.into_inner(),
        peak_memory()?
    );
    std::io::stdout().write_all(line.as_bytes())?;
    Ok(())
}
