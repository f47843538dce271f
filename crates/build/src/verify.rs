//! Reads what rpmbuild wrote and compares it with what was asked. Macros may be overridden by a spec, misread by
//! another rpm, or unknown to it; only the packages themselves say what they are.

use std::{collections::BTreeSet, fmt, io::BufReader};

use camino::Utf8Path;
use xen4centos_artifact::{
    Nevra,
    header::{HeaderError, RpmHeaders, Tag, tag},
};

use crate::{BuildError, BuildRequest};

/// One way in which a package is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// File name of the package.
    pub file: String,
    /// `vendor`, `payload compression`, …
    pub what: &'static str,
    /// What was asked for.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, what, expected, found } = self;
        write!(formatter, "{file}: {what} is `{found}`, asked for was `{expected}`")
    }
}

/// What a package says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) nevra: Nevra,
    source_rpm: String,
    compressor: String,
    digest: u32,
    vendor: String,
    packager: String,
    distribution: String,
    build_host: String,
    build_time: u64,
    files: bool,
    rpmlib: BTreeSet<String>,
}

/// Reads the headers of one package.
pub(crate) fn read(path: &Utf8Path) -> Result<Said, BuildError> {
    let file = fs_err::File::open(path).map_err(BuildError::file("read", path))?;
    let length = file.metadata().map_err(BuildError::file("read", path))?.len();
    let bad = |source| BuildError::Header { path: path.to_owned(), source };
    let headers = RpmHeaders::read_sized(&mut BufReader::new(file), length).map_err(bad)?;
    said(&headers).map_err(bad)
}

fn said(headers: &RpmHeaders) -> Result<Said, HeaderError> {
    let text = |tag: Tag| {
        headers.text(tag).map(|text| text.map(|text| text.to_str_lossy().into_owned()).unwrap_or_default())
    };
    let rpmlib = headers.requires()?.filter(|dependency| dependency.name.starts_with("rpmlib("));
    Ok(Said {
        nevra: headers.nevra()?,
        source_rpm: headers.source_rpm()?.map(|name| name.to_str_lossy().into_owned()).unwrap_or_default(),
        compressor: headers.payload_compressor()?.to_str_lossy().into_owned(),
        digest: headers.file_digest_algorithm()?,
        vendor: text(tag::VENDOR)?,
        packager: text(tag::PACKAGER)?,
        distribution: text(tag::DISTRIBUTION)?,
        build_host: text(tag::BUILD_HOST)?,
        build_time: headers.build_time()?.unwrap_or(0),
        files: headers.main().contains(tag::BASE_NAMES),
        rpmlib: rpmlib.map(|dependency| dependency.name.to_str_lossy().into_owned()).collect(),
    })
}

/// Every difference between what a package says and what `request` asks.
pub(crate) fn compare(request: &BuildRequest, file: &str, said: &Said) -> Vec<Complaint> {
    let target = &request.target;
    let source_rpm = Nevra::new(&request.package, request.evr.clone(), "src").file_name();
    let mut expectations = vec![
        ("vendor", target.vendor.clone(), said.vendor.clone()),
        ("packager", target.packager.clone(), said.packager.clone()),
        ("distribution", target.distribution.clone(), said.distribution.clone()),
        ("file name", said.nevra.file_name(), file.to_owned()),
    ];
    if said.nevra.arch == "src" {
        expectations.push(("name", request.package.clone(), said.nevra.name.clone()));
        expectations.push(("version", request.evr.to_string(), said.nevra.evr.to_string()));
    } else {
        let arch = if said.nevra.arch == "noarch" { "noarch" } else { &target.arch };
        expectations.push(("source package", source_rpm, said.source_rpm.clone()));
        expectations.push(("architecture", arch.to_owned(), said.nevra.arch.clone()));
        expectations.push((
            "dist tag",
            dist(request, &target.dist),
            dist_of(&said.nevra.evr.release, &target.dist),
        ));
    }
    let payload = if said.nevra.arch == "src" { crate::macros::SOURCE_PAYLOAD } else { &target.payload };
    if let Some(compressor) = compressor(payload) {
        expectations.push(("payload compression", compressor.to_owned(), said.compressor.clone()));
    }
    if said.files {
        expectations.push(("file digest", target.file_digest.to_string(), said.digest.to_string()));
    }
    // rpm before 4.14 takes both from the machine, whatever is asked.
    if is_at_least(&request.facts.rpm_version, 4, 14) {
        let host = target.macros.get("_buildhost").map_or(crate::macros::BUILD_HOST, String::as_str);
        expectations.push(("build host", host.to_owned(), said.build_host.clone()));
        expectations.push(("build time", request.source_date_epoch.to_string(), said.build_time.to_string()));
    }
    let complaint = |what, expected, found| Complaint { file: file.to_owned(), what, expected, found };
    let mut complaints: Vec<Complaint> = expectations
        .into_iter()
        .filter(|(_, expected, found)| expected != found)
        .map(|(what, expected, found)| complaint(what, expected, found))
        .collect();
    let unknown =
        said.rpmlib.iter().filter(|name| !target.rpmlib.is_empty() && !target.rpmlib.contains(inner(name)));
    complaints.extend(unknown.map(|name| {
        complaint("required feature of rpm", "one that the client has".to_owned(), name.clone())
    }));
    complaints
}

/// The dist tag that releases must end with; nothing for a package that goes without.
fn dist(request: &BuildRequest, dist: &str) -> String {
    dist_of(&request.evr.release, dist)
}

fn dist_of(release: &str, dist: &str) -> String {
    if release.ends_with(dist) { dist.to_owned() } else { String::new() }
}

/// `rpmlib(PayloadIsXz)` → `PayloadIsXz`; targets may list either.
fn inner(name: &str) -> &str {
    name.strip_prefix("rpmlib(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(name)
}

/// `w6.xzdio` → `xz`. Uncompressed payloads carry no name.
fn compressor(payload: &str) -> Option<&'static str> {
    match payload.rsplit('.').next()? {
        "gzdio" => Some("gzip"),
        "bzdio" => Some("bzip2"),
        "xzdio" => Some("xz"),
        "lzdio" => Some("lzma"),
        "zstdio" => Some("zstd"),
        _ => None,
    }
}

pub(crate) fn is_at_least(version: &str, major: u32, minor: u32) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (major, minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_rpm() {
        assert!(is_at_least("4.18.0", 4, 14));
        assert!(!is_at_least("4.8.0", 4, 14));
        assert!(is_at_least("5.0", 4, 14));
        assert!(!is_at_least("", 4, 14));
    }

    #[test]
    fn compressors_by_rpms_names() {
        assert_eq!(compressor("w6.xzdio"), Some("xz"));
        assert_eq!(compressor("w9.gzdio"), Some("gzip"));
        assert_eq!(compressor("w.ufdio"), None);
    }
}
