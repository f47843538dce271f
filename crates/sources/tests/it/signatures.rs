//! Detached signatures, made by gpg at whatever time a test needs.

use std::io::Write;

use camino::Utf8PathBuf;
use tempfile::TempDir;
use xen4centos_artifact::Fingerprint;
use xen4centos_manifest::{DetachedSignature, KeyPin, SignedBytes, UrlLocation, Vouching};
use xen4centos_process::{Invocation, Tool};
use xen4centos_sources::{FailureKind, FetchError, Network, SignatureError, SignedText};

use crate::{
    server::{Reply, Server},
    world::{World, by_url, content, pinned},
};

/// A gpg of its own. The directory is short, because gpg's sockets lie in it.
struct Gpg {
    home: TempDir,
}

impl Gpg {
    fn new() -> Self {
        Self { home: tempfile::Builder::new().prefix("g").tempdir_in("/tmp").unwrap() }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.home.path().join(name)).unwrap()
    }

    /// `time` as in `20130423T120000`; the seconds stand still.
    fn run(&self, time: &str, arguments: &[&str]) -> Vec<u8> {
        Invocation::new(Tool::Gpg, self.path(""))
            .args(["--homedir", self.path("").as_str(), "--batch", "--yes", "--quiet"])
            .args(["--pinentry-mode", "loopback", "--passphrase", "", "--no-permission-warning"])
            .arg("--faked-system-time")
            .arg(format!("{time}!"))
            .args(arguments)
            .run()
            .unwrap()
            .stdout
    }

    /// A primary key, and its fingerprint.
    fn key(&self, time: &str, name: &str, [kind, usage, life]: [&str; 3]) -> Fingerprint {
        self.run(time, &["--quick-generate-key", name, kind, usage, life]);
        let listing = self.run(time, &["--with-colons", "--list-keys", name]);
        let listing = String::from_utf8(listing).unwrap();
        let fingerprint = listing.lines().find(|line| line.starts_with("fpr:")).unwrap();
        fingerprint.trim_start_matches("fpr:").trim_matches(':').parse().unwrap()
    }

    fn export(&self, name: &str) -> Vec<u8> {
        self.run("20260101T000000", &["--armor", "--export", name])
    }

    fn sign(&self, time: &str, content: &[u8], options: &[&str]) -> Vec<u8> {
        let (file, signature) = (self.path("signed"), self.path("signature"));
        fs_err::write(&file, content).unwrap();
        let arguments = [options, &["--output", signature.as_str(), "--detach-sign", file.as_str()]].concat();
        self.run(time, &arguments);
        fs_err::read(signature).unwrap()
    }
}

impl Gpg {
    fn clear_sign(&self, time: &str, text: &str, name: &str) -> Vec<u8> {
        let (file, signed) = (self.path("text"), self.path("text.asc"));
        fs_err::write(&file, text).unwrap();
        self.run(time, &["-u", name, "--output", signed.as_str(), "--clear-sign", file.as_str()]);
        fs_err::read(signed).unwrap()
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let end = Invocation::new(Tool::Gpgconf, self.path("")).args(["--homedir", self.path("").as_str()]);
        drop(end.args(["--kill", "all"]).run());
    }
}

const RELEASE: &str = "20130423T120000";
const USUAL: [&str; 3] = ["ed25519", "sign,cert", "0"];

/// A source with a signature in the lookaside directory and a key in the tree.
fn world_with(content: &[u8], signature: &[u8], key: &[u8], fingerprint: Fingerprint) -> World {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    world.write("lookaside/xen.tar.gz", content);
    world.write("lookaside/xen.tar.gz.sig", signature);
    let key = world.write("specs/xen/keys/xen.asc", key);
    let mut location = pinned("https://upstream.example/xen.tar.gz", content);
    location.vouching = Vouching::Signature(DetachedSignature {
        url: "https://upstream.example/xen.tar.gz.sig".to_owned(),
        fingerprint,
        key,
        key_url: None,
        over: SignedBytes::File,
    });
    world.package.sources = vec![by_url("xen", location)];
    world
}

fn pin(world: &mut World) -> &mut DetachedSignature {
    match &mut world.package.sources[0].location {
        xen4centos_manifest::Location::Url(UrlLocation { vouching: Vouching::Signature(pin), .. }) => pin,
        other => panic!("{other:?}"),
    }
}

fn refusal(world: &World) -> SignatureError {
    match world.fetch().unwrap_err() {
        FetchError::Signature { source, package, file } => {
            assert_eq!((&*package, &*file), ("xen", "xen.tar.gz"));
            *source
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_text_that_was_signed_in_the_clear_is_what_was_signed() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    gpg.key(RELEASE, "Other", USUAL);
    let mut world = World::new();
    world.settings.network = Network::Offline;
    let key = KeyPin { fingerprint, file: world.path("specs/xen/keys/xen.asc"), url: None };
    world.package.upstream.as_mut().unwrap().advisories = Some(key);
    let read = |signed: &[u8]| {
        world.store.signed_text(&world.package, ("a.txt", signed), &world.settings, &world.events)
    };
    let text = "Advisory 1 \u{6817}\n\n- a list\n--- a/file\n";
    let signed = gpg.clear_sign(RELEASE, text, "Xen");
    let missing = read(&signed).unwrap_err().to_string();
    assert!(missing.contains("xen.asc"), "{missing}");
    world.write("specs/xen/keys/xen.asc", gpg.export("Xen"));
    let found = read(&signed).unwrap();
    assert_eq!((found.text.as_str(), found.signed_by.primary), (text.trim_end(), fingerprint));

    let refused = |signed: &[u8]| match read(signed).unwrap_err() {
        FetchError::Signature { source, .. } => *source,
        other => panic!("{other}"),
    };
    let signed = String::from_utf8(signed).unwrap();
    let changed = signed.replace("Advisory 1", "Advisory 2");
    assert!(matches!(refused(changed.as_bytes()), SignatureError::BadText { .. }));
    let other = gpg.clear_sign(RELEASE, text, "Other");
    assert!(matches!(refused(&other), SignatureError::OtherSigner { .. }));
    for around in [format!("Subject: more\n{signed}"), format!("{signed}more\n"), text.to_owned()] {
        assert!(matches!(refused(around.as_bytes()), SignatureError::NoText { .. }), "{around}");
    }
    assert!(SignedText::is_in(signed.as_bytes()) && !SignedText::is_in(text.as_bytes()));
}

#[test]
fn a_good_signature_is_accepted_and_remembered() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    let bytes = content(100_000);
    let world = world_with(&bytes, &gpg.sign(RELEASE, &bytes, &["--armor"]), &gpg.export("Xen"), fingerprint);
    let sources = world.fetch().unwrap();
    let signed_by = sources[0].signed_by.as_ref().unwrap();
    assert_eq!((signed_by.primary, signed_by.created), (fingerprint, 1_366_718_400));
    assert_eq!(signed_by.signer, fingerprint.to_string());
    fs_err::remove_dir_all(world.path("lookaside")).unwrap();
    assert_eq!(world.fetch().unwrap(), sources, "nothing outside the store is needed again");
    let verifications = world.events.lines().iter().filter(|line| line.starts_with("verifying")).count();
    assert_eq!(verifications, 1);
}

#[test]
fn a_record_does_not_outlive_what_it_was_made_for() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    let other = gpg.key(RELEASE, "Other", USUAL);
    let bytes = content(1_000);
    let mut world =
        world_with(&bytes, &gpg.sign(RELEASE, &bytes, &["-u", "Xen"]), &gpg.export("Xen"), fingerprint);
    world.fetch().unwrap();
    pin(&mut world).over = SignedBytes::Uncompressed;
    world.fetch().unwrap();
    pin(&mut world).fingerprint = other;
    assert!(matches!(refusal(&world), SignatureError::WrongKey { .. }), "another pin");
    pin(&mut world).fingerprint = fingerprint;
    world.write("specs/xen/keys/xen.asc", gpg.export("Other"));
    assert!(matches!(refusal(&world), SignatureError::WrongKey { .. }), "another key file");
}

#[test]
fn the_signature_may_be_over_what_is_compressed() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Linus", USUAL);
    let plain = content(300_000);
    let signature = gpg.sign(RELEASE, &plain, &[]);
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(&plain).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let mut bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip.write_all(&plain).unwrap();
    for packed in [xz.finish().unwrap(), gzip.finish().unwrap(), bzip.finish().unwrap()] {
        let mut world = world_with(&packed, &signature, &gpg.export("Linus"), fingerprint);
        assert!(matches!(refusal(&world), SignatureError::Bad { .. }));
        pin(&mut world).over = SignedBytes::Uncompressed;
        assert!(world.fetch().unwrap()[0].signed_by.is_some());
    }
}

#[test]
fn a_signature_over_other_bytes_is_refused() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    let signature = gpg.sign(RELEASE, &content(1_001), &[]);
    let world = world_with(&content(1_000), &signature, &gpg.export("Xen"), fingerprint);
    assert!(matches!(refusal(&world), SignatureError::Bad { .. }));
    assert_eq!(world.fetch().unwrap_err().kind(), FailureKind::Data);
    assert!(world.fetch().unwrap_err().hint().unwrap().contains("uncompressed"));
}

#[test]
fn a_signature_by_somebody_else_is_refused() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    let other = gpg.key(RELEASE, "Other", USUAL);
    let bytes = content(1_000);
    let signature = gpg.sign(RELEASE, &bytes, &["-u", "Other"]);
    let world = world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint);
    let SignatureError::OtherSigner { issuer, .. } = refusal(&world) else { panic!() };
    assert_eq!(issuer, other.to_string());
    let world = world_with(&bytes, &signature, &gpg.export("Other"), fingerprint);
    assert!(matches!(refusal(&world), SignatureError::WrongKey { .. }), "the pin is the key, not the file");
}

#[test]
fn several_signatures_are_good_if_the_pinned_key_made_one() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    gpg.key(RELEASE, "Other", USUAL);
    let bytes = content(1_000);
    let both =
        [gpg.sign(RELEASE, &bytes, &["-u", "Other"]), gpg.sign(RELEASE, &bytes, &["-u", "Xen"])].concat();
    assert!(world_with(&bytes, &both, &gpg.export("Xen"), fingerprint).fetch().is_ok());
}

#[test]
fn a_signing_subkey_speaks_for_its_primary_key() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", ["ed25519", "cert", "0"]);
    gpg.run(RELEASE, &["--quick-add-key", &fingerprint.to_string(), "ed25519", "sign", "0"]);
    let bytes = content(1_000);
    let signature = gpg.sign(RELEASE, &bytes, &[]);
    let world = world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint);
    let signed_by = world.fetch().unwrap()[0].signed_by.clone().unwrap();
    assert_eq!(signed_by.primary, fingerprint);
    assert_ne!(signed_by.signer, fingerprint.to_string());
}

#[test]
fn a_subkey_that_was_taken_from_another_key_does_not_count() {
    let gpg = Gpg::new();
    let victim = gpg.key(RELEASE, "Victim", ["ed25519", "cert", "0"]);
    let thief = gpg.key(RELEASE, "Thief", ["ed25519", "cert", "0"]);
    gpg.run(RELEASE, &["--quick-add-key", &thief.to_string(), "ed25519", "sign", "0"]);
    let bytes = content(1_000);
    let signature = gpg.sign(RELEASE, &bytes, &[]);
    // The victim's key and user id, with the thief's subkey and its binding behind them.
    let binary = |name| gpg.run("20260101T000000", &["--export", name]);
    let (victims, thiefs) = (binary("Victim"), binary("Thief"));
    let subkey = packets(&thiefs).into_iter().skip_while(|packet| packet[0] & 0x3c != 14 << 2).flatten();
    let forged: Vec<u8> = victims.iter().copied().chain(subkey).collect();
    let world = world_with(&bytes, &signature, &forged, victim);
    assert!(matches!(refusal(&world), SignatureError::Unbound { .. }));
}

/// OpenPGP packets of the old format with lengths of one or two bytes, which is what gpg writes for small keys.
fn packets(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(&first) = bytes.first() {
        let length = match first & 3 {
            0 => 2 + usize::from(bytes[1]),
            1 => 3 + usize::from(bytes[1]) * 256 + usize::from(bytes[2]),
            other => panic!("length type {other}"),
        };
        all.push(bytes[..length].to_vec());
        bytes = &bytes[length..];
    }
    all
}

#[test]
fn releases_of_2013_with_sha1_are_accepted() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", ["rsa2048", "sign,cert", "0"]);
    let bytes = content(1_000);
    let options = ["--digest-algo", "SHA1", "--allow-weak-digest-algos"];
    let signature = gpg.sign(RELEASE, &bytes, &options);
    assert!(world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint).fetch().is_ok());
}

#[test]
fn releases_of_2013_with_dsa_are_accepted() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", ["dsa1024", "sign,cert", "0"]);
    let bytes = content(1_000);
    let signature = gpg.sign(RELEASE, &bytes, &["--digest-algo", "SHA1"]);
    assert!(world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint).fetch().is_ok());
}

#[test]
fn a_key_that_expired_later_vouches_for_what_it_signed_before() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key("20120101T120000", "Xen", ["ed25519", "sign,cert", "2y"]);
    let bytes = content(1_000);
    let signature = gpg.sign(RELEASE, &bytes, &[]);
    assert!(world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint).fetch().is_ok());
}

#[test]
fn a_key_that_had_expired_does_not() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key("20120101T120000", "Xen", ["ed25519", "sign,cert", "0"]);
    let bytes = content(1_000);
    let signature = gpg.sign(RELEASE, &bytes, &[]);
    // gpg refuses to sign with an expired key, so the key expires in hindsight.
    gpg.run("20120201T120000", &["--quick-set-expire", &fingerprint.to_string(), "20130101T000000"]);
    let world = world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint);
    let SignatureError::KeyExpired { expired, signed, .. } = refusal(&world) else { panic!() };
    assert_eq!((&*expired, &*signed), ("2013-01-01", "2013-04-23"));
}

#[test]
fn a_signature_ends_when_it_says_so() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    let bytes = content(1_000);
    let signature = gpg.sign(RELEASE, &bytes, &["--default-sig-expire", "1y"]);
    let mut world = world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint);
    world.settings.now = 1_380_000_000;
    world.fetch().unwrap();
    world.settings.now = 1_400_000_000;
    let SignatureError::Expired { date, .. } = refusal(&world) else { panic!() };
    assert_eq!(date, "2014-04-23", "what was remembered ends, too");
}

#[test]
fn a_signature_from_the_future_is_refused() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    let bytes = content(1_000);
    let signature = gpg.sign("20300101T000000", &bytes, &[]);
    let world = world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint);
    assert!(matches!(refusal(&world), SignatureError::ImpossibleDate { .. }));
}

#[test]
fn a_revoked_key_is_refused() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    let bytes = content(1_000);
    let signature = gpg.sign(RELEASE, &bytes, &[]);
    let certificate = gpg.path("openpgp-revocs.d").join(format!("{fingerprint}.rev"));
    // gpg puts a colon before the armour, so that nobody imports it by accident.
    let text = fs_err::read_to_string(certificate).unwrap().replace(":-----BEGIN", "-----BEGIN");
    let ready = gpg.path("revocation");
    fs_err::write(&ready, text).unwrap();
    gpg.run(RELEASE, &["--import", ready.as_str()]);
    let world = world_with(&bytes, &signature, &gpg.export("Xen"), fingerprint);
    assert!(matches!(refusal(&world), SignatureError::KeyRevoked { .. }));
}

#[test]
fn files_that_are_something_else_are_refused() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    gpg.key(RELEASE, "Other", USUAL);
    let bytes = content(1_000);
    let (signature, key) = (gpg.sign(RELEASE, &bytes, &["-u", "Xen"]), gpg.export("Xen"));
    let refused = |signature: &[u8], key: &[u8]| refusal(&world_with(&bytes, signature, key, fingerprint));
    let binary = gpg.run(RELEASE, &["--export"]);
    let blocks = [key.clone(), gpg.export("Other")].concat();
    assert!(matches!(refused(&signature, b""), SignatureError::NoKey { .. }));
    assert!(matches!(
        refused(&signature, b"<html>not here</html>"),
        SignatureError::KeyUnreadable { .. } | SignatureError::NoKey { .. }
    ));
    assert!(matches!(refused(&signature, &binary), SignatureError::SeveralKeys { count: 2, .. }));
    assert!(matches!(refused(&signature, &blocks), SignatureError::SeveralKeys { count: 2, .. }));
    assert!(matches!(
        refused(&signature, &signature),
        SignatureError::KeyUnreadable { .. } | SignatureError::NoKey { .. }
    ));
    assert!(matches!(refused(b"", &key), SignatureError::Empty { .. }));
    assert!(matches!(
        refused(b"<html>404</html>", &key),
        SignatureError::Unreadable { .. } | SignatureError::Empty { .. }
    ));
    assert!(matches!(refused(&key, &key), SignatureError::Unreadable { .. } | SignatureError::Empty { .. }));
    let text = gpg.sign(RELEASE, &bytes, &["-u", "Xen", "--textmode"]);
    assert!(matches!(refused(&text, &key), SignatureError::NotOverAFile { .. }));
    assert!(matches!(
        refused(&signature[..signature.len() / 2], &key),
        SignatureError::Unreadable { .. } | SignatureError::Empty { .. }
    ));
}

#[test]
fn key_and_signature_come_from_the_network_and_stay() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    let bytes = content(1_000);
    let (signature, key) = (gpg.sign(RELEASE, &bytes, &[]), gpg.export("Xen"));
    let mut world = world_with(&bytes, b"", b"", fingerprint);
    let files = [bytes.clone(), signature, key];
    let server = Server::start(move |request| match request.target.as_str() {
        "/xen.tar.gz" => Reply::File(files[0].clone()),
        "/xen.tar.gz.sig" if request.earlier == 0 => Reply::Status(503),
        "/xen.tar.gz.sig" => Reply::Whole(files[1].clone()),
        "/keys/xen.asc" => Reply::Whole(files[2].clone()),
        _ => Reply::Status(404),
    });
    fs_err::remove_dir_all(world.path("lookaside")).unwrap();
    fs_err::remove_file(world.path("specs/xen/keys/xen.asc")).unwrap();
    world.settings.network = Network::Online(crate::world::quick());
    pin(&mut world).url = server.url("xen.tar.gz.sig");
    pin(&mut world).key_url = Some(server.url("keys/xen.asc"));
    match &mut world.package.sources[0].location {
        xen4centos_manifest::Location::Url(location) => location.url = server.url("xen.tar.gz"),
        other => panic!("{other:?}"),
    }
    let sources = world.fetch().unwrap();
    assert!(sources[0].signed_by.is_some());
    assert_eq!(server.requests().len(), 4);
    world.settings.network = Network::Offline;
    assert_eq!(world.fetch().unwrap(), sources);
    // Another record is needed for another pin of the same bytes; key and signature are in the store.
    pin(&mut world).over = SignedBytes::Uncompressed;
    assert!(world.fetch().is_ok());
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_key_from_the_network_is_trusted_through_the_pin_only() {
    let gpg = Gpg::new();
    let fingerprint = gpg.key(RELEASE, "Xen", USUAL);
    gpg.key(RELEASE, "Other", USUAL);
    let bytes = content(1_000);
    let key = gpg.export("Other");
    let server = Server::always(Reply::Whole(key));
    let mut world = world_with(&bytes, &gpg.sign(RELEASE, &bytes, &["-u", "Other"]), b"", fingerprint);
    fs_err::remove_file(world.path("specs/xen/keys/xen.asc")).unwrap();
    world.settings.network = Network::Online(crate::world::quick());
    pin(&mut world).key_url = Some(server.url("xen.asc"));
    assert!(matches!(refusal(&world), SignatureError::WrongKey { .. }));
    assert!(!world.path("store/keys").exists(), "a wrong key is not kept");
}
