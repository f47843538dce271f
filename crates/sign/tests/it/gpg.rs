//! Signing through gpg: the key never leaves its agent.

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;
use xen4centos_artifact::{Fingerprint, RepoTree};
use xen4centos_process::{Invocation, Tool};
use xen4centos_sign::{
    KeyFault, Passphrase, PublicKey, PublicKeys, SignError, SignatureFault, Signer, Terms, VerifyError,
    verify_repository_signature, verify_rpm,
};

use crate::workshop::{BUILT, CREATED, NOW, directory, unsigned};

const TERMS: Terms = Terms { time: NOW, pin: None };

/// A `GNUPGHOME` whose agent ends with the test.
pub(crate) struct Home {
    _guard: TempDir,
    pub(crate) path: Utf8PathBuf,
}

impl Home {
    pub(crate) fn new() -> Self {
        let (guard, path) = directory();
        Self { _guard: guard, path }
    }

    pub(crate) fn gpg(&self, arguments: &[&str]) -> Vec<u8> {
        Invocation::new(Tool::Gpg, &self.path)
            .env("GNUPGHOME", self.path.as_str())
            .args(["--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""])
            .args(["--faked-system-time", &format!("{CREATED}!")])
            .args(arguments)
            .run()
            .unwrap()
            .stdout
    }

    /// Makes a key; `usage` as gpg's `--quick-gen-key` takes it.
    pub(crate) fn key(&self, user_id: &str, algorithm: &str, usage: &str) -> Fingerprint {
        self.gpg(&["--quick-gen-key", user_id, algorithm, usage, "never"]);
        let listed = String::from_utf8(self.gpg(&["--with-colons", "--list-keys", user_id])).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().parse().unwrap()
    }

    pub(crate) fn public(&self, fingerprint: Fingerprint) -> PublicKey {
        PublicKey::from_bytes(&self.gpg(&["--export", &fingerprint.to_string()])).unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let kill = Invocation::new(Tool::Gpgconf, &self.path).env("GNUPGHOME", self.path.as_str());
        drop(kill.args(["--kill", "all"]).run());
    }
}

fn tree(root: &Utf8Path) -> RepoTree {
    fs_err::create_dir_all(root.join("repodata")).unwrap();
    fs_err::write(root.join("repodata/repomd.xml"), "<repomd/>\n").unwrap();
    RepoTree { root: root.to_owned() }
}

#[test]
fn the_primary_key_signs_even_beside_a_signing_subkey() {
    let home = Home::new();
    let fingerprint = home.key("Primary <p@example.org>", "rsa2048", "cert,sign");
    home.gpg(&["--quick-add-key", &fingerprint.to_string(), "rsa2048", "sign", "never"]);
    let signer = Signer::from_gpg(&home.path, fingerprint, TERMS).unwrap();
    let (_guard, out) = directory();
    let package = signer.sign_rpm(unsigned(&BUILT.1), &out).unwrap();
    let trusted = PublicKeys::from(home.public(fingerprint));
    let verified = verify_rpm(package.path(), &trusted).unwrap();
    assert_eq!((verified.key, verified.signed_at), (fingerprint, NOW));
    let first = fs_err::read(package.path()).unwrap();
    drop(signer.sign_rpm(unsigned(&BUILT.1), &out).unwrap());
    assert_eq!(first, fs_err::read(out.join(BUILT.1.file_name().unwrap())).unwrap(), "same time, same bytes");
    drop(signer.sign_repository(tree(&out)).unwrap());
    assert_eq!(verify_repository_signature(&out, &trusted).unwrap().key, fingerprint);
}

#[test]
fn a_key_file_and_gpg_make_the_same_bytes() {
    let home = Home::new();
    let fingerprint = home.key("Primary <p@example.org>", "rsa2048", "cert,sign");
    let secret = home.path.join("secret.asc");
    fs_err::write(&secret, home.gpg(&["--armor", "--export-secret-keys", &fingerprint.to_string()])).unwrap();
    let signers = [
        Signer::from_gpg(&home.path, fingerprint, TERMS).unwrap(),
        Signer::from_key_file(&secret, &Passphrase::none(), TERMS).unwrap(),
    ];
    let [by_gpg, by_file] = signers.map(|signer| {
        let (_guard, out) = directory();
        let packages = [&BUILT.1, &BUILT.2].map(|package| {
            let signed = signer.sign_rpm(unsigned(package), &out).unwrap();
            fs_err::read(signed.path()).unwrap()
        });
        drop(signer.sign_repository(tree(&out)).unwrap());
        (packages, fs_err::read_to_string(out.join("repodata/repomd.xml.asc")).unwrap())
    });
    assert_eq!(by_gpg.1, by_file.1, "of the repository");
    assert!(by_gpg.0 == by_file.0, "of the packages");
}

#[test]
fn what_gpg_signs_by_itself_with_a_subkey_is_refused() {
    let home = Home::new();
    let fingerprint = home.key("Primary <p@example.org>", "rsa2048", "cert,sign");
    home.gpg(&["--quick-add-key", &fingerprint.to_string(), "rsa2048", "sign", "never"]);
    drop(tree(&home.path));
    let metadata = home.path.join("repodata/repomd.xml");
    home.gpg(&["--armor", "--digest-algo", "SHA256", "--detach-sign", metadata.as_str()]);
    let trusted = PublicKeys::from(home.public(fingerprint));
    let error = verify_repository_signature(&home.path, &trusted).unwrap_err();
    let subkey = matches!(&error, VerifyError::Repository { fault: SignatureFault::Subkey(_), .. });
    assert!(subkey, "{error}");
}

#[test]
fn keys_that_el6_would_refuse_are_not_used() {
    let home = Home::new();
    let certify_only = home.key("Certify <c@example.org>", "rsa2048", "cert");
    home.gpg(&["--quick-add-key", &certify_only.to_string(), "rsa2048", "sign", "never"]);
    let fault = |fingerprint| match Signer::from_gpg(&home.path, fingerprint, TERMS) {
        Err(SignError::Key { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(certify_only), KeyFault::PrimaryCannotSign);
    let curve = home.key("Curve <e@example.org>", "ed25519", "sign");
    assert!(matches!(fault(curve), KeyFault::Algorithm(_)));
    let secret = home.gpg(&["--armor", "--export-secret-keys", &certify_only.to_string()]);
    let path = home.path.join("certify-only.asc");
    fs_err::write(&path, secret).unwrap();
    let error = Signer::from_key_file(&path, &Passphrase::none(), TERMS).unwrap_err();
    assert!(matches!(&error, SignError::Key { fault: KeyFault::PrimaryCannotSign, .. }), "{error}");
}

#[test]
fn a_key_without_its_secret_is_not_used() {
    let home = Home::new();
    let fingerprint = home.key("Primary <p@example.org>", "rsa2048", "cert,sign");
    home.gpg(&["--quick-add-key", &fingerprint.to_string(), "rsa2048", "sign", "never"]);
    let subkeys = home.gpg(&["--armor", "--export-secret-subkeys", &fingerprint.to_string()]);
    let other = Home::new();
    let path = other.path.join("subkeys.asc");
    fs_err::write(&path, subkeys).unwrap();
    other.gpg(&["--import", path.as_str()]);
    let error = Signer::from_gpg(&other.path, fingerprint, TERMS).unwrap_err();
    assert!(matches!(&error, SignError::GpgHasNoSecret { .. }), "{error}");
    let error = Signer::from_key_file(&path, &Passphrase::none(), TERMS).unwrap_err();
    assert!(matches!(&error, SignError::NotASecretKey { .. } | SignError::Unlock { .. }), "{error}");
}
