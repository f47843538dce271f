//! Which key signs: a file, gpg, or, for the quickstart, one that is made on first use and is good for nothing else.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Fingerprint;
use xen4centos_manifest::Accepts;
use xen4centos_sign::{KeyRequest, Passphrase, PublicKey, SignError, Signer, Terms, generate_key};

use crate::{
    args::KeyArgs,
    failure::{Failure, Kind},
    pipeline::files::write_whole,
    session::Session,
    settings,
};

const SECONDS_A_YEAR: u64 = 31_556_952;

/// What becomes of an ephemeral key that does not exist yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AbsentKey {
    /// It is made.
    Make,
    /// The run only looks.
    Leave,
}

/// What hosts are given. A plan needs no more than this, so that packages can be built where no secret is.
#[derive(Clone, Debug)]
pub(crate) struct ShippedKey {
    pub(crate) public: PublicKey,
    /// As it is shipped.
    pub(crate) armored: String,
}

/// A key that may sign.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) shipped: ShippedKey,
    source: KeySource,
}

#[derive(Debug)]
enum KeySource {
    File { path: Utf8PathBuf, passphrase: Passphrase },
    Gpg { home: Utf8PathBuf, fingerprint: Fingerprint },
}

impl ShippedKey {
    /// The one that is named, or the public half of the key that would sign, or the one that the target was last
    /// signed with; `None` where none is known yet.
    pub(crate) fn find(
        session: &Session<'_>,
        args: &KeyArgs,
        absent: AbsentKey,
    ) -> Result<Option<Self>, Failure> {
        let found = if let Some(path) = &args.public_key {
            Some(Self::read(&settings::current_directory()?.join(path))?)
        } else if let Some(source) = KeySource::choose(session, args, absent)? {
            Some(source.shipped(session)?)
        } else {
            let last = session.public_key_file();
            if last.is_file() { Some(Self::read(&last)?) } else { None }
        };
        if let (Some(key), Some(pin)) = (&found, session.target.key.fingerprint)
            && key.public.fingerprint() != pin
        {
            let message =
                format!("the key is {}, and {} pins {pin}", key.public.fingerprint(), session.target.path);
            return Err(Failure::new(Kind::Data, message));
        }
        Ok(found)
    }

    fn read(path: &Utf8Path) -> Result<Self, Failure> {
        let text = fs_err::read_to_string(path).map_err(|error| Failure::of(Kind::Data, &error))?;
        let public = PublicKey::from_armored(&text).map_err(|fault| {
            Failure::new(Kind::Data, format!("`{path}` is no usable public key: {fault}"))
        })?;
        Self::of(public)
    }

    fn of(public: PublicKey) -> Result<Self, Failure> {
        let armored = public.to_armored().map_err(|fault| {
            Failure::new(Kind::Data, format!("the public key can not be written: {fault}"))
        })?;
        Ok(Self { public, armored })
    }

    /// Kept as the one that the target was last signed with.
    pub(crate) fn remember(&self, session: &Session<'_>) -> Result<(), Failure> {
        remember(&session.public_key_file(), &self.armored)
    }
}

impl SigningKey {
    /// The key that the options name, or the target's own ephemeral one.
    pub(crate) fn open(session: &Session<'_>, args: &KeyArgs) -> Result<Self, Failure> {
        let Some(source) = KeySource::choose(session, args, AbsentKey::Make)? else {
            let message = format!("target `{}` needs a signing key", session.target.name);
            let hint = "name one with --key FILE or --gpg-key FINGERPRINT, or make one: xen4centos sign --key new \
                        --output DIR";
            return Err(Failure::new(Kind::Data, message).hint(Some(hint.to_owned())));
        };
        if session.channel.accepts == Accepts::Pinned {
            source.demand_care(session, args)?;
        }
        let shipped = ShippedKey::find(session, args, AbsentKey::Make)?
            .expect("there is a source, and it has a public half");
        Ok(Self { shipped, source })
    }

    /// Ready to sign, with a key that is valid now.
    pub(crate) fn signer(&self, session: &Session<'_>) -> Result<Signer, Failure> {
        let signer = self.source.signer(session, session.now)?;
        if signer.key().fingerprint() != self.shipped.public.fingerprint() {
            let message = format!(
                "the secret key is {}, and the public key that hosts would be given is {}",
                signer.key().fingerprint(),
                self.shipped.public.fingerprint()
            );
            return Err(Failure::new(Kind::Data, message));
        }
        Ok(signer)
    }
}

/// The key that the options name, where there is no project whose target has one.
pub(crate) fn named_signer(args: &KeyArgs, now: u64) -> Result<Signer, Failure> {
    match KeySource::named(args)? {
        Some(source) => source.signer_for(None, now),
        None => Err(Failure::new(
            Kind::Data,
            "outside of a project there is no key that signs unless one is named",
        )
        .hint(Some(
            "name it with --key FILE or --gpg-key FINGERPRINT, or the project with --project DIR".to_owned(),
        ))),
    }
}

/// Whether it is said which key signs.
pub(crate) const fn is_named(args: &KeyArgs) -> bool {
    args.key.is_some() || args.gpg_key.is_some()
}

/// Where secrets lie that no build may see.
pub(crate) fn secret_paths(session: &Session<'_>, args: &KeyArgs) -> Result<Vec<Utf8PathBuf>, Failure> {
    let here = settings::current_directory()?;
    let mut paths = vec![session.work("keys"), default_gpg_home()];
    paths.extend(
        [&args.key, &args.passphrase_file, &args.gpg_home].into_iter().flatten().map(|path| here.join(path)),
    );
    Ok(paths)
}

fn default_gpg_home() -> Utf8PathBuf {
    Utf8PathBuf::from(settings::environment("HOME").unwrap_or_default()).join(".gnupg")
}

impl KeySource {
    fn choose(session: &Session<'_>, args: &KeyArgs, absent: AbsentKey) -> Result<Option<Self>, Failure> {
        if let Some(named) = Self::named(args)? {
            return Ok(Some(named));
        }
        if !session.is_miniature() {
            return Ok(None);
        }
        let path = ephemeral(session, absent)?;
        Ok(path.map(|path| Self::File { path, passphrase: Passphrase::none() }))
    }

    fn named(args: &KeyArgs) -> Result<Option<Self>, Failure> {
        let here = settings::current_directory()?;
        if let Some(text) = &args.gpg_key {
            let fingerprint = text.parse().map_err(|error| Failure::of(Kind::Data, &error))?;
            let home = args.gpg_home.as_ref().map_or_else(default_gpg_home, |home| here.join(home));
            return Ok(Some(Self::Gpg { home, fingerprint }));
        }
        let Some(key) = &args.key else { return Ok(None) };
        let passphrase = match &args.passphrase_file {
            Some(file) => read_passphrase(&here.join(file))?,
            None => Passphrase::none(),
        };
        Ok(Some(Self::File { path: here.join(key), passphrase }))
    }

    /// What lies beside a secret key file spares unlocking it.
    fn shipped(&self, session: &Session<'_>) -> Result<ShippedKey, Failure> {
        let Self::File { path, .. } = self else {
            return ShippedKey::of(self.signer(session, session.now)?.key().clone());
        };
        let beside = path.with_file_name("public.asc");
        match ShippedKey::read(&beside) {
            Ok(key) => Ok(key),
            Err(failure) => {
                // The secret key holds the public one, too.
                let key = ShippedKey::of(self.signer(session, session.now)?.key().clone())?;
                if beside.is_file() {
                    session.printer.warning(failure);
                    remember(&beside, &key.armored)?;
                    session.printer.step("Made", format!("{beside} again, from {path}"));
                }
                Ok(key)
            }
        }
    }

    /// The release channel's key is pinned, and its files are its owner's alone.
    fn demand_care(&self, session: &Session<'_>, args: &KeyArgs) -> Result<(), Failure> {
        if session.target.key.fingerprint.is_none() {
            let message =
                format!("{} does not pin the key that signs the release channel", session.target.path);
            let hint = "put `fingerprint = \"…\"` under its [key]; `sign --key new` prints the line";
            return Err(Failure::new(Kind::Data, message).hint(Some(hint.to_owned())));
        }
        let Self::File { path, .. } = self else { return Ok(()) };
        let here = settings::current_directory()?;
        demand_private(path)?;
        args.passphrase_file.as_ref().map_or(Ok(()), |file| demand_private(&here.join(file)))
    }

    fn signer(&self, session: &Session<'_>, time: u64) -> Result<Signer, Failure> {
        self.signer_for(session.target.key.fingerprint, time)
    }

    fn signer_for(&self, pin: Option<Fingerprint>, time: u64) -> Result<Signer, Failure> {
        let time = u32::try_from(time)
            .map_err(|_| Failure::new(Kind::Data, "the time is past what OpenPGP can write (2106)"))?;
        let terms = Terms { time, pin };
        Ok(match self {
            Self::File { path, passphrase } => {
                Signer::from_key_file(path, passphrase, terms).map_err(|error| match error {
                    SignError::Unlock { .. } if passphrase.is_empty() => Failure::of(Kind::Data, &error)
                        .hint(Some(
                            "it is protected: name the file of its passphrase with --passphrase-file"
                                .to_owned(),
                        )),
                    error => error.into(),
                })?
            }
            Self::Gpg { home, fingerprint } => Signer::from_gpg(home, *fingerprint, terms)?,
        })
    }
}

/// The key of a target whose repository is only looked at.
fn ephemeral(session: &Session<'_>, absent: AbsentKey) -> Result<Option<Utf8PathBuf>, Failure> {
    let directory = session.work("keys").join(&session.target.name);
    let path = directory.join("secret.asc");
    if path.is_file() {
        return Ok(Some(path));
    }
    if absent == AbsentKey::Leave {
        return Ok(None);
    }
    let activity = session.printer.activity("Making", "an ephemeral signing key");
    make(session, &directory, &Passphrase::none())?;
    drop(activity);
    session.printer.step("Made", format!("an ephemeral signing key, {path}"));
    Ok(Some(path))
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

/// Refuses a secret that others than its owner can read.
pub(crate) fn demand_private(path: &Utf8Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs_err::metadata(path).map_err(|error| Failure::of(Kind::Data, &error))?;
    let mode = metadata.permissions().mode();
    if mode.trailing_zeros() >= 6 {
        return Ok(());
    }
    let message = format!("`{path}` can be read by others (mode {:o})", mode & 0o777);
    Err(Failure::new(Kind::Data, message).hint(Some(format!("chmod 600 {path}"))))
}

pub(crate) fn is_never_overwritten(path: &Utf8Path) -> Failure {
    let message = format!("`{path}` exists: a key is never overwritten");
    Failure::new(Kind::Data, message).hint(Some("name another directory".to_owned()))
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
        return Err(is_never_overwritten(path));
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
    write_whole(path, text.as_bytes())
}
