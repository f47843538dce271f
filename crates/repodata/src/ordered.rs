//! A parallel map whose results come in order.
//!
//! Packages differ in size by four orders of magnitude, so threads take the next one when they are free; and
//! metadata has an order, so results are handed over in that of the items. Nothing is begun that is too far ahead of what was
//! handed over, or while what waits is too much, so memory does not grow with the number of packages.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use rayon::ThreadPool;

/// How much a result takes while it waits.
pub(crate) trait Weigh {
    fn weight(&self) -> usize;
}

/// How far threads may get ahead of what was handed over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    /// At most so many items that were begun, or results that wait.
    pub(crate) items: usize,
    /// No further item is begun while those that wait weigh so much.
    pub(crate) weight: usize,
    /// A thread begins when there is room for so many items: waking one costs as much as a small package.
    pub(crate) parcel: usize,
}

/// What is to be begun, and what waits to be handed over.
struct Progress<R> {
    /// The first item that was not handed over.
    due: usize,
    /// The first item that was not begun, and how many there are.
    next: usize,
    count: usize,
    /// Threads that work.
    busy: usize,
    waiting: BTreeMap<usize, R>,
    weight: usize,
    /// Whether a thread has panicked, or nobody wants more.
    is_over: bool,
}

impl<R: Weigh> Progress<R> {
    /// Whether `more` items may be begun. The one that is due always may: nothing can be handed over before it.
    fn has_room(&self, more: usize, ahead: Ahead) -> bool {
        let end = self.count.min(self.next + more);
        let room = end <= self.due + ahead.items && self.weight < ahead.weight;
        !self.is_over && self.next < self.count && (room || self.next == self.due)
    }
}

/// Where threads get items from, and bring results to.
pub(crate) struct Supply<'a, T, R> {
    items: &'a [T],
    ahead: Ahead,
    progress: Mutex<Progress<R>>,
    /// Something happened that the caller's thread waits for.
    news: Condvar,
}

impl<'a, T, R: Weigh> Supply<'a, T, R> {
    fn new(items: &'a [T], ahead: Ahead) -> Self {
        let (count, waiting) = (items.len(), BTreeMap::new());
        let progress = Progress { due: 0, next: 0, count, busy: 0, waiting, weight: 0, is_over: false };
        Self { items, ahead, progress: Mutex::new(progress), news: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Progress<R>> {
        // Nothing that panics is done with it.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next item and its place, if one may be begun now. Its result has to be brought, and what a thread has got must be
    /// brought before it ends, or waits for something.
    pub(crate) fn next(&self) -> Option<(usize, &'a T)> {
        let mut progress = self.lock();
        if !progress.has_room(1, self.ahead) {
            return None;
        }
        progress.next += 1;
        let index = progress.next - 1;
        Some((index, self.items.get(index)?))
    }

    /// Whether results are of no use any more.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Takes results with the places of their items.
    pub(crate) fn put(&self, results: impl IntoIterator<Item = (usize, R)>) {
        let mut progress = self.lock();
        for (index, result) in results {
            progress.weight += result.weight();
            progress.waiting.insert(index, result);
        }
        if progress.waiting.contains_key(&progress.due) {
            self.news.notify_one();
        }
    }

    /// The result that is due, when it is there; `begin` sets a thread to work. `None` after a panic.
    fn due(&self, threads: usize, begin: impl Fn()) -> Option<R> {
        let mut progress = self.lock();
        loop {
            while progress.busy < threads && progress.has_room(self.ahead.parcel, self.ahead) {
                progress.busy += 1;
                begin();
                // They take what there is when they come to it.
                if progress.busy >= progress.count - progress.next {
                    break;
                }
            }
            if progress.is_over {
                return None;
            }
            let due = progress.due;
            if let Some(result) = progress.waiting.remove(&due) {
                progress.due += 1;
                progress.weight -= result.weight();
                return Some(result);
            }
            progress = self.news.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A thread that works; tells when it ends, also by a panic, so that nobody waits for ever. The panic itself goes on when
/// the scope ends.
struct Busy<'a, 'b, T, R: Weigh>(&'b Supply<'a, T, R>);

impl<T, R: Weigh> Drop for Busy<'_, '_, T, R> {
    fn drop(&mut self) {
        let mut progress = self.0.lock();
        progress.busy -= 1;
        progress.is_over |= std::thread::panicking();
        self.0.news.notify_one();
    }
}

/// Calls `work` on the threads of `pool`, as often as there are items to be begun and threads without work, and `emit` with
/// each result, in the items' order, on the caller's thread. Stops when `emit` says so.
pub(crate) fn map_in_order<T: Sync, R: Send + Weigh>(
    items: &[T],
    pool: &ThreadPool,
    ahead: Ahead,
    work: impl Fn(&Supply<'_, T, R>) + Sync,
    mut emit: impl FnMut(R) -> ControlFlow<()>,
) {
    let (work, supply) = (&work, &Supply::new(items, ahead));
    let threads = pool.current_num_threads();
    pool.in_place_scope_fifo(|scope| {
        let begin = || {
            scope.spawn_fifo(move |_| {
                let busy = Busy(supply);
                work(busy.0);
            });
        };
        for _ in items {
            let Some(result) = supply.due(threads, begin) else { return };
            if emit(result).is_break() {
                supply.lock().is_over = true;
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

    fn pool(workers: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap()
    }

    fn each(work: impl Fn(&usize) -> usize) -> impl Fn(&Supply<'_, usize, usize>) {
        move |supply| {
            while let Some((index, item)) = supply.next() {
                supply.put([(index, work(item))]);
            }
        }
    }

    const FEW: Ahead = Ahead { items: 4, weight: usize::MAX, parcel: 3 };

    #[test]
    fn what_waits_is_not_heavy() {
        let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        map_in_order(
            &[30_usize; 200],
            &pool(4),
            Ahead { items: 100, weight: 100, parcel: 1 },
            each(|item| {
                let now = held.fetch_add(*item, Ordering::SeqCst) + item;
                most.fetch_max(now, Ordering::SeqCst);
                *item
            }),
            |result| {
                std::thread::yield_now();
                held.fetch_sub(result, Ordering::SeqCst);
                ControlFlow::Continue(())
            },
        );
        // What waits, what each thread is at, and what is handed over.
        assert!(most.into_inner() <= 100 + 30 * (4 + 1 + 1));
        let seen = AtomicUsize::new(0);
        let all_too_heavy = Ahead { items: 100, weight: 0, parcel: 4 };
        map_in_order(&[1_usize; 50], &pool(4), all_too_heavy, each(|item| *item), |result| {
            seen.fetch_add(result, Ordering::SeqCst);
            ControlFlow::Continue(())
        });
        assert_eq!(seen.into_inner(), 50, "one by one");
    }

    #[test]
    fn results_come_in_order_and_no_thread_runs_far_ahead() {
        let items: Vec<usize> = (0..500).collect();
        let (started, mut seen) = (AtomicUsize::new(0), Vec::new());
        map_in_order(
            &items,
            &pool(4),
            Ahead { items: 8, weight: usize::MAX, parcel: 1 },
            each(|item| {
                started.fetch_add(1, Ordering::SeqCst);
                std::thread::yield_now();
                item * 2
            }),
            |result| {
                assert!(started.load(Ordering::SeqCst) <= seen.len() + 1 + 8);
                seen.push(result);
                ControlFlow::Continue(())
            },
        );
        assert_eq!(seen, items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn threads_may_bring_results_late_and_in_any_order() {
        let items: Vec<usize> = (0..300).collect();
        let mut seen = Vec::new();
        let ahead = Ahead { items: 16, weight: usize::MAX, parcel: 7 };
        let late = |supply: &Supply<'_, usize, usize>| {
            let some: Vec<_> = std::iter::from_fn(|| supply.next()).take(5).collect();
            supply.put(some.into_iter().rev().map(|(index, item)| (index, *item)));
        };
        map_in_order(&items, &pool(3), ahead, late, |result| {
            seen.push(result);
            ControlFlow::Continue(())
        });
        assert_eq!(seen, items);
    }

    #[test]
    fn a_panic_is_heard() {
        let items: Vec<usize> = (0..100).collect();
        let work = each(|item| if *item == 50 { panic!("at fifty") } else { *item });
        let call = || map_in_order(&items, &pool(2), FEW, &work, |_| ControlFlow::Continue(()));
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"at fifty"));
    }

    #[test]
    fn stops_when_told() {
        let items: Vec<usize> = (0..1000).collect();
        let mut seen = 0;
        map_in_order(&items, &pool(2), FEW, each(|item| *item), |_| {
            seen += 1;
            if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(seen, 3);
        map_in_order(&[] as &[usize], &pool(2), FEW, each(|item| *item), |_| ControlFlow::Continue(()));
    }
}
