//! A package as bytes for the cache, and back.
//!
//! Everything that the documents say of it but where it lies, which its title says. Numbers are little-endian; texts have
//! their length before them. What is read back was checked by its CRC; it is still not believed.

use xen4centos_artifact::{Evr, Nevra};

use crate::{
    ChangelogEntry, Checksum, Comparison, Constraint, Dependencies, Dependency, FileKind, Order, Package,
    Sizes, files::FileTable, indexed::Title,
};

/// Appends the title to `out`.
pub(crate) fn push_title(out: &mut Vec<u8>, title: &Title) {
    let Title { nevra, build_time, href, base, boundary, identity } = title;
    for text in [&nevra.name, &nevra.evr.version, &nevra.evr.release, &nevra.arch, href] {
        push_text(out, text);
    }
    push_number(out, nevra.evr.epoch.into());
    push_number(out, *build_time);
    out.extend(boundary.to_le_bytes());
    out.extend(identity.unwrap_or_default());
    if let Some(base) = base {
        push_text(out, base);
    }
}

/// The title of bytes that [`push_title`] made. `None` for any others.
pub(crate) fn title(bytes: &[u8]) -> Option<Title> {
    let mut input = Input(bytes);
    let [name, version, release, arch, href] = input.texts()?;
    let evr = Evr::new(u32::try_from(input.number()?).ok()?, version, release);
    let (build_time, boundary) = (input.number()?, input.count()?);
    let identity = Some(input.take(16)?.try_into().ok()?);
    let base = if input.0.is_empty() { None } else { Some(input.text()?) };
    let nevra = Nevra::new(name, evr, arch);
    input.0.is_empty().then_some(Title { nevra, build_time, href, base, boundary, identity })
}

/// The package as a record of a cache, which [`decode`] takes.
pub(crate) fn record((package, files): &(Package, FileTable)) -> Vec<u8> {
    let mut record = Vec::new();
    encode(package, files, &mut record);
    record
}

fn encode(package: &Package, files: &FileTable, out: &mut Vec<u8>) {
    let evr = &package.nevra.evr;
    let texts = [
        &package.nevra.name,
        &evr.version,
        &evr.release,
        &package.nevra.arch,
        &package.checksum.kind,
        &package.checksum.value,
        &package.summary,
        &package.description,
        &package.packager,
        &package.url,
        &package.license,
        &package.vendor,
        &package.group,
        &package.build_host,
        &package.source_rpm,
    ];
    for text in texts {
        push_text(out, text);
    }
    let Sizes { package: size, installed, archive } = package.size;
    let range = &package.header_range;
    for number in [
        evr.epoch.into(),
        package.file_time,
        package.build_time,
        size,
        installed,
        archive,
        range.start,
        range.end,
    ] {
        push_number(out, number);
    }
    for (_, list) in package.dependencies.lists() {
        push_count(out, list.len());
        for dependency in list {
            push_dependency(out, dependency);
        }
    }
    push_count(out, package.changelog.len());
    for entry in &package.changelog {
        push_number(out, entry.time);
        push_text(out, &entry.author);
        push_text(out, &entry.text);
    }
    push_files(out, files);
}

pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// One package comes to 64 MiB at most, so counts and lengths are far below 4 Gi.
pub(crate) fn push_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) {
    push_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn push_dependency(out: &mut Vec<u8>, dependency: &Dependency) {
    let before = u8::from(dependency.order == Order::Before);
    match &dependency.constraint {
        None => out.push(before),
        Some(constraint) => {
            out.push(before | (constraint.comparison as u8 + 1) << 1);
            push_text(out, &constraint.epoch);
            push_text(out, &constraint.version);
            push_text(out, &constraint.release);
        }
    }
    push_text(out, &dependency.name);
}

fn push_files(out: &mut Vec<u8>, files: &FileTable) {
    push_count(out, files.directory_count());
    for directory in files.directories() {
        push_text(out, directory);
    }
    push_count(out, files.len());
    for file in files.iter() {
        push_count(out, file.directory_index);
        out.push(file.kind as u8);
        push_text(out, file.name);
    }
}

/// The package of bytes that [`encode`] made, without its place. `None` for any others.
pub(crate) fn decode(bytes: &[u8]) -> Option<(Package, FileTable)> {
    let mut input = Input(bytes);
    let [name, version, release, arch] = input.texts()?;
    let [kind, value] = input.texts()?;
    let [summary, description, packager, url, license, vendor, group, build_host, source_rpm] =
        input.texts()?;
    let mut numbers = [0; 8];
    for number in &mut numbers {
        *number = input.number()?;
    }
    let [epoch, file_time, build_time, package, installed, archive, start, end] = numbers;
    let dependencies = input.dependencies()?;
    let changelog = (0..input.count()?).map(|_| input.changelog_entry()).collect::<Option<_>>()?;
    let files = input.files()?;
    let package = Package {
        nevra: Nevra::new(name, Evr::new(u32::try_from(epoch).ok()?, version, release), arch),
        checksum: Checksum { kind, value },
        summary,
        description,
        packager,
        url,
        file_time,
        build_time,
        size: Sizes { package, installed, archive },
        href: String::new(),
        base: None,
        license,
        vendor,
        group,
        build_host,
        source_rpm,
        header_range: start..end,
        dependencies,
        files: Vec::new(),
        changelog,
    };
    input.0.is_empty().then_some((package, files))
}

/// The bytes that are left.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    pub(crate) fn count(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub(crate) fn str(&mut self) -> Option<&'a str> {
        let length = self.count()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn text(&mut self) -> Option<String> {
        self.str().map(str::to_owned)
    }

    pub(crate) fn texts<const N: usize>(&mut self) -> Option<[String; N]> {
        let mut texts = [const { String::new() }; N];
        for text in &mut texts {
            *text = self.text()?;
        }
        Some(texts)
    }

    fn dependencies(&mut self) -> Option<Dependencies> {
        let mut dependencies = Dependencies::default();
        for list in dependencies.lists_mut() {
            *list = (0..self.count()?).map(|_| self.dependency()).collect::<Option<_>>()?;
        }
        Some(dependencies)
    }

    fn dependency(&mut self) -> Option<Dependency> {
        let flags = self.byte()?;
        let order = if flags & 1 == 1 { Order::Before } else { Order::Any };
        let constraint = match flags >> 1 {
            0 => None,
            number => {
                let comparison = *Comparison::ALL.get(usize::from(number) - 1)?;
                let (epoch, version, release) = (self.str()?.into(), self.str()?.into(), self.str()?.into());
                Some(Constraint { comparison, epoch, version, release })
            }
        };
        Some(Dependency { name: self.str()?.into(), constraint, order })
    }

    fn changelog_entry(&mut self) -> Option<ChangelogEntry> {
        let time = self.number()?;
        let [author, text] = self.texts()?;
        Some(ChangelogEntry { time, author, text })
    }

    fn files(&mut self) -> Option<FileTable> {
        let mut table = FileTable::default();
        for _ in 0..self.count()? {
            table.directory(self.str()?);
        }
        for _ in 0..self.count()? {
            let directory = self.count()? as usize;
            let kind = *FileKind::ALL.get(usize::from(self.byte()?))?;
            if directory >= table.directory_count() {
                return None;
            }
            table.file(directory, self.str()?, kind);
        }
        Some(table)
    }
}
