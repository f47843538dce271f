//! What files say of one another: packages of packages, targets of packages and clients, the local file of both.

use std::collections::{BTreeMap, BTreeSet};

use xen4centos_toml_tree::{File, Spot, Text};

use crate::{
    Client, Upstreams, order,
    read::{Switches, local::ReadLocal, package::ReadPackage, target::ReadTarget},
    words,
};

pub(crate) fn packages(packages: &[ReadPackage<'_>]) {
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    for package in packages {
        for after in &package.build_after {
            refuse_unknown(package.file, after, "there is no package", &names);
        }
    }
    let edges: BTreeMap<&str, Vec<&str>> = packages
        .iter()
        .map(|package| {
            (package.name.as_str(), package.build_after.iter().map(|after| after.value.as_str()).collect())
        })
        .collect();
    for cycle in order::cycles(&edges) {
        report_cycle(packages, &cycle);
    }
    refuse_repeated_sources(packages);
}

/// At the entry of the first package that leads into the cycle.
fn report_cycle(packages: &[ReadPackage<'_>], cycle: &[&str]) {
    let first = packages.iter().find(|package| package.name == cycle[0]);
    let next = cycle.get(1).unwrap_or(&cycle[0]);
    let spot = first.and_then(|package| package.build_after.iter().find(|after| after.value == **next));
    if let (Some(package), Some(spot)) = (first, spot) {
        let way: Vec<&str> = cycle.iter().chain(cycle.first()).copied().collect();
        let message = format!("packages wait for one another: {}", way.join(" after "));
        package.file.problem(&spot.span, message, None);
    }
}

/// `--source-override NAME=PATH` names no package, so names from outside are unique in the project.
fn refuse_repeated_sources(packages: &[ReadPackage<'_>]) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for package in packages {
        for source in &package.outside_sources {
            let owner = *first.entry(&source.value).or_insert(&package.name);
            if owner != package.name {
                let message = format!("package `{owner}` has a source named `{}` already", source.value);
                let hint = "--source-override could not tell them apart; give this one a `name` of its own";
                package.file.problem(&source.span, message, Some(hint.to_owned()));
            }
        }
    }
}

pub(crate) fn targets(
    targets: &[ReadTarget<'_>],
    packages: &[ReadPackage<'_>],
    clients: &BTreeMap<String, Option<Client>>,
) {
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let client_names: Vec<&String> = clients.keys().collect();
    for target in targets {
        for package in &target.packages {
            refuse_unknown(target.file, package, "there is no package", &names);
        }
        if let Some(client) = &target.client {
            refuse_unknown(target.file, client, "there is no client", &client_names);
            if let Some(Some(known)) = clients.get(&client.value) {
                check_client_takes(target, known);
            }
        }
        check_switches(target.file, &target.switches, packages);
        refuse_key_files(target, packages);
        if target.upstreams == Some(Upstreams::Miniature) {
            check_miniatures(target, packages);
        }
    }
    refuse_shared_directories(targets);
}

fn check_client_takes(target: &ReadTarget<'_>, client: &Client) {
    if let Some(payload) = &target.payload
        && let Some(compressor) = words::payload_compressor(&payload.value)
        && !client.payload_compressors.iter().any(|taken| taken == compressor)
    {
        let message = format!("client `{}` takes no payload compressed by {compressor}", client.name);
        let hint = format!("it takes {}", client.payload_compressors.join(", "));
        target.file.problem(&payload.span, message, Some(hint));
    }
    if let Some(digest) = &target.file_digest
        && !client.file_digest_algorithms.contains(&digest.value)
    {
        let message = format!("client `{}` takes no file digests of algorithm {}", client.name, digest.value);
        let taken: Vec<String> = client.file_digest_algorithms.iter().map(u32::to_string).collect();
        target.file.problem(&digest.span, message, Some(format!("it takes {}", taken.join(", "))));
    }
}

fn check_miniatures(target: &ReadTarget<'_>, packages: &[ReadPackage<'_>]) {
    for name in &target.packages {
        let package = packages.iter().find(|package| package.name == name.value);
        if package.is_some_and(|package| {
            package.has_upstream && !package.has_miniature && !package.file.is_broken()
        }) {
            let message =
                format!("package `{}` has no miniature, and this target builds from them", name.value);
            target.file.problem(
                &name.span,
                message,
                Some("state `miniature` in its package.toml".to_owned()),
            );
        }
    }
}

/// The signing key becomes a source of the package that ships it.
fn refuse_key_files(target: &ReadTarget<'_>, packages: &[ReadPackage<'_>]) {
    let Some(key) = &target.key_file else { return };
    let holds = |package: &&ReadPackage<'_>| target.packages.iter().any(|name| name.value == package.name);
    for package in packages.iter().filter(holds) {
        for file in package.files.iter().filter(|file| file.value == key.value) {
            let message =
                format!("`{}` is the file name of the signing key in {}", key.value, target.file.shown);
            package.file.problem(&file.span, message, Some("give the file another name".to_owned()));
        }
    }
}

/// Two channels in one directory, or one inside another, would publish over one another.
fn refuse_shared_directories(targets: &[ReadTarget<'_>]) {
    let all: Vec<(&File, &Text)> = targets
        .iter()
        .flat_map(|target| target.channel_directories.iter().map(|directory| (target.file, directory)))
        .collect();
    for (index, (file, directory)) in all.iter().enumerate() {
        let same = all[..index].iter().find(|(_, earlier)| overlaps(&earlier.value, &directory.value));
        if let Some((other, earlier)) = same {
            let (line, _) = other.position(earlier.span.start);
            let message = format!(
                "directory `{}` overlaps with that of a channel in {}, line {line}",
                directory.value, other.shown
            );
            file.problem(&directory.span, message, None);
        }
    }
}

fn overlaps(left: &str, right: &str) -> bool {
    let inside =
        |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    left == right || inside(left, right) || inside(right, left)
}

pub(crate) fn local(file: &File, local: &ReadLocal, packages: &[ReadPackage<'_>]) {
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    for tree in &local.trees {
        refuse_unknown(file, tree, "there is no package", &names);
        let package = packages.iter().find(|package| package.name == tree.value);
        if package.is_some_and(|package| !package.has_upstream && !package.file.is_broken()) {
            let message = format!("package `{}` has no upstream that a tree could replace", tree.value);
            file.problem(&tree.span, message, None);
        }
    }
    check_overrides(file, &local.overrides, packages);
    check_switches(file, &local.switches, packages);
}

/// Each means one source or patch, and each of these is meant once; as `--source-override` has it.
fn check_overrides(file: &File, overrides: &[Text], packages: &[ReadPackage<'_>]) {
    let mut first: BTreeMap<(&str, &str), &Text> = BTreeMap::new();
    for name in overrides {
        let means = |package: &str, source: &str| {
            name.value == source
                || name.value.strip_prefix(package).and_then(|rest| rest.strip_prefix('/')) == Some(source)
        };
        let all = packages.iter().flat_map(|package| {
            package.replaceable.iter().map(|source| (package.name.as_str(), source.as_str()))
        });
        let meant: Vec<(&str, &str)> = all.filter(|(package, source)| means(package, source)).collect();
        match meant[..] {
            [] => refuse_unknown_source(file, name, packages),
            [one] => {
                if let Some(earlier) = first.insert(one, name) {
                    let (line, _) = file.position(earlier.span.start);
                    let message = format!("`{}/{}` is overridden already, in line {line}", one.0, one.1);
                    file.problem(&name.span, message, None);
                }
            }
            _ => {
                let message = format!("`{}` could be in more than one package", name.value);
                let names: Vec<String> =
                    meant.iter().map(|(package, source)| format!("`\"{package}/{source}\"`")).collect();
                file.problem(&name.span, message, Some(format!("write {}", names.join(" or "))));
            }
        }
    }
}

/// Nothing is called unknown that may stand in a file which could not be read.
fn refuse_unknown_source(file: &File, name: &Text, packages: &[ReadPackage<'_>]) {
    let named = name.value.split_once('/');
    let in_question: Vec<&ReadPackage<'_>> = packages
        .iter()
        .filter(|package| named.is_none_or(|(owner, _)| !known_to(packages, owner) || package.name == owner))
        .collect();
    if in_question.iter().any(|package| package.file.is_broken()) {
        return;
    }
    let shown = |package: &ReadPackage<'_>, source: &String| match named {
        Some(_) => format!("{}/{source}", package.name),
        None => source.clone(),
    };
    let known: BTreeSet<String> = in_question
        .iter()
        .flat_map(|package| package.replaceable.iter().map(|source| shown(package, source)))
        .collect();
    let known: Vec<String> = known.into_iter().collect();
    refuse_unknown(file, name, "there is no source or patch", &known);
}

fn known_to(packages: &[ReadPackage<'_>], name: &str) -> bool {
    packages.iter().any(|package| package.name == name)
}

fn check_switches(file: &File, switches: &[Switches], packages: &[ReadPackage<'_>]) {
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    for Switches { package: name, options } in switches {
        refuse_unknown(file, name, "there is no package", &names);
        let Some(package) = packages.iter().find(|package| package.name == name.value) else { continue };
        if package.file.is_broken() {
            continue;
        }
        let known: Vec<&String> = package.options.iter().collect();
        for option in options {
            let text = Spot { value: option.value.0.clone(), span: option.span.clone() };
            refuse_unknown(file, &text, &format!("package `{}` has no option", name.value), &known);
        }
    }
}

fn refuse_unknown(file: &File, text: &Text, what: &str, known: &[impl AsRef<str>]) {
    if !known.iter().any(|name| name.as_ref() == text.value) {
        let hint = xen4centos_toml_tree::hint(&text.value, known);
        file.problem(&text.span, format!("{what} `{}`", text.value), hint);
    }
}
