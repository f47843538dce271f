//! A parallel map whose results come in order.
//!
//! Packages differ in size by four orders of magnitude, so threads take the next one when they are free; and
//! metadata has an order, so results are handed over in that of the items. Threads wait when they are too far
//! ahead of what was handed over, or when what waits is too much, so memory does not grow with the number of packages.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::mpsc::{Sender, channel},
};

use rayon::ThreadPool;

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

/// Sends something also when the work panics, so that nobody waits for ever; the panic itself goes on when the scope
/// ends.
struct Sending<R> {
    index: usize,
    result: Option<R>,
    sender: Sender<(usize, Option<R>)>,
}

impl<R> Drop for Sending<R> {
    fn drop(&mut self) {
        // Nobody listens once the caller has stopped.
        self.sender.send((self.index, self.result.take())).unwrap_or_default();
    }
}

/// Calls `work` on every item on the threads of `pool`, and `emit` with each result, in the items' order, on the
/// caller's thread. Stops when `emit` says so.
pub(crate) fn map_in_order<T: Sync, R: Send + Weigh>(
    items: &[T],
    pool: &ThreadPool,
    ahead: Ahead,
    work: impl Fn(&T) -> R + Sync,
    mut emit: impl FnMut(R) -> ControlFlow<()>,
) {
    let work = &work;
    pool.in_place_scope_fifo(|scope| {
        let (sender, receiver) = channel();
        let mut waiting: BTreeMap<usize, R> = BTreeMap::new();
        let (mut next, mut weight) = (0, 0);
        // The weight of what is begun is not known, so no more is begun than there are threads for it.
        let threads = pool.current_num_threads();
        for due in 0..items.len() {
            let result = loop {
                // The item that is due is always begun: nothing can be handed over before it.
                while next < items.len()
                    && next < due + ahead.results
                    && next - due - waiting.len() < threads
                    && (weight < ahead.weight || next <= due)
                {
                    let (index, sender) = (next, sender.clone());
                    scope.spawn_fifo(move |_| {
                        let mut sending = Sending { index, result: None, sender };
                        sending.result = Some(work(&items[index]));
                    });
                    next += 1;
                }
                if let Some(result) = waiting.remove(&due) {
                    break result;
                }
                // `sender` is still there, so there is always something to come.
                let Ok((index, Some(result))) = receiver.recv() else { return };
                weight += result.weight();
                waiting.insert(index, result);
            };
            weight -= result.weight();
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

    fn pool(workers: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap()
    }

    const FEW: Ahead = Ahead { results: 4, weight: usize::MAX };

    #[test]
    fn what_waits_is_not_heavy() {
        let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        map_in_order(
            &[30_usize; 200],
            &pool(4),
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
            &pool(4),
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
            &pool(4),
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
            &pool(2),
            FEW,
            |item| *item,
            |_| {
                seen += 1;
                if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(seen, 3);
        map_in_order(&[] as &[usize], &pool(2), FEW, |item| *item, |_| ControlFlow::Continue(()));
    }
}
