//! Several packages at once, each after those that it is built after.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use xen4centos_process::StopFlag;

/// For each package, the packages that must be built before it. Names that are not packages of the plan count as
/// built.
pub type Plan = BTreeMap<String, BTreeSet<String>>;

/// What happens to the others when one fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// What runs may end; nothing new begins.
    Finish,
    /// What runs is killed.
    Kill,
}

/// What became of a plan.
#[derive(Debug)]
#[must_use]
pub struct Outcome<T, E> {
    /// By package.
    pub done: BTreeMap<String, T>,
    /// In the order in which they failed: the first is the cause.
    pub failed: Vec<(String, E)>,
    /// Never begun, because something failed, was stopped, or waits for itself.
    pub skipped: BTreeSet<String>,
}

struct State<T, E> {
    waiting: BTreeSet<String>,
    running: BTreeSet<String>,
    outcome: Outcome<T, E>,
}

/// Runs `work` for every package of the plan on at most `workers` threads. `stop` ends it early from outside; with
/// [`OnFailure::Kill`] the first failure raises it.
pub fn run_plan<T: Send, E: Send>(
    plan: &Plan,
    workers: usize,
    on_failure: OnFailure,
    stop: &StopFlag,
    work: impl Fn(&str) -> Result<T, E> + Sync,
) -> Outcome<T, E> {
    let state = Mutex::new(State {
        waiting: plan.keys().cloned().collect(),
        running: BTreeSet::new(),
        outcome: Outcome { done: BTreeMap::new(), failed: Vec::new(), skipped: BTreeSet::new() },
    });
    let changed = Condvar::new();
    let worker = || {
        while let Some(package) = next(plan, &state, &changed, stop) {
            let result = work(&package);
            let mut state = lock(&state);
            state.running.remove(&package);
            match result {
                Ok(value) => drop(state.outcome.done.insert(package, value)),
                Err(error) => {
                    if on_failure == OnFailure::Kill {
                        stop.raise();
                    }
                    state.outcome.failed.push((package, error));
                }
            }
            changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, plan.len().max(1)) {
            scope.spawn(worker);
        }
    });
    let mut state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state.outcome.skipped = state.waiting;
    state.outcome
}

/// The next package to work on; `None` when there will be none for this worker.
fn next<T, E>(plan: &Plan, state: &Mutex<State<T, E>>, changed: &Condvar, stop: &StopFlag) -> Option<String> {
    let mut state = lock(state);
    loop {
        if state.waiting.is_empty() || !state.outcome.failed.is_empty() || stop.is_raised() {
            return None;
        }
        let ready = |package: &&String| {
            let before = &plan[package.as_str()];
            before.iter().all(|name| state.outcome.done.contains_key(name) || !plan.contains_key(name))
        };
        if let Some(package) = state.waiting.iter().find(ready).cloned() {
            state.waiting.remove(&package);
            state.running.insert(package.clone());
            return Some(package);
        }
        if state.running.is_empty() {
            return None;
        }
        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

/// A worker that panicked leaves the state as valid as any other: it is changed in single steps.
fn lock<S>(state: &Mutex<S>) -> MutexGuard<'_, S> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn plan(edges: &[(&str, &[&str])]) -> Plan {
        edges
            .iter()
            .map(|(name, before)| ((*name).to_owned(), before.iter().map(|&name| name.to_owned()).collect()))
            .collect()
    }

    fn names<T, E>(outcome: &Outcome<T, E>) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
        (
            outcome.done.keys().map(String::as_str).collect(),
            outcome.failed.iter().map(|(name, _)| name.as_str()).collect(),
            outcome.skipped.iter().map(String::as_str).collect(),
        )
    }

    #[test]
    fn order_is_kept_and_all_are_built() {
        let plan = plan(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d", "already-there"]), ("d", &[])]);
        let order = Mutex::new(Vec::new());
        let outcome: Outcome<(), ()> = run_plan(&plan, 3, OnFailure::Finish, &StopFlag::default(), |name| {
            lock(&order).push(name.to_owned());
            Ok(())
        });
        assert_eq!(names(&outcome).0, ["a", "b", "c", "d"]);
        let order = order.into_inner().unwrap();
        assert_eq!((order.first().unwrap().as_str(), order.last().unwrap().as_str()), ("d", "a"));
    }

    #[test]
    fn independent_packages_run_at_the_same_time() {
        let plan = plan(&[("a", &[]), ("b", &[])]);
        let meeting = std::sync::Barrier::new(2);
        let outcome: Outcome<(), ()> = run_plan(&plan, 2, OnFailure::Finish, &StopFlag::default(), |_| {
            meeting.wait();
            Ok(())
        });
        assert_eq!(outcome.done.len(), 2);
    }

    #[test]
    fn failure_lets_the_others_finish_or_stops_them() {
        for (on_failure, expect) in [(OnFailure::Finish, false), (OnFailure::Kill, true)] {
            let plan = plan(&[("bad", &[]), ("running", &[]), ("then", &["running"])]);
            let stop = StopFlag::default();
            let both_run = std::sync::Barrier::new(2);
            let outcome: Outcome<(), ()> = run_plan(&plan, 2, on_failure, &stop, |name| {
                both_run.wait();
                if name == "bad" {
                    return Err(());
                }
                std::thread::sleep(Duration::from_millis(100));
                Ok(())
            });
            assert_eq!(names(&outcome), (vec!["running"], vec!["bad"], vec!["then"]));
            assert_eq!(stop.is_raised(), expect);
        }
    }

    #[test]
    fn circle_is_skipped_not_waited_for() {
        let plan = plan(&[("a", &["b"]), ("b", &["a"]), ("c", &[])]);
        let outcome: Outcome<(), ()> =
            run_plan(&plan, 2, OnFailure::Finish, &StopFlag::default(), |_| Ok(()));
        assert_eq!(names(&outcome), (vec!["c"], vec![], vec!["a", "b"]));
    }
}
