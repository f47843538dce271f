//! Metadata documents back into types, package by package as the bytes come.

use std::io::{BufRead, Read};

use camino::Utf8Path;
use xen4centos_artifact::{Evr, Nevra};

use crate::{
    ChangelogEntry, Checksum, Comparison, Constraint, Dependencies, Dependency, FileKind, Order, Package,
    PackageFile, Record, RepodataError, Repomd, Sizes, Tags, regular, xml::Xml,
};

/// Bytes of a repomd.xml. Real ones have some kilobytes.
pub(crate) const REPOMD_LIMIT: u64 = 4 * 1024 * 1024;

/// The files of one package, from filelists.xml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFiles {
    /// Digits of its checksum; names the package as in primary.xml.
    pub pkgid: String,
    /// Repeated from primary.xml.
    pub nevra: Nevra,
    /// Everything that it owns.
    pub files: Vec<PackageFile>,
}

/// The changelog of one package, from other.xml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageChangelog {
    /// Digits of its checksum; names the package as in primary.xml.
    pub pkgid: String,
    /// Repeated from primary.xml.
    pub nevra: Nevra,
    /// Oldest first.
    pub changelog: Vec<ChangelogEntry>,
}

/// Reads repomd.xml.
///
/// # Errors
/// When the file can not be read, is no XML, or a document in it has no checksum or location.
pub fn read_repomd(path: &Utf8Path) -> Result<Repomd, RepodataError> {
    let file = regular::open(path).map_err(RepodataError::files("read", path))?;
    repomd_from(path, file)
}

/// As [`read_repomd`], from wherever it comes.
pub(crate) fn repomd_from(path: &Utf8Path, reader: impl Read) -> Result<Repomd, RepodataError> {
    let mut bytes = Vec::new();
    let length = reader.take(REPOMD_LIMIT + 1).read_to_end(&mut bytes);
    let length = length.map_err(RepodataError::files("read", path))?;
    let mut xml = Xml::new(path, bytes.as_slice());
    if length as u64 > REPOMD_LIMIT {
        return Err(xml.wrong(format!("more than {REPOMD_LIMIT} bytes")));
    }
    let mut repomd = Repomd::default();
    xml.root("repomd")?;
    while xml.child()? {
        match xml.name() {
            "revision" => repomd.revision = xml.text()?,
            "tags" => repomd.tags = tags(&mut xml)?,
            "data" => repomd.records.push(record(&mut xml)?),
            _ => xml.skip()?,
        }
    }
    Ok(repomd)
}

/// Checks that a groups file can be read: yum gives up all groups for one bad character.
///
/// # Errors
/// When the file is no XML, or no groups file.
pub fn check_comps(path: &Utf8Path, bytes: &[u8]) -> Result<(), RepodataError> {
    check_document(path, bytes, "comps")
}

/// Checks that a document can be read, and has this root.
pub(crate) fn check_document(path: &Utf8Path, bytes: &[u8], root: &str) -> Result<(), RepodataError> {
    let mut xml = Xml::new(path, bytes);
    xml.root(root)?;
    while xml.child()? {
        xml.skip()?;
    }
    if xml.child()? {
        return Err(xml.wrong(format!("element `{}` follows the end of `{root}`", xml.name())));
    }
    Ok(())
}

/// The name of the element that a document is, where it can be read so far.
pub(crate) fn root_of(path: &Utf8Path, bytes: &[u8]) -> Option<String> {
    let mut xml = Xml::new(path, bytes);
    xml.child().ok()?.then(|| xml.name().to_owned())
}

fn tags(xml: &mut Xml<impl BufRead>) -> Result<Tags, RepodataError> {
    let mut tags = Tags::default();
    while xml.child()? {
        match xml.name() {
            "content" => tags.content.push(xml.text()?),
            "repo" => tags.repo.push(xml.text()?),
            "distro" => {
                let cpe = xml.attribute("cpeid")?.map(std::borrow::Cow::into_owned);
                tags.distro.push((cpe, xml.text()?));
            }
            _ => xml.skip()?,
        }
    }
    Ok(tags)
}

fn record(xml: &mut Xml<impl BufRead>) -> Result<Record, RepodataError> {
    let (mut checksum, mut location) = (None, None);
    let mut record = Record {
        kind: xml.owned_attribute("type")?,
        checksum: Checksum { kind: String::new(), value: String::new() },
        open_checksum: None,
        header_checksum: None,
        location: String::new(),
        timestamp: 0,
        size: None,
        open_size: None,
        header_size: None,
        database_version: None,
    };
    while xml.child()? {
        match xml.name() {
            "checksum" => checksum = Some(self::checksum(xml)?),
            "open-checksum" => record.open_checksum = Some(self::checksum(xml)?),
            "header-checksum" => record.header_checksum = Some(self::checksum(xml)?),
            "location" => {
                if xml.attribute("base")?.is_some_and(|base| !base.is_empty()) {
                    return Err(xml.wrong(format!("`{}` lies elsewhere, by its xml:base,", record.kind)));
                }
                location = xml.attribute("href")?.map(std::borrow::Cow::into_owned);
                xml.skip()?;
            }
            // Some old tools wrote fractions of a second.
            "timestamp" => {
                let text = xml.text()?;
                record.timestamp = xml.number(text.split('.').next().unwrap_or_default())?;
            }
            "size" => record.size = Some(xml.number_of()?),
            "open-size" => record.open_size = Some(xml.number_of()?),
            "header-size" => record.header_size = Some(xml.number_of()?),
            "database_version" => record.database_version = u32::try_from(xml.number_of()?).ok(),
            _ => xml.skip()?,
        }
    }
    let missing = |what| xml.wrong(format!("`{}` has no {what}", record.kind));
    record.checksum = checksum.ok_or_else(|| missing("checksum"))?;
    record.location = location.ok_or_else(|| missing("location"))?;
    Ok(record)
}

fn checksum(xml: &mut Xml<impl BufRead>) -> Result<Checksum, RepodataError> {
    Ok(Checksum { kind: xml.owned_attribute("type")?, value: xml.text()? })
}

/// The next package of primary.xml.
pub(crate) fn primary(xml: &mut Xml<impl BufRead>) -> Result<Option<Package>, RepodataError> {
    xml.begin_item();
    while xml.child()? {
        if xml.name() == "package" {
            return Partial::default().read(xml).map(Some);
        }
        xml.skip()?;
    }
    Ok(None)
}

/// A package while its element is read.
#[derive(Default)]
struct Partial {
    name: String,
    arch: String,
    evr: Option<Evr>,
    checksum: Option<Checksum>,
    base: Option<String>,
    texts: [String; 9],
    times: [u64; 2],
    size: Sizes,
    header_range: std::ops::Range<u64>,
    href: String,
    dependencies: Dependencies,
    files: Vec<PackageFile>,
}

/// Element names of the texts of a package, by their place in [`Partial::texts`].
const TEXTS: [&str; 9] =
    ["summary", "description", "packager", "url", "license", "vendor", "group", "buildhost", "sourcerpm"];

impl Partial {
    fn read(mut self, xml: &mut Xml<impl BufRead>) -> Result<Package, RepodataError> {
        while xml.child()? {
            if xml.name() == "format" {
                while xml.child()? {
                    self.element(xml)?;
                }
            } else {
                self.element(xml)?;
            }
        }
        self.finish(xml)
    }

    fn element(&mut self, xml: &mut Xml<impl BufRead>) -> Result<(), RepodataError> {
        match xml.name() {
            "file" => self.files.push(file(xml)?),
            "name" => self.name = xml.text()?,
            "arch" => self.arch = xml.text()?,
            "checksum" => self.checksum = Some(checksum(xml)?),
            _ => return self.by_attributes(xml),
        }
        Ok(())
    }

    fn by_attributes(&mut self, xml: &mut Xml<impl BufRead>) -> Result<(), RepodataError> {
        match xml.name() {
            "version" => self.evr = Some(evr(xml)?),
            "time" => self.times = [xml.number_attribute("file")?, xml.number_attribute("build")?],
            "size" => {
                self.size = Sizes {
                    package: xml.number_attribute("package")?,
                    installed: xml.number_attribute("installed")?,
                    archive: xml.number_attribute("archive")?,
                }
            }
            "header-range" => {
                self.header_range = xml.number_attribute("start")?..xml.number_attribute("end")?;
            }
            "location" => {
                self.href = xml.owned_attribute("href")?;
                self.base = xml.attribute("base")?.map(std::borrow::Cow::into_owned);
            }
            name => {
                if let Some(slot) = TEXTS.iter().position(|text| *text == name) {
                    self.texts[slot] = xml.text()?;
                    return Ok(());
                }
                if let Some(list) = self.dependencies.list_mut(name) {
                    while xml.child()? {
                        list.push(dependency(xml)?);
                        xml.skip()?;
                    }
                    return Ok(());
                }
            }
        }
        xml.skip()
    }

    fn finish(self, xml: &Xml<impl BufRead>) -> Result<Package, RepodataError> {
        let missing = |what: &str| xml.wrong(format!("package `{}` has no {what}", self.name));
        if self.href.is_empty() {
            return Err(missing("location"));
        }
        let checksum = self.checksum.ok_or_else(|| missing("checksum"))?;
        let evr = self.evr.clone().ok_or_else(|| missing("version"))?;
        let [summary, description, packager, url, license, vendor, group, build_host, source_rpm] =
            self.texts;
        let [file_time, build_time] = self.times;
        Ok(Package {
            nevra: Nevra::new(self.name, evr, self.arch),
            checksum,
            summary,
            description,
            packager,
            url,
            file_time,
            build_time,
            size: self.size,
            href: self.href,
            base: self.base,
            license,
            vendor,
            group,
            build_host,
            source_rpm,
            header_range: self.header_range,
            dependencies: self.dependencies,
            files: self.files,
            changelog: Vec::new(),
        })
    }
}

fn evr(xml: &Xml<impl BufRead>) -> Result<Evr, RepodataError> {
    let epoch = xml.number_attribute("epoch")?;
    let epoch = u32::try_from(epoch).map_err(|_| xml.wrong(format!("epoch {epoch} is too large")))?;
    Ok(Evr::new(epoch, xml.owned_attribute("ver")?, xml.owned_attribute("rel")?))
}

fn dependency(xml: &Xml<impl BufRead>) -> Result<Dependency, RepodataError> {
    let constraint = match xml.attribute("flags")?.as_deref() {
        None | Some("") => None,
        Some(flags) => Some(Constraint {
            comparison: Comparison::parse(flags)
                .ok_or_else(|| xml.wrong(format!("unknown flags `{flags}`")))?,
            epoch: xml.owned_attribute("epoch")?.into(),
            version: xml.owned_attribute("ver")?.into(),
            release: xml.owned_attribute("rel")?.into(),
        }),
    };
    let before = matches!(xml.attribute("pre")?.as_deref(), Some("1" | "True"));
    let order = if before { Order::Before } else { Order::Any };
    Ok(Dependency { name: xml.owned_attribute("name")?.into(), constraint, order })
}

fn file(xml: &mut Xml<impl BufRead>) -> Result<PackageFile, RepodataError> {
    let kind = match xml.attribute("type")?.as_deref() {
        Some("dir") => FileKind::Directory,
        Some("ghost") => FileKind::Ghost,
        _ => FileKind::File,
    };
    Ok(PackageFile { path: xml.text()?, kind })
}

/// The next package of filelists.xml.
pub(crate) fn filelists(xml: &mut Xml<impl BufRead>) -> Result<Option<PackageFiles>, RepodataError> {
    let mut files = Vec::new();
    let head = listed(xml, |xml| {
        if xml.name() == "file" {
            files.push(file(xml)?);
            return Ok(());
        }
        xml.skip()
    })?;
    Ok(head.map(|(pkgid, nevra)| PackageFiles { pkgid, nevra, files }))
}

/// The next package of other.xml.
pub(crate) fn other(xml: &mut Xml<impl BufRead>) -> Result<Option<PackageChangelog>, RepodataError> {
    let mut changelog = Vec::new();
    let head = listed(xml, |xml| {
        if xml.name() == "changelog" {
            let (author, time) = (xml.owned_attribute("author")?, xml.number_attribute("date")?);
            changelog.push(ChangelogEntry { time, author, text: xml.text()? });
            return Ok(());
        }
        xml.skip()
    })?;
    Ok(head.map(|(pkgid, nevra)| PackageChangelog { pkgid, nevra, changelog }))
}

/// The head of the next package of filelists.xml or other.xml; its other children are given to `each`.
fn listed<R: BufRead>(
    xml: &mut Xml<R>,
    mut each: impl FnMut(&mut Xml<R>) -> Result<(), RepodataError>,
) -> Result<Option<(String, Nevra)>, RepodataError> {
    xml.begin_item();
    if !xml.child()? {
        return Ok(None);
    }
    let pkgid = xml.owned_attribute("pkgid")?;
    let (name, arch) = (xml.owned_attribute("name")?, xml.owned_attribute("arch")?);
    let mut found = None;
    while xml.child()? {
        if xml.name() == "version" {
            found = Some(evr(xml)?);
            xml.skip()?;
        } else {
            each(xml)?;
        }
    }
    let evr = found.ok_or_else(|| xml.wrong(format!("package `{name}` has no version")))?;
    Ok(Some((pkgid, Nevra::new(name, evr, arch))))
}
