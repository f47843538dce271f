//! What is signed is accepted by rpm and by our own verification.

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use xen4centos_artifact::{
    Sha256Digest,
    header::{HeaderBuilder, RpmHeaders, tag},
};
use xen4centos_sign::{PublicKeys, SignError, VerifyError, verify_header_signature, verify_rpm};

use crate::workshop::{
    BUILT, CREATED, ENDS, KEY, NOW, OTHER_KEY, directory, rpmkeys, signed_in, signer_at, signer_in, trusted,
    unsigned,
};

#[test]
fn rpm_lists_both_signatures_and_all_digests() {
    let (_guard, top) = directory();
    let path = signed_in(&top);
    let report = rpmkeys(&top, &KEY, &["-K", "-v", path.as_str()]).unwrap().text();
    let key = KEY.key.fingerprint().key_id();
    let expected = [
        format!("Header V4 RSA/SHA256 Signature, key ID {}: OK", &key[8..]),
        "Header SHA256 digest: OK".to_owned(),
        "Header SHA1 digest: OK".to_owned(),
        "Payload SHA256 digest: OK".to_owned(),
        format!("V4 RSA/SHA256 Signature, key ID {}: OK", &key[8..]),
        "MD5 digest: OK".to_owned(),
    ];
    let found: Vec<&str> = report.lines().skip(1).map(str::trim).collect();
    assert_eq!(found, expected, "{report}");
}

#[test]
fn signature_header_is_what_el6_takes() {
    let (_guard, top) = directory();
    let bytes = fs_err::read(signed_in(&top)).unwrap();
    let headers = RpmHeaders::read(&mut &bytes[..]).unwrap();
    let signature = headers.signature();
    let tags: Vec<u32> = signature.entries().map(|entry| entry.tag).collect();
    assert_eq!(tags, [268, 269, 273, 1000, 1002, 1004, 1007]);
    assert_eq!(signature.region().unwrap().tag, tag::HEADER_SIGNATURES);
    assert!(signature.is_one_region());
    assert!(signature.as_bytes().len() <= 8192, "{}", signature.as_bytes().len());
    let built = fs_err::read(&BUILT.1).unwrap();
    let unsigned = RpmHeaders::read(&mut &built[..]).unwrap();
    assert_eq!(signature.u32(tag::SIG_PAYLOAD_SIZE).unwrap(), unsigned.signature().u32(1007).unwrap());
    let (start, end) = (headers.header_range().start, unsigned.header_range().start);
    assert_eq!(
        &bytes[usize::try_from(start).unwrap()..],
        &built[usize::try_from(end).unwrap()..],
        "header and payload are the builder's"
    );
}

#[test]
fn verification_says_what_the_package_is() {
    let (_guard, top) = directory();
    let signed = signer_in(&top, &KEY).sign_rpm(unsigned(&BUILT.1), &top).unwrap();
    let verified = verify_rpm(signed.path(), &trusted()).unwrap();
    assert_eq!(verified.nevra.to_string(), "tiny-3:1.2-4.el6.x86_64");
    assert_eq!((verified.key, verified.signed_at), (KEY.key.fingerprint(), NOW));
    let bytes = fs_err::read(signed.path()).unwrap();
    assert_eq!(verified.sha256, Sha256Digest::from_bytes(Sha256::digest(&bytes).into()));
    assert_eq!(signed.sha256(), verified.sha256);
}

#[test]
fn source_packages_are_signed_too() {
    let (_guard, top) = directory();
    let signed = signer_in(&top, &KEY).sign_rpm(unsigned(&BUILT.2), &top).unwrap();
    assert_eq!(verify_rpm(signed.path(), &trusted()).unwrap().nevra.arch, "src");
    rpmkeys(&top, &KEY, &["-K", signed.path().as_str()]).unwrap();
}

#[test]
fn signing_again_changes_nothing() {
    let (_guard, top) = directory();
    let signer = signer_in(&top, &KEY);
    let first = signer.sign_rpm(unsigned(&BUILT.1), &top).unwrap();
    let before = fs_err::read(first.path()).unwrap();
    let second = signer.sign_rpm(unsigned(first.path()), &top).unwrap();
    assert_eq!(first.path(), second.path());
    assert_eq!(before, fs_err::read(second.path()).unwrap());
    let (_other_guard, other) = directory();
    let third = signer_in(&other, &OTHER_KEY).sign_rpm(unsigned(second.path()), &other).unwrap();
    let fourth = signer.sign_rpm(unsigned(third.path()), &other).unwrap();
    assert_eq!(before, fs_err::read(fourth.path()).unwrap(), "after another key's signature");
}

/// Who signs by hand and who lets the release sign must come to the same file, in whatever second they do.
#[test]
fn signatures_carry_the_day_of_the_build() {
    let (_guard, top) = directory();
    let at = |time, path: &Utf8Path| {
        let signed = signer_at(&top, &KEY, time).sign_rpm(unsigned(path), &top).unwrap();
        (verify_rpm(signed.path(), &trusted()).unwrap().signed_at, fs_err::read(signed.path()).unwrap())
    };
    let built = RpmHeaders::read(&mut &*fs_err::read(&BUILT.1).unwrap()).unwrap().build_time().unwrap();
    let built = u32::try_from(built.unwrap()).unwrap();
    assert!(built < ENDS - 1_000, "the machine's clock is past the test key's end");
    let (time, bytes) = at(ENDS - 1_000, &BUILT.1);
    assert_eq!(time, built / 86_400 * 86_400);
    assert_eq!(at(ENDS - 1, &BUILT.1).1, bytes, "later, the same");
    let older = Utf8PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/rpms/asm-1.5.3-0.noarch.rpm"
    ));
    assert_eq!(at(NOW, &older).0, CREATED, "no signature is older than its key");
    assert_eq!(at(CREATED + 1, &BUILT.1).0, CREATED + 1, "nor of the future");
}

#[test]
fn real_packages_are_signed_and_accepted() {
    let rpms = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/rpms");
    let (_guard, top) = directory();
    let signer = signer_in(&top, &KEY);
    let mut count = 0;
    for entry in fs_err::read_dir(rpms).unwrap() {
        let path = Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap();
        if path.extension() == Some("rpm") {
            let package = signer.sign_rpm(unsigned(&path), &top).unwrap_or_else(|e| panic!("{path}: {e}"));
            verify_rpm(package.path(), &trusted()).unwrap_or_else(|e| panic!("{path}: {e}"));
            count += 1;
        }
    }
    assert!(count > 70, "{count}");
}

#[test]
fn unsigned_packages_lack_what_el6_needs() {
    let error = verify_rpm(&BUILT.1, &trusted()).unwrap_err();
    assert!(matches!(&error, VerifyError::Missing { tags, .. } if tags == &[268, 1002]), "{error}");
    let text = error.to_string();
    assert!(
        text.ends_with("lacks header signature (tag 268), signature over header and payload (tag 1002)"),
        "{text}"
    );
}

#[test]
fn one_signer_serves_all_threads() {
    let (_guard, top) = directory();
    let signer = signer_in(&top, &KEY);
    let sign = |package: &Utf8PathBuf| signer.sign_rpm(unsigned(package), &top).unwrap().sha256();
    let together = std::thread::scope(|scope| {
        let [binary, source] = [&BUILT.1, &BUILT.2].map(|package| scope.spawn(move || sign(package)));
        [binary.join().unwrap(), source.join().unwrap()]
    });
    assert_eq!(together, [sign(&BUILT.1), sign(&BUILT.2)]);
}

#[test]
fn a_strangers_signature_is_refused() {
    let (_guard, top) = directory();
    let signed = signer_in(&top, &OTHER_KEY).sign_rpm(unsigned(&BUILT.1), &top).unwrap();
    let text = verify_rpm(signed.path(), &trusted()).unwrap_err().to_string();
    assert!(text.contains("not among the trusted ones"), "{text}");
    let both = PublicKeys::new([KEY.key.clone(), OTHER_KEY.key.clone()]);
    assert_eq!(verify_rpm(signed.path(), &both).unwrap().key, OTHER_KEY.key.fingerprint());
}

#[test]
fn whose_header_it_is_is_known_without_the_rest() {
    let (_guard, top) = directory();
    let signed = signer_in(&top, &OTHER_KEY).sign_rpm(unsigned(&BUILT.1), &top).unwrap();
    let bytes = fs_err::read(signed.path()).unwrap();
    let headers = RpmHeaders::read(&mut bytes.as_slice()).unwrap();
    let made = headers.signature().bytes(tag::SIG_RSA_HEADER).unwrap().unwrap();
    let with = |signature: HeaderBuilder| {
        let mut signature = signature.build(tag::HEADER_SIGNATURES);
        signature.resize(signature.len().next_multiple_of(8), 0);
        let start = usize::try_from(headers.header_range().start).unwrap();
        let path = top.join("changed.rpm");
        fs_err::write(&path, [&bytes[..96], &signature, &bytes[start..]].concat()).unwrap();
        path
    };
    let lacking = with(HeaderBuilder::new().bytes(tag::SIG_RSA_HEADER, made));
    let text = verify_header_signature(&lacking, &trusted()).unwrap_err().to_string();
    assert!(text.contains("not among the trusted ones"), "{text}");
    let theirs = PublicKeys::new([OTHER_KEY.key.clone()]);
    verify_header_signature(&lacking, &theirs).unwrap();
    let mut wrong = made.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    let error =
        verify_header_signature(&with(HeaderBuilder::new().bytes(tag::SIG_RSA_HEADER, &wrong)), &theirs);
    assert!(error.unwrap_err().is_alteration());
    verify_header_signature(&BUILT.1, &theirs).unwrap();
}

#[test]
fn what_was_not_built_is_not_signed() {
    let (_guard, top) = directory();
    let signer = signer_in(&top, &KEY);
    let mut package = unsigned(&BUILT.1);
    package.sha256 = Sha256Digest::from_bytes([0; 32]);
    assert!(matches!(signer.sign_rpm(package, &top), Err(SignError::NotWhatWasBuilt { .. })));
    let mut package = unsigned(&BUILT.1);
    package.nevra.name = "other".to_owned();
    assert!(matches!(signer.sign_rpm(package, &top), Err(SignError::OtherPackage { .. })));
    let mut package = unsigned(&BUILT.1);
    package.path = top.join("secret.asc");
    assert!(matches!(signer.sign_rpm(package, &top), Err(SignError::Header { .. })));
    let left: Vec<_> = fs_err::read_dir(&top).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["secret.asc"], "nothing is left behind");
}
