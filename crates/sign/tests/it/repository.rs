//! The signature over repomd.xml.

use camino::Utf8Path;
use xen4centos_artifact::RepoTree;
use xen4centos_process::{Invocation, Tool};
use xen4centos_sign::{VerifyError, verify_repository_signature};

use crate::workshop::{KEY, NOW, OTHER_KEY, directory, signer_in, trusted};

fn tree(root: &Utf8Path) -> RepoTree {
    fs_err::create_dir_all(root.join("repodata")).unwrap();
    fs_err::write(root.join("repodata/repomd.xml"), "<repomd/>\n").unwrap();
    RepoTree { root: root.to_owned() }
}

#[test]
fn gpg_and_we_accept_it() {
    let (_guard, top) = directory();
    let signed = signer_in(&top, &KEY).sign_repository(tree(&top)).unwrap();
    assert_eq!(signed.key(), KEY.key.fingerprint());
    let verified = verify_repository_signature(&top, &trusted()).unwrap();
    assert_eq!((verified.key, verified.signed_at), (KEY.key.fingerprint(), NOW));
    let text = fs_err::read_to_string(top.join("repodata/repomd.xml.asc")).unwrap();
    assert!(text.starts_with("-----BEGIN PGP SIGNATURE-----\n"), "{text}");
    let lines: Vec<&str> = text.trim_end().lines().collect();
    assert!(lines[lines.len() - 2].starts_with('='), "it has a CRC line: {text}");
    gpg_verifies(&top);
}

fn gpg_verifies(top: &Utf8Path) {
    let home = top.join("home");
    fs_err::create_dir(&home).unwrap();
    let public = top.join("public.asc");
    fs_err::write(&public, &KEY.public).unwrap();
    let gpg = |arguments: &[&str]| {
        Invocation::new(Tool::Gpg, top)
            .env("GNUPGHOME", home.as_str())
            .args(["--batch", "--no-tty", "--no-autostart"])
            .args(arguments)
            .run()
            .unwrap()
    };
    gpg(&["--import", public.as_str()]);
    gpg(&["--verify", "repodata/repomd.xml.asc", "repodata/repomd.xml"]);
}

#[test]
fn signing_twice_gives_the_same_bytes() {
    let (_guard, top) = directory();
    let signer = signer_in(&top, &KEY);
    let read = || fs_err::read(top.join("repodata/repomd.xml.asc")).unwrap();
    drop(signer.sign_repository(tree(&top)).unwrap());
    let first = read();
    drop(signer.sign_repository(tree(&top)).unwrap());
    assert_eq!(first, read());
}

#[test]
fn altered_metadata_and_other_keys_are_refused() {
    let (_guard, top) = directory();
    drop(signer_in(&top, &OTHER_KEY).sign_repository(tree(&top)).unwrap());
    let said = verify_repository_signature(&top, &trusted()).unwrap_err().to_string();
    assert!(said.contains("not among the trusted ones"), "{said}");
    drop(signer_in(&top, &KEY).sign_repository(tree(&top)).unwrap());
    fs_err::write(top.join("repodata/repomd.xml"), "<repomd />\n").unwrap();
    let said = verify_repository_signature(&top, &trusted()).unwrap_err().to_string();
    assert!(said.ends_with("it does not match the data"), "{said}");
    fs_err::write(top.join("repodata/repomd.xml.asc"), "no signature").unwrap();
    let said = verify_repository_signature(&top, &trusted()).unwrap_err().to_string();
    assert!(said.ends_with("it is not one well-formed OpenPGP signature packet"), "{said}");
    fs_err::remove_file(top.join("repodata/repomd.xml.asc")).unwrap();
    assert!(matches!(verify_repository_signature(&top, &trusted()), Err(VerifyError::Read { .. })));
}
