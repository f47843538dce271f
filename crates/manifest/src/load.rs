//! The whole tree: which files there are, and what they say of one another.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::{Timestamp, civil::Date, tz::Offset};
use xen4centos_toml_tree::{File, Problem, Problems, Tree};

use crate::{
    LocalSettings, Project, cross, cross_advisories,
    read::{advisory, client, known, local, package, target},
};

/// The ignored file of one machine, at the root.
const LOCAL_FILE: &str = "xen4centos.local.toml";

/// All data files, read and not yet parsed; the parsed trees borrow from them.
struct Files {
    packages: Vec<(Utf8PathBuf, File)>,
    targets: Vec<(Utf8PathBuf, File)>,
    clients: Vec<(Utf8PathBuf, File)>,
    advisories: Vec<(Utf8PathBuf, File)>,
    known: Vec<(Utf8PathBuf, File)>,
    local: Vec<(Utf8PathBuf, File)>,
}

/// Reads and checks everything.
pub(crate) fn project(root: &Utf8Path, now: u64) -> Result<Project, Problems> {
    let mut problems = Vec::new();
    let files = find(root, &mut problems);
    let project = read(root, &files, day_of(now));
    let Files { packages, targets, clients, advisories, known, local } = files;
    let all = [packages, targets, clients, advisories, known, local];
    problems.extend(all.into_iter().flatten().flat_map(|(_, file)| file.into_problems()));
    Problems::none_or(problems, project)
}

fn read(root: &Utf8Path, files: &Files, today: Date) -> Project {
    let package_trees = parse(&files.packages);
    let target_trees = parse(&files.targets);
    let client_trees = parse(&files.clients);
    let advisory_trees = parse(&files.advisories);
    let known_trees = parse(&files.known);
    let local_trees = parse(&files.local);
    let templates = root.join("repo-templates");

    let packages: Vec<_> = with_trees(&files.packages, &package_trees)
        .map(|(path, file, tree)| {
            let directory = path.parent().expect("found as a file in a directory");
            package::read(file.root(tree, "the package"), directory, today)
        })
        .collect();
    let targets: Vec<_> = with_trees(&files.targets, &target_trees)
        .map(|(path, file, tree)| target::read(file.root(tree, "the target"), path, &templates))
        .collect();
    let clients: BTreeMap<_, _> = with_trees(&files.clients, &client_trees)
        .map(|(path, file, tree)| {
            let name = path.file_stem().unwrap_or_default().to_owned();
            (name, client::read(file.root(tree, "the client"), path))
        })
        .collect();
    let local: Vec<_> = with_trees(&files.local, &local_trees)
        .map(|(_, file, tree)| (file, local::read(file.root(tree, "the local file"), root)))
        .collect();

    cross::packages(&packages);
    cross::targets(&targets, &packages, &clients);
    for (file, local) in &local {
        cross::local(file, local, &packages);
    }
    let known = with_trees(&files.known, &known_trees)
        .map(|(_, file, tree)| known::read(file.root(tree, "the file")))
        .collect();
    let known = cross_advisories::known(known, &packages);
    let advisories = with_trees(&files.advisories, &advisory_trees)
        .map(|(path, file, tree)| advisory::read(file.root(tree, "the advisory"), path))
        .collect();
    let advisories = cross_advisories::advisories(advisories, &packages, &known);
    Project {
        root: root.to_owned(),
        advisories,
        known: known.issues,
        packages: packages.into_iter().filter_map(|read| Some((read.name, read.package?))).collect(),
        targets: targets
            .into_iter()
            .filter_map(|read| read.target.map(|target| (target.name.clone(), target)))
            .collect(),
        clients: clients.into_iter().filter_map(|(name, client)| Some((name, client?))).collect(),
        local: local.into_iter().next().map_or_else(LocalSettings::default, |(_, local)| local.settings),
    }
}

/// The day, in UTC, of a time in seconds since 1970; the last of all days for times that no calendar has.
fn day_of(now: u64) -> Date {
    let seconds = i64::try_from(now).ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or(Date::MAX, |time| Offset::UTC.to_datetime(time).date())
}

fn parse(files: &[(Utf8PathBuf, File)]) -> Vec<Tree<'_>> {
    files.iter().map(|(_, file)| file.parse()).collect()
}

fn with_trees<'a>(
    files: &'a [(Utf8PathBuf, File)],
    trees: &'a [Tree<'a>],
) -> impl Iterator<Item = (&'a Utf8Path, &'a File, &'a Tree<'a>)> {
    files.iter().zip(trees).map(|((path, file), tree)| (path.as_path(), file, tree))
}

fn find(root: &Utf8Path, problems: &mut Vec<Problem>) -> Files {
    let mut package_files = Vec::new();
    for directory in entries(&root.join("specs"), root, problems) {
        // A directory that git left behind when its files went is no package.
        let manifest = directory.join("package.toml");
        if manifest.is_file() {
            package_files.push(manifest);
        } else if has_template(&directory) {
            let message = "a package directory has a package.toml";
            problems.push(at_file(manifest.strip_prefix(root).unwrap_or(&manifest), message.to_owned()));
        }
    }
    let mut toml_files = |directory: &str| -> Vec<Utf8PathBuf> {
        let files = entries(&root.join(directory), root, problems);
        files.into_iter().filter(|path| path.extension() == Some("toml")).collect()
    };
    let targets = toml_files("repo-templates/targets");
    let clients = toml_files("repo-templates/clients");
    // A project that has announced nothing needs no directory for it.
    let mut if_there = |directory: &str| {
        if root.join(directory).is_dir() { toml_files(directory) } else { Vec::new() }
    };
    let advisories = if_there("advisories");
    let known = if_there("advisories/known");
    let local = root.join(LOCAL_FILE);
    let local = if local.is_file() { vec![local] } else { Vec::new() };
    let read = |paths: Vec<Utf8PathBuf>| {
        paths
            .into_iter()
            .map(|path| {
                let file = File::read(&path, root);
                (path, file)
            })
            .collect()
    };
    Files {
        packages: read(package_files),
        targets: read(targets),
        clients: read(clients),
        advisories: read(advisories),
        known: read(known),
        local: read(local),
    }
}

fn has_template(directory: &Utf8Path) -> bool {
    let Some(name) = directory.file_name() else { return false };
    directory.join(format!("{name}.spec.tera")).is_file()
}

/// What a directory holds, sorted, without hidden names.
fn entries(directory: &Utf8Path, root: &Utf8Path, problems: &mut Vec<Problem>) -> Vec<Utf8PathBuf> {
    let shown = directory.strip_prefix(root).unwrap_or(directory);
    let listing = match fs_err::read_dir(directory) {
        Ok(listing) => listing,
        Err(error) => {
            problems.push(at_file(shown, format!("can not be read: {error}")));
            return Vec::new();
        }
    };
    let mut paths = Vec::new();
    for entry in listing {
        match entry.map(|entry| Utf8PathBuf::from_path_buf(entry.path())) {
            Ok(Ok(path)) if path.file_name().is_some_and(|name| name.starts_with('.')) => {}
            Ok(Ok(path)) => paths.push(path),
            Ok(Err(path)) => {
                problems.push(at_file(shown, format!("holds a name that is not UTF-8: {}", path.display())));
            }
            Err(error) => problems.push(at_file(shown, format!("can not be read: {error}"))),
        }
    }
    paths.sort();
    paths
}

fn at_file(file: &Utf8Path, message: String) -> Problem {
    Problem { file: file.to_owned(), line: 1, column: 1, message, hint: None }
}
