//! Packages as a thread takes them: read two at a time.

use std::sync::Arc;

use crate::{
    BadPackages, Duplicates, IndexSettings, RepodataError, Source, encode,
    indexed::{Indexed, Remembered, Wanted},
    known::stamp,
    notes,
    ordered::{Supply, Weigh},
    reader::{describe, href},
    reading::Reading,
    run::Run,
    stamp::Stamp,
    walk::Found,
};

/// Packages that a thread takes before it lets others have their turn, and results that it brings in one go.
pub(crate) const PARCEL: usize = 8;

/// What has come to as many bytes as this is brought at once.
const HEAVY: usize = 512 * 1024;

/// While there is more than this to be read of one package, others are read beside it: alone it would take as long.
const LONG: u64 = 256 * 1024;

/// What came of reading a package.
pub(crate) struct Tried {
    /// Of the file before it was read, where packages may be left out.
    pub(crate) stamp: Option<Stamp>,
    pub(crate) result: Result<Indexed, RepodataError>,
}

impl Weigh for Tried {
    fn weight(&self) -> usize {
        self.result.as_ref().map_or(0, Indexed::weight)
    }
}

/// A package that is being read.
struct Lane<'a> {
    /// Its place among all.
    index: usize,
    found: &'a Found,
    href: String,
    stamp: Option<Stamp>,
    reading: Reading,
}

/// A package that was begun: it may be known already.
enum Begun {
    Known(Box<Indexed>),
    Reading(String, Box<Reading>),
}

/// Work of one thread, until it has done so much that others should have their turn.
pub(crate) struct Pairs<'a, 's> {
    run: &'s Run<'s>,
    supply: &'s Supply<'a, Found, Tried>,
    /// Packages that were begun.
    begun: usize,
    /// What is not brought yet.
    results: Vec<(usize, Tried)>,
    weight: usize,
}

impl<'a, 's> Pairs<'a, 's> {
    pub(crate) fn work(run: &'s Run<'s>, supply: &'s Supply<'a, Found, Tried>) {
        let mut pairs = Self { run, supply, begun: 0, results: Vec::with_capacity(PARCEL), weight: 0 };
        let (mut left, mut right) = (None, None);
        loop {
            if left.is_none() {
                left = pairs.begin(right.as_ref());
            }
            if right.is_none() {
                right = pairs.begin(left.as_ref());
            }
            match (&mut left, &mut right) {
                (None, None) => break,
                // Nobody takes what would come of it.
                _ if supply.is_over() => return,
                (Some(left), Some(right)) => Reading::advance_both(&mut left.reading, &mut right.reading),
                (Some(lane), None) | (None, Some(lane)) => lane.reading.advance(),
            }
            for lane in [&mut left, &mut right] {
                if let Some(ended) = lane.take_if(|lane| lane.reading.is_over()) {
                    pairs.end(ended);
                }
            }
        }
        pairs.bring();
    }

    /// The next package that has to be read; those that are known are done.
    fn begin(&mut self, beside: Option<&Lane<'a>>) -> Option<Lane<'a>> {
        while self.begun < PARCEL || beside.is_some_and(|lane| lane.reading.rest() > LONG) {
            if self.begun >= PARCEL {
                // Others have waited, and so may who takes results.
                self.bring();
                rayon::yield_now();
            }
            let Some((index, found)) = self.supply.next() else { break };
            self.begun += 1;
            let stamp = self.run.may_leave_out().then(|| stamp(self.run.root, found)).flatten();
            match self.run.begin(found) {
                Ok(Begun::Reading(href, reading)) => {
                    return Some(Lane { index, found, href, stamp, reading: *reading });
                }
                Ok(Begun::Known(known)) => self.put(index, Tried { stamp, result: Ok(*known) }),
                Err(error) => self.put(index, Tried { stamp, result: Err(error) }),
            }
        }
        self.bring();
        None
    }

    fn end(&mut self, Lane { index, found, href, stamp, reading }: Lane<'_>) {
        let result = self.run.read(found, href, reading);
        self.put(index, Tried { stamp, result });
    }

    fn put(&mut self, index: usize, tried: Tried) {
        self.weight += tried.weight();
        self.results.push((index, tried));
        if self.results.len() >= PARCEL || self.weight >= HEAVY {
            self.bring();
        }
    }

    fn bring(&mut self) {
        if !self.results.is_empty() {
            self.supply.put(self.results.drain(..));
            self.weight = 0;
        }
    }
}

impl Run<'_> {
    pub(crate) fn may_leave_out(&self) -> bool {
        let IndexSettings { bad_packages, duplicates, .. } = self.settings;
        *bad_packages == BadPackages::LeaveOut || *duplicates == Duplicates::KeepLast
    }

    fn begin(&self, found: &Found) -> Result<Begun, RepodataError> {
        let path = self.root.join(&*found.relative);
        let href = href(&path, found, self.settings)?;
        let base = self.settings.location.base.as_deref();
        Ok(match self.known.get(self.root, found, &href, base) {
            Some(known) => {
                notes::say_of(self.known.notes(), self.root, &found.relative, self.reporter);
                Begun::Known(Box::new(known))
            }
            None => Begun::Reading(href, Box::new(Reading::begin(&path, self.settings.checksum)?)),
        })
    }

    /// Reads what is left of a package.
    fn read(&self, found: &Found, href: String, reading: Reading) -> Result<Indexed, RepodataError> {
        let path = self.root.join(&*found.relative);
        let limit = self.settings.changelog_limit.unwrap_or(usize::MAX);
        let (mut package, files, stamp) =
            describe(&path, reading.finish()?, limit, &mut |event| self.reporter.event(event))?;
        package.href = href;
        package.base.clone_from(&self.settings.location.base);
        let wanted = Wanted {
            identity: self.settings.reuse.cache.is_some(),
            described: self.settings.database.is_some(),
        };
        let described = Arc::new((package, files));
        let is_remembered = self.cache.is_some() && wanted.described;
        let record = if is_remembered { encode::record(&described) } else { Vec::new() };
        let indexed = Indexed::of((stamp, Source::Package), &described, wanted);
        Ok(Indexed { remembered: Remembered::New(record), ..indexed })
    }
}
