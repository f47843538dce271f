//! Build requests → packages, several at once where their order allows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_build::{
    BuildError, BuildResult, Conditions, Event, OnFailure, Plan, ProjectState, Reporter, WorkTree, build,
    existing, run_plan,
};
use xen4centos_process::{Invocation, StopFlag, Tool};

use crate::{
    args::KeyArgs,
    failure::Failure,
    pipeline::{advisories, keys, plan::Planned, proofs, releases},
    printer::{Activity, Printer},
    session::Session,
    settings,
};

/// Far longer than git takes; what it says is worth no hang.
const GIT_LIMIT: Duration = Duration::from_secs(30);

/// Builds what the same inputs have not given before; all of it, in the order of `planned`.
pub(crate) fn build_all(
    session: &Session<'_>,
    planned: &[Planned],
    key: &KeyArgs,
) -> Result<Vec<BuildResult>, Failure> {
    let builds = session.work("builds");
    let requests: BTreeMap<&str, &Planned> =
        planned.iter().map(|planned| (planned.package.name.as_str(), planned)).collect();
    let order: Plan = planned.iter().map(|planned| (planned.package.name.clone(), before(planned))).collect();
    let narrator = Narrator { printer: session.printer, activities: Mutex::default() };
    let stop = StopFlag::default();
    let clock = settings::now;
    let hidden = hidden(session, key)?;
    let project = || project_state(&session.project.root);
    let conditions = Conditions {
        builds: &builds,
        hidden: &hidden,
        reporter: &narrator,
        clock: &clock,
        program: concat!("xen4centos ", env!("CARGO_PKG_VERSION")),
        project: &project,
        stop: &stop,
    };
    advisories::demand_new_ids(session)?;
    releases::demand_earlier(session, planned)?;
    proofs::demand(session, planned, &conditions)?;
    let workers = planned.iter().map(|planned| planned.request.jobs).max().unwrap_or(1);
    let outcome = run_plan(&order, workers, OnFailure::Finish, &stop, |name| {
        build(&requests[name].request, &conditions)
    });
    let mut failures = outcome.failed.into_iter().map(|(_, error)| Failure::from(error));
    if let Some(first) = failures.next() {
        // The first is how the run ends; the others have logs of their own and are no less failed.
        for other in failures {
            session.printer.error(&other, other.way_out());
        }
        return Err(first);
    }
    let mut done = outcome.done;
    let result = |planned: &Planned| done.remove(&planned.package.name);
    let results: Vec<BuildResult> = planned.iter().filter_map(result).collect();
    proofs::attach(session, planned, &results)?;
    Ok(results)
}

/// What code of others is not to see, besides keys: the maintainer's own files, what was signed, and the sockets of
/// agents, behind which keys are too. What the environment names counts for commands that take no key.
pub(crate) fn hidden(session: &Session<'_>, key: &KeyArgs) -> Result<Vec<Utf8PathBuf>, Failure> {
    let here = settings::current_directory()?;
    let mut paths = keys::secret_paths(session, key)?;
    paths.extend([session.work("signed"), Utf8PathBuf::from("/run/user")]);
    let named = ["HOME", "GNUPGHOME", "XDG_RUNTIME_DIR", "XEN4CENTOS_KEY", "XEN4CENTOS_PASSPHRASE_FILE"];
    paths.extend(named.into_iter().filter_map(settings::environment).map(|path| here.join(path)));
    paths.extend(settings::environment("SSH_AUTH_SOCK").and_then(|socket| around(Utf8Path::new(&socket))));
    let buses = settings::environment("DBUS_SESSION_BUS_ADDRESS").unwrap_or_default();
    paths.extend(bus_sockets(&buses).filter_map(around));
    Ok(paths)
}

/// The directory of a socket: an agent started later puts its own there. One directly below `/` holds too much that a
/// build needs; sockets that are there now are covered anyway.
fn around(socket: &Utf8Path) -> Option<Utf8PathBuf> {
    let directory = socket.parent().filter(|_| socket.is_absolute())?;
    directory.parent()?.parent().map(|_| directory.to_owned())
}

/// From addresses such as `unix:path=/run/user/1000/bus,guid=1f2e;unix:abstract=/tmp/dbus`.
fn bus_sockets(addresses: &str) -> impl Iterator<Item = &Utf8Path> {
    let keys = addresses.split(';').filter_map(|address| address.strip_prefix("unix:"));
    keys.flat_map(|keys| keys.split(',')).filter_map(|key| key.strip_prefix("path=")).map(Utf8Path::new)
}

/// What git says of the project, if it keeps it: a directory that only lies in a checkout is none. A checkout that git
/// refuses to read, such as another user's, is not known either. The work directory is ignored by git.
fn project_state(project: &Utf8Path) -> Option<ProjectState> {
    if !project.join(".git").exists() {
        return None;
    }
    let git = |arguments: &[&str]| {
        let git = Invocation::new(Tool::Git, project).arg("--no-optional-locks").args(arguments);
        git.time_limit(GIT_LIMIT).run().ok().map(|output| output.text())
    };
    let commit = git(&["rev-parse", "--verify", "HEAD"])?;
    let changes = git(&["status", "--porcelain"])?;
    let work_tree = if changes.is_empty() { WorkTree::Clean } else { WorkTree::Changed };
    Some(ProjectState { commit, work_tree })
}

/// The packages that the same inputs gave before, by package name.
pub(crate) fn built_before(
    session: &Session<'_>,
    planned: &[Planned],
) -> Result<BTreeMap<String, BuildResult>, BuildError> {
    let builds = session.work("builds");
    let mut found = BTreeMap::new();
    for planned in planned {
        if let Some(result) = existing(&planned.request, &builds)? {
            found.insert(planned.package.name.clone(), result);
        }
    }
    Ok(found)
}

fn before(planned: &Planned) -> BTreeSet<String> {
    planned.package.build_after.iter().cloned().collect()
}

struct Narrator<'a> {
    printer: &'a Printer,
    activities: Mutex<BTreeMap<String, Activity>>,
}

impl Narrator<'_> {
    fn activity(&self, package: &str, what: &str) {
        let mut activities = self.activities.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let text = format!("{package}: {what}");
        match activities.get(package) {
            Some(activity) => activity.message(text),
            None => drop(activities.insert(package.to_owned(), self.printer.activity("Building", text))),
        }
    }

    fn end(&self, package: &str) {
        let mut activities = self.activities.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(activities.remove(package));
    }
}

impl Reporter for Narrator<'_> {
    fn event(&self, package: &str, event: Event<'_>) {
        match event {
            Event::Waiting => {
                self.printer.step("Waiting", format!("{package} is being built by another run"));
            }
            Event::Started { log } => {
                self.printer.step("Building", format!("{package} (log: {log})"));
                self.activity(package, "starting");
            }
            Event::Phase(phase) => {
                self.printer.detail(format!("{package}: {phase}"));
                self.activity(package, phase);
            }
            Event::Line(line) => self.printer.detail(format!("{package}| {line}")),
            Event::Wrote(file) => self.printer.detail(format!("{package}: wrote {file}")),
            Event::Finished { packages } => {
                self.end(package);
                self.printer.step("Built", format!("{package}: {packages} packages"));
            }
            Event::Prepared | Event::Failed => self.end(package),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_looked_for_where_the_environment_says() {
        let addresses =
            "unix:path=/srv/buses/one,guid=12;tcp:host=localhost;unix:abstract=/a;unix:guid=3,path=/b";
        let sockets: Vec<_> = bus_sockets(addresses).collect();
        assert_eq!(sockets, ["/srv/buses/one", "/b"]);
        assert_eq!(around(sockets[0]), Some("/srv/buses".into()));
        for unusable in ["/b", "/opt/b", "relative/a/b"] {
            assert_eq!(around(Utf8Path::new(unusable)), None);
        }
    }
}
