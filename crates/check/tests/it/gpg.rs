//! Keys as gpg makes them, at a fixed time.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};

/// When they are made: 2026-11-23, in seconds since 1970.
pub(crate) const MADE: u64 = 1_795_392_000;

/// A keyring of its own; its agent ends with it.
pub(crate) struct Home {
    _directory: tempfile::TempDir,
    path: Utf8PathBuf,
}

impl Home {
    pub(crate) fn new() -> Self {
        // The socket of an agent must have a short path.
        let directory = tempfile::Builder::new().prefix("x4c-").tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        Self { _directory: directory, path }
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }

    pub(crate) fn gpg(&self, arguments: &[&str]) -> Vec<u8> {
        Invocation::new(Tool::Gpg, &self.path)
            .env("GNUPGHOME", self.path.as_str())
            .args([
                "--batch",
                "--quiet",
                "--yes",
                "--no-tty",
                "--pinentry-mode",
                "loopback",
                "--passphrase",
                "",
            ])
            .arg("--faked-system-time")
            .arg(format!("{MADE}!"))
            .args(arguments)
            .run()
            .unwrap()
            .stdout
    }

    /// Makes a key and returns its fingerprint; usage and expiry as `--quick-gen-key` takes them.
    pub(crate) fn key(&self, name: &str, kind: &str, usage: &str, expiry: &str) -> String {
        let user = format!("{name} <{name}@localhost>");
        self.gpg(&["--quick-gen-key", &user, kind, usage, expiry]);
        let listed = String::from_utf8(self.gpg(&["--with-colons", "--list-keys", &user])).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    pub(crate) fn export(&self, keys: &[&str]) -> String {
        String::from_utf8(self.gpg(&[&["--armor", "--export"], keys].concat())).unwrap()
    }

    /// A detached signature over some bytes.
    pub(crate) fn sign(&self, key: &str, bytes: &[u8]) -> Vec<u8> {
        let path = self.path.join("signed");
        fs_err::write(&path, bytes).unwrap();
        self.gpg(&["--detach-sign", "--digest-algo", "SHA256", "-u", key, "-o", "-", path.as_str()])
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let kill = Invocation::new(Tool::Gpgconf, &self.path).env("GNUPGHOME", self.path.as_str());
        let _ = kill.args(["--kill", "all"]).run();
    }
}
