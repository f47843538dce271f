//! The gate: what the target's client would refuse does not get past here.

use camino::Utf8Path;
use xen4centos_check::{
    CheckError, Depth, Distrust, Finding, KernelContract, KernelRequirement, KeyTerms, Published,
    RepositoryCheck, RepositorySignature, Verifier, WaiverScope, Waivers, check_key_file, check_payload,
    check_repository, check_repository_signature, check_rpm, render_report,
};
use xen4centos_kconfig::Requirement;
use xen4centos_manifest::Client;
use xen4centos_repodata::check_comps;
use xen4centos_sign::{
    PublicKeys, VerifyError, check_key_file_for_el6, verify_header_signature, verify_repository_signature,
    verify_rpm,
};

use crate::{
    failure::{Failure, Kind},
    pipeline::{base, kernel, keys::ShippedKey},
    session::Session,
};

/// Verification by the sign crate, as the checks want it.
pub(crate) struct SignatureVerifier<'a> {
    pub(crate) keys: &'a PublicKeys,
}

impl Verifier for SignatureVerifier<'_> {
    fn verify_package(&self, path: &Utf8Path) -> Result<(), Distrust> {
        verify_rpm(path, self.keys).map(drop).map_err(|error| distrust(&error))
    }

    fn verify_header(&self, path: &Utf8Path) -> Result<(), Distrust> {
        verify_header_signature(path, self.keys).map_err(|error| distrust(&error))
    }

    fn verify_repository(&self, root: &Utf8Path) -> Result<(), String> {
        let verified = verify_repository_signature(root, self.keys);
        verified.map(drop).map_err(|error| Failure::of(Kind::Refused, &error).to_string())
    }
}

fn distrust(error: &VerifyError) -> Distrust {
    let reason = Failure::of(Kind::Refused, error).to_string();
    match (error.is_alteration(), error.is_of_another_form()) {
        (true, _) => Distrust::Altered(reason),
        (_, true) => Distrust::Form(reason),
        _ => Distrust::Signer(reason),
    }
}

/// Checks signed packages before anything of them is staged.
pub(crate) fn packages<'p>(
    session: &Session<'_>,
    paths: impl IntoIterator<Item = &'p Utf8Path>,
) -> Result<(), Failure> {
    let client = session.project.client(&session.target);
    let contract = kernel_contract(session)?;
    let mut findings = Vec::new();
    let mut count = 0;
    for path in paths {
        findings.extend(check_rpm(path, client)?);
        findings.extend(check_payload(path, client, contract.as_ref())?);
        count += 1;
    }
    let mut waivers = waivers(session)?;
    waivers.apply(&mut findings);
    judge(session, client, &findings)?;
    session.printer.step("Checked", format!("{count} packages against what client `{}` takes", client.name));
    Ok(())
}

/// What kernels for Xen must hold, where the project configures kernels.
pub(crate) fn kernel_contract(session: &Session<'_>) -> Result<Option<KernelContract>, Failure> {
    if !session.project.root.join(kernel::CONFIGS).is_dir() {
        return Ok(None);
    }
    let contract = kernel::kernel_configs(session)?.contract;
    let requirements = contract.requirements().iter().map(|requirement| {
        let Requirement { symbol, role, values, module, why } = requirement;
        KernelRequirement {
            symbol: symbol.clone(),
            needed_by: format!("{role} {}", role.verb()),
            values: values.iter().map(ToString::to_string).collect(),
            module: module.clone(),
            why: why.clone(),
        }
    });
    Ok(Some(KernelContract { requirements: requirements.collect() }))
}

/// For how long the keys of the channel must hold.
pub(crate) fn key_terms(session: &Session<'_>) -> KeyTerms {
    let lifetime = session.channel.lifetime_days.map(|days| u64::from(days) * 24 * 60 * 60);
    KeyTerms { time: session.now, lifetime }
}

/// What the target takes of what is found.
///
/// # Errors
/// When some of it holds no longer.
pub(crate) fn waivers<'s>(session: &'s Session<'_>) -> Result<Waivers<'s>, Failure> {
    Ok(Waivers::new(&session.target.waivers, session.now)?)
}

/// Says which waivers are for nothing in what was looked at.
pub(crate) fn tell_unused(session: &Session<'_>, waivers: &Waivers<'_>, scope: WaiverScope<'_>) {
    for line in waivers.unused(scope) {
        session.printer.warning(line);
    }
}

/// Checks the target's own files, waivers, lists of what hosts have, and groups, before anything is built for a repository
/// that could not be judged by them or list it.
pub(crate) fn own_files(session: &Session<'_>) -> Result<(), Failure> {
    waivers(session)?;
    base::check_lists(session)?;
    let Some(file) = &session.target.repository.comps else { return Ok(()) };
    let path = session.project.root.join("repo-templates").join(file);
    let bytes = fs_err::read(&path).map_err(|error| Failure::of(Kind::Data, &error))?;
    check_comps(&path, &bytes).map_err(|error| Failure::of(Kind::Data, &error))
}

/// What a repository takes the place of.
pub(crate) struct Before {
    /// Revision of the metadata.
    pub(crate) revision: Option<u64>,
    /// What hosts may have.
    pub(crate) histories: Vec<Published>,
    /// It is an earlier state that comes back.
    pub(crate) comes_back: bool,
}

/// Checks a whole repository before it is signed, so that what is refused is not left behind with a signature that hosts
/// take, and the key that hosts will be given.
pub(crate) fn repository(
    session: &Session<'_>,
    key: &ShippedKey,
    root: &Utf8Path,
    before: &Before,
) -> Result<(), Failure> {
    let base = base::load(session, &[])?;
    let client = session.project.client(&session.target);
    let keys = PublicKeys::new([key.public.clone()]);
    let verifier = SignatureVerifier { keys: &keys };
    let mut findings = check_repository(&RepositoryCheck {
        signature: RepositorySignature::ToCome,
        root,
        client,
        verifier: Some(&verifier),
        base: base.as_ref(),
        histories: &before.histories,
        published_before: before.revision,
        // Payloads, and kernels in them, were looked at before anything was staged; those of packages that stay, before they came.
        contract: None,
        depth: Depth::Packages,
        keys: Some(key_terms(session)),
    })?;
    findings.extend(check_key_file(
        &session.target.key.file,
        key.armored.as_bytes(),
        client,
        key_terms(session),
    ));
    if before.comes_back {
        restore(session, client, findings)?;
    } else {
        let mut waivers = waivers(session)?;
        waivers.apply(&mut findings);
        tell_unused(session, &waivers, WaiverScope::Repository);
        judge(session, client, &findings)?;
    }
    // The rules read what the key says of itself; this verifies it.
    let time = u32::try_from(session.now).unwrap_or(u32::MAX);
    if let Some(fault) = check_key_file_for_el6(key.armored.as_bytes(), time).first() {
        return Err(Failure::new(Kind::Refused, format!("hosts would not take the signing key: {fault}")));
    }
    session.printer.step("Checked", format!("the repository against what client `{}` takes", client.name));
    Ok(())
}

/// Checks the signature that a repository was given after all else was found to be well.
pub(crate) fn signature(session: &Session<'_>, key: &ShippedKey, root: &Utf8Path) -> Result<(), Failure> {
    let client = session.project.client(&session.target);
    let keys = PublicKeys::new([key.public.clone()]);
    let findings = check_repository_signature(&RepositoryCheck {
        signature: RepositorySignature::Present,
        root,
        client,
        verifier: Some(&SignatureVerifier { keys: &keys }),
        base: None,
        histories: &[],
        published_before: None,
        contract: None,
        depth: Depth::Headers,
        keys: None,
    });
    judge(session, client, &findings)
}

/// Hosts had these packages, and going back is for when something is wrong: what a rule or a waiver says by now that it did
/// not say then is told, and only what would keep hosts from getting at the repository stops.
fn restore(session: &Session<'_>, client: &Client, mut findings: Vec<Finding>) -> Result<(), Failure> {
    Waivers::new(&session.target.waivers, 0)?.apply(&mut findings);
    let is_way =
        |finding: &Finding| ["EL6-REPO-", "EL6-KEY-"].iter().any(|way| finding.code.starts_with(way));
    let (stopping, told): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(is_way);
    for Finding { code, subject, message, .. } in told.iter().filter(|finding| finding.waived.is_none()) {
        session.printer.warning(format!("{code} {subject}: {message} (it comes back all the same)"));
    }
    judge(session, client, &stopping)
}

/// Warnings and what is waived are said, errors stop.
fn judge(session: &Session<'_>, client: &Client, findings: &[Finding]) -> Result<(), Failure> {
    let (errors, others): (Vec<Finding>, Vec<Finding>) = findings.iter().cloned().partition(Finding::fails);
    for Finding { code, subject, message, waived, .. } in &others {
        let reason = waived
            .as_ref()
            .map_or_else(String::new, |by| format!(" (waived until {}: {})", by.expires, by.reason));
        session.printer.warning(format!("{code} {subject}: {message}{reason}"));
    }
    if errors.is_empty() {
        return Ok(());
    }
    let message = format!(
        "client `{}` would refuse this ({})\n{}",
        client.name,
        count(errors.len(), "finding"),
        render_report(&errors)
    );
    Err(Failure::new(Kind::Refused, message.trim_end()).hint(explain_hint(&errors)))
}

/// `1 error`, `2 errors`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Where more is said of the first of the rules that refuse.
pub(crate) fn explain_hint<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Option<String> {
    let first = findings.into_iter().find(|finding| finding.fails())?;
    Some(format!("`xen4centos check --explain {}` says more", first.code))
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        let kind = match error {
            CheckError::UnknownRule { .. } | CheckError::Waivers(_) => Kind::Data,
            CheckError::Read { ref source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Kind::Data
            }
            _ => Kind::World,
        };
        let hint = error.hint();
        Self::of(kind, &error).hint(hint)
    }
}
