//! The story of this crate: patches applied once more, and what comes out held against the tree.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::{
    Finding, PresenceError,
    meaning::{conditions, live_lines, means_the_same},
    patch::{FileChange, Patch, parse},
    tracked::Tracked,
    trees::{read, stripped},
};

/// A patch of a package.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its file name.
    pub file: String,
    /// Leading directories that `patch -p` strips.
    pub strip: u32,
    /// Uncompressed.
    pub content: Vec<u8>,
    /// Whether it has to be proven; others are applied because those that do may need them.
    pub is_claimed: bool,
    /// Earlier patches, by file name, of which it says that it takes changes back.
    pub takes_back: Vec<String>,
}

/// A patch that is in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Its file name.
    pub patch: String,
    /// How many files it changes.
    pub files: usize,
    /// How many hunks were found in their places.
    pub hunks: usize,
    /// How many of those are in other lines than the patch says.
    pub moved: usize,
}

/// What a tree must look like where claimed patches change it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Expected {
    names: Vec<String>,
    files: BTreeMap<String, Tracked>,
    proofs: Vec<Proof>,
    findings: Vec<Finding>,
}

impl Expected {
    /// Applies `patches`, in this order, to what the claimed ones change in `upstream`, the tree to which the first of
    /// them is applied.
    ///
    /// # Errors
    /// When a file of upstream's can not be read.
    pub fn new(upstream: &Utf8Path, patches: &[Listed]) -> Result<Self, PresenceError> {
        let mut run =
            Run { upstream, files: BTreeMap::new(), findings: Vec::new(), taken_back: BTreeMap::new() };
        let parsed = run.parse(patches);
        let concerned = names_of_claimed(patches, &parsed);
        let mut proofs = Vec::new();
        for (index, listed) in patches.iter().enumerate() {
            let Some(patch) = &parsed[index] else { continue };
            let proof = run.apply(listed, index + 1, patch, &concerned)?;
            proofs.extend(proof.filter(|_| listed.is_claimed));
        }
        run.refuse_taken_back(patches, &proofs);
        let Run { files, mut findings, .. } = run;
        findings.sort();
        let names = patches.iter().map(|listed| listed.file.clone()).collect();
        Ok(Self { names, files, proofs, findings })
    }

    /// What speaks against a claim whatever the tree looks like; sorted.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What the claimed patches change, as far as they apply.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// The proofs of all claimed patches, if `tree` has them; otherwise what speaks against it, sorted and never empty.
    ///
    /// # Errors
    /// When a file of the tree can not be read.
    pub fn prove(self, tree: &Utf8Path) -> Result<Result<Vec<Proof>, Vec<Finding>>, PresenceError> {
        let mut findings = self.findings;
        if findings.is_empty() {
            findings = compare(&self.files, &self.names, tree)?;
        }
        Ok(if findings.is_empty() { Ok(self.proofs) } else { Err(findings) })
    }
}

/// All names under which claimed patches know the files that they change.
fn names_of_claimed(patches: &[Listed], parsed: &[Option<Patch>]) -> BTreeSet<String> {
    let claimed = patches.iter().zip(parsed).filter(|(listed, _)| listed.is_claimed);
    let changes = claimed.filter_map(|(listed, patch)| Some((listed, patch.as_ref()?)));
    changes
        .flat_map(|(listed, patch)| patch.files.iter().flat_map(|change| names(change, listed.strip)))
        .collect()
}

fn names(change: &FileChange, strip: u32) -> Vec<String> {
    let sides = [&change.new, &change.old].into_iter().flatten();
    sides.filter_map(|name| stripped(name, strip)).collect()
}

struct Run<'a> {
    upstream: &'a Utf8Path,
    files: BTreeMap<String, Tracked>,
    findings: Vec<Finding>,
    /// Of an earlier patch, by which one and what.
    taken_back: BTreeMap<(usize, usize), String>,
}

impl Run<'_> {
    fn find(&mut self, code: &'static str, patch: &Listed, message: impl Into<String>) {
        self.findings.push(Finding::new(code, &patch.file, message));
    }

    /// One that is not claimed and can not be read may change what others do: only what touches their files shows.
    fn parse(&mut self, patches: &[Listed]) -> Vec<Option<Patch>> {
        let mut parsed = Vec::new();
        for listed in patches {
            match parse(&listed.content) {
                Ok(patch) => parsed.push(Some(patch)),
                Err(reason) => {
                    self.find(Finding::UNREADABLE, listed, reason);
                    parsed.push(None);
                }
            }
        }
        parsed
    }

    /// Applies what a patch does to the files that claimed ones change.
    fn apply(
        &mut self,
        listed: &Listed,
        by: usize,
        patch: &Patch,
        concerned: &BTreeSet<String>,
    ) -> Result<Option<Proof>, PresenceError> {
        let mut proof = Proof { patch: listed.file.clone(), files: 0, hunks: 0, moved: 0 };
        let (mut has_change, mut has_meaning) = (false, false);
        for change in &patch.files {
            let names = names(change, listed.strip);
            if names.is_empty() {
                self.find(
                    Finding::UNREADABLE,
                    listed,
                    "a name in it leads out of the tree, or is stripped away",
                );
                return Ok(None);
            }
            if !names.iter().any(|name| concerned.contains(name)) {
                continue;
            }
            let name = self.choose(&names)?;
            let file = self.files.entry(name.clone()).or_default();
            let before = file.content();
            let live = file.live(&name);
            match file.apply(change, by) {
                Ok(moved) => proof.moved += moved,
                Err(reason) => {
                    self.find(Finding::DOES_NOT_APPLY, listed, format!("`{name}`: {reason}"));
                    return Ok(None);
                }
            }
            for (earlier, line) in file.taken_back(&name, &live, by) {
                let what = what_is_taken_back(&name, &line);
                self.taken_back.entry((earlier, by)).or_insert(what);
            }
            let after = file.content();
            has_change |= before != after;
            has_meaning |= !means_the_same(&name, &before, &after);
            proof.files += 1;
            proof.hunks += change.hunks.len();
        }
        if listed.is_claimed && !has_meaning {
            let what = if has_change {
                "it changes only comments, white space, prose or what is never compiled"
            } else {
                "the patch is empty"
            };
            self.find(Finding::PROVES_NOTHING, listed, what);
            return Ok(None);
        }
        Ok(Some(proof))
    }

    /// The one of the two names that is a file now, and loads it; the new one where neither is.
    fn choose(&mut self, names: &[String]) -> Result<String, PresenceError> {
        for name in names {
            if !self.files.contains_key(name) {
                let content = read(self.upstream, name)?;
                self.files.insert(name.clone(), Tracked::new(content.as_deref()));
            }
        }
        let is_there = |name: &&String| self.files.get(*name).is_some_and(|file| file.is_there);
        Ok(names.iter().find(is_there).unwrap_or(&names[0]).clone())
    }

    fn refuse_taken_back(&mut self, patches: &[Listed], proofs: &[Proof]) {
        for (index, listed) in patches.iter().enumerate().filter(|(_, listed)| listed.is_claimed) {
            let was_applied = proofs.iter().any(|proof| proof.patch == listed.file);
            if was_applied && !self.files.values().any(|file| file.shows(index + 1)) {
                self.find(Finding::TAKEN_BACK, listed, "patches after it leave nothing of it");
                continue;
            }
            let by_others: Vec<String> = self
                .taken_back
                .range((index + 1, 0)..(index + 2, 0))
                .map(|((_, by), what)| (&patches[by - 1], what))
                .filter(|(later, _)| !later.takes_back.contains(&listed.file))
                .map(|(later, what)| format!("`{}` takes back {what}", later.file))
                .collect();
            for what in by_others {
                self.find(Finding::TAKEN_BACK, listed, what);
            }
        }
    }
}

fn what_is_taken_back(name: &str, line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    if line.is_empty() { format!("that `{name}` goes") } else { format!("its change of `{name}`: `{line}`") }
}

/// Every line of a patch, and every place where one took lines away, against the tree.
fn compare(
    files: &BTreeMap<String, Tracked>,
    names: &[String],
    tree: &Utf8Path,
) -> Result<Vec<Finding>, PresenceError> {
    let mut findings = BTreeSet::new();
    for (name, file) in files {
        let content = read(tree, name)?;
        let missing = match &content {
            None if file.is_there => file.any_patch().map(|by| (by, format!("`{name}` is not there"))),
            Some(_) if !file.is_there && file.placed > 0 => {
                Some((file.placed, format!("`{name}` is still there")))
            }
            _ => None,
        };
        let departed = content.filter(|_| file.is_there).map(|content| departures(name, file, &content));
        let departed = departed
            .into_iter()
            .flatten()
            .map(|(by, line)| (by, format!("`{name}` does not have its change by line {line}")));
        let all = departed.chain(missing);
        findings.extend(all.map(|(by, message)| Finding::new(Finding::NOT_IN_TREE, &names[by - 1], message)));
    }
    Ok(findings.into_iter().collect())
}

/// Where the tree's file departs from a patch: the patch, and the line, from 1, of the file as it should be. One place for
/// each patch is enough to find the others.
fn departures(name: &str, file: &Tracked, content: &[u8]) -> BTreeMap<usize, usize> {
    let should = file.content();
    let mut departures = BTreeMap::new();
    if should == content {
        return departures;
    }
    let [expected, found] = [&should, content].map(lines);
    let operations = capture_diff_slices(Algorithm::Myers, &expected, &found);
    for operation in operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. })) {
        for (by, index) in touched(file, operation).into_iter().filter(|(by, _)| *by > 0) {
            departures.entry(by).or_insert(index + 1);
        }
    }
    for (by, index) in switched_off(name, file, (&should, content), &operations) {
        departures.entry(by).or_insert(index + 1);
    }
    // Where lines are alike, a difference can be read in more than one way: a tree without a hunk as one that has it, and
    // lacks something else. It has the hunk only if it is nearer to the file with it than to one without.
    let distance = distance(&operations);
    let alternatives = file.alternatives().into_iter().filter(|(_, _, other)| *other != should);
    let measured: Vec<(usize, usize, usize)> = alternatives
        .map(|(by, line, other)| {
            let operations = capture_diff_slices(Algorithm::Myers, &lines(&other), &found);
            (self::distance(&operations), by, line)
        })
        .collect();
    let nearest = measured.iter().map(|(distance, ..)| *distance).min();
    for (_, by, line) in measured.iter().filter(|(other, ..)| *other <= distance && Some(*other) == nearest) {
        departures.entry(*by).or_insert(*line);
    }
    departures
}

/// Lines of patches that matter, and are in the tree where they do not: in a comment, where nothing is compiled, or under
/// more conditions.
fn switched_off(
    name: &str,
    file: &Tracked,
    (should, content): (&[u8], &[u8]),
    operations: &[DiffOp],
) -> Vec<(usize, usize)> {
    let [live, found] = [should, content].map(|text| live_lines(name, text));
    let equal = operations.iter().filter(|operation| matches!(operation, DiffOp::Equal { .. }));
    let pairs = equal.flat_map(|operation| operation.old_range().zip(operation.new_range()));
    let [under, more] = [should, content].map(|text| conditions(name, text));
    let off = pairs.filter(|(index, other)| {
        live.contains(index) && (!found.contains(other) || depth(&more, *other) > depth(&under, *index))
    });
    off.map(|(index, _)| (file.lines[index].by, index)).filter(|(by, _)| *by > 0).collect()
}

fn depth(conditions: &BTreeMap<usize, BTreeSet<usize>>, line: usize) -> usize {
    conditions.get(&line).map_or(0, BTreeSet::len)
}

fn lines(content: &[u8]) -> Vec<&[u8]> {
    content.split_inclusive(|&byte| byte == b'\n').collect()
}

/// How many lines go out or come in.
fn distance(operations: &[DiffOp]) -> usize {
    let changes = operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
    changes.map(|operation| operation.old_range().len() + operation.new_range().len()).sum()
}

/// The patches whose lines, or places where they took lines away, are in a difference, each with an index.
fn touched(file: &Tracked, operation: &DiffOp) -> Vec<(usize, usize)> {
    let range = operation.old_range();
    let of_lines = range.clone().map(|index| (file.lines[index].by, index));
    let cuts =
        (range.start..=range.end).flat_map(|gap| file.cut_before(gap).iter().map(move |by| (*by, gap)));
    let mut touched: Vec<(usize, usize)> = of_lines.chain(cuts).collect();
    if range.is_empty() {
        touched.extend(beside(file, range.start));
    }
    touched
}

/// What was put directly before or behind a patch's own lines is in its change.
fn beside(file: &Tracked, gap: usize) -> Vec<(usize, usize)> {
    let before = gap.checked_sub(1).and_then(|index| file.lines.get(index)).map(|line| line.by);
    let behind = file.lines.get(gap).map(|line| line.by);
    before.into_iter().chain(behind).map(|by| (by, gap)).collect()
}
