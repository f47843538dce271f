//! The digest of the payload that stands in the signed header: what was altered before it was signed is neither signed
//! nor believed.

use camino::Utf8Path;
use sha2::{Digest, Sha256};
use xen4centos_artifact::{
    Fingerprint,
    header::{HeaderBuilder, Lead, RpmHeaders, tag},
};
use xen4centos_sign::{PayloadFault, PublicKeys, SignError, VerifyError, verify_rpm};

use crate::{
    gpg::Home,
    workshop::{BUILT, KEY, directory, rpmkeys, signer_in, unsigned},
};

/// A package by the rules of today's rpm, with the header's statements about its payload as given.
fn package(path: &Utf8Path, state: impl FnOnce(HeaderBuilder) -> HeaderBuilder) {
    let header = HeaderBuilder::new()
        .string(tag::NAME, "tiny")
        .string(tag::VERSION, "1")
        .string(tag::RELEASE, "1")
        .string(tag::ARCH, "x86_64")
        .string(tag::SOURCE_RPM, "tiny-1-1.src.rpm");
    let main = state(header).build(tag::HEADER_IMMUTABLE);
    let signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[0]);
    fs_err::write(path, whole(&signature, &[main, b"payload".to_vec()].concat())).unwrap();
}

/// Lead and signature header before what is signed.
fn whole(signature: &HeaderBuilder, signed: &[u8]) -> Vec<u8> {
    let mut signature = signature.build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    let mut lead = [0; 96];
    lead[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
    let mut bytes = [&lead[..], &signature, signed].concat();
    let headers = RpmHeaders::read(&mut &bytes[..]).unwrap();
    bytes[..96].copy_from_slice(Lead::for_header(headers.main()).as_bytes());
    bytes
}

/// What signing says about such a package.
fn outcome(state: impl FnOnce(HeaderBuilder) -> HeaderBuilder) -> Result<(), PayloadFault> {
    let (_guard, top) = directory();
    let path = top.join("tiny.rpm");
    package(&path, state);
    match signer_in(&top, &KEY).sign_rpm(unsigned(&path), &top) {
        Ok(_) => Ok(()),
        Err(SignError::Payload { fault, .. }) => Err(fault),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_the_header_states_is_compared() {
    let digest = hex::encode(Sha256::digest("payload"));
    let long = hex::encode(sha2::Sha512::digest("payload"));
    let other = hex::encode(Sha256::digest("other"));
    let stated = |text: &str| {
        let text = text.to_owned();
        move |header: HeaderBuilder| header.strings(tag::PAYLOAD_DIGEST, &[&text])
    };
    assert_eq!(outcome(|header| header), Ok(()), "old packages state nothing");
    assert_eq!(outcome(stated(&digest)), Ok(()));
    assert_eq!(outcome(|header| stated(&digest)(header).u32s(tag::PAYLOAD_DIGEST_ALGO, &[8])), Ok(()));
    assert_eq!(outcome(|header| stated(&long)(header).u32s(tag::PAYLOAD_DIGEST_ALGO, &[10])), Ok(()));
    let mismatch = |tag| PayloadFault::Mismatch { tag, stated: other.clone(), found: digest.clone() };
    assert_eq!(outcome(stated(&other)), Err(mismatch(tag::PAYLOAD_DIGEST)));
    let both = |header| stated(&other)(header).strings(tag::PAYLOAD_DIGEST_ALT, &[&digest]);
    assert_eq!(outcome(both), Err(mismatch(tag::PAYLOAD_DIGEST)), "unpacked later, EL6 can not read it");
    let alone = |header: HeaderBuilder| header.strings(tag::PAYLOAD_DIGEST_ALT, &[&other]);
    assert_eq!(outcome(alone), Err(mismatch(tag::PAYLOAD_DIGEST_ALT)));
    let unknown = outcome(|header| stated(&digest)(header).u32s(tag::PAYLOAD_DIGEST_ALGO, &[1]));
    assert_eq!(unknown, Err(PayloadFault::Algorithm(1)));
    let several = outcome(|header| header.strings(tag::PAYLOAD_DIGEST, &[&digest, &digest]));
    assert_eq!(several, Err(PayloadFault::Count { tag: tag::PAYLOAD_DIGEST, count: 2 }));
}

/// The built package with a megabyte behind its payload.
fn appended() -> Vec<u8> {
    let mut bytes = fs_err::read(&BUILT.1).unwrap();
    bytes.resize(bytes.len() + (1 << 20), 0);
    bytes
}

#[test]
fn an_altered_payload_is_not_signed() {
    let (_guard, top) = directory();
    let path = top.join("tiny.rpm");
    let mut cut = fs_err::read(&BUILT.1).unwrap();
    cut.pop();
    for altered in [appended(), cut] {
        fs_err::write(&path, altered).unwrap();
        let error = signer_in(&top, &KEY).sign_rpm(unsigned(&path), &top.join("out")).unwrap_err();
        let mismatch = matches!(
            &error,
            SignError::Payload { fault: PayloadFault::Mismatch { tag: tag::PAYLOAD_DIGEST, .. }, .. }
        );
        assert!(mismatch, "{error}");
    }
}

/// Signs whatever it is given, as a signer that does not look would.
fn sign_blindly(home: &Home, key: Fingerprint, unsigned: &[u8]) -> Vec<u8> {
    let headers = RpmHeaders::read(&mut &unsigned[..]).unwrap();
    let header = headers.main().as_bytes();
    let signed = &unsigned[usize::try_from(headers.header_range().start).unwrap()..];
    let signature = |bytes: &[u8]| {
        let path = home.path.join("data");
        fs_err::write(&path, bytes).unwrap();
        let local_user = format!("{key}!");
        let fixed = ["--digest-algo", "SHA256", "--detach-sign", "--output", "-"];
        home.gpg(&[&["--local-user", &local_user], &fixed[..], &[path.as_str()]].concat())
    };
    let size = headers.signature().u32s(tag::SIG_PAYLOAD_SIZE).unwrap().first().unwrap();
    let contents = HeaderBuilder::new()
        .bytes(tag::SIG_RSA_HEADER, &signature(header))
        .string(tag::SIG_SHA1, &hex::encode(sha1::Sha1::digest(header)))
        .string(tag::SIG_SHA256, &hex::encode(Sha256::digest(header)))
        .u32s(tag::SIG_SIZE, &[u32::try_from(signed.len()).unwrap()])
        .bytes(tag::SIG_PGP, &signature(signed))
        .bytes(tag::SIG_MD5, &md5::Md5::digest(signed))
        .u32s(tag::SIG_PAYLOAD_SIZE, &[size]);
    whole(&contents, signed)
}

#[test]
fn a_good_signature_over_an_altered_payload_is_refused() {
    let home = Home::new();
    let key = home.key("Blind <b@example.org>", "rsa2048", "cert,sign");
    let trusted = PublicKeys::from(home.public(key));
    let path = home.path.join("tiny.rpm");
    fs_err::write(&path, sign_blindly(&home, key, &fs_err::read(&BUILT.1).unwrap())).unwrap();
    assert_eq!(verify_rpm(&path, &trusted).unwrap().key, key, "the forger does good work");
    let rpm = || rpmkeys(&home.path, &KEY, &["-K", "--nosignature", path.as_str()]);
    rpm().unwrap();
    fs_err::write(&path, sign_blindly(&home, key, &appended())).unwrap();
    let error = verify_rpm(&path, &trusted).unwrap_err();
    assert!(matches!(&error, VerifyError::Payload { .. }), "{error}");
    rpm().expect_err("rpm says that the payload's digest is bad");
}
