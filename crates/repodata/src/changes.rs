//! What is different between two descriptions of a package, or of two packages of one name.

use std::collections::BTreeSet;

use crate::{ChangelogEntry, Dependency, FileKind, Order, Package, PackageFile, RepodataError};

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A text or number.
    Field {
        /// Which one; one of [`Ignored::names`] for packages.
        name: String,
        /// In the first repository; empty where it has none.
        before: String,
        /// In the second one.
        after: String,
    },
    /// What is in a list, in whatever order.
    List {
        /// Which one.
        name: String,
        /// Only in the second repository.
        added: Vec<String>,
        /// Only in the first one.
        removed: Vec<String>,
    },
}

impl Change {
    /// What differs.
    pub fn name(&self) -> &str {
        match self {
            Self::Field { name, .. } | Self::List { name, .. } => name,
        }
    }
}

/// Names of what can differ that follows from the packages' content; then of what can differ where nothing else does.
const MAJOR: [&str; 20] = [
    "summary",
    "description",
    "packager",
    "url",
    "license",
    "vendor",
    "group",
    "buildhost",
    "sourcerpm",
    "provides",
    "requires",
    "conflicts",
    "obsoletes",
    "suggests",
    "enhances",
    "recommends",
    "supplements",
    "files",
    "changelog",
    "installed-size",
];
const MINOR: [&str; 8] =
    ["size", "archive-size", "header-range", "build-time", "checksum", "time", "href", "base"];

/// What is no difference, because somebody said so.
#[derive(Clone, Debug, Default)]
pub struct Ignored(BTreeSet<String>);

impl Ignored {
    /// Takes names.
    ///
    /// # Errors
    /// When nothing has one of them.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, RepodataError> {
        let mut ignored = BTreeSet::new();
        for name in names {
            if !Self::names().any(|known| known == name) {
                let known: Vec<&str> = Self::names().collect();
                let what = format!("unknown difference `{name}`; there are: {}", known.join(", "));
                return Err(RepodataError::Asked { what });
            }
            ignored.insert(name.to_owned());
        }
        Ok(Self(ignored))
    }

    /// All that can be ignored, in the order in which differences are told.
    pub fn names() -> impl Iterator<Item = &'static str> {
        MAJOR.into_iter().chain(MINOR).chain(["revision", "tags", "documents"])
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// What can be told of a package, in the order of [`names`](Self::names). What is ignored is left out.
    fn of<'a>(&self, package: &'a Package) -> impl Iterator<Item = (&'static str, Aspect<'a>)> {
        let aspects = aspects(package);
        aspects.into_iter().filter(|(name, _)| !self.has(name))
    }
}

/// What is told of a package under one name.
enum Aspect<'a> {
    Text(&'a str),
    Number(u64),
    Range(u64, u64),
    Dependencies(&'a [Dependency]),
    Files(&'a [PackageFile]),
    Changelog(&'a [ChangelogEntry]),
}

impl Aspect<'_> {
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some((*text).to_owned()),
            Self::Number(number) => Some(number.to_string()),
            Self::Range(start, end) => Some(format!("{start}-{end}")),
            _ => None,
        }
    }

    fn items(&self) -> BTreeSet<String> {
        match self {
            Self::Dependencies(list) => list.iter().map(shown).collect(),
            Self::Files(list) => list.iter().map(shown_file).collect(),
            Self::Changelog(list) => list.iter().map(shown_entry).collect(),
            _ => BTreeSet::new(),
        }
    }
}

fn aspects(package: &Package) -> Vec<(&'static str, Aspect<'_>)> {
    let dependencies = &package.dependencies;
    let range = &package.header_range;
    vec![
        ("summary", Aspect::Text(&package.summary)),
        ("description", Aspect::Text(&package.description)),
        ("packager", Aspect::Text(&package.packager)),
        ("url", Aspect::Text(&package.url)),
        ("license", Aspect::Text(&package.license)),
        ("vendor", Aspect::Text(&package.vendor)),
        ("group", Aspect::Text(&package.group)),
        ("buildhost", Aspect::Text(&package.build_host)),
        ("sourcerpm", Aspect::Text(&package.source_rpm)),
        ("provides", Aspect::Dependencies(&dependencies.provides)),
        ("requires", Aspect::Dependencies(&dependencies.requires)),
        ("conflicts", Aspect::Dependencies(&dependencies.conflicts)),
        ("obsoletes", Aspect::Dependencies(&dependencies.obsoletes)),
        ("suggests", Aspect::Dependencies(&dependencies.suggests)),
        ("enhances", Aspect::Dependencies(&dependencies.enhances)),
        ("recommends", Aspect::Dependencies(&dependencies.recommends)),
        ("supplements", Aspect::Dependencies(&dependencies.supplements)),
        ("files", Aspect::Files(&package.files)),
        ("changelog", Aspect::Changelog(&package.changelog)),
        ("installed-size", Aspect::Number(package.size.installed)),
        ("size", Aspect::Number(package.size.package)),
        ("archive-size", Aspect::Number(package.size.archive)),
        ("header-range", Aspect::Range(range.start, range.end)),
        ("build-time", Aspect::Number(package.build_time)),
        ("checksum", Aspect::Text(&package.checksum.value)),
        ("time", Aspect::Number(package.file_time)),
        ("href", Aspect::Text(&package.href)),
        ("base", Aspect::Text(package.base.as_deref().unwrap_or_default())),
    ]
}

fn shown(dependency: &Dependency) -> String {
    match dependency.order {
        Order::Any => dependency.to_string(),
        Order::Before => format!("{dependency} (pre)"),
    }
}

fn shown_file(file: &PackageFile) -> String {
    let PackageFile { path, kind } = file;
    match kind {
        FileKind::File => path.clone(),
        FileKind::Directory => format!("{path} (directory)"),
        FileKind::Ghost => format!("{path} (ghost)"),
    }
}

/// The time is left out: entries of one day are moved apart, and by how much depends on their neighbours.
fn shown_entry(entry: &ChangelogEntry) -> String {
    format!("{}\n{}", entry.author, entry.text)
}

/// All that is told of a package and not ignored, for a digest of it: each part ends where the next can not begin.
pub(crate) fn feed(package: &Package, ignored: &Ignored, mut sink: impl FnMut(&str)) {
    for (name, aspect) in ignored.of(package) {
        sink(name);
        sink("\0");
        match aspect.text() {
            Some(text) => sink(&text),
            None => aspect.items().iter().for_each(|item| {
                sink(item);
                sink("\0");
            }),
        }
        sink("\0\0");
    }
}

/// What differs between two packages, what matters most first.
pub(crate) fn between(before: &Package, after: &Package, ignored: &Ignored) -> Vec<Change> {
    let pairs = ignored.of(before).zip(ignored.of(after));
    pairs.filter_map(|((name, before), (_, after))| change(name, &before, &after)).collect()
}

fn change(name: &str, before: &Aspect<'_>, after: &Aspect<'_>) -> Option<Change> {
    if let (Some(before), Some(after)) = (before.text(), after.text()) {
        return field(name, before, after);
    }
    list(name, &before.items(), &after.items())
}

/// A field that may have changed.
pub(crate) fn field(name: &str, before: String, after: String) -> Option<Change> {
    (before != after).then(|| Change::Field { name: name.to_owned(), before, after })
}

/// A list that may have changed.
pub(crate) fn list(name: &str, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Option<Change> {
    let only = |left: &BTreeSet<String>, right: &BTreeSet<String>| left.difference(right).cloned().collect();
    let (added, removed): (Vec<String>, Vec<String>) = (only(after, before), only(before, after));
    (!added.is_empty() || !removed.is_empty()).then(|| Change::List { name: name.to_owned(), added, removed })
}
