//! What primary.xml and comps say.

use std::{collections::BTreeSet, io::BufRead};

use xen4centos_artifact::{Evr, Nevra};

use super::{
    described::{Description, RELATIONS, relation},
    digest::Checksum,
    xml,
};
use crate::{FileChecksum, upgrade::Offered};

/// One package of primary.xml.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) arch: String,
    /// Epoch, version, release.
    pub(super) evr: (String, String, String),
    pub(super) checksum: Checksum,
    /// Bytes of the package file.
    pub(super) size: Option<u64>,
    /// Path below the repository's directory, or below `base`.
    pub(super) href: String,
    /// `xml:base`: the package lies elsewhere.
    pub(super) base: String,
    pub(super) description: Description,
}

impl Entry {
    /// `name-epoch:version-release.arch`, always with the epoch.
    pub(super) fn nevra(&self) -> String {
        let (epoch, version, release) = &self.evr;
        format!("{}-{epoch}:{version}-{release}.{}", self.name, self.arch)
    }

    /// As the rules about updates see it; `None` where the epoch is no number.
    pub(super) fn offered(&self) -> Option<Offered<'_>> {
        let (epoch, version, release) = &self.evr;
        let evr = Evr::new(epoch.parse().ok()?, version.as_str(), release.as_str());
        let Checksum { kind, value } = self.checksum.clone();
        Some(Offered {
            subject: &self.href,
            nevra: Nevra::new(self.name.as_str(), evr, self.arch.as_str()),
            checksum: FileChecksum { kind, value },
        })
    }
}

/// Reads primary.xml, one package at a time, and returns how many it says that it has.
pub(super) fn primary(reader: impl BufRead, mut each: impl FnMut(Entry)) -> Result<Option<usize>, String> {
    let (mut current, mut stated) = (Entry::default(), None);
    xml::read(reader, |path, element| {
        if let Some(part) = path.strip_prefix("metadata/package/format/") {
            describe(part, element, &mut current.description);
            return;
        }
        let attribute = |name| element.attribute(name).to_owned();
        match path {
            "metadata/package/name" => element.text().clone_into(&mut current.name),
            "metadata/package/arch" => element.text().clone_into(&mut current.arch),
            "metadata/package/version" => {
                let epoch = attribute("epoch");
                let epoch = if epoch.is_empty() { "0".to_owned() } else { epoch };
                current.evr = (epoch, attribute("ver"), attribute("rel"));
            }
            "metadata/package/checksum" => {
                current.checksum = Checksum { kind: attribute("type"), value: element.text().to_owned() };
            }
            "metadata/package/size" => current.size = attribute("package").parse().ok(),
            "metadata/package/location" => {
                current.href = attribute("href");
                current.base = attribute("base");
            }
            "metadata/package" => each(std::mem::take(&mut current)),
            "metadata" => stated = element.attribute("packages").parse().ok(),
            _ => {}
        }
    })?;
    Ok(stated)
}

/// What stands in `format`.
fn describe(part: &str, element: &xml::Element, description: &mut Description) {
    if part == "file" {
        description.files.push(element.text().to_owned());
    } else if part == "header-range" {
        let number = |name| element.attribute(name).parse().ok();
        description.header_range = number("start").zip(number("end")).map(|(start, end)| start..end);
    } else if let Some(kind) = part.strip_suffix("/entry")
        && let Some(index) = RELATIONS.iter().position(|relation| *relation == kind)
    {
        let [name, flags, epoch, version, release] =
            ["name", "flags", "epoch", "ver", "rel"].map(|attribute| element.attribute(attribute));
        description.relations[index].push(relation(name, flags, [epoch, version, release]));
    }
}

/// The package names in comps, with the id of their group.
pub(super) fn groups(reader: impl BufRead) -> Result<BTreeSet<(String, String)>, String> {
    let mut found = BTreeSet::new();
    let (mut id, mut members) = (String::new(), Vec::new());
    xml::read(reader, |path, element| match path {
        "comps/group/id" => element.text().clone_into(&mut id),
        "comps/group/packagelist/packagereq" => members.push(element.text().to_owned()),
        "comps/group" => {
            found.extend(members.drain(..).map(|member| (id.clone(), member)));
        }
        _ => {}
    })?;
    Ok(found)
}
