//! Signs packages once and says what it cost: for benches/run, which does the same with rpmsign.
//!
//! `measure key DIRECTORY BITS` makes a key without passphrase (secret.asc, public.asc);
//! `measure sign DIRECTORY OUT PACKAGE…` signs with it and verifies nothing;
//! `measure verify DIRECTORY PACKAGE…` verifies.

#![expect(clippy::print_stdout, reason = "a measuring program prints its measurements")]

use std::error::Error;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use xen4centos_artifact::{Sha256Digest, UnsignedRpm, header::RpmHeaders};
use xen4centos_sign::{KeyRequest, Passphrase, PublicKeys, Signer, Terms, generate_key, verify_rpm};

type Outcome = Result<(), Box<dyn Error>>;

/// 2026-01-01: the key's creation, and the time of the signatures.
const CREATED: u32 = 1_767_225_600;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["key", directory, bits] => make_key(Utf8Path::new(directory), bits.parse()?),
        ["sign", directory, out, ref packages @ ..] => {
            sign(Utf8Path::new(directory), Utf8Path::new(out), packages)
        }
        ["verify", directory, ref packages @ ..] => verify(Utf8Path::new(directory), packages),
        _ => {
            Err("usage: measure key DIRECTORY BITS | sign DIRECTORY OUT PACKAGE… | verify DIRECTORY PACKAGE…"
                .into())
        }
    }
}

fn make_key(directory: &Utf8Path, bits: u32) -> Outcome {
    let request = KeyRequest {
        user_id: "Bench <bench@example.org>".to_owned(),
        bits,
        created: CREATED,
        valid_until: None,
    };
    let key = generate_key(&request, &Passphrase::none())?;
    fs_err::write(directory.join("secret.asc"), key.secret.as_bytes())?;
    fs_err::write(directory.join("public.asc"), &key.public)?;
    println!("{}", key.key.fingerprint());
    Ok(())
}

fn sign(directory: &Utf8Path, out: &Utf8Path, packages: &[&str]) -> Outcome {
    let terms = Terms { time: CREATED, pin: None };
    let signer = Signer::from_key_file(&directory.join("secret.asc"), &Passphrase::none(), terms)?;
    for package in packages {
        drop(signer.sign_rpm(describe(Utf8Path::new(package))?, out)?);
    }
    report("sign", packages)
}

fn verify(directory: &Utf8Path, packages: &[&str]) -> Outcome {
    let keys = PublicKeys::from_armored(&fs_err::read_to_string(directory.join("public.asc"))?)?;
    for package in packages {
        verify_rpm(Utf8Path::new(package), &keys)?;
    }
    report("verify", packages)
}

/// What the build stage hands over: it has hashed the file already, so this costs what signing would not.
fn describe(path: &Utf8Path) -> Result<UnsignedRpm, Box<dyn Error>> {
    let nevra = RpmHeaders::read(&mut fs_err::File::open(path)?)?.nevra()?;
    let mut hash = Sha256::new();
    std::io::copy(&mut fs_err::File::open(path)?, &mut HashWriter(&mut hash))?;
    let sha256 = Sha256Digest::from_bytes(hash.finalize().into());
    Ok(UnsignedRpm { path: Utf8PathBuf::from(path), nevra, sha256, package: "bench".to_owned() })
}

struct HashWriter<'h>(&'h mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Peak resident memory as the kernel counted it.
fn report(act: &str, packages: &[&str]) -> Outcome {
    let status = fs_err::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("{act}: {} packages, {}", packages.len(), peak.split_whitespace().collect::<Vec<_>>().join(" "));
    Ok(())
}
