//! Signatures over packages: made, verified; and new keys.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Sha256Digest, UnsignedRpm, header::RpmHeaders};
use xen4centos_sign::{PublicKeys, VerifyError, verify_repository_signature, verify_rpm};

use crate::{
    args::{Cli, SignArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        keys::{self, SigningKey},
        lock::WorkLock,
    },
    printer::Printer,
    session::Session,
    settings,
};

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    package: String,
    path: Utf8PathBuf,
    key: String,
    sha256: Option<Sha256Digest>,
}

pub(crate) fn run(cli: &Cli, args: &SignArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let here = settings::current_directory()?;
    if args.key_args.key.as_deref() == Some(Utf8Path::new("new")) {
        return new_key(&session, args, &here);
    }
    if args.packages.is_empty() {
        return Err(Failure::new(Kind::Data, "no package was named").hint(Some(
            "name packages or directories of them, or make a key: --key new --output DIR".to_owned(),
        )));
    }
    if let Some(key) = &args.verify {
        return verify(args, &here, &here.join(key), printer);
    }
    if args.dry_run {
        return show(args, &here, printer);
    }
    let _lock = WorkLock::take(&session)?;
    let key = SigningKey::open(&session, &args.key_args)?;
    let signer = key.signer(&session)?;
    let sign_one = |path: &Utf8PathBuf| -> Result<Row, Failure> {
        let output = match &args.output {
            Some(output) => here.join(output),
            None => path.parent().unwrap_or(&here).join("signed"),
        };
        fs_err::create_dir_all(&output)?;
        let signed = signer.sign_rpm(unsigned(path)?, &output)?;
        printer.step("Signed", signed.path());
        Ok(Row {
            package: signed.nevra().to_string(),
            path: signed.path().to_owned(),
            key: signed.key().to_string(),
            sha256: Some(signed.sha256()),
        })
    };
    let rows = on_threads(&packages(&here, &args.packages)?, sign_one)?;
    print(&rows, args.json, printer);
    Ok(())
}

/// Threads at a time: waiting for the disk takes longer than a signature does.
const THREADS: usize = 4;

/// The results of `work` in the order of `items`, or its first failure, after which nothing more is begun.
fn on_threads<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, Failure> + Sync,
) -> Result<Vec<R>, Failure> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let worker = || {
        let mut done = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = work(item);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            done.push((index, result));
        }
        done
    };
    let mut results = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS.min(items.len())).map(|_| scope.spawn(worker)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Vec<_>>| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// What would be signed, read as far as signing would read it.
fn show(args: &SignArgs, here: &Utf8Path, printer: &Printer) -> Outcome {
    let mut names = Vec::new();
    for path in packages(here, &args.packages)? {
        names.push(unsigned(&path)?.nevra.to_string());
    }
    if args.json {
        printer.json(&serde_json::json!({ "would-sign": names }));
        return Ok(());
    }
    for name in names {
        printer.data(format!("would sign {name}"));
    }
    Ok(())
}

fn new_key(session: &Session<'_>, args: &SignArgs, here: &Utf8Path) -> Outcome {
    let Some(directory) = args.output.as_ref().map(|output| here.join(output)) else {
        return Err(Failure::new(Kind::Data, "a new key needs a place")
            .hint(Some("name a directory that only you can read, with --output DIR".to_owned())));
    };
    if !args.packages.is_empty() {
        return Err(Failure::new(Kind::Data, "a new key is made, and packages were named: one at a time"));
    }
    let Some(file) = &args.key_args.passphrase_file else {
        return Err(Failure::new(Kind::Data, "a new key needs a passphrase").hint(Some(
            "write one into a file that only you can read, and name it with --passphrase-file".to_owned(),
        )));
    };
    let passphrase = keys::read_passphrase(&here.join(file))?;
    if passphrase.is_empty() {
        return Err(Failure::new(Kind::Data, format!("the first line of `{file}` is empty")));
    }
    keys::demand_private(&here.join(file))?;
    if args.dry_run {
        return show_new_key(session, &directory, args.json);
    }
    let activity = session.printer.activity("Making", "an RSA key");
    let key = keys::make(session, &directory, &passphrase)?;
    drop(activity);
    let printer = session.printer;
    if args.json {
        printer.json(&serde_json::json!({
            "fingerprint": key.fingerprint().to_string(),
            "user-id": key.user_id(),
            "secret-key": directory.join("secret.asc"),
            "public-key": directory.join("public.asc"),
        }));
        return Ok(());
    }
    printer.data(format!("fingerprint  {}", key.fingerprint()));
    printer.data(format!("user id      {}", key.user_id()));
    printer.data(format!("secret key   {directory}/secret.asc"));
    printer.data(format!("public key   {directory}/public.asc"));
    printer.data(format!(
        "\nPin it: put `fingerprint = \"{}\"` under [key] in {}",
        key.fingerprint(),
        session.target.path
    ));
    Ok(())
}

/// What `--key new` would make.
fn show_new_key(session: &Session<'_>, directory: &Utf8Path, json: bool) -> Outcome {
    let (settings, secret) = (&session.target.key, directory.join("secret.asc"));
    if secret.exists() {
        return Err(keys::is_never_overwritten(&secret));
    }
    if json {
        let user_id = &settings.user_id;
        session
            .printer
            .json(&serde_json::json!({ "would-make": secret, "user-id": user_id, "bits": settings.bits }));
    } else {
        session
            .printer
            .data(format!("would make {secret}, RSA of {} bits, for {}", settings.bits, settings.user_id));
    }
    Ok(())
}

fn verify(args: &SignArgs, here: &Utf8Path, key: &Utf8Path, printer: &Printer) -> Outcome {
    let text = fs_err::read_to_string(key).map_err(|error| Failure::of(Kind::Data, &error))?;
    let keys = PublicKeys::from_armored(&text)
        .map_err(|fault| Failure::new(Kind::Data, format!("`{key}` is no usable public key: {fault}")))?;
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for given in &args.packages {
        let given = here.join(given);
        if given.join("repodata/repomd.xml").is_file() {
            match verify_repository_signature(&given, &keys) {
                Ok(verified) => rows.push(Row {
                    package: "repomd.xml".to_owned(),
                    path: given.clone(),
                    key: verified.key.to_string(),
                    sha256: Some(verified.repomd),
                }),
                Err(error) => failures.push(refusal(&error)),
            }
        }
        for path in packages(here, std::slice::from_ref(&given))? {
            match verify_rpm(&path, &keys) {
                Ok(verified) => rows.push(Row {
                    package: verified.nevra.to_string(),
                    path,
                    key: verified.key.to_string(),
                    sha256: Some(verified.sha256),
                }),
                Err(error) => failures.push(refusal(&error)),
            }
        }
    }
    print(&rows, args.json, printer);
    if failures.is_empty() {
        printer.step("Verified", format!("{} signatures", rows.len()));
        return Ok(());
    }
    Err(Failure::new(Kind::Refused, failures.join("\n")))
}

fn refusal(error: &VerifyError) -> String {
    Failure::of(Kind::Refused, error).to_string()
}

/// The named packages, and those in named directories or their `Packages/`, sorted.
pub(crate) fn packages(here: &Utf8Path, named: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in named {
        let path = here.join(path);
        if !path.is_dir() {
            found.push(path);
            continue;
        }
        let inner = path.join("Packages");
        let directory = if inner.is_dir() { inner } else { path };
        for entry in directory.read_dir_utf8()? {
            let entry = entry?.into_path();
            if entry.extension() == Some("rpm") {
                found.push(entry);
            }
        }
    }
    if found.is_empty() {
        let places: Vec<&str> = named.iter().map(|path| path.as_str()).collect();
        return Err(Failure::new(Kind::Data, format!("there is no package in `{}`", places.join("`, `"))));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// A package file as the state that signing consumes.
pub(crate) fn unsigned(path: &Utf8Path) -> Result<UnsignedRpm, Failure> {
    let mut file = fs_err::File::open(path).map_err(|error| Failure::of(Kind::Data, &error))?;
    let length = file.metadata()?.len();
    let unusable = |error: &dyn std::error::Error| {
        Failure::new(Kind::Data, format!("`{path}`: {}", Failure::of(Kind::Data, error)))
    };
    let headers = RpmHeaders::read_sized(&mut file, length).map_err(|error| unusable(&error))?;
    let nevra = headers.nevra().map_err(|error| unusable(&error))?;
    let source = headers.source_rpm().map_err(|error| unusable(&error))?;
    let package = match source {
        Some(source) => source.to_str_lossy().rsplitn(3, '-').last().unwrap_or_default().to_owned(),
        None => nevra.name.clone(),
    };
    Ok(UnsignedRpm { path: path.to_owned(), nevra, sha256: file_sha256(path)?, package })
}

fn file_sha256(path: &Utf8Path) -> Result<Sha256Digest, Failure> {
    use sha2::Digest as _;
    use std::io::Read as _;
    let mut file = fs_err::File::open(path)?;
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256Digest::from_bytes(hash.finalize().into())),
            length => hash.update(&buffer[..length]),
        }
    }
}

fn print(rows: &[Row], json: bool, printer: &Printer) {
    if json {
        printer.json(&rows);
        return;
    }
    for row in rows {
        printer.data(format!("{} {}", row.key, row.path));
    }
}
