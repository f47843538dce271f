use camino::Utf8PathBuf;
use xen4centos_artifact::{Fingerprint, Nevra, header::HeaderError};
use xen4centos_process::ProcessError;

use crate::{KeyFault, PayloadFault, SignatureFault};

type PgpError = Box<pgp::errors::Error>;

/// Why something was not signed. Nothing is left behind in the output directory then.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The secret key file can not be read.
    #[error("could not read the secret key `{path}`")]
    ReadKey {
        /// The key file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It holds no secret key in armour, or several.
    #[error("`{path}` does not hold exactly one armoured OpenPGP secret key")]
    NotASecretKey {
        /// The key file.
        path: Utf8PathBuf,
    },
    /// Wrong passphrase, or a file from which the primary key's secret was taken out.
    #[error("could not unlock the primary key in `{path}`")]
    Unlock {
        /// The key file.
        path: Utf8PathBuf,
        /// What the `OpenPGP` library said.
        source: PgpError,
    },
    /// The key must not sign for this target.
    #[error("the signing key {origin} can not be used: {fault}")]
    Key {
        /// The key file, or the fingerprint and gpg's home.
        origin: String,
        /// Why.
        fault: KeyFault,
    },
    /// gpg failed, or the card or agent behind it.
    #[error("gpg could not {act} with the key {fingerprint}")]
    Gpg {
        /// `sign` or `export the public key`.
        act: &'static str,
        /// The key.
        fingerprint: Fingerprint,
        /// What happened.
        source: ProcessError,
    },
    /// gpg has the public key only, or only subkeys.
    #[error("gpg in `{home}` has no secret primary key {fingerprint}")]
    GpgHasNoSecret {
        /// `GNUPGHOME`.
        home: Utf8PathBuf,
        /// The key.
        fingerprint: Fingerprint,
    },
    /// A key that was asked for can not be.
    #[error("no key can be made for `{user_id}`: {fault}")]
    KeyRequest {
        /// The user id.
        user_id: String,
        /// Why.
        fault: KeyFault,
    },
    /// The `OpenPGP` library failed to make a key.
    #[error("could not make a key for `{user_id}`")]
    Generate {
        /// The user id.
        user_id: String,
        /// What it said.
        source: PgpError,
    },
    /// A file that should be signed can not be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A signed file can not be written.
    #[error("could not write `{path}`")]
    Write {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a package.
    #[error("`{path}` is no package that can be signed")]
    Header {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        source: HeaderError,
    },
    /// Parts of the header would not be covered by the signature.
    #[error("the header of `{path}` is not one immutable region")]
    Region {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The file is not the one that the build stage handed over.
    #[error("`{path}` is not what was built: {what}")]
    NotWhatWasBuilt {
        /// The file.
        path: Utf8PathBuf,
        /// `its sha256 is …, expected …` and the like.
        what: String,
    },
    /// The payload is not the one that the header states: it was altered or damaged after the build.
    #[error("the payload of `{path}` is not what was built: {fault}")]
    Payload {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        fault: PayloadFault,
    },
    /// The header says another name than the build stage did.
    #[error("`{path}` is {found}, expected {expected}")]
    OtherPackage {
        /// The file.
        path: Utf8PathBuf,
        /// What its header says.
        found: Box<Nevra>,
        /// What was handed over.
        expected: Box<Nevra>,
    },
    /// Sizes in an EL6 signature header have 32 bits, and the header at most 8,192 bytes.
    #[error("`{path}` is too large for EL6: {what}")]
    TooLarge {
        /// The file.
        path: Utf8PathBuf,
        /// What is too large.
        what: String,
    },
    /// The signing itself failed.
    #[error("could not sign `{path}`")]
    Sign {
        /// The file.
        path: Utf8PathBuf,
        /// What the `OpenPGP` library said.
        source: PgpError,
    },
    /// The signature that came back does not verify: a broken card or agent, or a file that changed meanwhile.
    #[error("the signature made for `{path}` is not good: {fault}")]
    SelfCheck {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        fault: SignatureFault,
    },
}

impl SignError {
    /// What the user can do, where something can be said.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotASecretKey { .. } => {
                "export one with `gpg --armor --export-secret-keys FINGERPRINT`, or make one with `xen4centos sign --key new`"
            }
            Self::Unlock { .. } => {
                "is the passphrase right, and does the file hold the primary key's secret part?"
            }
            Self::Key { fault, .. } | Self::KeyRequest { fault, .. } => return key_hint(fault),
            Self::Gpg { .. } => {
                "is the card inserted, and has gpg-agent the passphrase? try `gpg --local-user FINGERPRINT! --detach-sign FILE` there"
            }
            Self::GpgHasNoSecret { .. } => {
                "list what is there with `gpg --list-secret-keys --with-subkey-fingerprint`"
            }
            Self::NotWhatWasBuilt { .. } | Self::Payload { .. } | Self::OtherPackage { .. } => {
                "build the package again"
            }
            Self::TooLarge { .. } => "EL6 can not take such a package: split it",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

fn key_hint(fault: &KeyFault) -> Option<String> {
    let hint = match fault {
        KeyFault::Expired { .. } => "extend the key, or make a new one with `xen4centos sign --key new`",
        KeyFault::Pinned { .. } => {
            "use the channel's key, or change `fingerprint` in the target's [key] on purpose"
        }
        KeyFault::PrimaryCannotSign | KeyFault::Algorithm(_) | KeyFault::Bits(_) | KeyFault::Version => {
            "make a key that EL6 accepts with `xen4centos sign --key new`"
        }
        KeyFault::Secret | KeyFault::NotOneKey | KeyFault::NotCertified | KeyFault::Revoked => return None,
    };
    Some(hint.to_owned())
}

/// Why a signed package or repository is not believed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file can not be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a package.
    #[error("`{path}` is no valid package")]
    Header {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        source: HeaderError,
    },
    /// Signatures or digests are missing, so that EL6 could not notice an altered payload.
    #[error("`{path}` lacks {}", missing(.tags))]
    Missing {
        /// The file.
        path: Utf8PathBuf,
        /// Tags of the signature header, ascending.
        tags: Vec<u32>,
    },
    /// Parts of the header are not covered by its signature.
    #[error("the header of `{path}` is not one immutable region")]
    Region {
        /// The file.
        path: Utf8PathBuf,
    },
    /// Bytes are missing, or follow the payload.
    #[error("`{path}` has {found} bytes of header and payload, its signature header says {stated}")]
    Size {
        /// The file.
        path: Utf8PathBuf,
        /// Tag 1000.
        stated: u64,
        /// What is there.
        found: u64,
    },
    /// A digest is wrong: the package was altered or damaged.
    #[error("`{path}` was altered: its {} is wrong", tag_text(*.tag))]
    Digest {
        /// The file.
        path: Utf8PathBuf,
        /// 269, 273 or 1004.
        tag: u32,
    },
    /// The payload is not the one that the signed header states.
    #[error("the payload of `{path}` was altered: {fault}")]
    Payload {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        fault: PayloadFault,
    },
    /// A signature is not accepted.
    #[error("the {} of `{path}` is not accepted: {fault}", tag_text(*.tag))]
    Signature {
        /// The file.
        path: Utf8PathBuf,
        /// 268 or 1002.
        tag: u32,
        /// Why.
        fault: SignatureFault,
    },
    /// The two signatures of a package are not from one key.
    #[error("`{path}` is signed by two keys, {header} and {payload}")]
    TwoKeys {
        /// The file.
        path: Utf8PathBuf,
        /// Of tag 268.
        header: Fingerprint,
        /// Of tag 1002.
        payload: Fingerprint,
    },
    /// A part that no signature covers is not what signing writes.
    #[error("the {part} of `{path}` is not as it was signed")]
    Form {
        /// The file.
        path: Utf8PathBuf,
        /// `lead`, `signature header` or `payload size (tag 1007)`.
        part: &'static str,
    },
    /// repomd.xml.asc is missing, no armoured signature, or not good.
    #[error("the signature `{path}` is not accepted: {fault}")]
    Repository {
        /// repomd.xml.asc
        path: Utf8PathBuf,
        /// Why.
        fault: SignatureFault,
    },
}

impl VerifyError {
    /// Whether something is not what was signed or built: no signature mends that.
    pub const fn is_alteration(&self) -> bool {
        matches!(
            self,
            Self::Digest { .. }
                | Self::Payload { .. }
                | Self::Region { .. }
                | Self::Size { .. }
                | Self::Signature { fault: SignatureFault::Mismatch, .. }
        )
    }

    /// Whether clients may take it, and only here it is not verified: a form that signing here does not write.
    pub const fn is_of_another_form(&self) -> bool {
        matches!(
            self,
            Self::Form { .. }
                | Self::Signature {
                    fault: SignatureFault::Version
                        | SignatureFault::Digest(_)
                        | SignatureFault::Attributes(_),
                    ..
                }
        )
    }

    /// What the user can do, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } | Self::Form { .. } => {
                Some("sign it again with `xen4centos sign`, which writes all of them".to_owned())
            }
            Self::Signature { fault: SignatureFault::Subkey(_), .. }
            | Self::Repository { fault: SignatureFault::Subkey(_), .. } => {
                Some("sign with the primary key".to_owned())
            }
            Self::Digest { .. } | Self::Payload { .. } | Self::Size { .. } => {
                Some("fetch or build the package again: do not sign what is there".to_owned())
            }
            _ => None,
        }
    }
}

fn tag_text(tag: u32) -> &'static str {
    match tag {
        268 => "header signature (tag 268)",
        269 => "SHA-1 of the header (tag 269)",
        273 => "SHA-256 of the header (tag 273)",
        1000 => "size (tag 1000)",
        1002 => "signature over header and payload (tag 1002)",
        1004 => "MD5 of header and payload (tag 1004)",
        _ => "tag",
    }
}

fn missing(tags: &[u32]) -> String {
    tags.iter().map(|tag| tag_text(*tag)).collect::<Vec<_>>().join(", ")
}
