//! Which packages answer what is not public yet: by their release, or by a patch that they have. Hosts do not get them before.

use std::collections::BTreeSet;

use jiff::Timestamp;
use xen4centos_artifact::{Evr, SignedRpm};
use xen4centos_embargo::Secrets;
use xen4centos_manifest::{Advisory, Channel, Fix, Package, Standing};

use crate::{
    failure::{Failure, Kind},
    pipeline::{channel, embargo},
    session::Session,
};

/// A release of a source package that is not to be published yet.
#[derive(Clone, Debug)]
pub(crate) struct Withheld {
    /// The source package.
    pub(crate) package: String,
    pub(crate) evr: Evr,
    /// The latest time at which something becomes public that it answers.
    pub(crate) public: Timestamp,
}

impl Withheld {
    /// What it is kept for, without telling.
    pub(crate) fn reason(&self) -> String {
        format!("`{}-{}` answers what is not public before {}", self.package, self.evr, self.public)
    }

    /// What of it hosts should have by now, and do not get for its sake.
    fn overdue<'s>(&self, session: &'s Session<'_>) -> Result<Option<&'s Advisory>, Failure> {
        let Some(package) = session.project.packages.get(&self.package) else { return Ok(None) };
        let state = channel::open_in(session, session.public_channel())?.current()?;
        let published: Vec<&Evr> = state
            .iter()
            .flat_map(|state| &state.packages)
            .filter(|published| published.source == self.package)
            .map(|published| &published.nevra.evr)
            .collect();
        let mut public =
            session.project.advisories.values().filter(|advisory| advisory.is_public(session.now));
        Ok(public.find(|advisory| {
            answers(session, advisory, package, &self.evr)
                && !published.iter().any(|evr| answers(session, advisory, package, evr))
        }))
    }

    /// `ADV-PUBLIC-001`, which itself tells of no advisory.
    pub(crate) fn refusal(&self) -> Failure {
        Failure::new(Kind::Refused, format!("ADV-PUBLIC-001: {}", self.reason()))
    }
}

/// Those of these packages that the public channel does not have, and must not get yet.
pub(crate) fn of_plan(session: &Session<'_>, packages: &[Package]) -> Result<Vec<Withheld>, Failure> {
    let releases = packages.iter().map(|package| (package.name.as_str(), package.evr(&session.target.dist)));
    let secrets = embargo::secrets(session)?;
    if secrets.is_empty() {
        return Ok(Vec::new());
    }
    let state = channel::open_in(session, session.public_channel())?.current()?;
    let is_published = |name: &str, evr: &Evr| {
        let all = state.iter().flat_map(|state| &state.packages);
        all.clone().any(|published| published.source == name && published.nevra.evr == *evr)
    };
    withheld(session, &secrets, releases.filter(|(name, evr)| !is_published(name, evr)))
}

/// The same of packages that were built and signed.
pub(crate) fn of_signed(session: &Session<'_>, packages: &[SignedRpm]) -> Result<Vec<Withheld>, Failure> {
    let secrets = embargo::secrets(session)?;
    if secrets.is_empty() {
        return Ok(Vec::new());
    }
    let state = channel::open_in(session, session.public_channel())?.current()?;
    let published: BTreeSet<_> =
        state.iter().flat_map(|state| &state.packages).map(|package| package.sha256).collect();
    let releases: BTreeSet<(&str, Evr)> = packages
        .iter()
        .filter(|package| !published.contains(&package.sha256()))
        .map(|package| (package.package(), package.nevra().evr.clone()))
        .collect();
    withheld(session, &secrets, releases)
}

fn withheld<'p>(
    session: &Session<'_>,
    secrets: &Secrets,
    releases: impl IntoIterator<Item = (&'p str, Evr)>,
) -> Result<Vec<Withheld>, Failure> {
    let mut withheld = Vec::new();
    for (name, evr) in releases {
        if let Some(public) = public_at(session, secrets, name, &evr)? {
            withheld.push(Withheld { package: name.to_owned(), evr, public });
        }
    }
    Ok(withheld)
}

/// The latest time at which something becomes public that this release of a package answers: advisories name it, or it has
/// a patch that tells, such as one for another package that has the same fault.
fn public_at(
    session: &Session<'_>,
    secrets: &Secrets,
    name: &str,
    evr: &Evr,
) -> Result<Option<Timestamp>, Failure> {
    let Some(package) = session.project.packages.get(name) else { return Ok(None) };
    Ok(times(session, secrets, package, evr)?.last().copied())
}

/// All such times.
fn times(
    session: &Session<'_>,
    secrets: &Secrets,
    package: &Package,
    evr: &Evr,
) -> Result<BTreeSet<Timestamp>, Failure> {
    let advisories = &session.project.advisories;
    let mut times: BTreeSet<Timestamp> = advisories
        .values()
        .filter(|advisory| !advisory.is_public(session.now) && answers(session, advisory, package, evr))
        .map(|advisory| advisory.public)
        .collect();
    if *evr >= package.evr(&session.target.dist) {
        for patch in &package.patches {
            let told = secrets.told_by(patch)?.into_iter();
            times.extend(told.filter_map(|id| advisories.get(id)).map(|told| told.public));
        }
    }
    Ok(times)
}

/// Whether a release of a package has the fix that an advisory tells of.
fn answers(session: &Session<'_>, advisory: &Advisory, package: &Package, evr: &Evr) -> bool {
    let has = |fix: &Fix| *evr >= fix.evr(package, &session.target);
    advisory
        .packages
        .iter()
        .filter(|advised| advised.name == package.name)
        .any(|advised| matches!(&advised.standing, Standing::Fixed(fix) if has(fix)))
}

/// Refuses to begin what would end in a public channel, by way of its log: packages that answer what is not public yet are
/// made in a private channel.
pub(crate) fn demand_none_planned(session: &Session<'_>, packages: &[Package]) -> Result<(), Failure> {
    if session.is_private() {
        return Ok(());
    }
    let withheld = of_plan(session, packages)?;
    let Some(first) = withheld.first() else { return Ok(()) };
    let is_other = |package: &&Package| withheld.iter().all(|one| one.package != package.name);
    let others: Vec<&str> = packages.iter().filter(is_other).map(|package| package.name.as_str()).collect();
    let others = match others.join(" ") {
        names if names.is_empty() => String::new(),
        names => format!("; the others can go out alone: xen4centos release {names}"),
    };
    Err(first.refusal().hint(Some(format!("{}{others}", private_way(session)))))
}

/// Refuses to publish what tells of an advisory before its time: a package alone does, by its changelog and its sources.
pub(crate) fn demand_none(session: &Session<'_>, packages: &[SignedRpm]) -> Result<(), Failure> {
    if session.is_private() {
        return Ok(());
    }
    match of_signed(session, packages)?.first() {
        None => Ok(()),
        Some(first) => Err(first.refusal().hint(Some(private_way(session)))),
    }
}

/// Says in private that of what a package answers the first part comes out too late.
pub(crate) fn warn_of_overlaps(session: &Session<'_>, packages: &[Package]) -> Result<(), Failure> {
    let secrets = embargo::secrets(session)?;
    if !session.is_private() || secrets.is_empty() {
        return Ok(());
    }
    for package in packages {
        let times = times(session, &secrets, package, &package.evr(&session.target.dist))?;
        if let (Some(first), Some(last)) = (times.first(), times.last().filter(|_| times.len() > 1)) {
            session.printer.warning(format!(
                "{}-{}-{} answers what is public at {first}, and what is at {last}: before that, `release --due` publishes \
                 neither; build the first alone, with a release of its own",
                package.name, package.version, package.release
            ));
        }
    }
    Ok(())
}

/// Names what is not due. What hosts should have by now, and do not get for the sake of something that is not, is an error.
pub(crate) fn tell(session: &Session<'_>, withheld: &[Withheld]) -> Result<(), Failure> {
    for one in withheld {
        session.printer.step("Not due", one.reason());
    }
    for one in withheld {
        if let Some(advisory) = one.overdue(session)? {
            let message = format!("{} is public, and {}", advisory.id, one.reason());
            let hint = "make a release of the package that has no more than the former";
            return Err(Failure::new(Kind::Refused, message).hint(Some(hint.to_owned())));
        }
    }
    Ok(())
}

/// How to go on meanwhile.
fn private_way(session: &Session<'_>) -> String {
    format!(
        "build, sign and check it in private ({}); at that time `release --due` publishes what was built",
        private_channel(session)
    )
}

/// The private channel that is for the session's one, or how to get one.
pub(crate) fn private_channel(session: &Session<'_>) -> String {
    let public = &session.public_channel().name;
    let private =
        session.target.channels.values().find(|channel| channel.private_of.as_ref() == Some(public));
    match private {
        Some(Channel { name, .. }) => format!("--channel {name}"),
        None => format!("a channel with `private-of = \"{public}\"` in {}", session.target.path),
    }
}
