//! A parallel map whose results come in order.
//!
//! Packages differ in size by four orders of magnitude, so threads take the next one when they are free; and
//! metadata has an order, so results are handed over in that of the items. Threads wait when they are too far
//! ahead of what was handed over, or when what waits is too much, so memory does not grow with the number of packages.

use std::{
    collections::BTreeMap,
    ops::{ControlFlow, Range},
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
    /// So many items, at most, are worked on and handed over in one go: waking a thread costs as much as a small package.
    pub(crate) parcel: usize,
}

/// A thread that has as much as this of a parcel hands it over.
const PARCEL_WEIGHT: usize = 512 * 1024;

/// The results of the first items of a parcel; none when the work has panicked.
struct Part<R> {
    items: Range<usize>,
    results: Option<Vec<R>>,
}

/// Sends something also when the work panics, so that nobody waits for ever; the panic itself goes on when the scope
/// ends.
struct Sending<R> {
    part: Option<Part<R>>,
    sender: Sender<Part<R>>,
}

impl<R> Drop for Sending<R> {
    fn drop(&mut self) {
        if let Some(part) = self.part.take() {
            // Nobody listens once the caller has stopped.
            self.sender.send(part).unwrap_or_default();
        }
    }
}

/// What is to be begun, and what waits to be handed over.
struct Progress<R> {
    ahead: Ahead,
    /// Parcels that a thread handed over before their end, by their first items.
    rests: BTreeMap<usize, usize>,
    /// The first item that was never begun, and how many there are.
    next: usize,
    count: usize,
    /// Parcels that threads have.
    begun: usize,
    waiting: BTreeMap<usize, R>,
    weight: usize,
}

impl<R: Weigh> Progress<R> {
    fn new(count: usize, ahead: Ahead) -> Self {
        let (rests, waiting) = (BTreeMap::new(), BTreeMap::new());
        Self { ahead, rests, next: 0, count, begun: 0, waiting, weight: 0 }
    }

    /// The next parcel, if it may be begun while the item `due` is to be handed over. That one always may: nothing can be
    /// handed over before it.
    fn begin(&mut self, due: usize) -> Option<Range<usize>> {
        let start = self.rests.first_key_value().map_or(self.next, |(start, _)| *start);
        let room = start < due + self.ahead.results && self.weight < self.ahead.weight;
        if start >= self.count || !room && start > due {
            return None;
        }
        let end = self.rests.remove(&start).unwrap_or_else(|| {
            self.next = self.count.min(start + self.ahead.parcel.max(1));
            self.next
        });
        self.begun += 1;
        Some(start..end)
    }

    fn take(&mut self, items: Range<usize>, results: Vec<R>) {
        self.begun -= 1;
        let done = items.start + results.len();
        if done < items.end {
            self.rests.insert(done, items.end);
        }
        self.weight += results.iter().map(R::weight).sum::<usize>();
        self.waiting.extend((items.start..).zip(results));
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
        let (sender, receiver) = channel::<Part<R>>();
        let mut progress = Progress::new(items.len(), ahead);
        // The weight of what is begun is not known, so no more is begun than there are threads for it.
        let threads = pool.current_num_threads();
        for due in 0..items.len() {
            let result = loop {
                while progress.begun < threads
                    && let Some(parcel) = progress.begin(due)
                {
                    let mut sending = Sending {
                        part: Some(Part { items: parcel.clone(), results: None }),
                        sender: sender.clone(),
                    };
                    scope.spawn_fifo(move |_| {
                        let results = first_of(&items[parcel], work);
                        if let Some(part) = &mut sending.part {
                            part.results = Some(results);
                        }
                    });
                }
                let found = progress.waiting.remove(&due);
                let part = match found {
                    Some(_) => receiver.try_recv().ok(),
                    // `sender` is still there, so there is always something to come.
                    None => receiver.recv().ok(),
                };
                if let Some(Part { items, results }) = part {
                    let Some(results) = results else { return };
                    progress.take(items, results);
                }
                if let Some(result) = found {
                    break result;
                }
            };
            progress.weight -= result.weight();
            if emit(result).is_break() {
                return;
            }
        }
    });
}

/// The results of the first items, as many as are not too heavy together.
fn first_of<T, R: Weigh>(items: &[T], work: impl Fn(&T) -> R) -> Vec<R> {
    let (mut results, mut weight) = (Vec::with_capacity(items.len()), 0);
    for item in items {
        let result = work(item);
        weight += result.weight();
        results.push(result);
        if weight >= PARCEL_WEIGHT {
            break;
        }
    }
    results
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

    const FEW: Ahead = Ahead { results: 4, weight: usize::MAX, parcel: 3 };

    #[test]
    fn what_waits_is_not_heavy() {
        let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        map_in_order(
            &[30_usize; 200],
            &pool(4),
            Ahead { results: 100, weight: 100, parcel: 1 },
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
        let all_too_heavy = Ahead { results: 100, weight: 0, parcel: 4 };
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
            Ahead { results: 8, weight: usize::MAX, parcel: 1 },
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
