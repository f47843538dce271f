//! Advisories that name releases other than those that are built now: an older one that is published already, or one that
//! comes signed from elsewhere. What they claim is held to what was proven of the builds of those very packages.

use xen4centos_advisory::Evidence;
use xen4centos_artifact::{Evr, SignedRpm};
use xen4centos_build::Provenance;
use xen4centos_manifest::{AdvisedPackage, Advisory, Fix, Package};
use xen4centos_presence::Finding;

use crate::{
    failure::{Failure, Kind},
    pipeline::{channel, evidence, plan::Planned, proofs::advised, sources::takes_doubles},
    session::Session,
};

/// An advisory, what it says of a package, and the release that it names.
struct Claim<'a> {
    advisory: &'a Advisory,
    advised: &'a AdvisedPackage,
    fix: &'a Fix,
    fixed: Evr,
}

impl Claim<'_> {
    /// Where it stands.
    fn place(&self, session: &Session<'_>) -> String {
        let path = &self.advisory.path;
        format!("{}:{}", path.strip_prefix(&session.project.root).unwrap_or(path), self.advised.line)
    }
}

/// Refuses advisories that say of a release before the planned one that it has a fix, where hosts can have that release and
/// nothing shows it.
pub(crate) fn demand_earlier(session: &Session<'_>, planned: &[Planned]) -> Result<(), Failure> {
    let of_planned = planned.iter().map(|planned| (&planned.package, planned.request.evr.clone()));
    of_planned.into_iter().try_for_each(|(package, evr)| demand_before(session, package, &evr))
}

/// As [`demand_earlier`], for what is published by hand.
pub(crate) fn demand_earlier_than(session: &Session<'_>, packages: &[SignedRpm]) -> Result<(), Failure> {
    for package in session.project.packages.values() {
        let own = packages.iter().filter(|signed| signed.package() == package.name);
        if let Some(evr) = own.map(|signed| &signed.nevra().evr).min() {
            demand_before(session, &here(session, package), evr)?;
        }
    }
    Ok(())
}

/// Refuses signed packages without records of their build where an advisory says that they have a fix.
pub(crate) fn demand_records(session: &Session<'_>, packages: &[SignedRpm]) -> Result<(), Failure> {
    let known = evidence::of(session, packages.iter().map(|signed| (signed.package(), signed.sha256())))?;
    for signed in packages {
        let Some(package) = session.project.packages.get(signed.package()) else { continue };
        let evr = &signed.nevra().evr;
        for claim in claims(session, &here(session, package)).filter(|claim| claim.fixed <= *evr) {
            if known.get(&signed.sha256()).is_some_and(|evidence| evidence.shows(claim.fix)) {
                continue;
            }
            let message = format!(
                "{}: nothing shows that `{}` has the fix that {} says it has ({})",
                Finding::NOT_IN_TREE,
                signed.path(),
                claim.advisory.id,
                claim.place(session)
            );
            let hint = "name the result directory that `build` printed, with its provenance.json and proof.json: it is signed here";
            return Err(Failure::new(Kind::Refused, message).hint(Some(hint.to_owned())));
        }
    }
    Ok(())
}

/// The package as this channel has it: over its miniature it is without the patches for upstream's tree.
fn here(session: &Session<'_>, package: &Package) -> Package {
    let mut package = package.clone();
    if takes_doubles(session) {
        package.patches.retain(|patch| patch.miniature);
    }
    package
}

/// What advisories claim of `package` by patches that it has, or by upstream's release.
fn claims<'a>(session: &'a Session<'_>, package: &Package) -> impl Iterator<Item = Claim<'a>> {
    let has = |file: &String| package.patches.iter().any(|patch| patch.file == *file);
    let all: Vec<Claim<'a>> = advised(session, package)
        .filter(|(_, _, fix)| fix.patches.iter().all(has))
        .map(|(advisory, advised, fix)| Claim {
            advisory,
            advised,
            fix,
            fixed: fix.evr(package, &session.target),
        })
        .collect();
    all.into_iter()
}

fn demand_before(session: &Session<'_>, package: &Package, evr: &Evr) -> Result<(), Failure> {
    let is_earlier = |claim: &Claim<'_>| claim.fixed < *evr && !claim.fix.patches.is_empty();
    for claim in claims(session, package).filter(is_earlier) {
        match look_before(session, package, &claim, evr)? {
            Found::Shown => {}
            Found::Nothing => session.printer.warning(format!(
                "{} says {}-{}, of which nothing is here ({}): hosts are told of {evr}",
                claim.advisory.id,
                package.name,
                claim.fixed,
                claim.place(session)
            )),
            Found::Unproven(release) => return Err(refusal(session, package, &claim, (&release, evr))),
        }
    }
    Ok(())
}

/// What there is of releases between the one that an advisory names and the one at hand.
enum Found {
    Shown,
    Unproven(Evr),
    Nothing,
}

fn look_before(
    session: &Session<'_>,
    package: &Package,
    claim: &Claim<'_>,
    evr: &Evr,
) -> Result<Found, Failure> {
    let state = channel::current(session)?;
    let is_between = |other: &Evr| *other >= claim.fixed && other < evr;
    let published: Vec<_> = state
        .iter()
        .flat_map(|state| &state.packages)
        .filter(|published| published.source == package.name && is_between(&published.nevra.evr))
        .collect();
    if let Some(oldest) = published.iter().map(|published| &published.nevra.evr).min() {
        let oldest_ones = published.iter().filter(|published| published.nevra.evr == *oldest);
        let digests: Vec<_> = oldest_ones.map(|published| published.sha256).collect();
        let known = evidence::of(session, digests.iter().map(|digest| (package.name.as_str(), *digest)))?;
        let shows = |digest| known.get(digest).is_some_and(|evidence| evidence.shows(claim.fix));
        let is_shown = digests.iter().all(shows);
        return Ok(if is_shown { Found::Shown } else { Found::Unproven(oldest.clone()) });
    }
    let built = builds_of(session, package, &claim.fixed);
    Ok(match built.iter().any(|evidence| evidence.shows(claim.fix)) {
        true => Found::Shown,
        false if built.is_empty() => Found::Nothing,
        false => Found::Unproven(claim.fixed.clone()),
    })
}

/// What is known of each build of a release in the work directory.
fn builds_of(session: &Session<'_>, package: &Package, evr: &Evr) -> Vec<Evidence> {
    let entries = session.work("builds").join(&package.name).read_dir_utf8().into_iter().flatten();
    let results = entries.filter_map(|entry| {
        let directory = entry.ok()?.into_path();
        let inputs = Provenance::read(&directory).ok()?.inputs;
        let is_it = inputs.target == session.target.name && inputs.evr == evr.to_string();
        is_it.then(|| evidence::of_build(session, &directory, &inputs))
    });
    results.collect()
}

fn refusal(
    session: &Session<'_>,
    package: &Package,
    claim: &Claim<'_>,
    (release, at_hand): (&Evr, &Evr),
) -> Failure {
    let name = &package.name;
    let message = format!(
        "{}: {} says that {name}-{} has its fix ({}), and nothing shows that {name}-{release}, which there is, was built with \
         the patches",
        Finding::NOT_IN_TREE,
        claim.advisory.id,
        claim.fixed,
        claim.place(session)
    );
    let fixed_in = format!("{}-{}", package.version, package.release);
    let hint = format!(
        "where {at_hand} brings the fix, say `fixed-in = \"{fixed_in}\"`; where {release} had it, run the release of its commit \
         again with this work directory, which brings its proof back"
    );
    Failure::new(Kind::Refused, message).hint(Some(hint))
}
