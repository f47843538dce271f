//! Packages and repositories against what their clients take.

mod hosts;
mod rules;

use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::{DirEntry, WalkDir};
use xen4centos_check::{
    BaseProvides, Checked, Depth, Finding, KernelContract, RepositoryCheck, RepositorySignature, WaiverScope,
    Waivers, check_key_file, check_package_signature, check_payload, check_repository, check_rpm, check_set,
    is_key_file, not_verified, render_junit, render_painted_report, render_report, sarif,
};
use xen4centos_repodata::Location;
use xen4centos_sign::PublicKeys;

use crate::{
    args::{CheckArgs, Cli, ReportFormat},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        base,
        checks::{self, Before, SignatureVerifier, count},
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
    // What holds no longer is told after what is found.
    let (mut waivers, expired) = Waivers::holding(&session.target.waivers, session.now);
    let keys = keys(&session, args, &here)?;
    let contract = checks::kernel_contract(&session)?;
    let is_any = paths.iter().any(|path| is_url(path) || is_repository(&here.join(path)));
    let base = if is_any || !args.base.is_empty() { base::load(&session, &args.base)? } else { None };
    if is_any && base.is_none() {
        let message = "no base is given, so what packages need of hosts is not looked at (`--base`)";
        session.printer.warning(message);
    }
    let before = history::of_places(&session, &args.published)?;
    let depth = if args.headers_only { Depth::Headers } else { Depth::Payloads };
    let (keys, contract, base) = (keys.as_ref(), contract.as_ref(), base.as_ref());
    let terms = Terms { keys, contract, base, before: &before, depth };
    let failed = expired.map(Failure::from).into_iter().collect();
    let mut run = Run { checked: Vec::new(), failed, packages: Vec::new() };
    for path in &paths {
        check_path(&session, (&here, path), &terms, &mut run);
    }
    let together = !args.base.is_empty() || !args.published.is_empty();
    run.look_at_all(&session, (&here, together), &terms);
    let Run { mut checked, failed, packages } = run;
    if keys.is_none() {
        tell_of_unverified(&mut checked, &packages);
    }
    for one in &mut checked {
        waivers.apply(&mut one.findings);
    }
    let names: Vec<&str> = checked.iter().filter_map(|one| one.path.file_name()).collect();
    let scope = if is_any { WaiverScope::Repository } else { WaiverScope::Files(&names) };
    checks::tell_unused(&session, &waivers, scope);
    if !checked.is_empty() || failed.is_empty() {
        report(&session, args, &checked);
    }
    end(&session, &checked, failed)
}

/// What has come of the paths so far.
struct Run {
    checked: Vec<Checked>,
    /// What could not be looked at; all else is.
    failed: Vec<Failure>,
    /// Those that are in no repository.
    packages: Vec<Utf8PathBuf>,
}

/// Once for all of them: it is the key that is missing.
fn tell_of_unverified(checked: &mut [Checked], packages: &[Utf8PathBuf]) {
    let Some(first) = packages.first() else { return };
    let others = match packages.len() {
        1 => String::new(),
        more => format!(", nor those of {}", count(more - 1, "other package")),
    };
    let message = format!("no key is known: its signatures are not verified{others}");
    if let Some(one) = checked.iter_mut().find(|one| one.path == *first) {
        one.findings.push(not_verified(first.file_name().unwrap_or_default(), message));
    }
}

/// A path that could not be looked at matters more than what the others are refused for, which is told by now.
fn end(session: &Session<'_>, checked: &[Checked], failed: Vec<Failure>) -> Outcome {
    let mut failed = failed.into_iter();
    if let Some(first) = failed.next() {
        failed.for_each(|failure| session.printer.warning(failure));
        return Err(first);
    }
    let findings = || checked.iter().flat_map(|one| &one.findings);
    let errors = findings().filter(|finding| finding.fails()).count();
    if errors == 0 {
        return Ok(());
    }
    let message = format!("client `{}` would refuse this: {}", session.target.client, count(errors, "error"));
    Err(Failure::new(Kind::Refused, message).hint(checks::explain_hint(findings())))
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
            let paths = count(checked.len(), "path");
            let them = if checked.len() == 1 { "it" } else { "them" };
            printer.step("Checked", format!("{paths}: client `{client}` takes {them}"));
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
    demand_file(&path)?;
    if args.public_key.is_none() && !path.is_file() {
        return Ok(None);
    }
    let bytes = fs_err::read(&path).map_err(|error| Failure::of(Kind::Data, &error))?;
    let text = String::from_utf8(bytes).map_err(|_| "it is no armoured text".to_owned());
    text.and_then(|text| PublicKeys::from_armored(&text).map_err(|fault| fault.to_string()))
        .map(Some)
        .map_err(|fault| {
            let hint = "export it with `gpg --armor --export FINGERPRINT`".to_owned();
            Failure::new(Kind::Data, format!("`{path}` is no usable public key: {fault}")).hint(Some(hint))
        })
}

/// A repository that is not on this machine, or is named as if it were not.
fn is_url(path: &Utf8Path) -> bool {
    path.as_str().contains("://")
}

fn is_repository(path: &Utf8Path) -> bool {
    path.join("repodata").is_dir()
}

/// By what it is called, as hosts know them; or else by how it begins.
fn is_keys(path: &Utf8Path) -> bool {
    let is_named = path.file_name().is_some_and(|name| name.starts_with("RPM-GPG-KEY-"));
    if !path.is_file() || is_named || path.extension() == Some("asc") {
        return path.is_file();
    }
    let mut start = Vec::new();
    let read = fs_err::File::open(path).map(|file| file.take(BEGINNING).read_to_end(&mut start));
    read.is_ok() && is_key_file(&start)
}

/// Enough of a file to know it by.
const BEGINNING: u64 = 64;

/// `shown` is the path as it was given, below `here`.
fn check_path(
    session: &Session<'_>,
    (here, shown): (&Utf8Path, &Utf8Path),
    terms: &Terms<'_>,
    run: &mut Run,
) {
    let mut failed = Vec::new();
    let found = files(here, shown, &mut failed);
    run.failed.extend(failed);
    let outcome = match found {
        Ok(Some(packages)) => {
            for package in packages {
                run.take_package(&package, check_package(session, (here, &package), terms));
            }
            return;
        }
        Ok(None) => check_one(session, (here, shown), terms),
        Err(failure) => Err(failure),
    };
    let path = here.join(shown);
    if !is_url(shown) && path.is_file() && !is_keys(&path) {
        return run.take_package(shown, outcome);
    }
    run.take(outcome);
}

impl Run {
    fn take_package(&mut self, path: &Utf8Path, outcome: Result<Checked, Failure>) {
        if outcome.is_ok() {
            self.packages.push(path.to_owned());
        }
        self.take(outcome);
    }

    /// The packages that are in no repository beside one another, where it is said what there is besides.
    fn look_at_all(&mut self, session: &Session<'_>, (here, together): (&Utf8Path, bool), terms: &Terms<'_>) {
        if self.packages.is_empty() {
            return;
        }
        if !together {
            let what = "what packages need of one another and of hosts, and what was published before (`--base`, `--published`)";
            return session.printer.step("Left out", what);
        }
        let subjects: Vec<&str> = self.packages.iter().map(|path| path.as_str()).collect();
        match check_set(here, &subjects, terms.base, &terms.before.histories) {
            Ok(findings) => {
                for finding in findings {
                    let it = self.checked.iter_mut().find(|one| one.path == finding.subject);
                    let Some(it) = it else { continue };
                    it.findings.push(finding);
                }
            }
            Err(error) => self.failed.push(error.into()),
        }
    }

    fn take(&mut self, outcome: Result<Checked, Failure>) {
        match outcome {
            Ok(checked) => self.checked.push(checked),
            Err(failure) => self.failed.push(failure),
        }
    }
}

/// The packages in a directory that is no repository, and in those below it; nothing for all else. What can not be named or
/// entered is told, and stops nothing.
fn files(
    here: &Utf8Path,
    shown: &Utf8Path,
    failed: &mut Vec<Failure>,
) -> Result<Option<Vec<Utf8PathBuf>>, Failure> {
    let path = here.join(shown);
    if is_url(shown) || !path.is_dir() || is_repository(&path) {
        return Ok(None);
    }
    let mut packages: Vec<Utf8PathBuf> = Vec::new();
    let is_hidden =
        |entry: &DirEntry| entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    for entry in WalkDir::new(&path).into_iter().filter_entry(|entry| !is_hidden(entry)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                failed.push(Failure::of(Kind::World, &error));
                continue;
            }
        };
        if entry.file_type().is_dir() || entry.path().extension().is_none_or(|end| end != "rpm") {
            continue;
        }
        match Utf8Path::from_path(entry.path()).and_then(|found| found.strip_prefix(&path).ok()) {
            Some(relative) => packages.push(shown.join(relative)),
            None => failed.push(not_named(entry.path())),
        }
    }
    packages.sort();
    if packages.is_empty() && failed.is_empty() {
        return Err(Failure::new(Kind::Data, format!("`{path}` has neither repodata/ nor packages")));
    }
    Ok(Some(packages))
}

fn not_named(path: &std::path::Path) -> Failure {
    let text = format!("file name is not UTF-8: `{}`", path.display());
    Failure::new(Kind::Data, text).hint(Some("rename it: no list of packages can name it".to_owned()))
}

/// What is read to its end must have one.
fn demand_file(path: &Utf8Path) -> Result<(), Failure> {
    match fs_err::metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(Failure::new(Kind::Data, format!("`{path}` is no regular file")))
        }
        _ => Ok(()),
    }
}

/// A repository, a key file or a package.
fn check_one(
    session: &Session<'_>,
    (here, shown): (&Utf8Path, &Utf8Path),
    terms: &Terms<'_>,
) -> Result<Checked, Failure> {
    let checked = |findings| Checked { path: shown.to_owned(), findings };
    let path = match is_url(shown).then(|| Location::parse(shown.as_str(), here)).transpose()? {
        Some(Location::Url(url)) => {
            let mirror = Mirror::of(session, &url)?;
            return check_tree(session, mirror.root(), terms).map(checked);
        }
        Some(Location::Directory(path)) => path,
        None => here.join(shown),
    };
    if is_repository(&path) {
        return check_tree(session, &path, terms).map(checked);
    }
    if !path.exists() {
        let what = if path.is_symlink() { "is a link that leads nowhere" } else { "is not there" };
        let hint = "name a package, a key file or a repository; `xen4centos release` publishes a channel";
        return Err(Failure::new(Kind::Data, format!("`{path}` {what}")).hint(Some(hint.to_owned())));
    }
    demand_file(&path)?;
    if is_keys(&path) {
        let bytes = fs_err::read(&path).map_err(|error| Failure::of(Kind::World, &error))?;
        let client = session.project.client(&session.target);
        let name = path.file_name().unwrap_or_default();
        return Ok(checked(check_key_file(name, &bytes, client, checks::key_terms(session))));
    }
    check_package(session, (here, shown), terms)
}

/// The key that the repository itself ships, where no other is known: it shows that all is of one signer, and not of whom.
fn shipped_keys(session: &Session<'_>, root: &Utf8Path) -> Option<PublicKeys> {
    let path = root.join(&session.target.key.file);
    let keys = PublicKeys::from_armored(&fs_err::read_to_string(&path).ok()?).ok()?;
    let names: Vec<String> = keys.iter().map(|key| key.fingerprint().to_string()).collect();
    session.printer.warning(format!(
        "signatures are verified with the key that lies beside the packages, {}, for which nobody else vouches (see --public-key)",
        names.join(" ")
    ));
    Some(keys)
}

fn check_tree(session: &Session<'_>, root: &Utf8Path, terms: &Terms<'_>) -> Result<Vec<Finding>, Failure> {
    let shipped = if terms.keys.is_none() { shipped_keys(session, root) } else { None };
    let verifier = terms.keys.or(shipped.as_ref()).map(|keys| SignatureVerifier { keys });
    Ok(check_repository(&RepositoryCheck {
        signature: RepositorySignature::Present,
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
    demand_file(&path)?;
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
