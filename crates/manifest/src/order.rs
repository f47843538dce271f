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
