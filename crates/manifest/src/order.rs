//! The order of build, and the cycles that make it impossible.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::Project;

/// Layers of the named packages: each is as early as the packages before it allow.
pub(crate) fn waves(project: &Project, names: &[impl AsRef<str>]) -> Vec<Vec<String>> {
    let wanted: BTreeSet<&str> = names.iter().map(AsRef::as_ref).collect();
    let mut depths = BTreeMap::new();
    for name in &wanted {
        depth(project, &wanted, name, &mut depths);
    }
    let mut waves: Vec<Vec<String>> = Vec::new();
    for (name, depth) in depths.into_iter().filter(|(name, _)| wanted.contains(name)) {
        let length = waves.len().max(depth + 1);
        waves.resize(length, Vec::new());
        waves[depth].push(name.to_owned());
    }
    waves.retain(|wave| !wave.is_empty());
    waves
}

/// How many wanted packages stand before this one on the longest way; loading has refused cycles.
fn depth<'a>(
    project: &'a Project,
    wanted: &BTreeSet<&str>,
    name: &str,
    known: &mut BTreeMap<&'a str, usize>,
) -> usize {
    let Some((name, package)) = project.packages.get_key_value(name) else { return 0 };
    if let Some(depth) = known.get(name.as_str()) {
        return *depth;
    }
    let mut result = 0;
    for before in &package.build_after {
        let own = usize::from(wanted.contains(before.as_str()));
        result = result.max(depth(project, wanted, before, known) + own);
    }
    known.insert(name, result);
    result
}

/// For every edge that lies on a cycle the shortest one through it, each once, from its first name in the alphabet: so
/// no edge that must go is left unnamed. A package that waits for itself is a cycle of length 1. Names without edges of
/// their own are ends.
pub(crate) fn cycles<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut cycles = BTreeSet::new();
    for (from, to) in edges.iter().flat_map(|(from, after)| after.iter().map(move |to| (*from, *to))) {
        let Some(mut cycle) = way(edges, to, from) else { continue };
        let first = cycle.iter().enumerate().min_by_key(|(_, name)| **name).map_or(0, |(index, _)| index);
        cycle.rotate_left(first);
        cycles.insert(cycle);
    }
    cycles.into_iter().collect()
}

/// The shortest way, both ends included.
fn way<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>, from: &'a str, to: &'a str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen = BTreeSet::from([from]);
    let mut next = VecDeque::from([from]);
    while let Some(name) = next.pop_front() {
        if name == to {
            let mut way = vec![name];
            while let Some(earlier) = before.get(way[way.len() - 1]) {
                way.push(*earlier);
            }
            way.reverse();
            return Some(way);
        }
        for after in edges.get(name).into_iter().flatten() {
            if seen.insert(*after) {
                before.insert(*after, name);
                next.push_back(*after);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(&'static str, &[&'static str])], expect: &[&[&str]]) {
        let edges = edges.iter().map(|(name, after)| (*name, after.to_vec())).collect();
        assert_eq!(cycles(&edges), expect);
    }

    #[test]
    fn each_edge_of_a_cycle_is_named() {
        check(&[("a", &["b"]), ("b", &["c"]), ("c", &[])], &[]);
        check(&[("a", &["a"])], &[&["a"]]);
        check(&[("x", &["b"]), ("b", &["c"]), ("c", &["a"]), ("a", &["b"])], &[&["a", "b", "c"]]);
        check(
            &[("a", &["b", "nowhere"]), ("b", &["a"]), ("c", &["d"]), ("d", &["c"])],
            &[&["a", "b"], &["c", "d"]],
        );
        // Two ways back to the start: to mend one of them would not do.
        check(
            &[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &["a"])],
            &[&["a", "b", "d"], &["a", "c", "d"]],
        );
    }
}
