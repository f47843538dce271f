//! What the solver says of what it can not do. Its prose is passed on; what is read of it are lists of packages.

use std::{collections::BTreeMap, fmt};

use super::transaction::placed;

/// What can not be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refusal {
    /// Why, in the solver's words.
    pub reason: String,
    /// Packages of which no two can be installed, each with the other.
    pub excluded: Vec<Exclusion>,
    /// What would have to go or to be replaced for it to be done; one of these, where there are several.
    pub would_take: Vec<String>,
}

/// Two packages of which a host can have one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Exclusion {
    /// The one that would come.
    pub package: String,
    /// The other.
    pub other: String,
    /// Whether that is installed.
    pub installed: bool,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)?;
        let told = |exclusion: &&Exclusion| {
            self.reason.contains(&exclusion.package) && self.reason.contains(&exclusion.other)
        };
        for Exclusion { package, other, installed } in
            self.excluded.iter().filter(|exclusion| !told(exclusion))
        {
            let what = if *installed { ", which is installed" } else { "" };
            write!(formatter, "; {package} excludes {other}{what}")?;
        }
        if self.would_take.is_empty() {
            return Ok(());
        }
        write!(formatter, " (it would take {})", self.would_take.join(", or "))
    }
}

/// The problems of an answer, by their reasons.
pub(super) fn refusals(answer: &str) -> Vec<Refusal> {
    let mut problems: BTreeMap<&str, Refusal> = BTreeMap::new();
    // A way out may have several parts; what only gives up what was asked for is none.
    let mut ways_out: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    let mut proofs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in answer.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(kind), Some(problem), Some(rest)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        if kind == "proof" {
            proofs.entry(problem).or_default().push(rest);
        }
        if kind != "problem" {
            continue;
        }
        let refusal = problems.entry(problem).or_default();
        if let Some(reason) = rest.strip_prefix("info ") {
            reason.clone_into(&mut refusal.reason);
        } else if let Some(solution) = rest.strip_prefix("solution ")
            && let Some((way, part)) = part_of_a_way_out(solution)
        {
            let parts = ways_out.entry((problem, way)).or_default();
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    for ((problem, _), parts) in ways_out {
        if let Some(refusal) = problems.get_mut(problem) {
            refusal.would_take.push(parts.join(" and "));
        }
    }
    for (problem, proof) in proofs {
        if let Some(refusal) = problems.get_mut(problem) {
            refusal.excluded = exclusions(&proof);
        }
    }
    let mut refusals: Vec<Refusal> = problems.into_values().collect();
    refusals.sort_by(|left, right| left.reason.cmp(&right.reason));
    refusals.dedup_by(|left, right| left.reason == right.reason);
    refusals
}

fn part_of_a_way_out(solution: &str) -> Option<(&str, String)> {
    match solution.split(' ').collect::<Vec<_>>().as_slice() {
        [way, "erase", package] => Some((*way, format!("removing {}", placed(package).0))),
        [way, "replace", installed, package] => {
            Some((*way, format!("replacing {} by {}", placed(installed).0, placed(package).0)))
        }
        _ => None,
    }
}

/// A proof is a list of clauses: a line `NUMBER KIND HASH`, and a line `NUMBER: [-->] [-]PACKAGE` for each package. A
/// clause about packages that has two, both with a minus, says that they exclude one another.
fn exclusions(proof: &[&str]) -> Vec<Exclusion> {
    let mut clauses: Vec<Vec<&str>> = Vec::new();
    for line in proof {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [_, kind, _hash] if *kind != "-->" => clauses.push(vec![kind]),
            [_, "-->", package] | [_, package] => {
                clauses.last_mut().into_iter().for_each(|it| it.push(package));
            }
            _ => {}
        }
    }
    let mut found: Vec<Exclusion> = Vec::new();
    for clause in clauses {
        let ["pkg", left, right] = clause.as_slice() else { continue };
        let (Some(left), Some(right)) = (left.strip_prefix('-'), right.strip_prefix('-')) else { continue };
        let (left, right) = (placed(left), placed(right));
        let (package, other) = if left.1 == INSTALLED { (right, left) } else { (left, right) };
        let exclusion = Exclusion { installed: other.1 == INSTALLED, package: package.0, other: other.0 };
        if !found.contains(&exclusion) {
            found.push(exclusion);
        }
    }
    found
}

/// What [`placed`] calls the repository of what is installed.
pub(super) const INSTALLED: &str = "installed";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &str, expect: &[&str]) {
        let told: Vec<String> = refusals(answer).iter().map(ToString::to_string).collect();
        assert_eq!(told, expect);
    }

    #[test]
    fn problems_with_their_ways_out() {
        check(
            "problem 4e info package d-1-1.x86_64 requires e = 1, but none of the providers can be installed\n\
             problem 4e solution 64 deljob install name d\n\
             problem 4e solution ed allow e-1-1.x86_64@repository\n\
             problem 4e solution ed replace e-2-1.x86_64@@System e-1-1.x86_64@repository\n\
             proof 4e   0 update dd\n\
             proof 4e   0: -->  e-2-1.x86_64@@System\n\
             proof 4e   2 pkg 2f\n\
             proof 4e   2:     -e-2-1.x86_64@@System\n\
             proof 4e   2: --> -e-1-1.x86_64@repository\n\
             proof 4e   3 pkg 96\n\
             proof 4e   3:      e-1-1.x86_64@repository\n\
             proof 4e   3:     -d-1-1.x86_64@repository\n\
             problem 5a info nothing provides f needed by g-1-1.x86_64\n\
             problem 5a solution 01 erase h-1-1.noarch@@System\n\
             problem 5a solution 01 erase i-1-1.noarch@@System\n\
             problem 5a solution 02 erase j-1-1.noarch@@System\n",
            &[
                "nothing provides f needed by g-1-1.x86_64 (it would take removing h-1-1.noarch and removing \
                 i-1-1.noarch, or removing j-1-1.noarch)",
                "package d-1-1.x86_64 requires e = 1, but none of the providers can be installed; e-1-1.x86_64 excludes \
                 e-2-1.x86_64, which is installed (it would take replacing e-2-1.x86_64 by e-1-1.x86_64)",
            ],
        );
    }

    #[test]
    fn what_the_reason_says_is_not_said_again() {
        check(
            "problem a3 info package a-1-1.x86_64 conflicts with b < 2 provided by b-1-1.x86_64\n\
             proof a3   2 pkg 2f\nproof a3   2:     -a-1-1.x86_64@repository\nproof a3   2:     -b-1-1.x86_64@@System\n",
            &["package a-1-1.x86_64 conflicts with b < 2 provided by b-1-1.x86_64"],
        );
    }
}
