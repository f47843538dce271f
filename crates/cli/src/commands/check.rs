//! Packages and repositories against what their clients take.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_check::{
    Finding, RepositoryCheck, Severity, check_repository, check_rpm, render_report, rules,
};
use xen4centos_sign::{PublicKeys, verify_rpm};

use crate::{
    args::{CheckArgs, Cli},
    failure::{Failure, Kind, Outcome},
    pipeline::checks::SignatureVerifier,
    printer::Printer,
    session::Session,
    settings,
};

pub(crate) fn run(cli: &Cli, args: &CheckArgs, printer: &Printer) -> Outcome {
    if args.list {
        list(args.json, printer);
        return Ok(());
    }
    let session = Session::open(&cli.global, &args.target, printer)?;
    let here = settings::current_directory()?;
    let paths: Vec<Utf8PathBuf> = if args.paths.is_empty() {
        vec![session.publish_root.join(&session.channel.directory)]
    } else {
        args.paths.iter().map(|path| here.join(path)).collect()
    };
    let keys = keys(&session, args, &here)?;
    let mut findings = Vec::new();
    for path in &paths {
        check_path(&session, path, keys.as_ref(), &mut findings)?;
    }
    if args.json {
        printer.json(&findings);
    } else if findings.is_empty() {
        printer
            .step("Checked", format!("{} paths: client `{}` takes them", paths.len(), session.target.client));
    } else {
        printer.data(render_report(&findings).trim_end());
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors == 0 {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Refused,
        format!("client `{}` would refuse this: {errors} errors", session.target.client),
    ))
}

fn list(json: bool, printer: &Printer) {
    if json {
        let rows = rules().into_iter().map(|rule| {
            serde_json::json!({
                "code": rule.code, "severity": rule.severity, "title": rule.title,
                "why": rule.why, "way-out": rule.way_out,
            })
        });
        printer.json(&rows.collect::<Vec<_>>());
        return;
    }
    for rule in rules() {
        printer.data(format!("{} {:<8} {}", rule.code, rule.severity.to_string(), rule.title));
    }
}

/// The key that was named, or the one that the target was last signed with, if there is one.
fn keys(session: &Session<'_>, args: &CheckArgs, here: &Utf8Path) -> Result<Option<PublicKeys>, Failure> {
    let path = match &args.public_key {
        Some(path) => here.join(path),
        None => session.public_key_file(),
    };
    if args.public_key.is_none() && !path.is_file() {
        session.printer.warning("no public key is known: signatures are not verified (see --public-key)");
        return Ok(None);
    }
    let text = fs_err::read_to_string(&path).map_err(|error| Failure::of(Kind::Data, &error))?;
    let keys = PublicKeys::from_armored(&text)
        .map_err(|fault| Failure::new(Kind::Data, format!("`{path}` is no usable public key: {fault}")))?;
    Ok(Some(keys))
}

fn check_path(
    session: &Session<'_>,
    path: &Utf8Path,
    keys: Option<&PublicKeys>,
    findings: &mut Vec<Finding>,
) -> Outcome {
    let client = session.project.client(&session.target);
    if path.join("repodata").is_dir() {
        let verifier = keys.map(|keys| SignatureVerifier { keys });
        findings.extend(check_repository(&RepositoryCheck {
            root: path,
            client,
            verifier: verifier.as_ref().map(|verifier| verifier as _),
            base: None,
            published_before: None,
        })?);
        return Ok(());
    }
    if !path.is_dir() {
        return check_package(session, path, keys, findings);
    }
    let mut packages: Vec<Utf8PathBuf> = Vec::new();
    for entry in path.read_dir_utf8()? {
        let entry = entry?.into_path();
        if entry.extension() == Some("rpm") {
            packages.push(entry);
        }
    }
    packages.sort();
    if packages.is_empty() {
        return Err(Failure::new(Kind::Data, format!("`{path}` has neither repodata/ nor packages")));
    }
    for package in packages {
        check_package(session, &package, keys, findings)?;
    }
    Ok(())
}

fn check_package(
    session: &Session<'_>,
    path: &Utf8Path,
    keys: Option<&PublicKeys>,
    findings: &mut Vec<Finding>,
) -> Outcome {
    let found = check_rpm(path, session.project.client(&session.target))?;
    // A package that is refused for what its signature header lacks need not be refused for it again.
    let sound = found.iter().all(|finding| finding.severity != Severity::Error);
    findings.extend(found);
    if let Some(keys) = keys.filter(|_| sound) {
        verify_rpm(path, keys).map_err(|error| Failure::of(Kind::Refused, &error))?;
    }
    Ok(())
}
