//! What hosts have beside the repository: lists of names, and the metadata of other repositories.

use camino::Utf8Path;
use xen4centos_artifact::header::DependencyFlags;
use xen4centos_check::{BaseProvides, PackageFacts, Provision};
use xen4centos_manifest::Base;
use xen4centos_repodata::{Comparison, Dependency, Package};

use crate::{
    commands::repo,
    failure::{Failure, Kind},
    session::Session,
    settings,
};

/// The places that were named, or else those of the target; nothing where there are none.
pub(crate) fn load(session: &Session<'_>, places: &[String]) -> Result<Option<BaseProvides>, Failure> {
    let own;
    let places = if places.is_empty() {
        own = of_target(session);
        &own
    } else {
        places
    };
    let mut base: Option<BaseProvides> = None;
    for place in places {
        base.get_or_insert_default().extend(one(session, place)?);
    }
    Ok(base)
}

/// Reads the target's own lists for what is wrong with them. Repositories are asked when their answer is used.
pub(crate) fn check_lists(session: &Session<'_>) -> Result<(), Failure> {
    let lists = session.target.repository.base.iter().filter_map(|base| match base {
        Base::List(path) => Some(path),
        Base::Repository(_) => None,
    });
    lists.map(|path| list(path)).try_for_each(|read| read.map(drop))
}

fn of_target(session: &Session<'_>) -> Vec<String> {
    let places = session.target.repository.base.iter().map(|base| match base {
        Base::List(path) => path.to_string(),
        Base::Repository(url) => url.clone(),
    });
    places.collect()
}

fn one(session: &Session<'_>, place: &str) -> Result<BaseProvides, Failure> {
    let path = settings::current_directory()?.join(place);
    if place.contains("://") || !path.is_file() {
        return repository(session, place);
    }
    list(&path)
}

fn list(path: &Utf8Path) -> Result<BaseProvides, Failure> {
    let text = fs_err::read_to_string(path).map_err(|error| Failure::of(Kind::Data, &error))?;
    BaseProvides::parse(&text, path).map_err(|error| Failure::of(Kind::Data, &error))
}

fn repository(session: &Session<'_>, place: &str) -> Result<BaseProvides, Failure> {
    let repository = repo::open(place, session.printer)?;
    let _activity = session.printer.activity("Reading", place);
    let mut base = BaseProvides::default();
    for package in repository.packages()? {
        let package = package?;
        if package.nevra.arch != "src" {
            base.add_package(facts(package));
        }
    }
    // All of them: primary.xml has those of programs and settings only.
    for files in repository.file_lists()? {
        for file in files?.files {
            base.add_file(&file.path);
        }
    }
    Ok(base)
}

fn facts(package: Package) -> PackageFacts {
    let list = |dependencies: &[Dependency]| dependencies.iter().map(provision).collect();
    PackageFacts {
        source: package.source_rpm,
        provides: list(&package.dependencies.provides),
        requires: list(&package.dependencies.requires),
        conflicts: list(&package.dependencies.conflicts),
        obsoletes: list(&package.dependencies.obsoletes),
        ..PackageFacts::new(package.nevra)
    }
}

fn provision(dependency: &Dependency) -> Provision {
    let Some(constraint) = &dependency.constraint else {
        return Provision::new(dependency.name.as_str(), DependencyFlags(0), "");
    };
    let flags = match constraint.comparison {
        Comparison::Less => DependencyFlags::LESS,
        Comparison::LessOrEqual => DependencyFlags::LESS | DependencyFlags::EQUAL,
        Comparison::Equal => DependencyFlags::EQUAL,
        Comparison::GreaterOrEqual => DependencyFlags::GREATER | DependencyFlags::EQUAL,
        Comparison::Greater => DependencyFlags::GREATER,
    };
    let mut evr = constraint.version.to_string();
    if !constraint.epoch.is_empty() {
        evr.insert_str(0, &format!("{}:", constraint.epoch));
    }
    if !constraint.release.is_empty() {
        evr.push('-');
        evr.push_str(&constraint.release);
    }
    Provision::new(dependency.name.as_str(), DependencyFlags(flags), evr)
}
