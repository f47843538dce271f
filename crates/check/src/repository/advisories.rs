//! What updateinfo says of packages.

use std::io::BufRead;

use super::{listing::Entry, xml};

/// A package that an advisory names.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mention {
    /// The advisory's id.
    pub(super) advisory: String,
    name: String,
    arch: String,
    evr: (String, String, String),
}

impl Mention {
    pub(super) fn is(&self, entry: &Entry) -> bool {
        (&self.name, &self.arch, &self.evr) == (&entry.name, &entry.arch, &entry.evr)
    }

    /// As [`Entry::nevra`].
    pub(super) fn nevra(&self) -> String {
        let (epoch, version, release) = &self.evr;
        format!("{}-{epoch}:{version}-{release}.{}", self.name, self.arch)
    }
}

/// All packages that are named, each once.
pub(super) fn read(reader: impl BufRead) -> Result<Vec<Mention>, String> {
    let (mut found, mut packages) = (Vec::new(), Vec::new());
    let mut id = String::new();
    xml::read(reader, |path, element| {
        let or_zero = |epoch: &str| if epoch.is_empty() { "0".to_owned() } else { epoch.to_owned() };
        match path {
            "updates/update/id" => element.text().clone_into(&mut id),
            "updates/update/pkglist/collection/package" => packages.push(Mention {
                advisory: String::new(),
                name: element.attribute("name").to_owned(),
                arch: element.attribute("arch").to_owned(),
                evr: (
                    or_zero(element.attribute("epoch")),
                    element.attribute("version").to_owned(),
                    element.attribute("release").to_owned(),
                ),
            }),
            "updates/update" => {
                let id = std::mem::take(&mut id);
                found.extend(packages.drain(..).map(|package| Mention { advisory: id.clone(), ..package }));
            }
            _ => {}
        }
    })?;
    found.sort();
    found.dedup();
    Ok(found)
}
