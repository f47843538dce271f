//! Packages and repositories against what their clients take.

mod hosts;
mod rules;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_check::{
    BaseProvides, Checked, Depth, Finding, KernelContract, RepositoryCheck, check_key_file,
    check_package_signature, check_payload, check_repository, check_rpm, render_junit, render_painted_report,
    render_report, sarif,
};
use xen4centos_repodata::Location;
use xen4centos_sign::PublicKeys;

use crate::{
    args::{CheckArgs, Cli, ReportFormat},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        base,
        checks::{self, Before, SignatureVerifier},
        history,
        mirror::Mirror,
    },
    printer::Printer,
    session::Session,
    settings,
};

/// What all paths are held to.
struct Terms<'a> {
    keys: Option<&'a PublicKeys>,
    contract: Option<&'a KernelContract>,
    base: Option<&'a BaseProvides>,
    before: &'a Before,
    depth: Depth,
}

pub(crate) fn run(cli: &Cli, args: &CheckArgs, printer: &Printer) -> Outcome {
    if let Some(code) = &args.explain {
        return rules::explain_one(code, args.json, printer);
    }
    if args.list {
        rules::list(args.json, printer);
        return Ok(());
    }
    let session = Session::open(&cli.global, &args.target, printer)?;
    if let Some(directory) = &args.hosts {
        return hosts::run(&session, args, directory);
    }
    let here = settings::current_directory()?;
    let paths: Vec<Utf8PathBuf> = if args.paths.is_empty() {
        vec![session.publish_root.join(&session.channel.directory)]
    } else {
        args.paths.clone()
    };
    let mut waivers = checks::waivers(&session)?;
    let keys = keys(&session, args, &here)?;
    let contract = checks::kernel_contract(&session)?;
    let is_any = paths.iter().any(|path| is_url(path) || is_repository(&here.join(path)));
    let base = if is_any { base::load(&session, &args.base)? } else { None };
    let before = history::of_places(&session, &args.published)?;
    let depth = if args.headers_only { Depth::Headers } else { Depth::Payloads };
    let (keys, contract, base) = (keys.as_ref(), contract.as_ref(), base.as_ref());
    let terms = Terms { keys, contract, base, before: &before, depth };
    let mut checked = Vec::new();
    for path in &paths {
        check_path(&session, (&here, path), &terms, &mut checked)?;
    }
    for one in &mut checked {
        waivers.apply(&mut one.findings);
    }
    // Of single packages nobody knows what a waiver is for.
    if is_any {
        checks::tell_unused(&session, &waivers);
    }
    report(&session, args, &checked);
    let errors = checked.iter().flat_map(|one| &one.findings).filter(|finding| finding.fails()).count();
    if errors == 0 {
        return Ok(());
    }
    let hint = checks::explain_hint(checked.iter().flat_map(|one| &one.findings));
    let message = format!("client `{}` would refuse this: {errors} errors", session.target.client);
    Err(Failure::new(Kind::Refused, message).hint(hint))
}

fn report(session: &Session<'_>, args: &CheckArgs, checked: &[Checked]) {
    let printer = session.printer;
    let client = &session.target.client;
    let findings = || checked.iter().flat_map(|one| one.findings.iter().cloned()).collect::<Vec<Finding>>();
    match if args.json { ReportFormat::Json } else { args.format } {
        ReportFormat::Json => printer.json(&findings()),
        ReportFormat::Sarif => printer.json(&sarif(checked)),
        ReportFormat::Junit => printer.data(render_junit(checked, client).trim_end()),
        ReportFormat::Text if findings().is_empty() => {
            printer.step("Checked", format!("{} paths: client `{client}` takes them", checked.len()));
        }
        ReportFormat::Text if printer.paints_data() => {
            printer.data(render_painted_report(&findings()).trim_end());
        }
        ReportFormat::Text => printer.data(render_report(&findings()).trim_end()),
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

/// A repository that is not on this machine, or is named as if it were not.
fn is_url(path: &Utf8Path) -> bool {
    path.as_str().contains("://")
}

fn is_repository(path: &Utf8Path) -> bool {
    path.join("repodata").is_dir()
}

/// By what it is called: hosts, too, know them by nothing else.
fn is_key_file(path: &Utf8Path) -> bool {
    let is_named = path.file_name().is_some_and(|name| name.starts_with("RPM-GPG-KEY-"));
    (is_named || path.extension() == Some("asc")) && !path.is_dir()
}

/// `shown` is the path as it was given, below `here`.
fn check_path(
    session: &Session<'_>,
    (here, shown): (&Utf8Path, &Utf8Path),
    terms: &Terms<'_>,
    checked: &mut Vec<Checked>,
) -> Outcome {
    let path = match is_url(shown).then(|| Location::parse(shown.as_str(), here)).transpose()? {
        Some(Location::Url(url)) => {
            let mirror = Mirror::of(session, &url)?;
            let findings = check_tree(session, mirror.root(), terms)?;
            checked.push(Checked { path: shown.to_owned(), findings });
            return Ok(());
        }
        Some(Location::Directory(path)) => path,
        None => here.join(shown),
    };
    if is_repository(&path) {
        checked.push(Checked { path: shown.to_owned(), findings: check_tree(session, &path, terms)? });
        return Ok(());
    }
    if is_key_file(&path) {
        let bytes = fs_err::read(&path).map_err(|error| Failure::of(Kind::World, &error))?;
        let client = session.project.client(&session.target);
        let name = path.file_name().unwrap_or_default();
        let findings = check_key_file(name, &bytes, client, checks::key_terms(session));
        checked.push(Checked { path: shown.to_owned(), findings });
        return Ok(());
    }
    if !path.is_dir() {
        checked.push(check_package(session, (here, shown), terms)?);
        return Ok(());
    }
    let mut packages: Vec<Utf8PathBuf> = Vec::new();
    for entry in path.read_dir_utf8()? {
        let entry = entry?;
        if Utf8Path::new(entry.file_name()).extension() == Some("rpm") {
            packages.push(shown.join(entry.file_name()));
        }
    }
    packages.sort();
    if packages.is_empty() {
        return Err(Failure::new(Kind::Data, format!("`{path}` has neither repodata/ nor packages")));
    }
    for package in packages {
        checked.push(check_package(session, (here, &package), terms)?);
    }
    Ok(())
}

fn check_tree(session: &Session<'_>, root: &Utf8Path, terms: &Terms<'_>) -> Result<Vec<Finding>, Failure> {
    let verifier = terms.keys.map(|keys| SignatureVerifier { keys });
    Ok(check_repository(&RepositoryCheck {
        root,
        client: session.project.client(&session.target),
        verifier: verifier.as_ref().map(|verifier| verifier as _),
        base: terms.base,
        histories: &terms.before.histories,
        published_before: terms.before.revision,
        contract: terms.contract,
        depth: terms.depth,
        keys: Some(checks::key_terms(session)),
    })?)
}

fn check_package(
    session: &Session<'_>,
    (here, shown): (&Utf8Path, &Utf8Path),
    terms: &Terms<'_>,
) -> Result<Checked, Failure> {
    let path = here.join(shown);
    let client = session.project.client(&session.target);
    let mut findings = check_rpm(&path, client)?;
    if let Some(keys) = terms.keys {
        findings.extend(check_package_signature(&path, &SignatureVerifier { keys }, &findings));
    }
    if terms.depth == Depth::Payloads {
        findings.extend(check_payload(&path, client, terms.contract)?);
    }
    Ok(Checked { path: shown.to_owned(), findings })
}
