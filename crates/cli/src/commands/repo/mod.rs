//! Commands over repositories of any origin: directories and URLs.

mod diff;
mod list;
mod merge;
mod query;

use serde_json::{Value, json};
use xen4centos_repodata::{Location, Package, RepodataError, Repository};

use crate::{
    args::{RepoArgs, RepoCommand},
    failure::{Failure, Kind, Outcome},
    printer::Printer,
    settings,
};

pub(crate) fn run(args: &RepoArgs, printer: &Printer) -> Outcome {
    match &args.command {
        RepoCommand::List(args) => list::run(args, printer),
        RepoCommand::Query(args) => query::run(args, printer),
        RepoCommand::Diff(args) => diff::run(args, printer),
        RepoCommand::Merge(args) => merge::run(args, printer),
    }
}

/// Opens what was named.
pub(super) fn open(place: &str, printer: &Printer) -> Result<Repository, Failure> {
    let here = settings::current_directory()?;
    let location = Location::parse(place, &here)?;
    let _activity = printer.activity("Opening", place);
    location.open(&settings::http()).map_err(|error| match (&location, &error) {
        (Location::Directory(_), RepodataError::Files { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            let hint = "name the directory that holds repodata/, or a URL; `xen4centos index` makes metadata";
            Failure::of(Kind::Data, &error).hint(Some(hint.to_owned()))
        }
        _ => error.into(),
    })
}

/// What every listing has of a package.
fn shown(repository: &Repository, package: &Package) -> Value {
    let (nevra, evr) = (&package.nevra, &package.nevra.evr);
    json!({
        "nevra": nevra.to_string(),
        "name": nevra.name,
        "epoch": evr.epoch,
        "version": evr.version,
        "release": evr.release,
        "arch": nevra.arch,
        "checksum": { "type": package.checksum.kind, "value": package.checksum.value },
        "size": package.size.package,
        "installed-size": package.size.installed,
        "build-time": package.build_time,
        "summary": package.summary,
        "license": package.license,
        "url": package.url,
        "vendor": package.vendor,
        "packager": package.packager,
        "source-package": package.source_rpm,
        "location": repository.location_of(package),
    })
}
