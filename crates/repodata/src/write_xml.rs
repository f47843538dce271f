//! One package as the three fragments of primary.xml, filelists.xml and other.xml.
//!
//! Written by hand: the elements never vary, and it costs a fraction of what an XML writer does. Element order
//! and indentation are createrepo_c's, so that the two can be compared with `diff`.

use crate::{
    Dependency, FileKind, Order, Package,
    files::{FileName, FileTable},
    text::{push_attribute, push_number, push_text},
};

/// The parts that one package adds to the three documents, one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fragments {
    text: String,
    /// Where those of filelists.xml and other.xml begin.
    filelists: usize,
    other: usize,
}

impl Fragments {
    /// All that the documents say of a package with these files.
    pub(crate) fn of(package: &Package, files: &FileTable) -> Self {
        let changelog = package.changelog.iter().map(|entry| entry.text.len() + 100).sum::<usize>();
        let mut text = String::with_capacity(8 * 1024 + 64 * files.len() + changelog);
        primary(&mut text, package);
        for file in files.iter().filter(|file| file.is_primary) {
            push_file(&mut text, "    ", &file);
        }
        text.push_str("  </format>\n</package>\n");
        let filelists = text.len();
        opening(&mut text, package);
        for file in files.iter() {
            push_file(&mut text, "  ", &file);
        }
        text.push_str("</package>\n");
        let other = text.len();
        changes(&mut text, package);
        Self { text, filelists, other }
    }

    /// Of what [`lengths`](Self::lengths) and [`text`](Self::text) told; `None` for anything else.
    pub(crate) fn again(text: String, [primary, filelists]: [usize; 2]) -> Option<Self> {
        let other = primary.checked_add(filelists)?;
        let fits = text.is_char_boundary(primary) && text.is_char_boundary(other);
        fits.then_some(Self { text, filelists: primary, other })
    }

    /// All of it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of the first two parts.
    pub(crate) const fn lengths(&self) -> [usize; 2] {
        [self.filelists, self.other - self.filelists]
    }

    /// The parts of primary.xml, filelists.xml and other.xml.
    pub(crate) fn parts(&self) -> [&str; 3] {
        [&self.text[..self.filelists], &self.text[self.filelists..self.other], &self.text[self.other..]]
    }
}

/// Appends several texts.
fn push(out: &mut String, texts: &[&str]) {
    for text in texts {
        out.push_str(text);
    }
}

fn element(out: &mut String, indent: &str, name: &str, text: &str) {
    push(out, &[indent, "<", name, ">"]);
    push_text(out, text);
    push(out, &["</", name, ">\n"]);
}

fn attribute(out: &mut String, name: &str, value: &str) {
    push(out, &[" ", name, "=\""]);
    push_attribute(out, value);
    out.push('"');
}

fn number(out: &mut String, name: &str, value: u64) {
    push(out, &[" ", name, "=\""]);
    push_number(out, value);
    out.push('"');
}

fn version(out: &mut String, package: &Package) {
    let evr = &package.nevra.evr;
    out.push_str("  <version");
    number(out, "epoch", evr.epoch.into());
    attribute(out, "ver", &evr.version);
    attribute(out, "rel", &evr.release);
    out.push_str("/>\n");
}

fn primary(out: &mut String, package: &Package) {
    out.push_str("<package type=\"rpm\">\n");
    element(out, "  ", "name", &package.nevra.name);
    element(out, "  ", "arch", &package.nevra.arch);
    version(out, package);
    out.push_str("  <checksum");
    attribute(out, "type", &package.checksum.kind);
    push(out, &[" pkgid=\"YES\">", &package.checksum.value, "</checksum>\n"]);
    element(out, "  ", "summary", &package.summary);
    element(out, "  ", "description", &package.description);
    element(out, "  ", "packager", &package.packager);
    element(out, "  ", "url", &package.url);
    out.push_str("  <time");
    number(out, "file", package.file_time);
    number(out, "build", package.build_time);
    out.push_str("/>\n  <size");
    number(out, "package", package.size.package);
    number(out, "installed", package.size.installed);
    number(out, "archive", package.size.archive);
    out.push_str("/>\n  <location");
    if let Some(base) = &package.base {
        attribute(out, "xml:base", base);
    }
    attribute(out, "href", &package.href);
    out.push_str("/>\n  <format>\n");
    format(out, package);
}

fn format(out: &mut String, package: &Package) {
    element(out, "    ", "rpm:license", &package.license);
    element(out, "    ", "rpm:vendor", &package.vendor);
    element(out, "    ", "rpm:group", &package.group);
    element(out, "    ", "rpm:buildhost", &package.build_host);
    element(out, "    ", "rpm:sourcerpm", &package.source_rpm);
    out.push_str("    <rpm:header-range");
    number(out, "start", package.header_range.start);
    number(out, "end", package.header_range.end);
    out.push_str("/>\n");
    for (name, list) in package.dependencies.lists() {
        if !list.is_empty() {
            push(out, &["    <rpm:", name, ">\n"]);
            for dependency in list {
                entry(out, dependency);
            }
            push(out, &["    </rpm:", name, ">\n"]);
        }
    }
}

fn entry(out: &mut String, dependency: &Dependency) {
    out.push_str("      <rpm:entry");
    attribute(out, "name", &dependency.name);
    if let Some(constraint) = &dependency.constraint {
        push(out, &[" flags=\"", constraint.comparison.as_str(), "\""]);
        for (name, value) in
            [("epoch", &constraint.epoch), ("ver", &constraint.version), ("rel", &constraint.release)]
        {
            if !value.is_empty() {
                attribute(out, name, value);
            }
        }
    }
    if dependency.order == Order::Before {
        out.push_str(" pre=\"1\"");
    }
    out.push_str("/>\n");
}

fn push_file(out: &mut String, indent: &str, file: &FileName<'_>) {
    let tag = match file.kind {
        FileKind::File => "<file>",
        FileKind::Directory => "<file type=\"dir\">",
        FileKind::Ghost => "<file type=\"ghost\">",
    };
    push(out, &[indent, tag]);
    push_text(out, file.directory);
    push_text(out, file.name);
    out.push_str("</file>\n");
}

fn opening(out: &mut String, package: &Package) {
    push(out, &["<package pkgid=\"", &package.checksum.value, "\""]);
    attribute(out, "name", &package.nevra.name);
    attribute(out, "arch", &package.nevra.arch);
    out.push_str(">\n");
    version(out, package);
}

fn changes(out: &mut String, package: &Package) {
    opening(out, package);
    for entry in &package.changelog {
        out.push_str("  <changelog");
        attribute(out, "author", &entry.author);
        number(out, "date", entry.time);
        out.push('>');
        push_text(out, &entry.text);
        out.push_str("</changelog>\n");
    }
    out.push_str("</package>\n");
}
