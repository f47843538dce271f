use crate::{Package, RepodataError, Repository};

/// A line for a package: text with placeholders such as `%{name}`.
#[derive(Clone, Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Field(Field),
}

type Field = fn(&Package, &str) -> String;

/// Placeholders, with what they stand for; the second argument is the package's location.
const FIELDS: [(&str, Field); 27] = [
    ("name", |package, _| package.nevra.name.clone()),
    ("epoch", |package, _| package.nevra.evr.epoch.to_string()),
    ("version", |package, _| package.nevra.evr.version.clone()),
    ("release", |package, _| package.nevra.evr.release.clone()),
    ("arch", |package, _| package.nevra.arch.clone()),
    ("evr", |package, _| package.nevra.evr.to_string()),
    ("nevra", |package, _| package.nevra.to_string()),
    ("summary", |package, _| package.summary.clone()),
    ("description", |package, _| package.description.clone()),
    ("packager", |package, _| package.packager.clone()),
    ("url", |package, _| package.url.clone()),
    ("license", |package, _| package.license.clone()),
    ("vendor", |package, _| package.vendor.clone()),
    ("group", |package, _| package.group.clone()),
    ("buildhost", |package, _| package.build_host.clone()),
    ("sourcerpm", |package, _| package.source_rpm.clone()),
    ("checksum", |package, _| package.checksum.value.clone()),
    ("checksumtype", |package, _| package.checksum.kind.clone()),
    ("size", |package, _| package.size.package.to_string()),
    ("installedsize", |package, _| package.size.installed.to_string()),
    ("archivesize", |package, _| package.size.archive.to_string()),
    ("buildtime", |package, _| package.build_time.to_string()),
    ("filetime", |package, _| package.file_time.to_string()),
    ("href", |package, _| package.href.clone()),
    ("base", |package, _| package.base.clone().unwrap_or_default()),
    ("location", |_, location| location.to_owned()),
    ("requires", |package, _| {
        package.dependencies.requires.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }),
];

impl Template {
    /// Takes what somebody typed. `\n` and `\t` are what they are for the shell's `printf`.
    ///
    /// # Errors
    /// When there is no such placeholder.
    pub fn parse(text: &str) -> Result<Self, RepodataError> {
        let text = text.replace("\\n", "\n").replace("\\t", "\t");
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("%{") {
            parts.push(Part::Text(before.to_owned()));
            let (name, behind, is_whole) =
                after.split_once('}').map_or((after, "", false), |(name, behind)| (name, behind, true));
            let field = FIELDS.iter().find(|(known, _)| *known == name && is_whole);
            let (_, field) = field.ok_or_else(|| {
                let known: Vec<&str> = FIELDS.iter().map(|(known, _)| *known).collect();
                RepodataError::Asked {
                    what: format!("unknown placeholder `%{{{name}}}`; there are: {}", known.join(", ")),
                }
            })?;
            parts.push(Part::Field(*field));
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The line for one package of the repository.
    pub fn render(&self, repository: &Repository, package: &Package) -> String {
        let location = repository.location_of(package);
        let mut line = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Field(field) => line.push_str(&field(package, location.as_str())),
            }
        }
        line
    }
}
