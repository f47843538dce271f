//! The header parser against rpm itself on real packages, and against hostile bytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod hostile;
mod real_packages;
mod rpm_rs;

use camino::{Utf8Path, Utf8PathBuf};

/// The packages of public test suites that lie beside the project.
fn packages() -> Vec<Utf8PathBuf> {
    let directory = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rpms");
    let mut paths: Vec<Utf8PathBuf> = fs_err::read_dir(directory)
        .unwrap()
        .map(|entry| Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap())
        .filter(|path| path.extension() == Some("rpm"))
        .collect();
    paths.sort();
    assert!(paths.len() > 70, "{} packages", paths.len());
    paths
}
