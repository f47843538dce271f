//! The order of build, and the cycles that make it impossible.

use std::collections::{BTreeMap, BTreeSet};

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

/// Every cycle once, from its first name in the alphabet; a package that waits for itself is one of length 1. Names
/// without edges of their own are ends.
pub(crate) fn cycles<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut done = BTreeSet::new();
    let mut cycles = BTreeSet::new();
    for name in edges.keys() {
        follow(edges, name, &mut Vec::new(), (&mut done, &mut cycles));
    }
    cycles.into_iter().collect()
}

type Found<'f, 'a> = (&'f mut BTreeSet<&'a str>, &'f mut BTreeSet<Vec<&'a str>>);

fn follow<'a>(
    edges: &BTreeMap<&'a str, Vec<&'a str>>,
    name: &'a str,
    way: &mut Vec<&'a str>,
    (done, cycles): Found<'_, 'a>,
) {
    if let Some(start) = way.iter().position(|earlier| *earlier == name) {
        let mut cycle = way[start..].to_vec();
        let first = cycle.iter().enumerate().min_by_key(|(_, name)| **name).map_or(0, |(index, _)| index);
        cycle.rotate_left(first);
        cycles.insert(cycle);
        return;
    }
    if done.contains(name) {
        return;
    }
    way.push(name);
    for next in edges.get(name).into_iter().flatten() {
        follow(edges, next, way, (done, cycles));
    }
    way.pop();
    done.insert(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(&'static str, &[&'static str])], expect: &[&[&str]]) {
        let edges = edges.iter().map(|(name, after)| (*name, after.to_vec())).collect();
        assert_eq!(cycles(&edges), expect);
    }

    #[test]
    fn each_cycle_is_found_once() {
        check(&[("a", &["b"]), ("b", &["c"]), ("c", &[])], &[]);
        check(&[("a", &["a"])], &[&["a"]]);
        check(&[("x", &["b"]), ("b", &["c"]), ("c", &["a"]), ("a", &["b"])], &[&["a", "b", "c"]]);
        check(
            &[("a", &["b", "nowhere"]), ("b", &["a"]), ("c", &["d"]), ("d", &["c"])],
            &[&["a", "b"], &["c", "d"]],
        );
    }
}
