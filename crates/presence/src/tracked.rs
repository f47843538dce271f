//! A file whose lines remember which patch they are from.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    meaning::{conditions, live_lines},
    patch::{FileChange, Hunk, Side},
};

/// Number of a patch in its list, from 1; 0 is upstream.
pub(crate) type By = usize;

#[derive(Clone, Debug, Default)]
pub(crate) struct Tracked {
    pub(crate) lines: Vec<Line>,
    /// As [`Line::cut`], for the end of the file.
    pub(crate) end_cut: BTreeSet<By>,
    pub(crate) is_there: bool,
    /// Which patch took the file away or put it there.
    pub(crate) placed: By,
    /// What upstream has; none where it has no such file.
    upstream: Option<Vec<u8>>,
    /// What was applied.
    changes: Vec<(By, FileChange)>,
    /// What patches took away, without white space.
    taken: BTreeMap<By, BTreeSet<Vec<u8>>>,
    /// What patches took away and the last one put there again: whose it was, and the line.
    restored: Vec<(By, Vec<u8>)>,
    /// Of lines of patches that the last one took away, by which hunk.
    gone: BTreeMap<usize, usize>,
    /// How many lines patches have added.
    added: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: Vec<u8>,
    pub(crate) by: By,
    /// Of those that patches added, which it is; 0 for upstream's.
    pub(crate) number: usize,
    /// The hunk that added it.
    hunk: usize,
    /// The patches that took lines away directly before this one, and nothing has come there since.
    pub(crate) cut: BTreeSet<By>,
}

impl Tracked {
    /// A file of upstream's, or none.
    pub(crate) fn new(content: Option<&[u8]>) -> Self {
        let lines = content.unwrap_or_default().split_inclusive(|&byte| byte == b'\n');
        let line =
            |text: &[u8]| Line { text: text.to_vec(), by: 0, number: 0, hunk: 0, cut: BTreeSet::new() };
        Self {
            lines: lines.map(line).collect(),
            is_there: content.is_some(),
            upstream: content.map(<[u8]>::to_vec),
            ..Self::default()
        }
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| line.text.iter().copied()).collect()
    }

    /// What the file would be without one hunk, where later ones do not need it, and without all from a change on; each with
    /// the patch that is missing and a line of it.
    pub(crate) fn alternatives(&self) -> Vec<(By, usize, Vec<u8>)> {
        let mut alternatives = Vec::new();
        for (index, (by, change)) in self.changes.iter().enumerate() {
            let line = |hunk: usize| change.hunks.get(hunk).map_or(1, |hunk| hunk.start.max(1));
            let without =
                (0..change.hunks.len()).map(|hunk| (line(hunk), self.again(&self.without(index, hunk))));
            let before = (line(0), self.again(&self.changes[..index]));
            let there = without.chain([before]).filter_map(|(line, content)| Some((*by, line, content?)));
            alternatives.extend(there);
        }
        alternatives
    }

    fn without(&self, index: usize, hunk: usize) -> Vec<(By, FileChange)> {
        let mut changes = self.changes.clone();
        changes[index].1.hunks.remove(hunk);
        changes
    }

    /// The content after these changes of what upstream has.
    fn again(&self, changes: &[(By, FileChange)]) -> Option<Vec<u8>> {
        let mut file = Self::new(self.upstream.as_deref());
        changes.iter().try_for_each(|(by, change)| file.apply(change, *by).map(drop)).ok()?;
        file.is_there.then(|| file.content())
    }

    /// Applies what patch `by` does to the file, without fuzz, and returns how many hunks were in other lines than it says.
    pub(crate) fn apply(&mut self, change: &FileChange, by: By) -> Result<usize, String> {
        if change.old.is_none() && self.is_there {
            return Err("makes a file that is there already".to_owned());
        }
        if change.old.is_some() && !self.is_there {
            return Err("changes a file that is not there".to_owned());
        }
        self.restored.clear();
        self.gone.clear();
        if !self.is_there {
            // Whose it was that the file went.
            self.restored.extend(Some((self.placed, Vec::new())).filter(|(earlier, _)| *earlier > 0));
            (self.is_there, self.placed) = (true, by);
        }
        // By how much the lines of the old side are further down, and by how much hunks alone explain it.
        let (mut offset, mut grown, mut least, mut moved) = (0, 0, 0, 0);
        for hunk in &change.hunks {
            let wanted = hunk.start.saturating_sub(usize::from(hunk.old_side().next().is_some()));
            let place = self
                .place(hunk, wanted.saturating_add_signed(offset), least)
                .ok_or_else(|| format!("does not apply: hunk in line {} of the patch", hunk.at))?;
            moved += usize::from(signed(place) != signed(wanted) + grown);
            let after = self.replace(hunk, place, by);
            let growth = signed(after) - signed(place) - signed(hunk.old_side().count());
            offset = signed(place) - signed(wanted) + growth;
            grown += growth;
            least = after;
        }
        if change.new.is_none() || change.may_go && self.lines.is_empty() {
            if !self.lines.is_empty() {
                return Err("takes a file away of which lines are left".to_owned());
            }
            let (upstream, changes) = (self.upstream.take(), std::mem::take(&mut self.changes));
            let (taken, gone) = (std::mem::take(&mut self.taken), std::mem::take(&mut self.gone));
            *self = Self { placed: by, upstream, changes, taken, gone, added: self.added, ..Self::default() };
        }
        self.changes.push((by, change.clone()));
        Ok(moved)
    }

    /// The nearest place, from the expected one on to both sides, that has the hunk's old side.
    fn place(&self, hunk: &Hunk, expected: usize, least: usize) -> Option<usize> {
        let old: Vec<&[u8]> = hunk.old_side().collect();
        let last = self.lines.len().checked_sub(old.len())?;
        let fits = |place: &usize| {
            let here = self.lines[*place..].iter().map(|line| line.text.as_slice());
            here.zip(&old).all(|(here, old)| here == *old)
        };
        let mut places: Vec<usize> = (least..=last).filter(fits).collect();
        places.sort_by_key(|place| (place.abs_diff(expected), *place < expected));
        places.first().copied()
    }

    /// Returns where the hunk's new side ends.
    fn replace(&mut self, hunk: &Hunk, place: usize, by: By) -> usize {
        let mut at = place;
        for (side, text) in &hunk.lines {
            match side {
                Side::Both => at += 1,
                Side::Old => {
                    let gone = self.lines.remove(at);
                    self.gone.insert(gone.number, hunk.at);
                    self.taken.entry(by).or_default().insert(squeezed(&gone.text));
                    let cut = self.cut_at(at);
                    cut.extend(gone.cut);
                    cut.insert(by);
                }
                Side::New => {
                    // Something stands there now; what this patch itself took away from there stays taken away.
                    let cut = std::mem::take(self.cut_at(at));
                    let returned = self.returned(&cut, text);
                    self.restored.extend(returned.into_iter().filter(|(earlier, _)| *earlier != by));
                    *self.cut_at(at) = cut.into_iter().filter(|earlier| *earlier == by).collect();
                    self.added += 1;
                    let (text, number, cut) = (text.clone(), self.added, BTreeSet::new());
                    let line = Line { text, by, number, hunk: hunk.at, cut };
                    self.lines.insert(at, line);
                    at += 1;
                }
            }
        }
        at
    }

    /// Which patches took this line away from here.
    fn returned(&self, cut: &BTreeSet<By>, text: &[u8]) -> Vec<(By, Vec<u8>)> {
        let line = squeezed(text);
        let took = |by: &&By| {
            let says_something = line.iter().any(u8::is_ascii_alphanumeric);
            says_something && self.taken.get(by).is_some_and(|taken| taken.contains(&line))
        };
        cut.iter().filter(took).map(|by| (*by, text.trim_ascii().to_vec())).collect()
    }

    /// The lines of patches that matter, by number.
    pub(crate) fn live(&self, name: &str) -> BTreeMap<usize, (By, Vec<u8>)> {
        let live = live_lines(name, &self.content());
        let lines = self.lines.iter().enumerate().filter(|(index, line)| line.by > 0 && live.contains(index));
        lines.map(|(_, line)| (line.number, (line.by, line.text.clone()))).collect()
    }

    /// What the last change, by patch `by`, took back of earlier ones, `before` it was made: a line of each.
    pub(crate) fn taken_back(
        &self,
        name: &str,
        before: &BTreeMap<usize, (By, Vec<u8>)>,
        by: By,
    ) -> BTreeMap<By, Vec<u8>> {
        let now = self.live(name);
        let own = self.lines.iter().filter(|line| line.by == by && now.contains_key(&line.number));
        let own: BTreeSet<(usize, Vec<u8>)> =
            own.flat_map(|line| [line.hunk, 0].map(|hunk| (hunk, squeezed(&line.text)))).collect();
        // What the same hunk brings again, such as with another indentation, is still there.
        let is_moved = |number: &usize, text: &[u8]| {
            self.gone.get(number).is_some_and(|hunk| own.contains(&(*hunk, squeezed(text))))
        };
        let is_gone = |number: &usize, text: &[u8]| !now.contains_key(number) && !is_moved(number, text);
        let gone = before.iter().filter(|(number, (earlier, text))| *earlier != by && is_gone(number, text));
        let gone = gone.map(|(_, (earlier, text))| (*earlier, text.trim_ascii().to_vec()));
        let restored =
            self.restored.iter().filter(|(_, text)| text.is_empty() || own.contains(&(0, squeezed(text))));
        let mut first = BTreeMap::new();
        for (earlier, text) in gone.chain(restored.cloned()).chain(self.conditioned(name, by)) {
            first.entry(earlier).or_insert(text);
        }
        first
    }

    /// Lines of earlier patches that patch `by` has put under a condition.
    fn conditioned(&self, name: &str, by: By) -> Vec<(By, Vec<u8>)> {
        let is_condition = |index: &usize| self.lines.get(*index).is_some_and(|line| line.by == by);
        let under = conditions(name, &self.content());
        let under = under.iter().filter(|(_, conditions)| conditions.iter().any(is_condition));
        let lines = under.filter_map(|(index, _)| self.lines.get(*index));
        let earlier = lines.filter(|line| line.by > 0 && line.by != by);
        earlier.map(|line| (line.by, line.text.trim_ascii().to_vec())).collect()
    }

    fn cut_at(&mut self, at: usize) -> &mut BTreeSet<By> {
        match self.lines.get_mut(at) {
            Some(line) => &mut line.cut,
            None => &mut self.end_cut,
        }
    }

    /// As [`Line::cut`], before the line of this index.
    pub(crate) fn cut_before(&self, index: usize) -> &BTreeSet<By> {
        self.lines.get(index).map_or(&self.end_cut, |line| &line.cut)
    }

    /// One of the patches that changed it.
    pub(crate) fn any_patch(&self) -> Option<By> {
        let in_lines = self.lines.iter().flat_map(|line| line.cut.iter().copied().chain([line.by]));
        in_lines.chain(self.end_cut.iter().copied()).chain([self.placed]).find(|by| *by > 0)
    }

    /// Whether something shows that a patch was applied.
    pub(crate) fn shows(&self, by: By) -> bool {
        let in_lines = self.lines.iter().any(|line| line.by == by || line.cut.contains(&by));
        self.placed == by || in_lines || self.end_cut.contains(&by)
    }
}

/// Without white space: what is moved to the right is the same.
fn squeezed(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

fn signed(number: usize) -> isize {
    isize::try_from(number).unwrap_or(isize::MAX)
}
