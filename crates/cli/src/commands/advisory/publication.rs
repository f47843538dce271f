//! Whether hosts can have what the project says is fixed.

use xen4centos_advisory::{Row, Unproven, Verdict, unproven};
use xen4centos_artifact::Evr;
use xen4centos_publish::State;

use crate::{
    failure::Failure,
    pipeline::{advisories, channel},
    session::Session,
};

/// What the session's channel has.
pub(super) struct Publication<'s> {
    session: &'s Session<'s>,
    /// None where nothing was published from here: then the channel may be elsewhere.
    state: Option<State>,
    unproven: Vec<Unproven>,
}

impl<'s> Publication<'s> {
    pub(super) fn of(session: &'s Session<'_>) -> Result<Self, Failure> {
        let state = channel::current(session)?;
        let packages = state.as_ref().map(|state| state.packages.as_slice()).unwrap_or_default();
        let known = advisories::evidence(session, packages)?;
        let shipped = advisories::shipped(packages, &known);
        let unproven = unproven(&session.project, &session.target, &shipped, session.now);
        Ok(Self { session, state, unproven })
    }

    /// What keeps hosts from a fix, as far as that is known.
    pub(super) fn lacks(&self, row: &Row) -> Option<&'static str> {
        let Verdict::Fixed { release, advisory, .. } = &row.verdict else { return None };
        let package = row.package.as_ref()?;
        let announced = advisory.as_ref().and_then(|id| self.session.project.advisories.get(id));
        if announced.is_some_and(|advisory| !advisory.is_public(self.session.now)) {
            return Some("not public yet");
        }
        let fixed: Evr = release.strip_prefix(package.as_str())?.strip_prefix('-')?.parse().ok()?;
        let state = self.state.as_ref()?;
        let own = state.packages.iter().filter(|published| published.source == *package);
        if !own.map(|published| &published.nevra.evr).any(|evr| *evr >= fixed) {
            return Some("not published");
        }
        let is_it = |unproven: &&Unproven| {
            unproven.package == *package && Some(&unproven.advisory) == advisory.as_ref()
        };
        self.unproven.iter().find(is_it).map(|_| "nothing shows that what is published has it")
    }
}
