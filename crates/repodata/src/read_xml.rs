//! Metadata documents back into types, package by package as the bytes come.

use std::io::BufRead;

use camino::{Utf8Path, Utf8PathBuf};
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};
use xen4centos_artifact::{Evr, Nevra};

use crate::{
    ChangelogEntry, Checksum, Comparison, Constraint, Dependencies, Dependency, FileKind, Order, Package,
    PackageFile, Record, RepodataError, Repomd, Sizes, Tags,
};

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
    let bytes = fs_err::read(path).map_err(RepodataError::files("read", path))?;
    let mut xml = Xml::new(path, bytes.as_slice());
    let mut repomd = Repomd::default();
    xml.root("repomd")?;
    while let Some(child) = xml.child("repomd")? {
        match child.name.as_str() {
            "revision" => repomd.revision = xml.text(&child)?,
            "tags" => repomd.tags = tags(&mut xml, &child)?,
            "data" => repomd.records.push(record(&mut xml, &child)?),
            _ => xml.skip(&child)?,
        }
    }
    Ok(repomd)
}

/// Checks that a groups file can be read: yum gives up all groups for one bad character.
///
/// # Errors
/// When the file is no XML, or no groups file.
pub fn check_comps(path: &Utf8Path, bytes: &[u8]) -> Result<(), RepodataError> {
    let mut xml = Xml::new(path, bytes);
    xml.root("comps")?;
    while let Some(child) = xml.child("comps")? {
        xml.skip(&child)?;
    }
    match xml.child("")? {
        Some(more) => Err(xml.wrong(format!("element `{}` follows the end of `comps`", more.name))),
        None => Ok(()),
    }
}

fn tags(xml: &mut Xml<impl BufRead>, element: &Element) -> Result<Tags, RepodataError> {
    let mut tags = Tags::default();
    if element.empty {
        return Ok(tags);
    }
    while let Some(child) = xml.child("tags")? {
        match child.name.as_str() {
            "content" => tags.content.push(xml.text(&child)?),
            "repo" => tags.repo.push(xml.text(&child)?),
            "distro" => tags.distro.push((child.attribute("cpeid").map(str::to_owned), xml.text(&child)?)),
            _ => xml.skip(&child)?,
        }
    }
    Ok(tags)
}

fn record(xml: &mut Xml<impl BufRead>, data: &Element) -> Result<Record, RepodataError> {
    let kind = data.attribute("type").unwrap_or_default().to_owned();
    let (mut checksum, mut location) = (None, None);
    let mut record = Record {
        kind,
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
    while let Some(child) = xml.child(&data.name)? {
        match child.name.as_str() {
            "checksum" => checksum = Some(self::checksum(xml, &child)?),
            "open-checksum" => record.open_checksum = Some(self::checksum(xml, &child)?),
            "header-checksum" => record.header_checksum = Some(self::checksum(xml, &child)?),
            "location" => {
                location = child.attribute("href").map(str::to_owned);
                xml.skip(&child)?;
            }
            // Some old tools wrote fractions of a second.
            "timestamp" => {
                let text = xml.text(&child)?;
                record.timestamp = xml.number(text.split('.').next().unwrap_or_default())?;
            }
            "size" => record.size = Some(xml.number_of(&child)?),
            "open-size" => record.open_size = Some(xml.number_of(&child)?),
            "header-size" => record.header_size = Some(xml.number_of(&child)?),
            "database_version" => record.database_version = u32::try_from(xml.number_of(&child)?).ok(),
            _ => xml.skip(&child)?,
        }
    }
    let missing = |what| xml.wrong(format!("`{}` has no {what}", record.kind));
    record.checksum = checksum.ok_or_else(|| missing("checksum"))?;
    record.location = location.ok_or_else(|| missing("location"))?;
    Ok(record)
}

fn checksum(xml: &mut Xml<impl BufRead>, element: &Element) -> Result<Checksum, RepodataError> {
    let kind = element.attribute("type").unwrap_or_default().to_owned();
    Ok(Checksum { kind, value: xml.text(element)? })
}

/// The next package of primary.xml.
pub(crate) fn primary(xml: &mut Xml<impl BufRead>) -> Result<Option<Package>, RepodataError> {
    while let Some(child) = xml.child("metadata")? {
        if child.name == "package" {
            return Partial::default().read(xml).map(Some);
        }
        xml.skip(&child)?;
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
    numbers: [u64; 7],
    href: String,
    dependencies: Dependencies,
    files: Vec<PackageFile>,
}

/// Element names of the texts of a package, by their place in [`Partial::texts`].
const TEXTS: [&str; 9] =
    ["summary", "description", "packager", "url", "license", "vendor", "group", "buildhost", "sourcerpm"];

/// Elements and attributes of the numbers of a package, by their place in [`Partial::numbers`].
const NUMBERS: [(&str, &str); 7] = [
    ("time", "file"),
    ("time", "build"),
    ("size", "package"),
    ("size", "installed"),
    ("size", "archive"),
    ("header-range", "start"),
    ("header-range", "end"),
];

impl Partial {
    fn read(mut self, xml: &mut Xml<impl BufRead>) -> Result<Package, RepodataError> {
        while let Some(child) = xml.child("package")? {
            if child.name == "format" {
                while let Some(inner) = xml.child("format")? {
                    self.element(xml, &inner)?;
                }
            } else {
                self.element(xml, &child)?;
            }
        }
        self.finish(xml)
    }

    fn element(&mut self, xml: &mut Xml<impl BufRead>, element: &Element) -> Result<(), RepodataError> {
        for (slot, (name, attribute)) in NUMBERS.iter().enumerate() {
            if element.name == *name {
                self.numbers[slot] = xml.number(element.attribute(attribute).unwrap_or("0"))?;
            }
        }
        if let Some(slot) = TEXTS.iter().position(|name| element.name == *name) {
            self.texts[slot] = xml.text(element)?;
            return Ok(());
        }
        if let Some(list) = self.dependencies.list_mut(&element.name) {
            while let Some(entry) = xml.child(&element.name)? {
                list.push(dependency(xml, &entry)?);
                xml.skip(&entry)?;
            }
            return Ok(());
        }
        match element.name.as_str() {
            "name" => self.name = xml.text(element)?,
            "arch" => self.arch = xml.text(element)?,
            "file" => self.files.push(file(xml, element)?),
            "version" => {
                self.evr = Some(evr(xml, element)?);
                xml.skip(element)?;
            }
            "checksum" => self.checksum = Some(checksum(xml, element)?),
            "location" => {
                element.attribute("href").unwrap_or_default().clone_into(&mut self.href);
                self.base = element.attribute("base").map(str::to_owned);
                xml.skip(element)?;
            }
            _ => xml.skip(element)?,
        }
        Ok(())
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
        let [file_time, build_time, package, installed, archive, start, end] = self.numbers;
        Ok(Package {
            nevra: Nevra::new(self.name, evr, self.arch),
            checksum,
            summary,
            description,
            packager,
            url,
            file_time,
            build_time,
            size: Sizes { package, installed, archive },
            href: self.href,
            base: self.base,
            license,
            vendor,
            group,
            build_host,
            source_rpm,
            header_range: start..end,
            dependencies: self.dependencies,
            files: self.files,
            changelog: Vec::new(),
        })
    }
}

fn evr(xml: &Xml<impl BufRead>, element: &Element) -> Result<Evr, RepodataError> {
    let epoch = xml.number(element.attribute("epoch").unwrap_or("0"))?;
    let epoch = u32::try_from(epoch).map_err(|_| xml.wrong(format!("epoch {epoch} is too large")))?;
    let part = |name| element.attribute(name).unwrap_or_default();
    Ok(Evr::new(epoch, part("ver"), part("rel")))
}

fn dependency(xml: &Xml<impl BufRead>, entry: &Element) -> Result<Dependency, RepodataError> {
    let part = |name| entry.attribute(name).unwrap_or_default().to_owned();
    let constraint = match entry.attribute("flags") {
        None | Some("") => None,
        Some(flags) => Some(Constraint {
            comparison: Comparison::parse(flags)
                .ok_or_else(|| xml.wrong(format!("unknown flags `{flags}`")))?,
            epoch: part("epoch"),
            version: part("ver"),
            release: part("rel"),
        }),
    };
    let before = matches!(entry.attribute("pre"), Some("1" | "True"));
    let order = if before { Order::Before } else { Order::Any };
    Ok(Dependency { name: part("name"), constraint, order })
}

fn file(xml: &mut Xml<impl BufRead>, element: &Element) -> Result<PackageFile, RepodataError> {
    let kind = match element.attribute("type") {
        Some("dir") => FileKind::Directory,
        Some("ghost") => FileKind::Ghost,
        _ => FileKind::File,
    };
    Ok(PackageFile { path: xml.text(element)?, kind })
}

/// The next package of filelists.xml.
pub(crate) fn filelists(xml: &mut Xml<impl BufRead>) -> Result<Option<PackageFiles>, RepodataError> {
    let mut files = Vec::new();
    let head = listed(xml, "filelists", |xml, child| {
        if child.name == "file" {
            files.push(file(xml, child)?);
            return Ok(());
        }
        xml.skip(child)
    })?;
    Ok(head.map(|(pkgid, nevra)| PackageFiles { pkgid, nevra, files }))
}

/// The next package of other.xml.
pub(crate) fn other(xml: &mut Xml<impl BufRead>) -> Result<Option<PackageChangelog>, RepodataError> {
    let mut changelog = Vec::new();
    let head = listed(xml, "otherdata", |xml, child| {
        if child.name == "changelog" {
            let author = child.attribute("author").unwrap_or_default().to_owned();
            let time = xml.number(child.attribute("date").unwrap_or("0"))?;
            changelog.push(ChangelogEntry { time, author, text: xml.text(child)? });
            return Ok(());
        }
        xml.skip(child)
    })?;
    Ok(head.map(|(pkgid, nevra)| PackageChangelog { pkgid, nevra, changelog }))
}

/// The head of the next package of filelists.xml or other.xml; its other children are given to `each`.
fn listed<R: BufRead>(
    xml: &mut Xml<R>,
    root: &str,
    mut each: impl FnMut(&mut Xml<R>, &Element) -> Result<(), RepodataError>,
) -> Result<Option<(String, Nevra)>, RepodataError> {
    let Some(package) = xml.child(root)? else { return Ok(None) };
    let part = |name| package.attribute(name).unwrap_or_default();
    let pkgid = part("pkgid").to_owned();
    let mut found = None;
    while let Some(child) = xml.child(&package.name)? {
        if child.name == "version" {
            found = Some(evr(xml, &child)?);
            xml.skip(&child)?;
        } else {
            each(xml, &child)?;
        }
    }
    let evr = found.ok_or_else(|| xml.wrong(format!("package `{}` has no version", part("name"))))?;
    Ok(Some((pkgid, Nevra::new(part("name"), evr, part("arch")))))
}

/// A start tag: its name without the namespace's prefix, and its attributes.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    /// `<name/>`: no end tag follows.
    empty: bool,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Steps through a document element by element.
pub(crate) struct Xml<R> {
    path: Utf8PathBuf,
    reader: Reader<R>,
    buffer: Vec<u8>,
}

impl<R: BufRead> Xml<R> {
    pub(crate) fn new(path: &Utf8Path, reader: R) -> Self {
        Self { path: path.to_owned(), reader: Reader::from_reader(reader), buffer: Vec::new() }
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        self.reader.get_mut()
    }

    fn wrong(&self, what: String) -> RepodataError {
        RepodataError::Content { path: self.path.clone(), what }
    }

    fn bad(path: &Utf8Path, position: u64, source: quick_xml::Error) -> RepodataError {
        match source {
            quick_xml::Error::Io(source) => {
                let source = std::io::Error::new(source.kind(), source.to_string());
                RepodataError::Files { act: "read", path: path.to_owned(), source }
            }
            source => RepodataError::Xml { path: path.to_owned(), position, source: Box::new(source) },
        }
    }

    fn event(&mut self) -> Result<Event<'_>, RepodataError> {
        self.buffer.clear();
        let (path, reader) = (&self.path, &mut self.reader);
        match reader.read_event_into(&mut self.buffer) {
            Ok(event) => Ok(event),
            Err(source) => Err(Self::bad(path, reader.error_position(), source)),
        }
    }

    fn start(&self, start: &BytesStart<'_>, empty: bool) -> Result<Element, RepodataError> {
        let fail = |source: quick_xml::Error| Self::bad(&self.path, self.reader.buffer_position(), source);
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| fail(error.into()))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(fail)?.into_owned();
            attributes.push((attribute.key.local_name().as_ref().to_owned(), value));
        }
        Ok(Element { name: start.local_name().as_ref().to_owned(), attributes, empty })
    }

    /// The root element, which must have this name.
    pub(crate) fn root(&mut self, name: &str) -> Result<(), RepodataError> {
        match self.child("")? {
            Some(root) if root.name == name => Ok(()),
            Some(root) => Err(self.wrong(format!("expected the element `{name}`, found `{}`", root.name))),
            None => Err(self.wrong(format!("no element `{name}`"))),
        }
    }

    /// The next child of the element that is open, `parent` (nothing for the document itself); `None` at its
    /// end. Text between is no matter.
    fn child(&mut self, parent: &str) -> Result<Option<Element>, RepodataError> {
        loop {
            match self.event()? {
                Event::Start(start) => {
                    let start = start.into_owned();
                    return self.start(&start, false).map(Some);
                }
                Event::Empty(start) => {
                    let start = start.into_owned();
                    return self.start(&start, true).map(Some);
                }
                Event::End(_) => return Ok(None),
                Event::Eof if parent.is_empty() => return Ok(None),
                Event::Eof => return Err(self.wrong(format!("document ends inside of `{parent}`"))),
                _ => {}
            }
        }
    }

    /// Passes over all that is in `element`.
    fn skip(&mut self, element: &Element) -> Result<(), RepodataError> {
        if !element.empty {
            while let Some(child) = self.child(&element.name)? {
                self.skip_nested(&child)?;
            }
        }
        Ok(())
    }

    /// As [`skip`](Self::skip) without recursion, whose depth the document would choose.
    fn skip_nested(&mut self, element: &Element) -> Result<(), RepodataError> {
        let mut depth = usize::from(!element.empty);
        while depth > 0 {
            match self.child(&element.name)? {
                Some(child) => depth += usize::from(!child.empty),
                None => depth -= 1,
            }
        }
        Ok(())
    }

    /// All text in `element`; elements inside of it are passed over.
    fn text(&mut self, element: &Element) -> Result<String, RepodataError> {
        let mut text = String::new();
        if element.empty {
            return Ok(text);
        }
        loop {
            let unknown = match self.event()? {
                Event::Text(part) => {
                    text.push_str(&part.xml10_content());
                    None
                }
                Event::CData(part) => {
                    text.push_str(&part.xml10_content());
                    None
                }
                Event::GeneralRef(reference) => match resolve(&reference) {
                    Some(character) => {
                        text.push(character);
                        None
                    }
                    None => Some(format!("unknown entity `{}`", reference.xml10_content())),
                },
                Event::End(_) => return Ok(text),
                Event::Start(start) => Some(format!("unexpected element `{}`", start.local_name().as_ref())),
                Event::Eof => Some(format!("document ends inside of `{}`", element.name)),
                _ => None,
            };
            if let Some(what) = unknown {
                return Err(self.wrong(what));
            }
        }
    }

    fn number(&self, text: &str) -> Result<u64, RepodataError> {
        text.trim().parse().map_err(|_| self.wrong(format!("not a number: `{text}`")))
    }

    fn number_of(&mut self, element: &Element) -> Result<u64, RepodataError> {
        let text = self.text(element)?;
        self.number(&text)
    }
}

fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten();
    }
    Some(match reference.xml10_content().as_ref() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
