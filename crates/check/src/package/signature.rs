//! The signature header, as far as it can be judged without a key.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::header::{HeaderError, tag};

use super::{PackageRule, Subject};
use crate::{
    Rule, Severity,
    openpgp::{SignatureAlgorithms, hash_name, is_whole_signature, key_algorithm_name, signature_algorithms},
};

type Messages = Result<Vec<String>, HeaderError>;

/// The rule of packages whose signatures can not be verified whole.
pub(crate) const LACKING_TAGS: &str = "EL6-PKG-020";

/// The rule of packages whose header was changed.
pub(crate) const ALTERED_HEADER: &str = "EL6-PKG-023";

pub(super) const RULES: &[PackageRule] = &[
    PackageRule {
        rule: Rule {
            code: LACKING_TAGS,
            severity: Severity::Error,
            title: "signature or digest missing",
            why: "Package … is not signed; without the digests of the payload `rpm -K` praises an altered package",
            way_out: "sign it with `xen4centos sign`, which writes tags 268, 269, 273, 1000, 1002 and 1004",
        },
        check: required_tags,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-021",
            severity: Severity::Error,
            title: "size of the signature header",
            why: "sigh tags: BAD, no. of tags(…) out of range; sigh data: BAD, no. of bytes(…) out of range",
            way_out: "sign it with `xen4centos sign`, which drops reserved space and signatures of single files",
        },
        check: header_limits,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-022",
            severity: Severity::Error,
            title: "algorithms of a signature",
            why: "Unknown hash algorithm … BAD; Public key for … is not installed",
            way_out: "sign with an RSA primary key of 2048 to 4096 bits and SHA-256",
        },
        check: algorithms,
    },
    PackageRule {
        rule: Rule {
            code: ALTERED_HEADER,
            severity: Severity::Error,
            title: "header that is not what its digest says",
            why: "error: …: Header SHA1 digest: BAD; … cannot be installed",
            way_out: "fetch or build it again, and do not sign what is there: it was altered or damaged",
        },
        check: header_digest,
    },
];

/// Compares the header with the best digest of it that the signature header has; which must be there is another rule's.
fn header_digest(package: &Subject<'_>) -> Messages {
    let signature = package.headers.signature();
    let found = |sha256: bool| {
        let (mut long, mut short) = (Sha256::new(), Sha1::new());
        package
            .headers
            .main()
            .digested(|bytes| if sha256 { long.update(bytes) } else { short.update(bytes) });
        if sha256 {
            hex::encode(long.finalize().as_slice())
        } else {
            hex::encode(short.finalize().as_slice())
        }
    };
    let digests = [(tag::SIG_SHA256, "SHA-256", true), (tag::SIG_SHA1, "SHA-1", false)];
    for (tag, name, sha256) in digests {
        let Some(stated) = signature.string(tag)? else { continue };
        let is_right = stated.as_bytes().eq_ignore_ascii_case(found(sha256).as_bytes());
        return Ok(if is_right {
            Vec::new()
        } else {
            vec![format!("{name} of its header is another one than tag {tag} says")]
        });
    }
    Ok(Vec::new())
}

#[expect(clippy::unnecessary_wraps, reason = "the table holds functions of one type")]
fn required_tags(package: &Subject<'_>) -> Messages {
    let signature = package.headers.signature();
    let missing: Vec<_> = package
        .client
        .required_signature_tags
        .iter()
        .filter(|tag| !signature.contains(**tag))
        .map(|tag| match meaning(*tag) {
            "" => tag.to_string(),
            meaning => format!("{tag} ({meaning})"),
        })
        .collect();
    Ok(if missing.is_empty() { Vec::new() } else { vec![format!("lacks {}", missing.join(", "))] })
}

const fn meaning(tag: u32) -> &'static str {
    match tag {
        tag::SIG_RSA_HEADER => "RSA signature of the header",
        tag::SIG_SHA1 => "SHA-1 of the header",
        tag::SIG_SHA256 => "SHA-256 of the header",
        tag::SIG_SIZE => "size",
        tag::SIG_PGP => "RSA signature of header and payload",
        tag::SIG_MD5 => "MD5 of header and payload",
        _ => "",
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the table holds functions of one type")]
fn header_limits(package: &Subject<'_>) -> Messages {
    let signature = package.headers.signature();
    let (bytes, tags) = (signature.as_bytes().len() as u64, signature.entry_count());
    let mut messages = Vec::new();
    if let Some(limit) = package.client.max_signature_header_bytes.filter(|limit| bytes > *limit) {
        messages.push(format!("the signature header has {bytes} bytes, at most {limit} are read"));
    }
    if let Some(limit) = package.client.max_signature_tags.filter(|limit| tags > *limit as usize) {
        messages.push(format!("the signature header has {tags} tags, at most {limit} are read"));
    }
    Ok(messages)
}

fn algorithms(package: &Subject<'_>) -> Messages {
    let mut messages = Vec::new();
    for tag in [tag::SIG_DSA_HEADER, tag::SIG_RSA_HEADER, tag::SIG_PGP, tag::SIG_GPG] {
        let Some(bytes) = package.headers.signature().bytes(tag)? else { continue };
        messages.extend(match signature_algorithms(bytes) {
            Some(algorithms) if is_whole_signature(bytes) => judge(package, tag, algorithms),
            _ => Some(format!("signature {tag} is no whole OpenPGP signature of version 3 or 4")),
        });
    }
    Ok(messages)
}

fn judge(package: &Subject<'_>, tag: u32, found: SignatureAlgorithms) -> Option<String> {
    let client = package.client;
    let key = key_algorithm_name(found.key);
    let hash = u32::from(found.hash);
    let (keys, hashes) = (&client.signature_key_algorithms, &client.signature_hash_algorithms);
    if !keys.is_empty() && !keys.contains(&key) {
        return Some(format!("signature {tag} is made by a key of the kind {key}"));
    }
    if !hashes.is_empty() && !hashes.contains(&hash) {
        return Some(format!("signature {tag} is over {}", hash_name(hash)));
    }
    None
}
