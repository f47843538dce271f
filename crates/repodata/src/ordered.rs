//! A parallel map whose results come in order.
//!
//! Packages differ in size by four orders of magnitude, so threads take the next one when they are free; and
//! metadata has an order, so results are handed over in that of the items. Threads wait when they are too far
//! ahead of what was handed over, or when what waits is too much, so memory does not grow with the number of packages.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Condvar, Mutex, PoisonError},
};

/// How much a result takes while it waits.
pub(crate) trait Weigh {
    fn weight(&self) -> usize;
}

/// How far threads may get ahead of what was handed over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    /// At most so many results wait.
    pub(crate) results: usize,
    /// No further item is begun while those that wait weigh so much.
    pub(crate) weight: usize,
}

struct State<R> {
    /// Next item that nobody has taken.
    next: usize,
    /// Next result to hand over.
    due: usize,
    results: BTreeMap<usize, R>,
    /// Of all results.
    weight: usize,
    stopped: bool,
    /// Threads still at work; a thread that panicked is none.
    working: usize,
}

/// Ends a thread's share also when it panics, so that the others do not wait for ever; the panic itself goes on
/// when the scope ends.
struct Share<'a, R> {
    state: &'a Mutex<State<R>>,
    changed: &'a Condvar,
}

impl<R> Drop for Share<'_, R> {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.working -= 1;
        if std::thread::panicking() {
            state.stopped = true;
        }
        drop(state);
        self.changed.notify_all();
    }
}

/// Releases the waiting threads however the caller's thread leaves: done, stopped or panicking.
struct Stop<'a, R> {
    state: &'a Mutex<State<R>>,
    changed: &'a Condvar,
}

impl<R> Drop for Stop<'_, R> {
    fn drop(&mut self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.changed.notify_all();
    }
}

/// Calls `work` on every item from `workers` threads, and `emit` with each result, in the items' order, on the
/// caller's thread. Stops when `emit` says so.
pub(crate) fn map_in_order<T: Sync, R: Send + Weigh>(
    items: &[T],
    workers: usize,
    ahead: Ahead,
    work: impl Fn(&T) -> R + Sync,
    mut emit: impl FnMut(R) -> ControlFlow<()>,
) {
    let workers = workers.clamp(1, items.len().max(1));
    let results = BTreeMap::new();
    let state = Mutex::new(State { next: 0, due: 0, results, weight: 0, stopped: false, working: workers });
    let changed = Condvar::new();
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let take = || {
        let mut state = lock();
        // The item that is due is always begun: nothing can be handed over before it.
        let too_far = |state: &State<R>| {
            state.next >= state.due + ahead.results || state.weight >= ahead.weight && state.next > state.due
        };
        while !state.stopped && state.next < items.len() && too_far(&state) {
            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let index = state.next;
        state.next += 1;
        (!state.stopped && index < items.len()).then_some(index)
    };
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let share = Share { state: &state, changed: &changed };
                while let Some(index) = take() {
                    let result = work(&items[index]);
                    let mut state = lock();
                    state.weight += result.weight();
                    state.results.insert(index, result);
                    drop(state);
                    changed.notify_all();
                }
                drop(share);
            });
        }
        let _stop = Stop { state: &state, changed: &changed };
        for due in 0..items.len() {
            let mut state = lock();
            let result = loop {
                if let Some(result) = state.results.remove(&due) {
                    break result;
                }
                if state.working == 0 {
                    return;
                }
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            state.due = due + 1;
            state.weight -= result.weight();
            drop(state);
            changed.notify_all();
            if emit(result).is_break() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A number weighs as much as it is.
    impl Weigh for usize {
        fn weight(&self) -> usize {
            *self
        }
    }

    const FEW: Ahead = Ahead { results: 4, weight: usize::MAX };

    #[test]
    fn what_waits_is_not_heavy() {
        let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        map_in_order(
            &[30_usize; 200],
            4,
            Ahead { results: 100, weight: 100 },
            |item| {
                let now = held.fetch_add(*item, Ordering::SeqCst) + item;
                most.fetch_max(now, Ordering::SeqCst);
                *item
            },
            |result| {
                std::thread::yield_now();
                held.fetch_sub(result, Ordering::SeqCst);
                ControlFlow::Continue(())
            },
        );
        // What waits, what each thread is at, and what is handed over.
        assert!(most.into_inner() <= 100 + 30 * (4 + 1 + 1));
        let seen = AtomicUsize::new(0);
        let all_too_heavy = Ahead { results: 100, weight: 0 };
        map_in_order(
            &[1_usize; 50],
            4,
            all_too_heavy,
            |item| *item,
            |result| {
                seen.fetch_add(result, Ordering::SeqCst);
                ControlFlow::Continue(())
            },
        );
        assert_eq!(seen.into_inner(), 50, "one by one");
    }

    #[test]
    fn results_come_in_order_and_no_thread_runs_far_ahead() {
        let items: Vec<usize> = (0..500).collect();
        let (started, mut seen) = (AtomicUsize::new(0), Vec::new());
        map_in_order(
            &items,
            4,
            Ahead { results: 8, weight: usize::MAX },
            |item| {
                started.fetch_add(1, Ordering::SeqCst);
                std::thread::yield_now();
                item * 2
            },
            |result| {
                assert!(started.load(Ordering::SeqCst) <= seen.len() + 1 + 8);
                seen.push(result);
                ControlFlow::Continue(())
            },
        );
        assert_eq!(seen, items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn stops_when_told() {
        let items: Vec<usize> = (0..1000).collect();
        let mut seen = 0;
        map_in_order(
            &items,
            2,
            FEW,
            |item| *item,
            |_| {
                seen += 1;
                if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(seen, 3);
        map_in_order(&[] as &[usize], 2, FEW, |item| *item, |_| ControlFlow::Continue(()));
    }
}
