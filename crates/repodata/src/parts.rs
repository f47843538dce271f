//! Groups files and updateinfo by their parts: what stands directly below the root, as it stands there.

use std::{io::BufRead, ops::Range};

use camino::Utf8Path;

use crate::{RepodataError, Repository, xml::Xml};

/// One part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// `group`, `category`, `update` and so on.
    pub(crate) element: String,
    /// What stands in its `id`; empty where it has none.
    pub(crate) id: String,
    /// The element as text.
    pub(crate) text: String,
}

impl Part {
    /// As in "group `core`".
    pub(crate) fn name(&self) -> String {
        if self.id.is_empty() { self.element.clone() } else { format!("{} `{}`", self.element, self.id) }
    }
}

/// The groups of a repository and what goes with them; none where it has none.
pub(crate) fn groups_of(repository: &Repository) -> Result<Vec<Part>, RepodataError> {
    let is_groups = |kind: &&str| kind.starts_with("group_") && !kind.ends_with("_zck");
    let kinds = repository.repomd().records.iter().map(|record| record.kind.as_str());
    let compressed = kinds.clone().find(is_groups);
    parts_of(repository, kinds.clone().find(|kind| *kind == "group").or(compressed), "comps")
}

/// The parts of the document of a kind.
pub(crate) fn parts_of(
    repository: &Repository,
    kind: Option<&str>,
    root: &str,
) -> Result<Vec<Part>, RepodataError> {
    let Some(record) = kind.and_then(|kind| repository.repomd().record(kind)) else { return Ok(Vec::new()) };
    let Some(bytes) = repository.document_bytes(&record.kind)? else { return Ok(Vec::new()) };
    parts(&repository.path_of(&record.location)?, &bytes, root)
}

/// The parts of a document whose root is `root`.
pub(crate) fn parts(path: &Utf8Path, bytes: &[u8], root: &str) -> Result<Vec<Part>, RepodataError> {
    let mut xml = Xml::new(path, bytes);
    xml.root(root)?;
    let mut parts = Vec::new();
    while xml.child()? {
        let start = xml.tag_start(bytes);
        let element = xml.name().to_owned();
        let id = id(&mut xml)?;
        let range: Range<usize> = start..xml.position();
        let text = bytes.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| xml.wrong(format!("no end of the element `{element}`")))?;
        parts.push(Part { element, id, text: text.to_owned() });
    }
    Ok(parts)
}

/// Reads the element that was stepped into to its end.
fn id(xml: &mut Xml<impl BufRead>) -> Result<String, RepodataError> {
    let mut id = String::new();
    while xml.child()? {
        if xml.name() == "id" && id.is_empty() {
            xml.text()?.trim().clone_into(&mut id);
        } else {
            xml.skip()?;
        }
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_as_they_stand() {
        let text = "<?xml version='1.0'?><!DOCTYPE comps><comps>\n <group a='>'><id> x </id><b><id>no</id></b></group>\n\
            <!-- -->\n <langpacks/>\n<category>\n<id>y</id></category></comps>";
        let parts = parts(Utf8Path::new("x"), text.as_bytes(), "comps").unwrap();
        let found: Vec<String> =
            parts.iter().map(|part| format!("{} {} {}", part.element, part.id, part.text)).collect();
        assert_eq!(
            found,
            [
                "group x <group a='>'><id> x </id><b><id>no</id></b></group>",
                "langpacks  <langpacks/>",
                "category y <category>\n<id>y</id></category>",
            ]
        );
    }
}
