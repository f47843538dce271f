use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_toml_tree::{Table, Text};

use super::{Switches, plain_switches, switches};
use crate::LocalSettings;

/// The local file, with what is checked against the packages.
pub(crate) struct ReadLocal {
    pub(crate) settings: LocalSettings,
    pub(crate) trees: Vec<Text>,
    pub(crate) overrides: Vec<Text>,
    pub(crate) switches: Vec<Switches>,
}

pub(crate) fn read(root: Table<'_>, project: &Utf8Path) -> ReadLocal {
    let (source_trees, trees) = paths(&root, "source-tree", project);
    let (source_overrides, overrides) = paths(&root, "source-override", project);
    let switches = switches(&root);
    root.finish();
    let settings = LocalSettings { source_trees, source_overrides, options: plain_switches(&switches) };
    ReadLocal { settings, trees, overrides, switches }
}

/// Each names something that exists; what kind of thing it must be is seen where it is used.
fn paths(root: &Table<'_>, key: &str, project: &Utf8Path) -> (BTreeMap<String, Utf8PathBuf>, Vec<Text>) {
    let Some(table) = root.table(key) else { return (BTreeMap::new(), Vec::new()) };
    let names = table.keys();
    let mut paths = BTreeMap::new();
    for name in &names {
        let Some(text) = table.text(&name.value) else { continue };
        let path = project.join(&text.value);
        let (exists, kind) =
            if key == "source-tree" { (path.is_dir(), "directory") } else { (path.is_file(), "file") };
        if !exists {
            table.problem_at(&text, format!("there is no {kind} `{path}`"), None);
        }
        paths.insert(name.value.clone(), path);
    }
    (paths, names)
}
