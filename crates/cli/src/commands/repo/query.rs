use std::{collections::BTreeSet, num::NonZeroUsize};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use xen4centos_repodata::{
    ChangelogEntry, DependencyKind, Detail, Package, Query, Repository, Specification, Template, Through,
    Versions,
};

use crate::{
    args::{RepoQueryArgs, ShowArgs},
    failure::Outcome,
    printer::Printer,
};

pub(crate) fn run(args: &RepoQueryArgs, printer: &Printer) -> Outcome {
    let template = Template::parse(&args.format)?;
    let repository = super::open(&args.repository, printer)?;
    let packages = query(args).run(&repository)?;
    if args.json {
        let rows = packages.iter().map(|package| row(&repository, package, args.show));
        printer.json(&rows.collect::<Vec<Value>>());
        return Ok(());
    }
    if args.show.info || args.show.changelog {
        for package in &packages {
            printer.data(if args.show.info { info(&repository, package) } else { changes(package) });
        }
        return Ok(());
    }
    for line in lines(&repository, &packages, args.show, &template) {
        printer.data(line);
    }
    Ok(())
}

fn query(args: &RepoQueryArgs) -> Query {
    let what = &args.what;
    let conditions = [
        (DependencyKind::Provides, &what.whatprovides),
        (DependencyKind::Requires, &what.whatrequires),
        (DependencyKind::Conflicts, &what.whatconflicts),
        (DependencyKind::Obsoletes, &what.whatobsoletes),
        (DependencyKind::Recommends, &what.whatrecommends),
        (DependencyKind::Suggests, &what.whatsuggests),
        (DependencyKind::Supplements, &what.whatsupplements),
        (DependencyKind::Enhances, &what.whatenhances),
    ];
    let given = conditions.into_iter().filter(|(_, asked)| !asked.is_empty());
    Query {
        packages: args.packages.iter().map(|text| Specification::parse(text)).collect(),
        files: args.file.clone(),
        what: given.map(|(kind, asked)| (kind, asked.clone())).collect(),
        through: if what.exactdeps { Through::Nothing } else { Through::Packages },
        architectures: args.arch.clone(),
        versions: match (args.latest, args.latest_limit) {
            (true, _) => Versions::Latest(NonZeroUsize::MIN),
            (_, Some(limit)) => Versions::Latest(limit),
            _ => Versions::All,
        },
        detail: match args.show {
            ShowArgs { files: true, .. } => Detail::Files,
            ShowArgs { changelog: true, .. } => Detail::Changelogs,
            _ => Detail::Primary,
        },
    }
}

/// The list that is to be shown, if one is.
fn list(show: ShowArgs) -> Option<DependencyKind> {
    let switches = [
        (show.provides, DependencyKind::Provides),
        (show.requires, DependencyKind::Requires),
        (show.conflicts, DependencyKind::Conflicts),
        (show.obsoletes, DependencyKind::Obsoletes),
        (show.recommends, DependencyKind::Recommends),
        (show.suggests, DependencyKind::Suggests),
        (show.supplements, DependencyKind::Supplements),
        (show.enhances, DependencyKind::Enhances),
    ];
    switches.into_iter().find(|(on, _)| *on).map(|(_, kind)| kind)
}

/// Lines of all packages, each once, sorted, as dnf has them; names of packages stay in their own order.
fn lines(repository: &Repository, packages: &[Package], show: ShowArgs, template: &Template) -> Vec<String> {
    let mut lines = BTreeSet::new();
    for package in packages {
        if let Some(kind) = list(show) {
            lines.extend(package.dependencies.of(kind).iter().map(ToString::to_string));
        } else if show.files {
            lines.extend(package.files.iter().map(|file| file.path.clone()));
        } else if show.location {
            lines.insert(repository.location_of(package).into_string());
        } else {
            return packages.iter().map(|package| template.render(repository, package)).collect();
        }
    }
    lines.into_iter().collect()
}

fn row(repository: &Repository, package: &Package, show: ShowArgs) -> Value {
    let mut row = super::shown(repository, package);
    if let Some(kind) = list(show) {
        let texts = package.dependencies.of(kind).iter().map(ToString::to_string);
        row["dependencies"] = texts.collect();
    }
    if show.files {
        row["files"] = package.files.iter().map(|file| file.path.as_str()).collect();
    }
    if show.changelog {
        let entry = |entry: &ChangelogEntry| json!({ "time": entry.time, "author": entry.author, "text": entry.text });
        row["changelog"] = package.changelog.iter().map(entry).collect();
    }
    if show.info {
        row["description"] = package.description.as_str().into();
    }
    row
}

fn date(seconds: u64, format: &str) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.to_zoned(TimeZone::UTC).strftime(format).to_string())
}

/// Newest first, as rpm shows them.
fn changes(package: &Package) -> String {
    let entry = |entry: &ChangelogEntry| {
        format!("\n* {} {}\n{}\n", date(entry.time, "%a %b %d %Y"), entry.author, entry.text)
    };
    let entries: String = package.changelog.iter().rev().map(entry).collect();
    format!("Changelog of {}{entries}", package.nevra)
}

fn info(repository: &Repository, package: &Package) -> String {
    let (nevra, evr) = (&package.nevra, &package.nevra.evr);
    let location = repository.location_of(package);
    let rows = [
        ("Name", nevra.name.clone()),
        ("Epoch", evr.epoch.to_string()),
        ("Version", evr.version.clone()),
        ("Release", evr.release.clone()),
        ("Architecture", nevra.arch.clone()),
        ("Size", format!("{} bytes, {} installed", package.size.package, package.size.installed)),
        ("Source", package.source_rpm.clone()),
        ("Built", date(package.build_time, "%Y-%m-%d %H:%M:%S UTC")),
        ("Packager", package.packager.clone()),
        ("Vendor", package.vendor.clone()),
        ("Summary", package.summary.clone()),
        ("URL", package.url.clone()),
        ("License", package.license.clone()),
        ("Checksum", format!("{} {}", package.checksum.kind, package.checksum.value)),
        ("Location", location.into_string()),
        ("Description", package.description.replace('\n', "\n               ")),
    ];
    let said = rows.into_iter().filter(|(_, text)| !text.is_empty());
    said.fold(String::new(), |all, (name, text)| all + &format!("{name:<12} : {text}\n"))
}
