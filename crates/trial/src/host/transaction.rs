//! The solver's answer.

use std::collections::BTreeSet;

use super::{
    SolverPackage,
    refusal::{INSTALLED, Refusal},
};

/// A package that comes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Arrival {
    /// `name-[epoch:]version-release.arch`
    pub package: String,
    /// The repository that has it.
    pub from: String,
}

/// A package that takes the place of another version.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Replacement {
    /// What is installed.
    pub installed: String,
    /// What comes.
    pub package: String,
    /// The repository that has it.
    pub from: String,
}

/// A package that goes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Removal {
    /// What is installed.
    pub package: String,
    /// What obsoletes it.
    pub obsoleted_by: Option<String>,
}

/// What yum would do when it is asked for something.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobReport {
    /// As an administrator types it.
    pub job: String,
    /// What comes new, or beside what is there.
    pub install: Vec<Arrival>,
    /// What becomes newer.
    pub update: Vec<Replacement>,
    /// What goes.
    pub remove: Vec<Removal>,
    /// Why it stops. The lists above then say what could be done without what is refused.
    pub refused: Vec<Refusal>,
}

impl JobReport {
    /// Adds what the solver does.
    pub(super) fn take_transaction(&mut self, answer: &str) {
        for line in answer.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["install", package] => {
                    let (package, from) = placed(package);
                    self.install.push(Arrival { package, from });
                }
                ["upgrade" | "downgrade" | "change" | "reinstall", installed, package] => {
                    let (package, from) = placed(package);
                    self.update.push(Replacement { installed: placed(installed).0, package, from });
                }
                ["erase", package, by @ ..] => self.remove.push(Removal {
                    package: placed(package).0,
                    obsoleted_by: by.first().map(|by| placed(by).0),
                }),
                _ => {}
            }
        }
    }

    /// Adds what rpm says of the packages that would come, of all that are `offered`: it refuses the whole transaction, even
    /// with `--skip-broken`, and nothing of it is done.
    pub(super) fn ask_rpm<'p>(&mut self, offered: impl IntoIterator<Item = &'p SolverPackage>) {
        let arriving = self.install.iter().map(|one| &one.package);
        let arriving: BTreeSet<&String> =
            arriving.chain(self.update.iter().map(|one| &one.package)).collect();
        let reasons: BTreeSet<&String> = offered
            .into_iter()
            .filter(|package| {
                !package.refused_by_rpm.is_empty() && arriving.contains(&package.nevra.to_string())
            })
            .flat_map(|package| &package.refused_by_rpm)
            .collect();
        if reasons.is_empty() {
            return;
        }
        let refusal = |reason: &&String| Refusal { reason: (*reason).clone(), ..Refusal::default() };
        let refusals: Vec<Refusal> = reasons.iter().map(refusal).collect();
        self.refused.extend(refusals);
        (self.install, self.update, self.remove) = Default::default();
    }
}

/// `name-version-release.arch@repository`, cut; the repository of what is installed is `@System`.
pub(super) fn placed(text: &str) -> (String, String) {
    let cut = text.strip_suffix("@@System").map(|package| (package, INSTALLED));
    let (package, from) = cut.or_else(|| text.rsplit_once('@')).unwrap_or((text, ""));
    (package.to_owned(), from.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let answer = "erase a-1-1.x86_64@@System b-1-1.x86_64@repository\ninstall b-1-1.x86_64@repository\n\
                      upgrade c-1-1.noarch@@System c-2-1.noarch@base\n";
        let mut report = JobReport::default();
        report.take_transaction(answer);
        assert_eq!(
            report.install,
            [Arrival { package: "b-1-1.x86_64".to_owned(), from: "repository".to_owned() }]
        );
        assert_eq!(report.update[0].installed, "c-1-1.noarch");
        let mut refused = SolverPackage::named("c-2-1.noarch".parse().unwrap());
        refused.refused_by_rpm = vec!["rpmlib(X) is needed by c".to_owned()];
        let other = SolverPackage { nevra: "c-1-1.noarch".parse().unwrap(), ..refused.clone() };
        let mut asked = report.clone();
        asked.ask_rpm([&other]);
        assert_eq!(asked, report);
        asked.ask_rpm([&other, &refused]);
        let told: Vec<String> = asked.refused.iter().map(ToString::to_string).collect();
        assert_eq!((told.as_slice(), asked.install.len()), (&["rpmlib(X) is needed by c".to_owned()][..], 0));
        assert_eq!(report.remove[0].obsoleted_by.as_deref(), Some("b-1-1.x86_64"));
    }
}
