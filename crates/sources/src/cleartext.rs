//! Texts that upstream signed in the clear (RFC 4880, 7), such as its advisories: nothing pins them but the key.
//!
//! Those of 2015 are signed with SHA-1. A second text for a signature that is there can not be made of that; what can be made
//! is a pair of texts before either is signed, and upstream signs its own.

use pgp::{composed::CleartextSignedMessage, packet::SignatureType};
use xen4centos_manifest::Package;

use crate::{
    FetchError, FetchSettings, MissingFile, MissingRole, Reporter, SignatureError, SignedBy, Store,
    fetch::Run, keys::PinnedKey, lookaside, signature::Claim, store::write_whole,
};

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";

/// What somebody signed, and nothing of what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedText {
    /// With lines as they end here.
    pub text: String,
    /// By whom.
    pub signed_by: SignedBy,
}

impl SignedText {
    /// Whether a file says of itself that it is one.
    pub fn is_in(bytes: &[u8]) -> bool {
        String::from_utf8_lossy(bytes).contains(BEGIN)
    }

    fn verified(bytes: &[u8], place: &str, key: &PinnedKey, now: u64) -> Result<Self, SignatureError> {
        let no_text = |source| SignatureError::NoText { path: place.to_owned(), source };
        let text = String::from_utf8_lossy(bytes);
        let (message, _) = CleartextSignedMessage::from_string(&text).map_err(no_text)?;
        let claim = Claim::among(message.signatures(), SignatureType::Text, place, key, now)?;
        let signed = message.signed_text();
        claim.verify(signed.as_bytes()).map_err(|error| match error {
            SignatureError::Bad { path, source } => SignatureError::BadText { path, source },
            other => other,
        })?;
        Ok(Self { text: signed.replace("\r\n", "\n"), signed_by: claim.signed_by })
    }
}

impl Store {
    /// The text in a file that was signed in the clear by the key of upstream's advisories, which is fetched where it is not
    /// here.
    ///
    /// # Errors
    /// Where no key is pinned or the key is missing, and where the signature is not accepted.
    pub fn signed_text(
        &self,
        package: &Package,
        (file, bytes): (&str, &[u8]),
        settings: &FetchSettings,
        reporter: &dyn Reporter,
    ) -> Result<SignedText, FetchError> {
        let no_key = || FetchError::NoAdvisoryKey { package: package.name.clone() };
        let pinned = package.upstream.as_ref().and_then(|upstream| upstream.advisories.as_ref());
        let pinned = pinned.ok_or_else(no_key)?;
        let key = Run::new(self, settings, reporter).find_key(&package.name, pinned)?;
        let key = key.map_err(|missing| FetchError::Missing { files: vec![missing] })?;
        let verified = PinnedKey::parse(&key.bytes, &key.place, pinned.fingerprint)
            .and_then(|parsed| SignedText::verified(bytes, file, &parsed, settings.now));
        let text = verified.map_err(|source| FetchError::Signature {
            package: package.name.clone(),
            file: file.to_owned(),
            source: Box::new(source),
        })?;
        write_whole(&self.place("keys", &format!("{}.asc", pinned.fingerprint)), &key.bytes)?;
        Ok(text)
    }

    /// A text of some kilobytes that nothing pins: whoever asks for it knows how to trust it.
    ///
    /// # Errors
    /// Where no server has it.
    pub fn unpinned_text(
        &self,
        package: &Package,
        url: &str,
        settings: &FetchSettings,
        reporter: &dyn Reporter,
    ) -> Result<Vec<u8>, FetchError> {
        let file = lookaside::file_name(url);
        let missing = MissingFile {
            package: package.name.clone(),
            file: file.to_owned(),
            role: MissingRole::Text,
            urls: vec![url.to_owned()],
            sha256: None,
            size: None,
            fingerprint: None,
            commit: None,
            put_at: lookaside::put_at(settings, file),
            attempts: Vec::new(),
        };
        let places = lookaside::candidates(settings, &package.name, file, None);
        let found = Run::new(self, settings, reporter).find_small(places, missing)?;
        found.map(|found| found.bytes).map_err(|missing| FetchError::Missing { files: vec![missing] })
    }
}
