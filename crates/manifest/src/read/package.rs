use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::civil::Date;
use xen4centos_artifact::CAPABILITIES;
use xen4centos_toml_tree::{File, Table, Text};

use super::{
    all_checked, changelog, checked, own_name, refuse_repeated,
    source::{self, ReadPatch, ReadSource, Surroundings},
    value,
};
use crate::{Need, Package, PackageOption, Requirement, Role, Upstream, order, reserved, words};

/// Long enough for a kernel on two cores.
const DEFAULT_MINUTES: u64 = 240;

/// A package as far as it could be read, with what targets and other packages need to know of it.
pub(crate) struct ReadPackage<'a> {
    pub(crate) file: &'a File,
    /// Of the directory; what others call the package.
    pub(crate) name: String,
    pub(crate) package: Option<Package>,
    pub(crate) build_after: Vec<Text>,
    pub(crate) options: BTreeSet<String>,
    /// Sources that come from outside of the tree.
    pub(crate) outside_sources: Vec<Text>,
    /// The names of sources and the files of patches: what `--source-override` can be given.
    pub(crate) replaceable: BTreeSet<String>,
    /// The file names of sources and patches.
    pub(crate) files: Vec<Text>,
    pub(crate) has_upstream: bool,
    pub(crate) has_miniature: bool,
}

/// What the parts of the file are checked against.
struct Known<'p> {
    directory: &'p Utf8Path,
    options: BTreeSet<String>,
}

pub(crate) fn read<'a>(root: Table<'a>, directory: &Utf8Path, today: Date) -> ReadPackage<'a> {
    let directory_name = directory.file_name().unwrap_or_default().to_owned();
    let name = own_name(&root, &directory_name, "directory");
    let version = checked(&root, root.required("version"), words::version);
    let release = checked(&root, root.required("release"), words::version);
    let build_after = all_checked(&root, root.texts("build-after"), words::name);
    refuse_repeated(&root, &build_after, "package");
    let template = template(&root, directory, &directory_name);
    let miniature = miniature(&root, directory);
    let upstream = root.table("upstream").map(|table| (table.span.clone(), upstream(table, directory)));
    let (options, option_names) = options(&root);
    let known = Known { directory, options: option_names };
    let (sources, patches) = sources_and_patches(&root, &known, upstream.as_ref());
    let needs = needs(&root, &known.options);
    let epoch = root.number("epoch", 0..=u32::MAX).map_or(0, |epoch| epoch.value);
    let full = version.as_ref().zip(release.as_ref());
    let full = full.map(|(version, release)| format!("{}-{}", version.value, release.value));
    let changelog = changelog::read(&root, full.as_deref(), epoch, today);
    let dist_tag = root.boolean("dist").is_none_or(|dist| dist.value);
    let summary = root.required("summary").map(|text| text.value);
    let license = root.text("license").map(|text| text.value);
    let minutes = root.number("timeout-minutes", 1..=10_080).map_or(DEFAULT_MINUTES, |minutes| minutes.value);
    let file = root.file();
    let has_upstream = upstream.is_some();
    let has_miniature = root.has("miniature");
    root.finish();
    let outside = sources.iter().filter(|source| source.comes_from_outside);
    let outside_sources = outside.filter_map(|source| source.name.clone()).collect();
    let patch_files = patches.iter().filter_map(|patch| patch.file.clone());
    let names = sources.iter().filter_map(|source| source.name.clone()).chain(patch_files.clone());
    let replaceable = names.map(|name| name.value).collect();
    let files = sources.iter().filter_map(|source| source.file.clone()).chain(patch_files).collect();
    let package = (|| {
        Some(Package {
            name: name?,
            version: version?.value,
            release: release?.value,
            dist_tag,
            epoch,
            summary: summary?,
            license,
            build_after: build_after.iter().map(|after| after.value.clone()).collect(),
            directory: directory.to_owned(),
            template,
            upstream: upstream.and_then(|(_, upstream)| upstream),
            miniature,
            sources: sources.into_iter().filter_map(|source| source.source).collect(),
            patches: patches.into_iter().filter_map(|patch| patch.patch).collect(),
            options,
            needs,
            changelog,
            time_limit: Duration::from_secs(60 * minutes),
        })
    })();
    ReadPackage {
        file,
        name: directory_name,
        package,
        build_after,
        options: known.options,
        outside_sources,
        replaceable,
        files,
        has_upstream,
        has_miniature,
    }
}

fn template(root: &Table<'_>, directory: &Utf8Path, name: &str) -> Utf8PathBuf {
    let path = directory.join(format!("{name}.spec.tera"));
    if !path.is_file() {
        root.problem(format!("the package has no template `{name}.spec.tera`"), None);
    }
    path
}

fn miniature(root: &Table<'_>, directory: &Utf8Path) -> Option<Utf8PathBuf> {
    let text = checked(root, root.text("miniature"), words::inner_path)?;
    let path = directory.join(&text.value);
    if !path.is_dir() {
        root.problem_at(&text, format!("there is no directory `{}` beside package.toml", text.value), None);
    }
    Some(path)
}

fn upstream(table: Table<'_>, package: &Utf8Path) -> Option<Upstream> {
    let name = table.required("name").map(|text| text.value);
    let directory = value(&table, table.required("directory"), words::file_name);
    let git = value(&table, table.text("git"), words::git_url);
    let has_key = table.has("advisories");
    let advisories = table.table("advisories").and_then(|table| source::key_pin(table, package));
    table.finish();
    let advisories_are_good = advisories.is_some() || !has_key;
    Some(Upstream { name: name?, directory: directory?, git, advisories }).filter(|_| advisories_are_good)
}

/// Only what was applied before can be taken back.
fn refuse_unknown_superseded(file: &File, patches: &[ReadPatch]) {
    for (index, patch) in patches.iter().enumerate() {
        let earlier: Vec<&str> = patches[..index]
            .iter()
            .filter_map(|patch| patch.file.as_ref().map(|file| file.value.as_str()))
            .collect();
        for name in patch.supersedes.iter().filter(|name| !earlier.contains(&name.value.as_str())) {
            let message = format!("no patch before this one is `{}`", name.value);
            file.problem(&name.span, message, xen4centos_toml_tree::hint(&name.value, &earlier));
        }
    }
}

/// `upstream` is there where the file has an [upstream], and whole where that could be read.
fn sources_and_patches(
    root: &Table<'_>,
    known: &Known<'_>,
    upstream: Option<&(Range<usize>, Option<Upstream>)>,
) -> (Vec<ReadSource>, Vec<ReadPatch>) {
    let unread = Upstream { name: String::new(), directory: String::new(), git: None, advisories: None };
    let of_package = upstream.map(|(_, upstream)| upstream.as_ref().unwrap_or(&unread));
    let around = Surroundings { directory: known.directory, upstream: of_package };
    let tables = root.tables("source");
    let sources: Vec<ReadSource> = tables.into_iter().map(|table| source::source(table, &around)).collect();
    let tables = root.tables("patch");
    let patches: Vec<ReadPatch> = tables.into_iter().map(|table| source::patch(table, &around)).collect();
    for source in &sources {
        check_option(root, source.option.as_ref(), &known.options);
    }
    refuse_repeated(root, sources.iter().filter_map(|source| source.name.as_ref()), "a source named");
    refuse_same_variable(root, &sources.iter().filter_map(|source| source.name.as_ref()).collect::<Vec<_>>());
    let files = sources.iter().map(|source| &source.file).chain(patches.iter().map(|patch| &patch.file));
    refuse_repeated(root, files.clone().flatten(), "a source or patch file");
    let package = known.directory.file_name().unwrap_or_default();
    let tree = of_package.map(Upstream::tree_file);
    for file in files.flatten() {
        reserved::refuse_file(root, package, file, tree.as_deref());
    }
    for name in sources.iter().filter_map(|source| source.name.as_ref()) {
        reserved::refuse_source_name(root, name);
    }
    if let Some((span, _)) = upstream {
        check_roles(root, span, &sources);
    }
    refuse_unknown_superseded(root.file(), &patches);
    (sources, patches)
}

/// What `upstream.file` and `upstream.patch_file` of a template stand for must be one file each.
fn check_roles(root: &Table<'_>, upstream: &Range<usize>, sources: &[ReadSource]) {
    let of_role = |role| sources.iter().map(|source| &source.role).filter(move |spot| spot.value == role);
    if of_role(Role::Upstream).next().is_none() && !root.file().is_broken() {
        let hint = "mark the release's archive with `upstream = true`".to_owned();
        root.file().problem(upstream, "[upstream] without a source that is upstream's", Some(hint));
    }
    for role in [Role::Upstream, Role::UpstreamPatch] {
        if let Some(second) = of_role(role).nth(1) {
            let what = if role == Role::Upstream { "archive" } else { "patch" };
            root.problem_at(second, format!("upstream's release has one {what} already"), None);
        }
    }
    let first_archive = of_role(Role::Upstream).next();
    let first_patch = of_role(Role::UpstreamPatch).next();
    if let (Some(archive), Some(patch)) = (first_archive, first_patch)
        && patch.span.start < archive.span.start
    {
        root.problem_at(patch, "upstream's patch stands before the archive that it patches", None);
    }
}

/// Templates see `-` and `.` as `_`.
pub(crate) fn variable_name(name: &str) -> String {
    name.replace(['-', '.'], "_")
}

fn refuse_same_variable(root: &Table<'_>, names: &[&Text]) {
    for (index, name) in names.iter().enumerate() {
        let variable = variable_name(&name.value);
        let same = names[..index]
            .iter()
            .find(|earlier| earlier.value != name.value && variable_name(&earlier.value) == variable);
        if let Some(earlier) = same {
            let message =
                format!("templates see both `{}` and `{}` as `{variable}`", earlier.value, name.value);
            root.problem_at(name, message, Some("give one of them another `name`"));
        }
    }
}

fn options(root: &Table<'_>) -> (BTreeMap<String, PackageOption>, BTreeSet<String>) {
    let tables = root.named_tables("option");
    refuse_same_variable(root, &tables.iter().map(|(name, _)| name).collect::<Vec<_>>());
    let names = tables.iter().map(|(name, _)| name.value.clone()).collect();
    let spots: Vec<Text> = tables.iter().map(|(name, _)| name.clone()).collect();
    let options = tables.into_iter().filter_map(|(name, table)| option(root, name, table, &names)).collect();
    refuse_option_cycles(root, &spots, &options);
    (options, names)
}

/// Options that require one another would all be off, and nobody would be told.
fn refuse_option_cycles(root: &Table<'_>, spots: &[Text], options: &BTreeMap<String, PackageOption>) {
    let edges = options
        .iter()
        .map(|(name, option)| (name.as_str(), option.requires.iter().map(String::as_str).collect()))
        .collect();
    for cycle in order::cycles(&edges).into_iter().filter(|cycle| cycle.len() > 1) {
        let way: Vec<&str> = cycle.iter().chain(cycle.first()).copied().collect();
        if let Some(spot) = spots.iter().find(|spot| spot.value == cycle[0]) {
            root.problem_at(
                spot,
                format!("options require one another: {}", way.join(", which requires ")),
                None,
            );
        }
    }
}

fn option(
    root: &Table<'_>,
    name: Text,
    table: Table<'_>,
    known: &BTreeSet<String>,
) -> Option<(String, PackageOption)> {
    let (line, _) = table.file().position(table.span.start);
    let summary = table.required("summary").map(|text| text.value);
    let default = table.boolean("default").is_none_or(|default| default.value);
    let user_space = table.boolean("user-space").is_some_and(|user_space| user_space.value);
    let needs = table.texts("needs");
    refuse_repeated(&table, &needs, "capability");
    for need in &needs {
        if !CAPABILITIES.contains(&need.value.as_str()) {
            let message = format!("no build root knows a capability `{}`", need.value);
            table.problem_at(
                need,
                message,
                xen4centos_toml_tree::hint(&need.value, &CAPABILITIES).as_deref(),
            );
        }
    }
    let requires = table.texts("requires");
    refuse_repeated(&table, &requires, "option");
    for required in &requires {
        check_option(&table, Some(required), known);
        if required.value == name.value {
            table.problem_at(required, "an option can not require itself", None);
        }
    }
    let components = table.texts("components");
    refuse_repeated(&table, &components, "component");
    table.finish();
    let name = checked(root, Some(name), words::variable)?.value;
    let needs = needs.into_iter().map(|need| need.value).collect();
    let requires = requires.into_iter().map(|required| required.value).collect();
    let components = components.into_iter().map(|component| component.value).collect();
    let option =
        PackageOption { name, summary: summary?, default, needs, user_space, requires, components, line };
    Some((option.name.clone(), option))
}

fn check_option(table: &Table<'_>, option: Option<&Text>, known: &BTreeSet<String>) {
    if let Some(option) = option
        && !known.contains(&option.value)
    {
        let names: Vec<&String> = known.iter().collect();
        let hint = xen4centos_toml_tree::hint(&option.value, &names);
        let message = format!("the package has no option `{}`", option.value);
        table.problem_at(option, message, hint.as_deref());
    }
}

fn needs(root: &Table<'_>, options: &BTreeSet<String>) -> Vec<Need> {
    root.tables("need").into_iter().filter_map(|table| need(table, options)).collect()
}

fn need(table: Table<'_>, options: &BTreeSet<String>) -> Option<Need> {
    let command = value(&table, table.text("command"), words::file_name);
    let header = value(&table, table.text("header"), words::inner_path);
    let option = table.text("option");
    check_option(&table, option.as_ref(), options);
    let apt = value(&table, table.text("apt"), words::name);
    let yum = value(&table, table.text("yum"), words::file_name);
    if table.has("command") && table.has("header") {
        table.problem("a need is either a `command` or a `header`", None);
    } else if !table.has("command") && !table.has("header") {
        table.missing("command", Some("or a `header`: what the build root is searched for"));
    }
    table.finish();
    let requirement = match (command, header) {
        (Some(command), _) => Requirement::Command(command),
        (None, header) => Requirement::Header(header?),
    };
    Some(Need { requirement, apt, yum, option: option.map(|option| option.value) })
}
