use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Fingerprint;
use xen4centos_process::{Invocation, ProcessError, Stdin, Tool};

use crate::{KeyFault, PublicKey, SignError};

/// A key that lives behind gpg: in its agent, on a smart card.
pub(crate) struct Gpg {
    home: Utf8PathBuf,
    fingerprint: Fingerprint,
}

impl Gpg {
    /// Finds the key in a `GNUPGHOME` and reads its public part.
    pub(crate) fn open(home: &Utf8Path, fingerprint: Fingerprint) -> Result<(Self, PublicKey), SignError> {
        let gpg = Self { home: home.to_owned(), fingerprint };
        let exported = gpg
            .command()
            .args(["--export", &fingerprint.to_string()])
            .run()
            .map_err(|source| gpg.failed("export the public key", source))?;
        let origin = || format!("{fingerprint} in gpg's home `{home}`");
        let public = PublicKey::from_bytes(&exported.stdout)
            .map_err(|fault| SignError::Key { origin: origin(), fault })?;
        if public.fingerprint() != fingerprint {
            // gpg takes the fingerprint of a subkey for its primary key's.
            let fault = KeyFault::Pinned { found: public.fingerprint(), pinned: fingerprint };
            return Err(SignError::Key { origin: origin(), fault });
        }
        gpg.demand_secret()?;
        Ok((gpg, public))
    }

    /// Makes a detached v4 signature over what `input` holds. The `!` keeps gpg from preferring a subkey, and the
    /// frozen clock makes the signature's time the one that was asked for.
    pub(crate) fn sign(&self, input: Stdin, time: u32) -> Result<Vec<u8>, SignError> {
        self.command()
            .args(["--faked-system-time", &format!("{time}!")])
            .args(["--local-user", &format!("{}!", self.fingerprint)])
            .args(["--digest-algo", "SHA256", "--no-armor", "--no-emit-version", "--no-comments"])
            .args(["--detach-sign", "--output", "-", "-"])
            .stdin(input)
            .run()
            .map(|output| output.stdout)
            .map_err(|source| self.failed("sign", source))
    }

    /// The second field of a `sec` record is not enough: field 15 is `#` where only a stub is there (gpg's
    /// doc/DETAILS).
    fn demand_secret(&self) -> Result<(), SignError> {
        let missing = || SignError::GpgHasNoSecret { home: self.home.clone(), fingerprint: self.fingerprint };
        let listed = self
            .command()
            .args(["--with-colons", "--list-secret-keys", &self.fingerprint.to_string()])
            .run()
            .map_err(|_| missing())?
            .text();
        let primary = listed.lines().find(|line| line.starts_with("sec:")).ok_or_else(missing)?;
        if primary.split(':').nth(14) == Some("#") { Err(missing()) } else { Ok(()) }
    }

    fn command(&self) -> Invocation {
        Invocation::new(Tool::Gpg, &self.home)
            .env("GNUPGHOME", self.home.as_str())
            .args(["--batch", "--no-tty", "--quiet"])
    }

    fn failed(&self, act: &'static str, source: ProcessError) -> SignError {
        SignError::Gpg { act, fingerprint: self.fingerprint, source }
    }
}
