//! How fast metadata is read: `read DIRECTORY` reads each document of a repository and prints what it took. Run it
//! with `--release`.

use std::{error::Error, io::Write as _, time::Instant};

use camino::Utf8PathBuf;
use xen4centos_repodata::Repository;

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args().nth(1).ok_or("name a directory")?;
    let repository = Repository::open(&Utf8PathBuf::from(root))?;
    let mut out = std::io::stdout();
    for kind in ["primary", "filelists", "other", "verify"] {
        let start = Instant::now();
        let count = match kind {
            "primary" => repository.packages()?.try_fold(0, |count, package| package.map(|_| count + 1))?,
            "filelists" => {
                repository.file_lists()?.try_fold(0, |count, package| package.map(|_| count + 1))?
            }
            "other" => repository.changelogs()?.try_fold(0, |count, package| package.map(|_| count + 1))?,
            _ => repository.verify_documents().map(|()| 0)?,
        };
        let seconds = start.elapsed().as_secs_f64();
        let size = repository.repomd().record(kind).and_then(|record| record.open_size).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
        let speed = size as f64 / 1e6 / seconds;
        writeln!(out, "{kind}: {count} packages, {size} bytes, {seconds:.3} s, {speed:.0} MB/s")?;
    }
    Ok(())
}
