//! Key files, spoiled in one way each.

use std::collections::BTreeSet;

use xen4centos_check::{KeyTerms, check_key_file, is_key_file, rules};

use crate::{
    client::client,
    gpg::{Home, MADE},
};

const YEAR: u64 = 365 * 24 * 60 * 60;

#[track_caller]
fn check(file: &[u8], time: u64, expect: &[(&str, &str)]) {
    let terms = KeyTerms { time, lifetime: None };
    let findings = check_key_file("RPM-GPG-KEY-Xen", file, &client("el6"), terms);
    let found: Vec<_> = findings.iter().map(|finding| (finding.code, finding.message.as_str())).collect();
    assert_eq!(found.len(), expect.len(), "{expect:?}\n{found:#?}");
    for ((code, message), (expected, words)) in found.iter().zip(expect) {
        assert_eq!(code, expected, "{message}");
        assert!(message.contains(words), "{message}");
    }
    TRIPPED.lock().unwrap().extend(expect.iter().map(|(code, _)| (*code).to_owned()));
}

/// Codes that were tripped in this process, for the one test that asks whether all were.
static TRIPPED: std::sync::Mutex<BTreeSet<String>> = std::sync::Mutex::new(BTreeSet::new());

/// The text without its CRC line.
fn without_checksum(text: &str) -> String {
    text.lines()
        .filter(|line| !(line.len() == 5 && line.starts_with('=')))
        .fold(String::new(), |out, line| out + line + "\n")
}

#[test]
fn each_poison_trips_exactly_its_rule() {
    let home = Home::new();
    let good = home.key("good", "rsa2048", "sign", "never");
    let other = home.key("other", "rsa2048", "sign", "never");
    let armored = home.export(&[&good]);
    let later = MADE + 3600;

    // Clean twins: one key, two blocks, text around, an encryption subkey that yum has a name for.
    check(armored.as_bytes(), later, &[]);
    check(format!("The key\n\n{armored}\n{}", home.export(&[&other])).as_bytes(), later, &[]);

    check(&home.gpg(&["--export", &good]), later, &[("EL6-KEY-001", "is no armoured text")]);
    let secret = |arguments: &[&str]| home.gpg(&[arguments, &["--export-secret-keys", &good]].concat());
    check(&secret(&["--armor"]), later, &[("EL6-KEY-013", "holds a secret key")]);
    check(&secret(&[]), later, &[("EL6-KEY-013", "holds a secret key, without armour")]);
    let both = [armored.as_bytes(), &secret(&["--armor"])].concat();
    check(&both, later, &[("EL6-KEY-013", "holds a secret key")]);
    for key in [&secret(&[]), &secret(&["--armor"]), &home.gpg(&["--export", &good]), armored.as_bytes()] {
        assert!(is_key_file(&key[..64]));
    }
    assert!(
        ![&b"\xed\xab\xee\xdb\x03\x00"[..], b"", b"-----BEGIN PGP SIGNATURE"].into_iter().any(is_key_file)
    );
    check(b"-----BEGIN PGP SIGNATURE-----\n", later, &[("EL6-KEY-002", "has no block")]);
    check(&armored.as_bytes()[..400], later, &[("EL6-KEY-002", "armour block 1 is damaged")]);
    check(without_checksum(&armored).as_bytes(), later, &[("EL6-KEY-003", "has no CRC line")]);
    let checksum = armored.lines().find(|line| line.len() == 5 && line.starts_with('=')).unwrap();
    let wrong = armored.replace(checksum, "=AAAA");
    check(wrong.as_bytes(), later, &[("EL6-KEY-003", "has a wrong CRC line")]);
    check(home.export(&[&good, &other]).as_bytes(), later, &[("EL6-KEY-004", "holds 2 keys")]);

    let modern = home.key("modern", "ed25519", "sign", "never");
    let beside = format!("{armored}{}", home.export(&[&modern]));
    check(beside.as_bytes(), later, &[("EL6-KEY-005", "is of the kind eddsa")]);
    home.gpg(&["--quick-add-key", &other, "rsa2048", "encr", "never"]);
    check(home.export(&[&other]).as_bytes(), later, &[]);
    home.gpg(&["--quick-add-key", &other, "cv25519", "encr", "never"]);
    check(home.export(&[&other]).as_bytes(), later, &[("EL6-KEY-005", "carries a subkey of the kind")]);

    let small = home.key("small", "rsa1024", "sign", "never");
    check(home.export(&[&small]).as_bytes(), later, &[("EL6-KEY-006", "has 1024 bits")]);
    let certifies = home.key("certifies", "rsa2048", "cert", "never");
    check(home.export(&[&certifies]).as_bytes(), later, &[("EL6-KEY-009", "may not sign itself")]);
    home.gpg(&["--quick-add-key", &certifies, "rsa2048", "sign", "never"]);
    check(home.export(&[&certifies]).as_bytes(), later, &[("EL6-KEY-009", "may not sign itself")]);

    let key = home.key("subkey", "rsa2048", "sign", "never");
    home.gpg(&["--quick-add-key", &key, "rsa2048", "sign", "never"]);
    check(home.export(&[&key]).as_bytes(), later, &[("EL6-KEY-010", "has the signing subkey")]);

    let certificate = home.path().join(format!("openpgp-revocs.d/{good}.rev"));
    let text = fs_err::read_to_string(&certificate).unwrap().replace(":-----BEGIN", "-----BEGIN");
    fs_err::write(&certificate, text).unwrap();
    home.gpg(&["--import", certificate.as_str()]);
    check(home.export(&[&good]).as_bytes(), later, &[("EL6-KEY-011", "was revoked")]);

    let all = rules().into_iter().map(|rule| rule.code).filter(|code| code.starts_with("EL6-KEY"));
    let tripped = TRIPPED.lock().unwrap().clone();
    // The times and the release package have tests of their own.
    let elsewhere = ["EL6-KEY-007", "EL6-KEY-008", "EL6-KEY-012"];
    assert!(all.clone().all(|code| tripped.contains(code) || elsewhere.contains(&code)));
}

#[test]
fn a_key_must_hold_as_long_as_its_channel() {
    let home = Home::new();
    let key = home.key("short", "rsa2048", "sign", "2y");
    let armored = home.export(&[&key]);
    check(armored.as_bytes(), MADE, &[]);
    check(
        armored.as_bytes(),
        MADE + YEAR + 1,
        &[("EL6-KEY-008", "expires in 364 days, it is needed for 365")],
    );
    check(armored.as_bytes(), MADE + 2 * YEAR + 86_400, &[("EL6-KEY-007", "expired 1 days ago")]);
    check(armored.as_bytes(), MADE - 1, &[("EL6-KEY-007", "made at a later time")]);
    let within = |days: u64| {
        let terms = KeyTerms { time: MADE, lifetime: Some(days * 86_400) };
        check_key_file("k", armored.as_bytes(), &client("el6"), terms).len()
    };
    assert_eq!((within(730), within(731)), (0, 1));
}

#[test]
fn clients_that_ask_gpg_take_more_forms() {
    let home = Home::new();
    let keys = ["a", "b"].map(|name| home.key(name, "rsa2048", "sign", "never"));
    let file = without_checksum(&home.export(&keys.each_ref().map(String::as_str)));
    let terms = KeyTerms { time: MADE, lifetime: None };
    assert_eq!(check_key_file("k", file.as_bytes(), &client("local"), terms), []);
    let codes: Vec<_> = check_key_file("k", file.as_bytes(), &client("el6"), terms)
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, ["EL6-KEY-003", "EL6-KEY-004"]);
}
