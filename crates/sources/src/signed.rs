//! From a pinned signature in the manifest to a verified one: the key, the signature file, the verification, and
//! the record that saves decompressing 450 MB on every run.
//!
//! Signature files and keys have no digest of their own in the manifest: a key is what its fingerprint says, and a
//! signature is worth what it proves. Both are kept in the store once they have proved something, so that a run
//! without a network has them.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use xen4centos_artifact::{Fingerprint, Sha256Digest};
use xen4centos_manifest::{DetachedSignature, KeyPin, SignedBytes};

use crate::{
    Attempt, Event, FetchError, MissingFile, MissingRole, SignatureError, SignedBy, decompress,
    fetch::{Outcomes, Run},
    hashing, in_tree,
    keys::PinnedKey,
    lookaside,
    plan::Wanted,
    signature::{Claim, check_lifetime},
    store::{Object, file_error, write_whole},
};

/// What was verified, and by which bytes.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Record {
    over: String,
    primary: Fingerprint,
    signer: String,
    created: u64,
    expires: Option<u64>,
    key_sha256: Sha256Digest,
}

/// A small file and where it came from.
pub(crate) struct Found {
    pub(crate) bytes: Vec<u8>,
    pub(crate) place: String,
}

impl Run<'_> {
    /// Verifies the signature of a source whose digest has been verified, or finds that it was verified before.
    pub(crate) fn check_signature(
        &self,
        wanted: &Wanted<'_>,
        pinned: &DetachedSignature,
        object: &Object,
    ) -> Outcomes<SignedBy> {
        in_tree::check(wanted.package, &pinned.key)?;
        if let Some(signed_by) = self.verified_before(wanted, pinned, object)? {
            return Ok(Ok(signed_by));
        }
        let (key, signature) = match self.key_and_signature(wanted, pinned, Some(object))? {
            Ok(found) => found,
            Err(missing) => return Ok(Err(missing)),
        };
        let problem = |source| not_accepted(wanted, source);
        let parsed = PinnedKey::parse(&key.bytes, &key.place, pinned.fingerprint).map_err(problem)?;
        let claim =
            Claim::parse(&signature.bytes, &signature.place, &parsed, self.settings.now).map_err(problem)?;
        self.reporter.report(&Event::Verifying { file: &wanted.file });
        let unreadable = |source| SignatureError::SignedFile { path: object.path.clone(), source };
        let signed: Box<dyn std::io::Read> = match pinned.over {
            SignedBytes::File => {
                Box::new(fs_err::File::open(&object.path).map_err(unreadable).map_err(problem)?)
            }
            SignedBytes::Uncompressed => {
                decompress::open(&object.path).map_err(unreadable).map_err(problem)?
            }
        };
        claim.verify(signed).map_err(problem)?;
        self.keep(pinned, object, (&key, &signature))?;
        self.record(pinned, object, &claim, &key)?;
        Ok(Ok(claim.signed_by))
    }

    /// Key and signature, or what is missing of them; without the signed file to complete a list only.
    pub(crate) fn missing_of_signature(
        &self,
        wanted: &Wanted<'_>,
        pinned: &DetachedSignature,
    ) -> Result<Vec<MissingFile>, FetchError> {
        Ok(self.key_and_signature(wanted, pinned, None)?.err().unwrap_or_default())
    }

    fn key_and_signature(
        &self,
        wanted: &Wanted<'_>,
        pinned: &DetachedSignature,
        object: Option<&Object>,
    ) -> Outcomes<(Found, Found)> {
        let key = self.find_key(&wanted.package.name, &pinned.key_pin())?;
        let signature = self.find_signature(wanted, pinned, object)?;
        Ok(match (key, signature) {
            (Ok(key), Ok(signature)) => Ok((key, signature)),
            (key, signature) => Err([key.err(), signature.err()].into_iter().flatten().collect()),
        })
    }

    pub(crate) fn find_key(
        &self,
        package: &str,
        pinned: &KeyPin,
    ) -> Result<Result<Found, MissingFile>, FetchError> {
        let KeyPin { fingerprint, file, url } = pinned;
        let name = file.file_name().unwrap_or(file.as_str());
        let kept = self.store.place("keys", &format!("{fingerprint}.asc"));
        // What somebody put down by hand is newer than what was kept.
        let mut places = vec![file.clone()];
        places.extend(lookaside::candidates(self.settings, package, name, None));
        places.push(kept);
        let missing = MissingFile {
            package: package.to_owned(),
            file: name.to_owned(),
            role: MissingRole::Key,
            urls: url.iter().cloned().collect(),
            sha256: None,
            size: None,
            fingerprint: Some(*fingerprint),
            commit: None,
            put_at: match url {
                Some(_) => lookaside::put_at(self.settings, name),
                None => file.clone(),
            },
            attempts: Vec::new(),
        };
        self.find_small(places, missing)
    }

    fn find_signature(
        &self,
        wanted: &Wanted<'_>,
        pinned: &DetachedSignature,
        object: Option<&Object>,
    ) -> Result<Result<Found, MissingFile>, FetchError> {
        let name = lookaside::file_name(&pinned.url);
        let kept = object.map(|object| self.signature_place(object));
        let mut places = lookaside::candidates(self.settings, &wanted.package.name, name, None);
        places.extend(kept);
        let missing = MissingFile {
            package: wanted.package.name.clone(),
            file: name.to_owned(),
            role: MissingRole::Signature,
            urls: lookaside::urls(self.settings, name, &[], &pinned.url),
            sha256: None,
            size: None,
            fingerprint: Some(pinned.fingerprint),
            commit: None,
            put_at: lookaside::put_at(self.settings, name),
            attempts: Vec::new(),
        };
        self.find_small(places, missing)
    }

    /// The first of the places that has it, then the first URL.
    pub(crate) fn find_small(
        &self,
        places: Vec<Utf8PathBuf>,
        mut missing: MissingFile,
    ) -> Result<Result<Found, MissingFile>, FetchError> {
        if let Some(path) = places.into_iter().find(|path| path.is_file()) {
            let bytes = fs_err::read(&path).map_err(file_error("read", &path))?;
            return Ok(Ok(Found { bytes, place: path.into_string() }));
        }
        let Some(downloader) = self.downloader() else {
            return Ok(Err(missing));
        };
        for url in &missing.urls {
            match downloader.small(&missing.file, url)? {
                Ok(bytes) => return Ok(Ok(Found { bytes, place: url.clone() })),
                Err(outcome) => missing.attempts.push(Attempt { place: url.clone(), outcome }),
            }
        }
        Ok(Err(missing))
    }

    fn keep(
        &self,
        pinned: &DetachedSignature,
        object: &Object,
        (key, signature): (&Found, &Found),
    ) -> Result<(), FetchError> {
        let kept_key = self.store.place("keys", &format!("{}.asc", pinned.fingerprint));
        write_whole(&kept_key, &key.bytes)?;
        write_whole(&self.signature_place(object), &signature.bytes)
    }

    fn record(
        &self,
        pinned: &DetachedSignature,
        object: &Object,
        claim: &Claim<'_>,
        key: &Found,
    ) -> Result<(), FetchError> {
        let record = Record {
            over: over(pinned).to_owned(),
            primary: claim.signed_by.primary,
            signer: claim.signed_by.signer.clone(),
            created: claim.signed_by.created,
            expires: claim.expires,
            key_sha256: hashing::of_bytes(&key.bytes),
        };
        let bytes =
            serde_json::to_vec(&record).expect("a record has no map with keys that JSON can not have");
        write_whole(&self.record_place(object, pinned), &bytes)
    }

    /// The record counts for the same bytes, the same pin, and, if the tree has a key, the same key file: one that
    /// was replaced, perhaps because it was revoked, is looked at again.
    fn verified_before(
        &self,
        wanted: &Wanted<'_>,
        pinned: &DetachedSignature,
        object: &Object,
    ) -> Result<Option<SignedBy>, FetchError> {
        let place = self.record_place(object, pinned);
        let Some(record) =
            fs_err::read(place).ok().and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok())
        else {
            return Ok(None);
        };
        let key_changed = pinned.key.is_file() && hashing::of_file(&pinned.key)?.0 != record.key_sha256;
        if record.over != over(pinned) || record.primary != pinned.fingerprint || key_changed {
            return Ok(None);
        }
        check_lifetime(lookaside::file_name(&pinned.url), record.expires, self.settings.now)
            .map_err(|source| not_accepted(wanted, source))?;
        let Record { primary, signer, created, .. } = record;
        Ok(Some(SignedBy { primary, signer, created }))
    }

    fn signature_place(&self, object: &Object) -> Utf8PathBuf {
        self.store.place("signatures", &format!("{}.sig", object.sha256))
    }

    fn record_place(&self, object: &Object, pinned: &DetachedSignature) -> Utf8PathBuf {
        self.store.place("signatures", &format!("{}.{}.json", object.sha256, pinned.fingerprint))
    }
}

fn not_accepted(wanted: &Wanted<'_>, source: SignatureError) -> FetchError {
    FetchError::Signature {
        package: wanted.package.name.clone(),
        file: wanted.file.clone(),
        source: Box::new(source),
    }
}

fn over(pinned: &DetachedSignature) -> &'static str {
    match pinned.over {
        SignedBytes::File => "file",
        SignedBytes::Uncompressed => "uncompressed",
    }
}
