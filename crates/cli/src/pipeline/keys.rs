//! Which key signs: a file, gpg, or, for the quickstart, one that is made on first use and is good for nothing else.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Fingerprint;
use xen4centos_sign::{KeyRequest, Passphrase, PublicKey, SignError, Signer, Terms, generate_key};

use crate::{
    args::KeyArgs,
    failure::{Failure, Kind},
    session::Session,
    settings,
};

const SECONDS_A_YEAR: u64 = 31_556_952;

/// The key of a run: its public half is needed before anything is built, its secret half only when something is signed.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) public: PublicKey,
    /// As it is shipped to hosts.
    pub(crate) armored: String,
    source: KeySource,
}

#[derive(Debug)]
enum KeySource {
    File { path: Utf8PathBuf, passphrase: Passphrase },
    Gpg { home: Utf8PathBuf, fingerprint: Fingerprint },
}

impl SigningKey {
    /// The key that the options name, or the target's own ephemeral one.
    pub(crate) fn open(session: &Session<'_>, args: &KeyArgs) -> Result<Self, Failure> {
        let source = KeySource::choose(session, args)?;
        // The ephemeral key's public half lies beside it, and reading it costs nothing.
        let signer = source.signer(session)?;
        let public = signer.key().clone();
        let armored = public.to_armored().map_err(|fault| {
            Failure::new(Kind::Data, format!("the public key can not be written: {fault}"))
        })?;
        remember(&session.public_key_file(), &armored)?;
        Ok(Self { public, armored, source })
    }

    /// Ready to sign at the time of this run.
    pub(crate) fn signer(&self, session: &Session<'_>) -> Result<Signer, Failure> {
        self.source.signer(session)
    }
}

impl KeySource {
    fn choose(session: &Session<'_>, args: &KeyArgs) -> Result<Self, Failure> {
        let here = settings::current_directory()?;
        let passphrase = match &args.passphrase_file {
            Some(file) => read_passphrase(&here.join(file))?,
            None => Passphrase::none(),
        };
        if let Some(text) = &args.gpg_key {
            let fingerprint = text.parse().map_err(|error| Failure::of(Kind::Data, &error))?;
            let home = match &args.gpg_home {
                Some(home) => here.join(home),
                None => Utf8PathBuf::from(settings::environment("HOME").unwrap_or_default()).join(".gnupg"),
            };
            return Ok(Self::Gpg { home, fingerprint });
        }
        if let Some(key) = &args.key {
            return Ok(Self::File { path: here.join(key), passphrase });
        }
        if session.is_miniature() {
            return Ok(Self::File { path: ephemeral(session)?, passphrase: Passphrase::none() });
        }
        let message = format!("target `{}` needs a signing key", session.target.name);
        Err(Failure::new(Kind::Data, message).hint(Some(
            "name one with --key FILE or --gpg-key FINGERPRINT, or make one: xen4centos sign --key new --output DIR"
                .to_owned(),
        )))
    }

    fn signer(&self, session: &Session<'_>) -> Result<Signer, Failure> {
        let time = u32::try_from(session.now)
            .map_err(|_| Failure::new(Kind::Data, "the time is past what OpenPGP can write (2106)"))?;
        let terms = Terms { time, pin: session.target.key.fingerprint };
        Ok(match self {
            Self::File { path, passphrase } => Signer::from_key_file(path, passphrase, terms)?,
            Self::Gpg { home, fingerprint } => Signer::from_gpg(home, *fingerprint, terms)?,
        })
    }
}

/// The key of a target whose repository is only looked at.
fn ephemeral(session: &Session<'_>) -> Result<Utf8PathBuf, Failure> {
    let directory = session.work("keys").join(&session.target.name);
    let path = directory.join("secret.asc");
    if path.is_file() {
        return Ok(path);
    }
    let activity = session.printer.activity("Making", "an ephemeral signing key");
    make(session, &directory, &Passphrase::none())?;
    drop(activity);
    session.printer.step("Made", format!("an ephemeral signing key, {path}"));
    Ok(path)
}

/// Makes a key for the target in `directory`: `secret.asc` and `public.asc`.
pub(crate) fn make(
    session: &Session<'_>,
    directory: &Utf8Path,
    passphrase: &Passphrase,
) -> Result<PublicKey, Failure> {
    let settings = &session.target.key;
    let seconds = |time: u64| {
        u32::try_from(time)
            .map_err(|_| Failure::new(Kind::Data, "the key would outlive what OpenPGP can write"))
    };
    let request = KeyRequest {
        user_id: settings.user_id.clone(),
        bits: settings.bits,
        created: seconds(session.now)?,
        valid_until: Some(seconds(session.now + u64::from(settings.valid_years) * SECONDS_A_YEAR)?),
    };
    let key = generate_key(&request, passphrase)?;
    fs_err::create_dir_all(directory)?;
    write_private(&directory.join("secret.asc"), &key.secret)?;
    remember(&directory.join("public.asc"), &key.public)?;
    Ok(key.key)
}

/// The first line of a file, so that a final newline is no part of a passphrase.
pub(crate) fn read_passphrase(path: &Utf8Path) -> Result<Passphrase, Failure> {
    let text = fs_err::read_to_string(path).map_err(|error| Failure::of(Kind::Data, &error))?;
    Ok(Passphrase::new(text.lines().next().unwrap_or_default()))
}

/// Only the owner may read it, from the moment it exists, and an existing key is never overwritten.
fn write_private(path: &Utf8Path, text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let directory = path.parent().unwrap_or(path);
    if path.exists() {
        let message = format!("`{path}` exists: a key is never overwritten");
        return Err(Failure::new(Kind::Data, message).hint(Some("name another directory".to_owned())));
    }
    let temporary = directory.join(".secret.asc");
    // Of a run that was killed before it gave the key its name.
    if let Err(error) = fs_err::remove_file(&temporary)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error.into());
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs_err::rename(temporary, path)?;
    Ok(())
}

fn remember(path: &Utf8Path, text: &str) -> Result<(), Failure> {
    if fs_err::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let directory = path.parent().unwrap_or(path);
    fs_err::create_dir_all(directory)?;
    let temporary = directory.join(".public.asc");
    fs_err::write(&temporary, text)?;
    fs_err::rename(temporary, path)?;
    Ok(())
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        let hint = error.hint();
        Self::of(Kind::Data, &error).hint(hint)
    }
}
