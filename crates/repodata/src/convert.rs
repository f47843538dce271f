//! A package's headers as metadata.
//!
//! What a package says and what metadata says about it differ by rules that yum has relied on since the first
//! createrepo; they are here, and the tests compare every field with createrepo_c's.

use std::{borrow::Cow, collections::HashSet};

use camino::Utf8Path;
use xen4centos_artifact::{
    Nevra,
    header::{DependencyFlags, DependencyKind, HeaderError, RpmHeaders, Tag, Text, tag},
};

use crate::{
    ChangelogEntry, Checksum, Dependencies, Event, FileKind, Order, Package, RepodataError, Sizes,
    files::{FileTable, decode_path},
    moderation,
    package::is_primary,
    requirements::{self, Raw},
    stamp::Stamp,
    text,
};

/// First tags (names) of SUSE's old weak dependencies; versions and flags follow.
pub(crate) const OLD_SUGGESTS: Tag = 1156;
pub(crate) const OLD_ENHANCES: Tag = 1159;

/// Flag of the stronger half of those (`RPMSENSE_STRONG`).
const STRONG: u32 = 1 << 27;

/// Characters of a refused text that an error shows.
const SHOWN: usize = 100;

/// Turns the headers of one package into metadata.
pub(crate) struct Converter<'a> {
    pub(crate) path: &'a Utf8Path,
    pub(crate) headers: &'a RpmHeaders,
    pub(crate) report: &'a mut dyn FnMut(Event),
    /// How many entries of the changelog are taken, the newest.
    pub(crate) changelog_limit: usize,
}

impl<'a> Converter<'a> {
    /// All but the files.
    pub(crate) fn package(
        &mut self,
        checksum: Checksum,
        stamp: &Stamp,
        files: &FileTable,
    ) -> Result<Package, RepodataError> {
        let range = self.headers.header_range();
        let size = Sizes {
            package: stamp.size,
            installed: self.header(self.headers.installed_size())?.unwrap_or(0),
            archive: self.header(self.headers.archive_size())?.unwrap_or(0),
        };
        Ok(Package {
            nevra: self.nevra()?,
            checksum,
            summary: self.described("summary", tag::SUMMARY)?,
            description: self.described("description", tag::DESCRIPTION)?,
            packager: self.described("packager", tag::PACKAGER)?,
            url: self.described("url", tag::URL)?,
            file_time: stamp.seconds(),
            build_time: self.header(self.headers.build_time())?.unwrap_or(0),
            size,
            href: String::new(),
            base: None,
            license: self.described("license", tag::LICENSE)?,
            vendor: self.described("vendor", tag::VENDOR)?,
            group: self.described("group", tag::GROUP)?,
            build_host: self.described("build host", tag::BUILD_HOST)?,
            source_rpm: self.described("source package", tag::SOURCE_RPM)?,
            header_range: range,
            dependencies: self.dependencies(files)?,
            changelog: self.changelog()?,
            files: Vec::new(),
        })
    }

    fn header<T>(&self, result: Result<T, HeaderError>) -> Result<T, RepodataError> {
        result.map_err(|source| RepodataError::Package { path: self.path.to_owned(), source })
    }

    /// A text that others refer to: it is taken whole or the package is refused. createrepo_c leaves such a package out
    /// and goes on, so that nobody notices before a client misses it.
    fn exact<'t>(&self, field: &'static str, found: Text<'t>) -> Result<Cow<'t, str>, RepodataError> {
        let decoded = text::decode(found);
        if text::is_clean(&decoded) {
            return Ok(decoded);
        }
        let text = decoded.chars().take(SHOWN).flat_map(char::escape_debug).collect();
        Err(RepodataError::Forbidden { path: self.path.to_owned(), field, text })
    }

    /// A text for people: characters that XML forbids are left out of it, and that is reported. createrepo_c leaves the
    /// whole package out for one of them. Nothing resolves by such a text, so the package is of more use than its
    /// absence; all that createrepo_c does describe is described alike.
    fn readable(&mut self, field: &'static str, found: Text<'_>) -> String {
        let decoded = text::decode(found);
        if !text::is_clean(&decoded) {
            (self.report)(Event::Cleaned { path: self.path.to_owned(), field: field.into() });
        }
        text::without_forbidden(decoded)
    }

    fn described(&mut self, field: &'static str, tag: Tag) -> Result<String, RepodataError> {
        let found = self.header(self.headers.main().string(tag))?.unwrap_or_default();
        Ok(self.readable(field, found))
    }

    fn nevra(&self) -> Result<Nevra, RepodataError> {
        let nevra = self.header(self.headers.nevra())?;
        for part in [&nevra.name, &nevra.evr.version, &nevra.evr.release, &nevra.arch] {
            self.exact("name", Text::new(part.as_bytes()))?;
        }
        Ok(nevra)
    }

    /// Refuses a header that would come to more than [`moderation::LIMIT`].
    pub(crate) fn demand_moderate(&self) -> Result<(), RepodataError> {
        if self.headers.main().as_bytes().len() as u64 <= moderation::HARMLESS {
            return Ok(());
        }
        let found = self.header(moderation::cost(self.headers, self.changelog_limit))?;
        if found <= moderation::LIMIT {
            return Ok(());
        }
        Err(RepodataError::TooLarge { path: self.path.to_owned(), found, limit: moderation::LIMIT })
    }

    /// Every file in the header's order.
    pub(crate) fn files(&self) -> Result<FileTable, RepodataError> {
        let mut table = FileTable::default();
        let mut directories: Vec<Option<usize>> = Vec::new();
        let paths = self.header(self.headers.main().paths())?;
        table.reserve(paths.len());
        for file in paths {
            let kind = match (file.is_directory(), file.is_ghost()) {
                (true, _) => FileKind::Directory,
                (false, true) => FileKind::Ghost,
                (false, false) => FileKind::File,
            };
            if let Some(path) = decode_path(file.directory, file.base_name) {
                table.path(&self.exact("path", Text::new(path.as_bytes()))?, kind);
                continue;
            }
            if directories.len() <= file.directory_index {
                directories.resize(file.directory_index + 1, None);
            }
            let directory = match directories[file.directory_index] {
                Some(known) => known,
                None => table.directory(&self.exact("path", file.directory)?),
            };
            directories[file.directory_index] = Some(directory);
            table.file(directory, &self.exact("path", file.base_name)?, kind);
        }
        Ok(table)
    }

    fn dependencies(&self, files: &FileTable) -> Result<Dependencies, RepodataError> {
        let list = |kind| self.raw(kind).map(requirements::plain);
        let provides = self.raw(DependencyKind::Provides)?;
        let requires = self.raw(DependencyKind::Requires)?;
        let wanted: Vec<Cow<'_, str>> =
            requires.iter().map(|raw| &raw.name).filter(|name| is_primary(name)).cloned().collect();
        let own = own_paths(files, &wanted);
        let (requires, mut recommends) = requirements::filter(&own, &provides, requires);
        recommends.extend(list(DependencyKind::Recommends)?);
        let mut dependencies = Dependencies {
            provides: requirements::plain(provides),
            requires,
            conflicts: list(DependencyKind::Conflicts)?,
            obsoletes: list(DependencyKind::Obsoletes)?,
            suggests: list(DependencyKind::Suggests)?,
            enhances: list(DependencyKind::Enhances)?,
            recommends,
            supplements: list(DependencyKind::Supplements)?,
        };
        self.old_weak(&mut dependencies)?;
        Ok(dependencies)
    }

    fn raw(&self, kind: DependencyKind) -> Result<Vec<Raw<'a>>, RepodataError> {
        let entries = self.header(self.headers.dependencies(kind))?;
        entries.map(|entry| self.raw_entry(entry.name, entry.flags, entry.evr)).collect()
    }

    fn raw_entry(
        &self,
        name: Text<'a>,
        flags: DependencyFlags,
        evr: Text<'a>,
    ) -> Result<Raw<'a>, RepodataError> {
        Ok(Raw { name: self.exact("dependency", name)?, flags, evr: self.exact("dependency", evr)? })
    }

    /// Weak dependencies under the tags that SUSE's rpm used before rpm 4.12 had its own.
    fn old_weak(&self, dependencies: &mut Dependencies) -> Result<(), RepodataError> {
        let main = self.headers.main();
        for first in [OLD_SUGGESTS, OLD_ENHANCES] {
            let mut versions = self.header(main.strings(first + 1))?;
            let flags = self.header(main.u32s(first + 2))?;
            for (name, flags) in self.header(main.strings(first))?.zip(flags.iter()) {
                let raw =
                    self.raw_entry(name, DependencyFlags(flags), versions.next().unwrap_or_default())?;
                let list = match (first, flags & STRONG != 0) {
                    (OLD_SUGGESTS, false) => &mut dependencies.suggests,
                    (OLD_SUGGESTS, true) => &mut dependencies.recommends,
                    (_, false) => &mut dependencies.enhances,
                    (_, true) => &mut dependencies.supplements,
                };
                list.push(raw.into_dependency(Order::Any));
            }
        }
        Ok(())
    }

    /// The newest entries, oldest first. rpm gives all entries of a day the same time; each is moved one second
    /// behind the one before it, because yum shows them sorted by time.
    fn changelog(&mut self) -> Result<Vec<ChangelogEntry>, RepodataError> {
        let headers = self.headers;
        let mut entries: Vec<ChangelogEntry> = self
            .header(headers.main().changelog())?
            .take(self.changelog_limit)
            .map(|entry| ChangelogEntry {
                time: u64::from(entry.time),
                author: self.readable("changelog author", entry.author).trim_end_matches(' ').to_owned(),
                text: self.readable("changelog", entry.text),
            })
            .collect();
        separate(&mut entries);
        entries.reverse();
        Ok(entries)
    }
}

/// Which of the wanted paths the package itself has in primary.xml.
fn own_paths<'w>(files: &FileTable, wanted: &'w [Cow<'_, str>]) -> HashSet<&'w str> {
    let mut wanted: HashSet<&str> = wanted.iter().map(AsRef::as_ref).collect();
    let lengths: HashSet<usize> = wanted.iter().map(|path| path.len()).collect();
    let mut own = HashSet::new();
    for file in files.iter().filter(|file| file.is_primary) {
        // Most paths need not be put together to see that nobody wants them.
        if wanted.is_empty() {
            break;
        }
        if lengths.contains(&(file.directory.len() + file.name.len())) {
            own.extend(wanted.take(file.to_file().path.as_str()));
        }
    }
    own
}

/// Moves entries of equal times apart; they stand newest first.
fn separate(entries: &mut [ChangelogEntry]) {
    for index in 1..entries.len() {
        let (newer, rest) = entries.split_at_mut(index);
        for (taken, entry) in (rest[0].time..).zip(newer.iter_mut().rev()) {
            if entry.time != taken {
                break;
            }
            entry.time += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(times: &[u64], expect: &[u64]) {
        let entry = |time: &u64| ChangelogEntry { time: *time, author: String::new(), text: String::new() };
        let mut entries: Vec<ChangelogEntry> = times.iter().map(entry).collect();
        separate(&mut entries);
        assert_eq!(entries.iter().map(|entry| entry.time).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn entries_of_one_day_keep_their_order() {
        check(&[300, 300, 200, 100, 100, 100], &[301, 300, 200, 102, 101, 100]);
        check(&[101, 100, 100], &[102, 101, 100]);
        check(&[], &[]);
    }
}
