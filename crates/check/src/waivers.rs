//! Findings that a target's people take: each for a stated reason, and until a stated day.

use camino::Utf8Path;
use xen4centos_manifest::Waiver;

use crate::{CheckError, Finding, WaiverFault, explanation::hint_for, family, pattern::matches, rule};

/// By what a finding is waived.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waived {
    /// Why it may be so.
    pub reason: String,
    /// The last day, `YYYY-MM-DD`.
    pub expires: String,
    /// File and line of the waiver.
    pub place: String,
}

/// The waivers of a target, and which of them were of use.
#[derive(Debug)]
pub struct Waivers<'a>(Vec<(&'a Waiver, bool)>);

impl<'a> Waivers<'a> {
    /// Takes them at a time in seconds since 1970.
    ///
    /// # Errors
    /// [`CheckError::Waivers`]: those that are expired, or for which there is no rule.
    pub fn new(waivers: &'a [Waiver], now: u64) -> Result<Self, CheckError> {
        match Self::holding(waivers, now) {
            (waivers, None) => Ok(waivers),
            (_, Some(error)) => Err(error),
        }
    }

    /// Takes those that hold; with them [`CheckError::Waivers`] of the others, if there are any.
    pub fn holding(waivers: &'a [Waiver], now: u64) -> (Self, Option<CheckError>) {
        let (mut holding, mut faults) = (Vec::new(), Vec::new());
        for waiver in waivers {
            match fault(waiver, now) {
                Some(fault) => faults.push(fault),
                None => holding.push((waiver, false)),
            }
        }
        (Self(holding), (!faults.is_empty()).then_some(CheckError::Waivers(faults)))
    }

    /// Marks the findings that are waived; the first waiver that fits is taken.
    pub fn apply(&mut self, findings: &mut [Finding]) {
        for finding in findings {
            if let Some((waiver, used)) = self.0.iter_mut().find(|(waiver, _)| covers(waiver, finding)) {
                *used = true;
                finding.waived = Some(Waived {
                    reason: waiver.reason.clone(),
                    expires: waiver.expires.to_string(),
                    place: waiver.place(),
                });
            }
        }
    }

    /// Those that no finding has needed yet, one line each, of those that might have been needed.
    pub fn unused(&self, scope: WaiverScope<'_>) -> impl Iterator<Item = String> {
        let unused = self.0.iter().filter(move |(waiver, used)| !used && scope.has(waiver));
        unused.map(|(waiver, _)| {
            format!(
                "{}: the waiver of {} for `{}` is for nothing that was found",
                waiver.place(),
                waiver.code,
                waiver.subject
            )
        })
    }
}

/// What was looked at, and with it which waivers might have been needed.
#[derive(Clone, Copy, Debug)]
pub enum WaiverScope<'a> {
    /// A whole repository.
    Repository,
    /// Recorded hosts.
    Hosts,
    /// No more than these, by their names.
    Files(&'a [&'a str]),
}

impl WaiverScope<'_> {
    fn has(self, waiver: &Waiver) -> bool {
        let is_of_hosts = family(&waiver.code) == "hosts";
        match self {
            Self::Repository => !is_of_hosts,
            Self::Hosts => is_of_hosts,
            Self::Files(names) => !is_of_hosts && names.iter().any(|name| matches(&waiver.subject, name)),
        }
    }
}

fn fault(waiver: &Waiver, now: u64) -> Option<WaiverFault> {
    let place = waiver.place();
    if rule(&waiver.code).is_none() {
        let message = format!("there is no rule `{}`", waiver.code);
        return Some(WaiverFault { place, message, hint: hint_for(&waiver.code) });
    }
    waiver.is_expired(now).then(|| WaiverFault {
        place,
        message: format!(
            "the waiver of {} for `{}` expired on {}",
            waiver.code, waiver.subject, waiver.expires
        ),
        hint: "mend what it was for, or give it another day and say why".to_owned(),
    })
}

fn covers(waiver: &Waiver, finding: &Finding) -> bool {
    // In a repository a subject is a path; who writes a waiver thinks of the package.
    let name = Utf8Path::new(&finding.subject).file_name().unwrap_or_default();
    waiver.code == finding.code
        && (matches(&waiver.subject, &finding.subject) || matches(&waiver.subject, name))
        && waiver.message.as_ref().is_none_or(|pattern| matches(pattern, &finding.message))
}
