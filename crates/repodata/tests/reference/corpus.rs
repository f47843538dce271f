//! All packages that both indexers are shown.

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Scratch, built, files, fixtures, odd};

/// As those of a distribution; enough for several blocks of compressed metadata.
const GENERATED: usize = 200;

/// Names that must be escaped somewhere between a directory and a client.
pub(crate) const ODD_NAMES: [&str; 8] = [
    "a b.rpm",
    "größe.rpm",
    "100%25.rpm",
    "a&b<c>\"d'.rpm",
    "x#y?z.rpm",
    "sub/c+d~e^f:g.rpm",
    "sub/日本 %2F.rpm",
    "sub/deeper/;=@!$(),*.rpm",
];

/// The packages of public test suites that lie beside the project.
pub(crate) fn real_packages() -> Vec<Utf8PathBuf> {
    let directory = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rpms");
    let packages = files(&directory).into_iter().filter(|path| path.extension() == Some("rpm"));
    let packages: Vec<Utf8PathBuf> = packages.collect();
    assert!(packages.len() > 70, "{} packages", packages.len());
    packages
}

/// A directory of all of them, without metadata. Made once for all tests, which copy it.
pub(crate) fn everything() -> &'static Utf8Path {
    static MADE: OnceLock<Scratch> = OnceLock::new();
    MADE.get_or_init(|| {
        let scratch = Scratch::new();
        let real = real_packages();
        for (directory, packages) in [
            ("fixtures", fixtures::packages()),
            ("odd", odd::packages()),
            ("built", built::packages()),
            ("real", &real),
        ] {
            let directory = scratch.path().join(directory);
            fs_err::create_dir(&directory).unwrap();
            for package in packages {
                fs_err::copy(package, directory.join(package.file_name().unwrap())).unwrap();
            }
        }
        for name in ODD_NAMES {
            let path = scratch.path().join("named").join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::copy(&fixtures::packages()[0], path).unwrap();
        }
        super::generator::generate("small", GENERATED, &scratch.path().join("generated"), None).unwrap();
        scratch
    })
    .path()
}
