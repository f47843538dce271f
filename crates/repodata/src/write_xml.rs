//! One package as the three fragments of primary.xml, filelists.xml and other.xml.
//!
//! Written by hand: the elements never vary, and it costs a fraction of what an XML writer does. Element order
//! and indentation are createrepo_c's, so that the two can be compared with `diff`.

use std::fmt::Write as _;

use crate::{
    Dependency, FileKind, Order, Package, PackageFile,
    text::{push_attribute, push_text},
};

/// The parts that one package adds to the three documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fragments {
    pub(crate) primary: String,
    pub(crate) filelists: String,
    pub(crate) other: String,
}

impl Fragments {
    /// Everything of `package` up to its files, which follow one by one.
    pub(crate) fn begin(package: &Package) -> Self {
        let mut fragments = Self::default();
        primary(&mut fragments.primary, package);
        opening(&mut fragments.filelists, package);
        other(&mut fragments.other, package);
        fragments
    }

    /// One file more.
    pub(crate) fn file(&mut self, owned: &PackageFile) {
        if owned.is_primary() {
            file(&mut self.primary, "    ", owned);
        }
        file(&mut self.filelists, "  ", owned);
    }

    /// Bytes of all of it.
    pub(crate) const fn len(&self) -> usize {
        self.primary.len() + self.filelists.len() + self.other.len()
    }

    /// Behind the last file.
    pub(crate) fn end(mut self) -> Self {
        self.primary.push_str("  </format>\n</package>\n");
        self.filelists.push_str("</package>\n");
        self
    }
}

/// Appends formatted text; writing to a `String` can not fail.
macro_rules! push {
    ($out:expr, $($arguments:tt)*) => {
        write!($out, $($arguments)*).unwrap_or_default()
    };
}

fn element(out: &mut String, indent: &str, name: &str, text: &str) {
    push!(out, "{indent}<{name}>");
    push_text(out, text);
    push!(out, "</{name}>\n");
}

fn attribute(out: &mut String, name: &str, value: &str) {
    push!(out, " {name}=\"");
    push_attribute(out, value);
    out.push('"');
}

fn version(out: &mut String, package: &Package) {
    let evr = &package.nevra.evr;
    push!(out, "  <version epoch=\"{}\"", evr.epoch);
    attribute(out, "ver", &evr.version);
    attribute(out, "rel", &evr.release);
    out.push_str("/>\n");
}

fn primary(out: &mut String, package: &Package) {
    out.push_str("<package type=\"rpm\">\n");
    element(out, "  ", "name", &package.nevra.name);
    element(out, "  ", "arch", &package.nevra.arch);
    version(out, package);
    push!(out, "  <checksum type=\"{}\" pkgid=\"YES\">", package.checksum.kind);
    push!(out, "{}</checksum>\n", package.checksum.value);
    element(out, "  ", "summary", &package.summary);
    element(out, "  ", "description", &package.description);
    element(out, "  ", "packager", &package.packager);
    element(out, "  ", "url", &package.url);
    push!(out, "  <time file=\"{}\" build=\"{}\"/>\n", package.file_time, package.build_time);
    let size = package.size;
    push!(out, "  <size package=\"{}\" installed=\"{}\"", size.package, size.installed);
    push!(out, " archive=\"{}\"/>\n  <location", size.archive);
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
    let range = &package.header_range;
    push!(out, "    <rpm:header-range start=\"{}\" end=\"{}\"/>\n", range.start, range.end);
    for (name, list) in package.dependencies.lists() {
        if !list.is_empty() {
            push!(out, "    <rpm:{name}>\n");
            for dependency in list {
                entry(out, dependency);
            }
            push!(out, "    </rpm:{name}>\n");
        }
    }
}

fn entry(out: &mut String, dependency: &Dependency) {
    out.push_str("      <rpm:entry");
    attribute(out, "name", &dependency.name);
    if let Some(constraint) = &dependency.constraint {
        push!(out, " flags=\"{}\"", constraint.comparison.as_str());
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

fn file(out: &mut String, indent: &str, file: &PackageFile) {
    out.push_str(indent);
    out.push_str(match file.kind {
        FileKind::File => "<file>",
        FileKind::Directory => "<file type=\"dir\">",
        FileKind::Ghost => "<file type=\"ghost\">",
    });
    push_text(out, &file.path);
    out.push_str("</file>\n");
}

fn opening(out: &mut String, package: &Package) {
    push!(out, "<package pkgid=\"{}\"", package.checksum.value);
    attribute(out, "name", &package.nevra.name);
    attribute(out, "arch", &package.nevra.arch);
    out.push_str(">\n");
    version(out, package);
}

fn other(out: &mut String, package: &Package) {
    opening(out, package);
    for entry in &package.changelog {
        out.push_str("  <changelog");
        attribute(out, "author", &entry.author);
        push!(out, " date=\"{}\">", entry.time);
        push_text(out, &entry.text);
        out.push_str("</changelog>\n");
    }
    out.push_str("</package>\n");
}
