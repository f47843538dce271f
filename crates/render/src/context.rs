//! What a spec template sees. The names here are the templates' vocabulary, so a change here is a change there.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use serde::Serialize;
use xen4centos_artifact::BuildRootFacts;
use xen4centos_manifest::{
    Channel, EffectiveOption, Location, Package, PackageOption, Patch, Role, Source, Target,
};

use crate::{RenderError, changelog};

/// A file of rpm's `SOURCES`, patches aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// As package.toml has it, or that of a generated file.
    pub name: String,
    /// The file's name in `SOURCES`.
    pub file: String,
    /// Where upstream has it; none for files of the tree and generated ones.
    pub url: Option<String>,
    /// Its part in upstream's release.
    pub role: FileRole,
}

/// The part of a source in upstream's release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    /// The archive of the release.
    UpstreamArchive,
    /// A tarball that was made from a tree, in place of the whole release.
    UpstreamTree,
    /// A patch that belongs to the release.
    UpstreamPatch,
    /// Anything else.
    Other,
}

/// From what a context is made.
#[derive(Clone, Copy, Debug)]
pub struct SpecInputs<'a> {
    /// The manifest.
    pub package: &'a Package,
    /// Who the client is.
    pub target: &'a Target,
    /// Where it will be published.
    pub channel: &'a Channel,
    /// The build root.
    pub root: &'a BuildRootFacts,
    /// Which options are on.
    pub options: &'a BTreeMap<String, EffectiveOption>,
    /// In the order of rpm's `SourceN`, generated files last.
    pub sources: &'a [SourceFile],
}

/// The variables of a spec template.
#[derive(Clone, Debug, Serialize)]
pub struct SpecContext {
    pub(crate) package: PackageView,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<UpstreamView>,
    sources: Vec<SourceView>,
    source: BTreeMap<String, SourceView>,
    source_lines: String,
    patch_lines: String,
    patches: Vec<PatchView>,
    patch_commands: String,
    option: BTreeMap<String, bool>,
    root: BuildRootFacts,
    target: TargetView,
    channel: ChannelView,
    changelog: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel_config: Option<SourceView>,
    /// What package.toml declares, needed with these options or not: for the lints.
    #[serde(skip)]
    pub(crate) declared_sources: Vec<Declared>,
    #[serde(skip)]
    pub(crate) declared_options: Vec<Declared>,
    /// File and line.
    #[serde(skip)]
    pub(crate) declared_patches: Vec<(String, usize)>,
}

/// Something that package.toml declares.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    /// As package.toml writes it.
    pub(crate) name: String,
    /// What a template looks at to use it; any of them will do.
    pub(crate) variables: Vec<String>,
    /// Of its declaration.
    pub(crate) line: usize,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct PackageView {
    pub(crate) name: String,
    version: String,
    release: String,
    epoch: u32,
    summary: String,
}

#[derive(Clone, Debug, Serialize)]
struct UpstreamView {
    directory: String,
    is_tree: bool,
    file: String,
    index: usize,
    patch_file: String,
    patch_index: i64,
}

#[derive(Clone, Debug, Default, Serialize)]
struct SourceView {
    name: String,
    file: String,
    index: usize,
}

#[derive(Clone, Debug, Default, Serialize)]
struct PatchView {
    file: String,
    index: usize,
    strip: u32,
    advisory: String,
    summary: String,
}

#[derive(Clone, Debug, Serialize)]
struct TargetView {
    name: String,
    dist: String,
    arch: String,
    client: String,
    vendor: String,
    packager: String,
    repository_id: String,
    repository_title: String,
    key_file: String,
}

#[derive(Clone, Debug, Serialize)]
struct ChannelView {
    name: String,
    base_url: String,
}

/// One of each thing of which a context may have none, so that its members are known.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Samples {
    source: SourceView,
    patch: PatchView,
}

/// The generated source that templates know as [`SpecContext::KERNEL_CONFIG`].
const KERNEL_CONFIG_SOURCE: &str = "kernel-config";

impl SpecContext {
    /// The generated kernel configuration, which is there for packages that ask for it.
    pub(crate) const KERNEL_CONFIG: &str = "kernel_config";

    /// Text that is made here for a spec, of several lines.
    pub(crate) const PIECES: [&str; 4] = ["source_lines", "patch_lines", "patch_commands", "changelog"];

    /// Variables that always have members; as a whole they say nothing.
    pub(crate) const TABLES: [&str; 7] =
        ["package", "source", "option", "root", "root.capabilities", "target", "channel"];

    /// The variables, without their members.
    pub(crate) const NAMES: [&str; 13] = [
        "package",
        "upstream",
        "sources",
        "source",
        "source_lines",
        "patch_lines",
        "patches",
        "patch_commands",
        "option",
        "root",
        "target",
        "channel",
        "changelog",
    ];

    /// Everything that a template of this package may look at.
    pub fn new(inputs: &SpecInputs<'_>) -> Self {
        let SpecInputs { package, target, channel, root, options, sources } = *inputs;
        let views: Vec<SourceView> = sources.iter().enumerate().map(SourceView::new).collect();
        let patches: Vec<PatchView> = package.patches.iter().enumerate().map(PatchView::new).collect();
        Self {
            package: PackageView {
                name: package.name.clone(),
                version: package.version.clone(),
                release: package.full_release(&target.dist),
                epoch: package.epoch,
                summary: package.summary.clone(),
            },
            upstream: upstream(package, sources),
            source: views.iter().map(|view| (view.key(), view.clone())).collect(),
            source_lines: source_lines(sources),
            patch_lines: patch_lines(&package.patches),
            patch_commands: patch_commands(&patches),
            patches,
            option: options.values().map(|option| (identifier(&option.name), option.on)).collect(),
            root: root.clone(),
            target: TargetView::new(target),
            channel: ChannelView { name: channel.name.clone(), base_url: channel.base_url.clone() },
            changelog: changelog(&package.changelog, package.epoch),
            kernel_config: views.iter().find(|view| view.name == KERNEL_CONFIG_SOURCE).cloned(),
            sources: views,
            declared_sources: package.sources.iter().map(Declared::source).collect(),
            declared_patches: package.patches.iter().map(|patch| (patch.file.clone(), patch.line)).collect(),
            declared_options: package.options.values().map(Declared::option).collect(),
        }
    }

    /// Two sources of one name or file would be one for rpm, and whichever it takes.
    pub(crate) fn check_sources(&self, template: &Utf8Path) -> Result<(), RenderError> {
        let names = self.sources.iter().map(SourceView::key);
        let patches = self.patches.iter().map(|patch| patch.file.clone());
        let files = self.sources.iter().map(|source| source.file.clone()).chain(patches);
        let repeated = repeated(names).or_else(|| repeated(files));
        repeated.map_or(Ok(()), |name| Err(RenderError::Repeated { template: template.to_owned(), name }))
    }
}

impl SourceView {
    fn new((index, source): (usize, &SourceFile)) -> Self {
        Self { name: source.name.clone(), file: source.file.clone(), index }
    }

    /// The name as a template can write it.
    fn key(&self) -> String {
        identifier(&self.name)
    }
}

impl Declared {
    fn source(source: &Source) -> Self {
        let mut variables = vec![format!("source.{}", identifier(&source.name))];
        variables.extend(match source.role {
            Role::Upstream => ["upstream.file", "upstream.index"].map(str::to_owned).to_vec(),
            Role::UpstreamPatch => {
                ["upstream.patch_file", "upstream.patch_index"].map(str::to_owned).to_vec()
            }
            Role::Extra => Vec::new(),
        });
        Self { name: source.name.clone(), variables, line: source.line }
    }

    fn option(option: &PackageOption) -> Self {
        let variables = vec![format!("option.{}", identifier(&option.name))];
        Self { name: option.name.clone(), variables, line: option.line }
    }
}

impl PatchView {
    fn new((index, patch): (usize, &Patch)) -> Self {
        Self {
            file: patch.file.clone(),
            index,
            strip: patch.strip,
            advisory: patch.advisories.join(", "),
            summary: patch.summary.clone(),
        }
    }
}

impl TargetView {
    fn new(target: &Target) -> Self {
        Self {
            name: target.name.clone(),
            dist: target.dist.clone(),
            arch: target.arch.clone(),
            client: target.client.clone(),
            vendor: target.vendor.clone(),
            packager: target.packager.clone(),
            repository_id: target.repository.id.clone(),
            repository_title: target.repository.title.clone(),
            key_file: target.key.file.clone(),
        }
    }
}

fn upstream(package: &Package, sources: &[SourceFile]) -> Option<UpstreamView> {
    let upstream = package.upstream.as_ref()?;
    let archive =
        |source: &SourceFile| matches!(source.role, FileRole::UpstreamArchive | FileRole::UpstreamTree);
    let index = sources.iter().position(archive)?;
    let patch = sources.iter().position(|source| source.role == FileRole::UpstreamPatch);
    Some(UpstreamView {
        directory: upstream.directory.clone(),
        is_tree: sources[index].role == FileRole::UpstreamTree,
        file: sources[index].file.clone(),
        index,
        patch_file: patch.map_or_else(String::new, |patch| sources[patch].file.clone()),
        patch_index: patch.map_or(-1, |patch| i64::try_from(patch).expect("a handful of sources")),
    })
}

fn repeated(names: impl Iterator<Item = String>) -> Option<String> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(name.clone()))
}

fn identifier(name: &str) -> String {
    name.replace(['-', '.'], "_")
}

fn source_lines(sources: &[SourceFile]) -> String {
    let lines = sources
        .iter()
        .enumerate()
        .map(|(index, source)| file_line(&format!("Source{index}:"), source.url.as_deref(), &source.file));
    lines.collect::<Vec<_>>().join("\n")
}

fn patch_lines(patches: &[Patch]) -> String {
    let url = |patch: &Patch| match &patch.location {
        Location::Url(location) => Some(location.url.clone()),
        _ => None,
    };
    let lines = patches
        .iter()
        .enumerate()
        .map(|(index, patch)| file_line(&format!("Patch{index}:"), url(patch).as_deref(), &patch.file));
    lines.collect::<Vec<_>>().join("\n")
}

/// rpm takes what follows the last `/` for the file's name: where a URL ends otherwise, a fragment says it.
fn file_line(label: &str, url: Option<&str>, file: &str) -> String {
    let location = match url {
        Some(url) if url.rsplit('/').next() == Some(file) => url.to_owned(),
        Some(url) => format!("{url}#/{file}"),
        None => file.to_owned(),
    };
    format!("{label:<15} {}", location.replace('%', "%%"))
}

/// Without fuzz: a patch whose context does not match exactly may land in another function. The same on every rpm,
/// because rpm's own `%patch` has changed over time.
fn patch_commands(patches: &[PatchView]) -> String {
    let commands = patches.iter().map(|patch| {
        let PatchView { file, index, strip, .. } = patch;
        let apply = format!("patch -p{strip} -F0 -s --no-backup-if-mismatch");
        let unpack = match file.rsplit('.').next() {
            Some("gz") => Some("gzip"),
            Some("bz2") => Some("bzip2"),
            Some("xz") => Some("xz"),
            _ => None,
        };
        let command = match unpack {
            Some(program) => format!("{program} -dc %{{PATCH{index}}} | {apply}"),
            None => format!("{apply} < %{{PATCH{index}}}"),
        };
        format!("echo 'Patch #{index} ({file})'\n{command}")
    });
    commands.collect::<Vec<_>>().join("\n")
}
