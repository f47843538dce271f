//! A key and a package for all tests of one process: making either takes seconds.

use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use xen4centos_artifact::{Sha256Digest, UnsignedRpm, header::RpmHeaders};
use xen4centos_process::{Invocation, Output, ProcessError, Tool};
use xen4centos_sign::{GeneratedKey, KeyRequest, Passphrase, PublicKeys, Signer, Terms, generate_key};

/// When the test key was made: 2026-01-01, seconds since 1970.
pub(crate) const CREATED: u32 = 1_767_225_600;
/// When it ends: ten years later.
pub(crate) const ENDS: u32 = CREATED + 315_360_000;
/// When the tests sign.
pub(crate) const NOW: u32 = CREATED + 86_400;
pub(crate) const PASSPHRASE: &str = "a passphrase of the tests";

pub(crate) static KEY: LazyLock<GeneratedKey> = LazyLock::new(|| make_key("Tests <tests@example.org>"));
pub(crate) static OTHER_KEY: LazyLock<GeneratedKey> = LazyLock::new(|| make_key("Other <other@example.org>"));

/// Built by rpmbuild with an xz payload: path of the binary package, then of the source package.
pub(crate) static BUILT: LazyLock<(TempDir, Utf8PathBuf, Utf8PathBuf)> = LazyLock::new(build);

fn make_key(user_id: &str) -> GeneratedKey {
    let request =
        KeyRequest { user_id: user_id.to_owned(), bits: 2048, created: CREATED, valid_until: Some(ENDS) };
    generate_key(&request, &Passphrase::new(PASSPHRASE)).unwrap()
}

pub(crate) fn directory() -> (TempDir, Utf8PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
    (directory, path)
}

/// Writes a secret key into a directory and opens it.
pub(crate) fn signer_in(directory: &Utf8Path, key: &GeneratedKey) -> Signer {
    signer_at(directory, key, NOW)
}

/// The same, at another time than [`NOW`].
pub(crate) fn signer_at(directory: &Utf8Path, key: &GeneratedKey, time: u32) -> Signer {
    let path = directory.join("secret.asc");
    fs_err::write(&path, key.secret.as_bytes()).unwrap();
    Signer::from_key_file(&path, &Passphrase::new(PASSPHRASE), Terms { time, pin: None }).unwrap()
}

pub(crate) fn trusted() -> PublicKeys {
    PublicKeys::from(KEY.key.clone())
}

/// What the build stage would hand over for the package at `path`.
pub(crate) fn unsigned(path: &Utf8Path) -> UnsignedRpm {
    let bytes = fs_err::read(path).unwrap();
    let nevra = RpmHeaders::read(&mut &bytes[..]).unwrap().nevra().unwrap();
    UnsignedRpm {
        path: path.to_owned(),
        nevra,
        sha256: Sha256Digest::from_bytes(Sha256::digest(&bytes).into()),
        package: "tiny".to_owned(),
    }
}

/// The built package, signed into `out`.
pub(crate) fn signed_in(out: &Utf8Path) -> Utf8PathBuf {
    let signer = signer_in(out, &KEY);
    signer.sign_rpm(unsigned(&BUILT.1), out).unwrap().path().to_owned()
}

/// `rpmkeys` with a database of its own that holds our key only.
pub(crate) fn rpmkeys(
    directory: &Utf8Path,
    key: &GeneratedKey,
    arguments: &[&str],
) -> Result<Output, ProcessError> {
    let public = directory.join("public.asc");
    fs_err::write(&public, &key.public).unwrap();
    let database = directory.join("rpmdb");
    let run = |arguments: &[&str]| {
        Invocation::new(Tool::Rpmkeys, directory).args(["--dbpath", database.as_str()]).args(arguments).run()
    };
    run(&["--import", public.as_str()])?;
    run(arguments)
}

const SPEC: &str = r"
Name: tiny
Epoch: 3
Version: 1.2
Release: 4.el6
Summary: A package for tests
License: MIT
%description
Nothing.
%prep
%build
%install
mkdir -p %{buildroot}/usr/share/tiny
seq 1 20000 > %{buildroot}/usr/share/tiny/numbers
ln -s numbers %{buildroot}/usr/share/tiny/link
%files
/usr/share/tiny
%changelog
* Thu Jan 01 2026 Tests <tests@example.org> - 1.2-4
- First
";

fn build() -> (TempDir, Utf8PathBuf, Utf8PathBuf) {
    let (guard, top) = directory();
    let spec = top.join("tiny.spec");
    fs_err::write(&spec, SPEC).unwrap();
    Invocation::new(Tool::Rpmbuild, &top)
        .args(["-ba", "--target", "x86_64", "--define", &format!("_topdir {top}")])
        .args(["--define", "_binary_payload w6.xzdio", "--define", "_source_payload w6.xzdio"])
        .arg(&spec)
        .run()
        .unwrap();
    let binary = top.join("RPMS/x86_64/tiny-1.2-4.el6.x86_64.rpm");
    let source = top.join("SRPMS/tiny-1.2-4.el6.src.rpm");
    (guard, binary, source)
}
