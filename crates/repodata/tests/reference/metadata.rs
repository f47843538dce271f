//! All that a `repodata` directory says, as lines that can be compared.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::{
    compressed::opened,
    database, files,
    tree::{Node, parse},
};

/// What is said of one thing (a package, a kind of document, a table): one line for each value, in the order of the file.
pub(crate) type Lines = Vec<String>;

/// One document: its things by name, and the order in which they stand.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) order: Vec<String>,
    pub(crate) things: BTreeMap<String, Lines>,
}

impl Part {
    /// Copies of one package differ by where they lie, and are told apart by that.
    fn sort_copies(&mut self) {
        let mut copies: BTreeMap<String, Vec<Lines>> = BTreeMap::new();
        for (name, lines) in &self.things {
            copies.entry(name.trim_end_matches('+').to_owned()).or_default().push(lines.clone());
        }
        for (name, mut copies) in copies {
            copies.sort();
            for (number, lines) in copies.into_iter().enumerate() {
                self.things.insert(format!("{name}{}", "+".repeat(number)), lines);
            }
        }
    }

    fn of(name: &str, lines: Lines) -> Self {
        let mut part = Self::default();
        part.add(name, lines);
        part
    }

    /// A second thing of one name is another thing.
    pub(crate) fn add(&mut self, name: &str, lines: Lines) {
        let mut key = name.to_owned();
        while self.things.contains_key(&key) {
            key.push('+');
        }
        self.order.push(key.clone());
        self.things.insert(key, lines);
    }
}

/// All that a `repodata` directory says.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    /// By what repomd.xml calls it; repomd.xml itself, and the names of all files.
    pub(crate) parts: BTreeMap<String, Part>,
}

impl Metadata {
    /// Of the directory that holds `repodata`.
    pub(crate) fn read(root: &Utf8Path) -> Self {
        let repomd = parse(&fs_err::read(root.join("repodata/repomd.xml")).unwrap());
        let mut metadata = Self::default();
        let mut list = Part::default();
        let mut head = Lines::new();
        head.push(format!("name = {}", repomd.name));
        let documents: Vec<&Node> = repomd.children.iter().filter(|child| child.name == "data").collect();
        for child in &repomd.children {
            if child.name == "data" {
                list.add(&child.attributes["type"], entry(child));
                metadata.document(root, child, &documents);
            } else {
                flatten(child, &child.name, &mut head);
            }
        }
        head.sort();
        metadata.parts.insert("repomd head".into(), Part::of("head", head));
        metadata.parts.insert("repomd".into(), list);
        let found = files(&root.join("repodata"));
        let mut names: Lines = found.iter().map(|path| without_digest(path.file_name().unwrap())).collect();
        names.sort();
        metadata.parts.insert("files".into(), Part::of("names", names));
        metadata.name_packages();
        metadata
    }

    /// Databases know most packages by their digests only.
    fn name_packages(&mut self) {
        let names = self.parts["primary"].order.iter().filter_map(|name| name.rsplit_once(' '));
        let names: BTreeMap<String, String> =
            names.map(|(name, digest)| (digest.to_owned(), format!("{name} {digest}"))).collect();
        let rename = |digest: String| names.get(&digest).cloned().unwrap_or(digest);
        for (_, part) in self.parts.iter_mut().filter(|(name, _)| name.contains("_db.")) {
            part.order = std::mem::take(&mut part.order).into_iter().map(rename).collect();
            let things = std::mem::take(&mut part.things);
            part.things = things.into_iter().map(|(digest, lines)| (rename(digest), lines)).collect();
        }
    }

    fn document(&mut self, root: &Utf8Path, data: &Node, documents: &[&Node]) {
        let kind = data.attributes["type"].clone();
        let bytes = verified(root, data);
        if let Some(name) = kind.strip_suffix("_db") {
            let mut parts = database::parts(name, &bytes);
            // A client takes a database for as good as the document that it names.
            let document = documents.iter().find(|data| data.attributes["type"] == name).unwrap();
            let named = parts.get_mut(&format!("{name}_db.db_info")).unwrap().things.get_mut("").unwrap();
            let checksum = format!("checksum='{}'", document.child("checksum").unwrap().text);
            let before = named.len();
            named.retain(|line| *line != checksum);
            assert_eq!(named.len() + 1, before, "{name}: {named:?}");
            self.parts.extend(parts);
            return;
        }
        let mut part = Part::default();
        if matches!(&*kind, "primary" | "filelists" | "other") {
            let document = parse(characters(&bytes).as_bytes());
            let mut head = vec![format!("name = {}", document.name)];
            assert_eq!(document.attributes["packages"], document.children.len().to_string());
            let attributes = document.attributes.iter().filter(|(name, _)| *name != "packages");
            head.extend(attributes.map(|(name, value)| format!("@{name} = {value}")));
            for package in &document.children {
                let mut lines = Lines::new();
                flatten(package, &package.name, &mut lines);
                part.add(&name(package), lines);
            }
            part.sort_copies();
            self.parts.insert(format!("{kind} head"), Part::of("head", head));
        } else {
            part.add("text", String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect());
        }
        self.parts.insert(kind, part);
    }
}

/// The content of a document, which is all that repomd.xml says of it.
fn verified(root: &Utf8Path, data: &Node) -> Vec<u8> {
    let href = &data.child("location").unwrap().attributes["href"];
    let bytes = fs_err::read(root.join(href)).unwrap();
    let content = opened(bytes.clone());
    for (checksum, size, bytes) in [("checksum", "size", &bytes), ("open-checksum", "open-size", &content)] {
        if let Some(checksum) = data.child(checksum) {
            assert_eq!(digest(&checksum.attributes["type"], bytes), checksum.text, "{href}");
            assert_eq!(bytes.len().to_string(), data.child(size).unwrap().text, "{href}");
        }
    }
    let (digest, name) = href.rsplit('/').next().unwrap().split_once('-').unwrap_or_default();
    let is_digest = digest.len() >= 32 && !name.is_empty();
    assert!(!is_digest || digest == data.child("checksum").unwrap().text, "{href}");
    content
}

fn digest(kind: &str, bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digest = match kind {
        "sha" | "sha1" => sha1::Sha1::digest(bytes).to_vec(),
        "sha224" => sha2::Sha224::digest(bytes).to_vec(),
        "sha256" => sha2::Sha256::digest(bytes).to_vec(),
        "sha384" => sha2::Sha384::digest(bytes).to_vec(),
        "sha512" => sha2::Sha512::digest(bytes).to_vec(),
        _ => panic!("{kind}"),
    };
    digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Bytes that are no characters, and so no XML, as `\\xNN`: the reference passes some of them on.
fn characters(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(
            chunk.invalid().iter().flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from),
        );
    }
    text
}

/// A package by its name, version and digest; where it lies is one of the things to compare.
fn name(package: &Node) -> String {
    let text = |name: &str| package.child(name).map(|child| child.text.clone());
    let attribute = |name: &str| package.attributes.get(name).cloned();
    let name = text("name").or_else(|| attribute("name")).unwrap_or_default();
    let digest = text("checksum").or_else(|| attribute("pkgid")).unwrap_or_default();
    format!("{name} {digest}")
}

/// One line for each attribute and each text, with the way to it.
fn flatten(node: &Node, way: &str, lines: &mut Lines) {
    lines.push(format!("{way} = {}", node.text));
    for (name, value) in &node.attributes {
        lines.push(format!("{way}@{name} = {value}"));
    }
    for child in &node.children {
        // An entry is one thing: of two that are mixed up, no line would be new.
        if matches!(&*child.name, "rpm:entry" | "file" | "changelog") {
            lines.push(format!("{way}/{} = {:?} {}", child.name, child.attributes, child.text));
            assert!(child.children.is_empty());
        } else {
            flatten(child, &format!("{way}/{}", child.name), lines);
        }
    }
}

/// An entry of repomd.xml. Digests are checked against the files and then left out, as are sizes of what is compressed.
fn entry(data: &Node) -> Lines {
    let mut lines = Lines::new();
    for child in &data.children {
        let way = format!("data/{}", child.name);
        let value = match &*child.name {
            "location" => without_digest(&child.attributes["href"]),
            "checksum" | "open-checksum" | "size" | "open-size" => String::new(),
            _ => child.text.clone(),
        };
        lines.push(format!("{way} = {value}"));
        let attributes = child.attributes.iter().filter(|(name, _)| *name != "href");
        lines.extend(attributes.map(|(name, value)| format!("{way}@{name} = {value}")));
    }
    lines
}

/// A file's name with `DIGEST` for its digest.
fn without_digest(path: &str) -> String {
    let (directory, name) = path.rsplit_once('/').map_or(("", path), |(directory, name)| (directory, name));
    let name = match name.split_once('-') {
        Some((digest, rest)) if digest.len() >= 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("DIGEST({})-{rest}", digest.len())
        }
        _ => name.to_owned(),
    };
    if directory.is_empty() { name } else { format!("{directory}/{name}") }
}
