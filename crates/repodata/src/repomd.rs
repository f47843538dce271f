//! repomd.xml: the list of metadata documents, and the only file that a client fetches without knowing its
//! digest.

use std::fmt::Write as _;

use crate::{
    Checksum,
    text::{push_attribute, push_text},
};

/// The content of repomd.xml.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repomd {
    /// Free text; seconds since 1970 in everything that is written here.
    pub revision: String,
    /// What the repository says it is for.
    pub tags: Tags,
    /// The documents, primary first.
    pub records: Vec<Record>,
}

/// What a repository says it is for; clients show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// What its packages are, such as `binary-x86_64`.
    pub content: Vec<String>,
    /// The distributions that it is for: a CPE name, where one is given, and a name for people.
    pub distro: Vec<(Option<String>, String)>,
    /// Of the repository itself.
    pub repo: Vec<String>,
}

/// One document that repomd.xml lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `primary`, `filelists`, `other`, `group`, `group_gz`, `primary_db` and so on.
    pub kind: String,
    /// Of the file as it lies there.
    pub checksum: Checksum,
    /// Of the uncompressed content.
    pub open_checksum: Option<Checksum>,
    /// Of the header of a zchunk file.
    pub header_checksum: Option<Checksum>,
    /// Path relative to the repository's root.
    pub location: String,
    /// Seconds since 1970. yum on EL6 refuses metadata whose timestamps are older than those that it has.
    pub timestamp: u64,
    /// Bytes of the file.
    pub size: Option<u64>,
    /// Bytes of the uncompressed content.
    pub open_size: Option<u64>,
    /// Bytes of the header of a zchunk file.
    pub header_size: Option<u64>,
    /// Of `_db` documents; yum 3.2.29 reads 10.
    pub database_version: Option<u32>,
}

impl Record {
    /// The file that it names in the directory of the list; `None` where that is elsewhere, or the list itself.
    pub(crate) fn file_name(&self) -> Option<&str> {
        let name = self.location.strip_prefix("repodata/")?;
        let is_one = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
        (is_one && !name.starts_with("repomd.xml") && name.rsplit('.').next() != Some("part")).then_some(name)
    }
}

impl Repomd {
    /// The document of a kind.
    pub fn record(&self, kind: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.kind == kind)
    }

    /// The newest timestamp of all documents, and the revision where that is a number: what the next generation
    /// must not go below.
    pub fn newest(&self) -> u64 {
        let revision = self.revision.parse().unwrap_or(0);
        self.records.iter().map(|record| record.timestamp).fold(revision, u64::max)
    }

    /// As an XML document.
    pub fn to_xml(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        out.push_str("<repomd xmlns=\"http://linux.duke.edu/metadata/repo\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">\n");
        element(&mut out, "  ", "revision", &self.revision);
        self.tags.push_xml(&mut out);
        self.records.iter().for_each(|record| record.push_xml(&mut out));
        out.push_str("</repomd>\n");
        out
    }
}

impl Tags {
    /// Whether nothing is said.
    pub const fn is_empty(&self) -> bool {
        self.content.is_empty() && self.distro.is_empty() && self.repo.is_empty()
    }

    fn push_xml(&self, out: &mut String) {
        if self.is_empty() {
            return;
        }
        out.push_str("  <tags>\n");
        self.content.iter().for_each(|tag| element(out, "    ", "content", tag));
        self.repo.iter().for_each(|tag| element(out, "    ", "repo", tag));
        for (cpe, name) in &self.distro {
            out.push_str("    <distro");
            if let Some(cpe) = cpe {
                out.push_str(" cpeid=\"");
                push_attribute(out, cpe);
                out.push('"');
            }
            out.push('>');
            push_text(out, name);
            out.push_str("</distro>\n");
        }
        out.push_str("  </tags>\n");
    }
}

impl Record {
    fn push_xml(&self, out: &mut String) {
        out.push_str("  <data type=\"");
        push_attribute(out, &self.kind);
        out.push_str("\">\n");
        self.checksum.push_xml(out, "checksum");
        if let Some(checksum) = &self.open_checksum {
            checksum.push_xml(out, "open-checksum");
        }
        if let Some(checksum) = &self.header_checksum {
            checksum.push_xml(out, "header-checksum");
        }
        out.push_str("    <location href=\"");
        push_attribute(out, &self.location);
        out.push_str("\"/>\n");
        let numbers = [
            ("timestamp", Some(self.timestamp)),
            ("size", self.size),
            ("open-size", self.open_size),
            ("header-size", self.header_size),
            ("database_version", self.database_version.map(u64::from)),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                element(out, "    ", name, &number.to_string());
            }
        }
        out.push_str("  </data>\n");
    }
}

impl Checksum {
    fn push_xml(&self, out: &mut String, name: &str) {
        write!(out, "    <{name} type=\"").unwrap_or_default();
        push_attribute(out, &self.kind);
        out.push_str("\">");
        push_text(out, &self.value);
        writeln!(out, "</{name}>").unwrap_or_default();
    }
}

fn element(out: &mut String, indent: &str, name: &str, text: &str) {
    write!(out, "{indent}<{name}>").unwrap_or_default();
    push_text(out, text);
    writeln!(out, "</{name}>").unwrap_or_default();
}
