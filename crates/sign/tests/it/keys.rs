//! Keys that may sign, and key files that EL6 can read.

use camino::Utf8Path;
use xen4centos_process::{Invocation, Tool};
use xen4centos_sign::{
    KeyFault, KeyFileFault, KeyRequest, Passphrase, PublicKey, PublicKeys, SignError, Signer, Terms,
    check_key_file_for_el6, generate_key,
};

use crate::{
    gpg::Home,
    workshop::{CREATED, ENDS, KEY, NOW, OTHER_KEY, PASSPHRASE, directory},
};

fn open(directory: &Utf8Path, text: &str, passphrase: &str, terms: Terms) -> Result<Signer, SignError> {
    let path = directory.join("key.asc");
    fs_err::write(&path, text).unwrap();
    Signer::from_key_file(&path, &Passphrase::new(passphrase), terms)
}

#[test]
fn gpg_sees_a_signing_rsa_key_without_subkeys() {
    let (_guard, top) = directory();
    let path = top.join("public.asc");
    fs_err::write(&path, &KEY.public).unwrap();
    let listed = Invocation::new(Tool::Gpg, &top)
        .env("GNUPGHOME", top.as_str())
        .args(["--batch", "--no-tty", "--no-autostart", "--with-colons", "--show-keys", path.as_str()])
        .run()
        .unwrap()
        .text();
    let primary: Vec<&str> = listed.lines().next().unwrap().split(':').collect();
    assert_eq!(primary[2..4], ["2048", "1"], "{listed}");
    assert_eq!(primary[5..7], [CREATED.to_string(), ENDS.to_string()], "{listed}");
    assert_eq!(primary[11], "scSC", "it signs and certifies: {listed}");
    assert!(!listed.contains("\nsub:"), "{listed}");
    assert_eq!(KEY.key.user_id(), "Tests <tests@example.org>");
    assert_eq!((KEY.key.created(), KEY.key.expires()), (CREATED, Some(ENDS)));
}

#[test]
fn gpg_can_use_the_secret_key() {
    let home = Home::new();
    let path = home.path.join("secret.asc");
    fs_err::write(&path, KEY.secret.as_bytes()).unwrap();
    let gpg = |arguments: &[&str]| {
        Invocation::new(Tool::Gpg, &home.path)
            .env("GNUPGHOME", home.path.as_str())
            .args(["--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE])
            .args(arguments)
            .run()
    };
    gpg(&["--import", path.as_str()]).unwrap();
    gpg(&["--detach-sign", path.as_str()]).unwrap();
}

#[test]
fn the_passphrase_is_needed_and_never_shown() {
    let (_guard, top) = directory();
    let terms = Terms { time: NOW, pin: None };
    let error = open(&top, &KEY.secret, "wrong horse", terms).unwrap_err();
    assert!(matches!(error, SignError::Unlock { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("wrong horse"));
    assert!(error.hint().is_some());
    let signer = open(&top, &KEY.secret, PASSPHRASE, terms).unwrap();
    assert_eq!(signer.key().fingerprint(), KEY.key.fingerprint());
    assert!(!format!("{signer:?}").contains(PASSPHRASE));
}

#[test]
fn time_and_pin_are_checked_first() {
    let (_guard, top) = directory();
    let fault = |time, pin| match open(&top, &KEY.secret, PASSPHRASE, Terms { time, pin }) {
        Err(SignError::Key { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    let expired = |time| KeyFault::Expired { created: CREATED, expires: ENDS, time };
    assert_eq!(fault(ENDS, None), expired(ENDS));
    assert_eq!(fault(CREATED - 1, None), expired(CREATED - 1));
    let (found, pinned) = (KEY.key.fingerprint(), OTHER_KEY.key.fingerprint());
    assert_eq!(fault(NOW, Some(pinned)), KeyFault::Pinned { found, pinned });
    open(&top, &KEY.secret, PASSPHRASE, Terms { time: NOW, pin: Some(found) }).unwrap();
}

#[test]
fn impossible_keys_are_not_made() {
    let request = |bits, valid_until| KeyRequest {
        user_id: "Nobody <nobody@example.org>".to_owned(),
        bits,
        created: CREATED,
        valid_until,
    };
    for bits in [1024, 8192] {
        let error = generate_key(&request(bits, None), &Passphrase::none()).unwrap_err();
        assert!(matches!(&error, SignError::KeyRequest { fault: KeyFault::Bits(_), .. }), "{error}");
    }
    let error = generate_key(&request(2048, Some(CREATED)), &Passphrase::none()).unwrap_err();
    assert!(matches!(&error, SignError::KeyRequest { fault: KeyFault::Expired { .. }, .. }), "{error}");
}

#[test]
fn other_files_are_no_secret_keys() {
    let (_guard, top) = directory();
    let terms = Terms { time: NOW, pin: None };
    for text in [KEY.public.as_str(), "nothing", "", &format!("{}{}", *KEY.secret, *OTHER_KEY.secret)] {
        let error = open(&top, text, PASSPHRASE, terms).unwrap_err();
        assert!(matches!(error, SignError::NotASecretKey { .. }), "{error}");
    }
}

#[test]
fn good_key_files_have_one_rsa_key_in_each_block() {
    assert_eq!(check_key_file_for_el6(KEY.public.as_bytes(), NOW), []);
    let two = format!("A comment.\n\n{}\n{}", KEY.public, OTHER_KEY.public);
    assert_eq!(check_key_file_for_el6(two.as_bytes(), NOW), []);
    assert_eq!(PublicKeys::from_armored(&two).unwrap().iter().count(), 2);
}

#[test]
fn each_bad_key_file_is_named() {
    let home = Home::new();
    for (name, text) in [("one.asc", &KEY.public), ("two.asc", &OTHER_KEY.public)] {
        let path = home.path.join(name);
        fs_err::write(&path, text).unwrap();
        home.gpg(&["--import", path.as_str()]);
    }
    let check = |bytes: &[u8]| check_key_file_for_el6(bytes, NOW);
    let together = home.gpg(&["--armor", "--export"]);
    assert_eq!(check(&together), [KeyFileFault::ManyKeys { block: 1, keys: 2 }]);
    assert_eq!(check(&home.gpg(&["--export"])), [KeyFileFault::Binary]);
    let crc = KEY.public.lines().find(|line| line.starts_with('=')).unwrap();
    let without = KEY.public.replace(&format!("{crc}\n"), "");
    assert_eq!(check(without.as_bytes()), [KeyFileFault::NoChecksum { block: 1 }]);
    let wrong = KEY.public.replace(crc, "=AAAA");
    assert_eq!(check(wrong.as_bytes()), [KeyFileFault::WrongChecksum { block: 1 }]);
    assert_eq!(check(b"-----BEGIN PGP MESSAGE-----\n"), [KeyFileFault::Empty]);
    assert_eq!(
        check_key_file_for_el6(KEY.public.as_bytes(), ENDS),
        [KeyFileFault::Key {
            block: 1,
            fault: KeyFault::Expired { created: CREATED, expires: ENDS, time: ENDS }
        }]
    );
    let cut = &KEY.public[..KEY.public.len() / 2];
    assert_eq!(check(cut.as_bytes()), [KeyFileFault::Damaged { block: 1 }]);
}

#[test]
fn curves_are_fatal_even_beside_a_good_key() {
    let home = Home::new();
    let curve = home.key("Curve <e@example.org>", "ed25519", "sign").to_string();
    let rsa = home.key("Primary <p@example.org>", "rsa2048", "cert,sign").to_string();
    home.gpg(&["--quick-add-key", &rsa, "ed25519", "sign", "never"]);
    let export =
        |fingerprint: &str| String::from_utf8(home.gpg(&["--armor", "--export", fingerprint])).unwrap();
    let beside = format!("{}{}", KEY.public, export(&curve));
    let faults = check_key_file_for_el6(beside.as_bytes(), NOW);
    assert!(
        matches!(&faults[..], [KeyFileFault::Key { block: 2, fault: KeyFault::Algorithm(_) }]),
        "{faults:?}"
    );
    let faults = check_key_file_for_el6(export(&rsa).as_bytes(), NOW);
    assert!(matches!(&faults[..], [KeyFileFault::Subkey { block: 1, .. }]), "{faults:?}");
}

#[test]
fn a_revoked_user_id_is_not_one_of_the_key() {
    let home = Home::new();
    let (old, new) = ("Old <old@example.org>", "New <new@example.org>");
    let key = home.key(old, "rsa2048", "cert,sign").to_string();
    home.gpg(&["--quick-add-uid", &key, new]);
    let later = |arguments: &[&str]| {
        // The last one given counts.
        let time = format!("{}!", CREATED + 60);
        home.gpg(&[&["--faked-system-time", time.as_str()][..], arguments].concat())
    };
    later(&["--quick-revoke-uid", &key, old]);
    let read = |filter: &[&str]| PublicKey::from_bytes(&home.gpg(&[filter, &["--export", &key]].concat()));
    // The revocation is the newest thing that the key says of itself.
    assert_eq!(read(&[]).unwrap().user_id(), new);
    let only_old = ["--export-filter", "keep-uid=mbox = old@example.org"];
    assert_eq!(read(&only_old).unwrap_err(), KeyFault::NotCertified);
    let only_new = ["--export-filter", "keep-uid=mbox = new@example.org"];
    assert_eq!(read(&only_new).unwrap().user_id(), new);
}

#[test]
fn a_revoked_key_neither_signs_nor_verifies() {
    let home = Home::new();
    let fingerprint = home.key("Revoked <r@example.org>", "rsa2048", "cert,sign");
    let certificate = home.path.join(format!("openpgp-revocs.d/{fingerprint}.rev"));
    // gpg puts a colon before the armour, lest somebody import it by mistake.
    let text = fs_err::read_to_string(&certificate).unwrap().replace(":-----BEGIN", "-----BEGIN");
    fs_err::write(&certificate, text).unwrap();
    home.gpg(&["--import", certificate.as_str()]);
    let name = fingerprint.to_string();
    let text = |what: &str| String::from_utf8(home.gpg(&["--armor", what, &name])).unwrap();
    let public = text("--export");
    assert_eq!(PublicKeys::from_armored(&public).unwrap_err(), KeyFault::Revoked);
    let faults = check_key_file_for_el6(public.as_bytes(), NOW);
    assert_eq!(faults, [KeyFileFault::Key { block: 1, fault: KeyFault::Revoked }]);
    let terms = Terms { time: NOW, pin: None };
    for signer in [
        open(&home.path, &text("--export-secret-keys"), "", terms),
        Signer::from_gpg(&home.path, fingerprint, terms),
    ] {
        let error = signer.unwrap_err();
        assert!(matches!(&error, SignError::Key { fault: KeyFault::Revoked, .. }), "{error}");
    }
}
