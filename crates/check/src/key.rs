//! The rules about a key file that hosts import.

mod rules;

use xen4centos_manifest::Client;

use crate::{
    Finding, Rule,
    armour::{Block, Checksum, blocks},
    openpgp::{
        certificate::Certificate,
        key_algorithm_name,
        packets::{KeyId, PUBLIC_KEY, SECRET_KEY, first_packet, shown},
    },
};

pub(crate) use rules::{EXPIRED, NOT_THE_SIGNER, all_rules};

/// A key ends too soon if it does within this time, where nothing else is said.
const USUAL_LIFETIME: u64 = 365 * 24 * 60 * 60;

/// Public key algorithms that yum's own parser of key files has names for (RFC 4880, 9.1): RSA, Elgamal, DSA.
const KNOWN_TO_YUM: [u8; 5] = [1, 2, 3, 16, 17];

/// When a key must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyTerms {
    /// Now, in seconds since 1970.
    pub time: u64,
    /// For how many seconds from now on; a year where it is not known.
    pub lifetime: Option<u64>,
}

/// What `client` would find wrong with a key file; `subject` is its name.
pub fn check_key_file(subject: &str, bytes: &[u8], client: &Client, terms: KeyTerms) -> Vec<Finding> {
    let mut file = KeyFile { client, terms, found: Vec::new() };
    match std::str::from_utf8(bytes).ok().filter(|text| text.contains(ARMOUR)) {
        None if first_packet(bytes) == Some(SECRET_KEY) => {
            file.add(&rules::SECRET, "holds a secret key, without armour".to_owned());
        }
        None => file.add(&rules::BINARY, "is no armoured text".to_owned()),
        Some(text) => file.check(text),
    }
    file.found.into_iter().map(|(rule, message)| Finding::new(rule, subject, message)).collect()
}

/// How all armour begins.
const ARMOUR: &str = "-----BEGIN PGP ";

/// Whether bytes are a file of keys, of whatever kind and form, as far as their beginning tells.
pub fn is_key_file(start: &[u8]) -> bool {
    let is_text = [PUBLIC_BLOCK, SECRET_BLOCK].iter().any(|kind| {
        start.strip_prefix(ARMOUR.as_bytes()).is_some_and(|rest| rest.starts_with(kind.as_bytes()))
    });
    is_text || matches!(first_packet(start), Some(PUBLIC_KEY | SECRET_KEY))
}

const PUBLIC_BLOCK: &str = "PUBLIC KEY BLOCK";
const SECRET_BLOCK: &str = "PRIVATE KEY BLOCK";

/// The ids of all primary keys in a file, as far as it can be read.
pub(crate) fn primary_ids(bytes: &[u8]) -> Vec<KeyId> {
    let text = String::from_utf8_lossy(bytes);
    let bytes = key_blocks(&text).into_iter().filter_map(|block| block.bytes);
    bytes.filter_map(|bytes| Certificate::read_all(&bytes)).flatten().map(|key| key.id()).collect()
}

fn key_blocks(text: &str) -> Vec<Block> {
    blocks(text, PUBLIC_BLOCK)
}

struct KeyFile<'a> {
    client: &'a Client,
    terms: KeyTerms,
    found: Vec<(&'static Rule, String)>,
}

impl KeyFile<'_> {
    fn add(&mut self, rule: &'static Rule, message: String) {
        self.found.push((rule, message));
    }

    fn check(&mut self, text: &str) {
        let blocks = key_blocks(text);
        let has_secret = !self::blocks(text, SECRET_BLOCK).is_empty();
        if has_secret {
            self.add(&rules::SECRET, "holds a secret key".to_owned());
        } else if blocks.is_empty() {
            self.add(&rules::DAMAGED, "has no block of a public key".to_owned());
        }
        for (block, number) in blocks.iter().zip(1..) {
            let place = format!("armour block {number}");
            let certificates = block.bytes.as_deref().and_then(Certificate::read_all);
            let Some(certificates) = certificates else {
                self.add(&rules::DAMAGED, format!("{place} is damaged, or holds no key of version 4"));
                continue;
            };
            self.block(&place, block, certificates.len());
            for certificate in &certificates {
                let place = format!("{place}: key {}", shown(certificate.id()));
                self.kind(&place, certificate);
                self.time(&place, certificate);
                self.signing(&place, certificate);
            }
        }
    }

    fn block(&mut self, place: &str, block: &Block, keys: usize) {
        match block.checksum {
            Checksum::Wrong => self.add(&rules::CHECKSUM, format!("{place} has a wrong CRC line")),
            Checksum::Missing if self.client.strict_key_files => {
                self.add(&rules::CHECKSUM, format!("{place} has no CRC line"));
            }
            _ => {}
        }
        if keys > 1 && self.client.strict_key_files {
            self.add(&rules::MANY_KEYS, format!("{place} holds {keys} keys"));
        }
    }

    fn kind(&mut self, place: &str, certificate: &Certificate) {
        let client = self.client;
        let kind = key_algorithm_name(certificate.primary.algorithm);
        let known = &client.signature_key_algorithms;
        if !known.is_empty() && !known.contains(&kind) {
            self.add(&rules::KIND, format!("{place} is of the kind {kind}"));
        } else if kind == "rsa" {
            let bits = certificate.primary.bits;
            let small = client.min_key_bits.is_some_and(|least| bits < least);
            let large = client.max_key_bits.is_some_and(|most| bits > most);
            if small || large {
                self.add(&rules::BITS, format!("{place} has {bits} bits"));
            }
        }
        for subkey in &certificate.subkeys {
            let algorithm = subkey.key.algorithm;
            if client.strict_key_files && !KNOWN_TO_YUM.contains(&algorithm) {
                let kind = key_algorithm_name(algorithm);
                self.add(&rules::KIND, format!("{place} carries a subkey of the kind {kind}"));
            }
        }
    }

    fn time(&mut self, place: &str, certificate: &Certificate) {
        let KeyTerms { time, lifetime } = self.terms;
        if certificate.is_revoked {
            self.add(&rules::REVOKED, format!("{place} was revoked"));
        }
        if certificate.primary.created > time {
            self.add(&rules::EXPIRED, format!("{place} is made at a later time than this"));
        }
        let Some(expires) = certificate.expires() else { return };
        let days = |seconds: u64| seconds / (24 * 60 * 60);
        if expires <= time {
            self.add(&rules::EXPIRED, format!("{place} expired {} days ago", days(time - expires)));
        } else if expires - time < lifetime.unwrap_or(USUAL_LIFETIME) {
            let wanted = days(lifetime.unwrap_or(USUAL_LIFETIME));
            let message =
                format!("{place} expires in {} days, it is needed for {wanted}", days(expires - time));
            self.add(&rules::EXPIRES_SOON, message);
        }
    }

    fn signing(&mut self, place: &str, certificate: &Certificate) {
        if !self.client.forbid_signing_subkeys {
            return;
        }
        if !certificate.primary_may_sign() {
            self.add(&rules::PRIMARY_CAN_NOT_SIGN, format!("{place} may not sign itself"));
        } else if let Some(subkey) = certificate.subkeys.iter().find(|it| it.may_sign && !it.is_revoked) {
            self.add(
                &rules::SIGNING_SUBKEY,
                format!("{place} has the signing subkey {}", shown(subkey.key.id)),
            );
        }
    }
}
