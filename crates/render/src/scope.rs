//! The variables that a template makes itself, where they can be seen, and whether anybody looks at them.

use std::collections::{BTreeMap, BTreeSet};

use crate::LintFinding;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// What stands at a path of the context, such as `patches[].file`.
    Path(String),
    /// `loop`, whose members tera knows.
    Loop,
    /// Computed: it has no members that could be known.
    Opaque,
    /// Set on some of the ways to here.
    Sometimes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Binding {
    shape: Shape,
    /// Which `set`s it may come from.
    sets: BTreeSet<usize>,
}

type Bindings = BTreeMap<String, Binding>;

/// What was seen at one place.
pub(crate) struct Kept(Bindings);

/// A statement that has not ended yet.
enum Block {
    If { before: Bindings, ways: Vec<Bindings>, has_else: bool },
    For { outer: Bindings },
    Set { name: String, line: usize, is_global: bool },
    Filter,
}

struct SetSite {
    name: String,
    line: usize,
    is_global: bool,
    is_read: bool,
}

/// What can be seen at one place of a template, walked from its start to its end.
#[derive(Default)]
pub(crate) struct Scope {
    bindings: Bindings,
    blocks: Vec<Block>,
    sets: Vec<SetSite>,
    read: BTreeSet<String>,
}

impl Scope {
    /// What a name stands for here, if the template made it. That somebody looked is remembered.
    pub(crate) fn look(&mut self, name: &str) -> Option<Shape> {
        let binding = self.bindings.get(name)?;
        for set in &binding.sets {
            self.sets[*set].is_read = true;
        }
        self.read.insert(name.to_owned());
        Some(binding.shape.clone())
    }

    /// Makes a name that no `set` makes.
    pub(crate) fn bind(&mut self, name: &str, shape: Shape) {
        self.bindings.insert(name.to_owned(), Binding { shape, sets: BTreeSet::new() });
    }

    /// All that is seen here, for [`Self::restore`] after names that one expression makes for itself.
    pub(crate) fn keep(&self) -> Kept {
        Kept(self.bindings.clone())
    }

    pub(crate) fn restore(&mut self, kept: Kept) {
        self.bindings = kept.0;
    }

    pub(crate) fn set(&mut self, name: &str, shape: Shape, line: usize, is_global: bool) {
        let site = self.sets.len();
        self.sets.push(SetSite { name: name.to_owned(), line, is_global, is_read: false });
        let binding = Binding { shape, sets: BTreeSet::from([site]) };
        if is_global {
            // What it makes outlives the loops around it, which may run or not.
            for block in &mut self.blocks {
                if let Block::For { outer } = block {
                    join(outer.entry(name.to_owned()), &binding);
                }
            }
        }
        self.bindings.insert(name.to_owned(), binding);
    }

    pub(crate) fn open_if(&mut self) {
        self.blocks.push(Block::If { before: self.bindings.clone(), ways: Vec::new(), has_else: false });
    }

    /// The names of the loop are bound after this.
    pub(crate) fn open_for(&mut self) {
        self.blocks.push(Block::For { outer: self.bindings.clone() });
    }

    pub(crate) fn open_set(&mut self, name: &str, line: usize, is_global: bool) {
        self.blocks.push(Block::Set { name: name.to_owned(), line, is_global });
    }

    pub(crate) fn open_filter(&mut self) {
        self.blocks.push(Block::Filter);
    }

    /// `elif` and `else`.
    pub(crate) fn next_way(&mut self, is_else: bool) {
        match self.blocks.last_mut() {
            Some(Block::If { before, ways, has_else }) => {
                ways.push(std::mem::replace(&mut self.bindings, before.clone()));
                *has_else = is_else;
            }
            Some(Block::For { outer }) => self.bindings = outer.clone(),
            _ => {}
        }
    }

    /// `endif`, `endfor`, `endset`, `endfilter`.
    pub(crate) fn close(&mut self) {
        match self.blocks.pop() {
            Some(Block::If { before, mut ways, has_else }) => {
                ways.push(std::mem::take(&mut self.bindings));
                if !has_else {
                    ways.push(before);
                }
                self.bindings = merge(&ways);
            }
            Some(Block::For { outer }) => self.bindings = outer,
            Some(Block::Set { name, line, is_global }) => self.set(&name, Shape::Opaque, line, is_global),
            Some(Block::Filter) | None => {}
        }
    }

    /// What was set for nobody.
    pub(crate) fn unread(&self) -> impl Iterator<Item = LintFinding> {
        // What outlives a loop is read in its next turn, above the place where it is set.
        let is_read = |set: &SetSite| set.is_read || (set.is_global && self.read.contains(&set.name));
        self.sets.iter().filter(move |set| !is_read(set)).map(|set| LintFinding {
            line: set.line,
            message: format!("`{}` is set here, and nothing looks at it", set.name),
            way_out: "take the `set` out".to_owned(),
        })
    }
}

fn join(entry: std::collections::btree_map::Entry<'_, String, Binding>, other: &Binding) {
    let unset = Binding { shape: Shape::Sometimes, sets: BTreeSet::new() };
    let binding = entry.or_insert(unset);
    binding.sets.extend(&other.sets);
    if binding.shape != Shape::Sometimes && binding.shape != other.shape {
        binding.shape = Shape::Opaque;
    }
}

/// What holds after ways of which one was gone.
fn merge(ways: &[Bindings]) -> Bindings {
    let names: BTreeSet<&String> = ways.iter().flat_map(Bindings::keys).collect();
    let merged = names.into_iter().map(|name| {
        let found: Vec<&Binding> = ways.iter().filter_map(|way| way.get(name)).collect();
        let sets = found.iter().flat_map(|binding| &binding.sets).copied().collect();
        let shape = match &found[0].shape {
            _ if found.len() < ways.len() => Shape::Sometimes,
            _ if found.iter().any(|binding| binding.shape == Shape::Sometimes) => Shape::Sometimes,
            shape if found.iter().all(|binding| binding.shape == *shape) => shape.clone(),
            _ => Shape::Opaque,
        };
        (name.clone(), Binding { shape, sets })
    });
    merged.collect()
}
