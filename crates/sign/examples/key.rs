//! Makes an RSA key without passphrase, which the program does not do: for cli/benches/sign, where gpg would spend more on
//! unlocking one than on signing.
//!
//! `key DIRECTORY BITS` writes secret.asc and public.asc, and prints the fingerprint.

#![expect(clippy::print_stdout, reason = "the fingerprint is what the script goes on with")]

use std::error::Error;

use camino::Utf8PathBuf;
use xen4centos_sign::{KeyRequest, Passphrase, generate_key};

/// 2026-01-01.
const CREATED: u32 = 1_767_225_600;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, bits] = arguments.as_slice() else { return Err("usage: key DIRECTORY BITS".into()) };
    let request = KeyRequest {
        user_id: "Bench <bench@example.org>".to_owned(),
        bits: bits.parse()?,
        created: CREATED,
        valid_until: None,
    };
    let key = generate_key(&request, &Passphrase::none())?;
    let directory = Utf8PathBuf::from(directory);
    fs_err::write(directory.join("secret.asc"), key.secret.as_bytes())?;
    fs_err::write(directory.join("public.asc"), &key.public)?;
    println!("{}", key.key.fingerprint());
    Ok(())
}
