//! What this machine lacks for a target, and how to get it.

use std::collections::BTreeMap;

use xen4centos_build::{NetworkPolicy, Requirement};

use crate::{
    args::{Cli, DoctorArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::user_space::TooNew,
    printer::Printer,
    session::{Session, requirements},
};

/// Programs that only some commands use: what they are for, and who has them.
const FOR_COMMANDS: [(&str, &str, &str, &str); 7] = [
    ("dnf", "install-test", "dnf", "dnf"),
    ("busybox", "install-test and boot-test", "busybox-static", "busybox"),
    ("qemu-system-x86_64", "boot-test", "qemu-system-x86", "qemu-kvm"),
    ("depmod", "boot-test", "kmod", "kmod"),
    ("testsolv", "check --hosts", "libsolv-tools", "libsolv-tools"),
    ("git", "sources from git", "git", "git"),
    ("gpg", "signing through gpg", "gnupg", "gnupg2"),
];

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    facts: xen4centos_artifact::BuildRootFacts,
    missing: Vec<Missing>,
    options: Vec<Unavailable>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Missing {
    what: String,
    needed_for: String,
    required: bool,
    apt: Option<String>,
    yum: Option<String>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Unavailable {
    package: String,
    option: String,
    summary: String,
    lacking: Vec<String>,
    on: bool,
}

pub(crate) fn run(cli: &Cli, args: &DoctorArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let report = examine(&session, args)?;
    if args.json {
        printer.json(&report);
    } else {
        print(&report, printer);
    }
    let blocking = report.missing.iter().filter(|missing| missing.required).count();
    let unavailable = report.options.iter().filter(|option| option.on).count();
    if blocking + unavailable == 0 {
        return Ok(());
    }
    let message = format!(
        "this machine can not build target `{}`: {blocking} tools or headers are missing, {unavailable} options \
         that are on can not be given",
        session.target.name
    );
    Err(Failure::new(Kind::World, message).hint(Some(
        "install what is missing, or switch options off with --without PACKAGE:OPTION".to_owned(),
    )))
}

fn examine(session: &Session<'_>, args: &DoctorArgs) -> Result<Report, Failure> {
    let packages = session.packages(&[])?;
    let options = session.options(&packages, &args.build)?;
    let mut wanted: BTreeMap<Requirement, Vec<String>> = BTreeMap::new();
    for package in &packages {
        for requirement in requirements(package, &options[&package.name]) {
            wanted.entry(requirement).or_default().push(package.name.clone());
        }
    }
    let for_commands =
        FOR_COMMANDS.map(|(command, used, apt, yum)| (Requirement::command(command, apt, yum), used));
    let all: Vec<Requirement> = wanted
        .keys()
        .cloned()
        .chain(for_commands.iter().map(|(requirement, _)| requirement.clone()))
        .collect();
    let settings =
        xen4centos_build::ProbeSettings { requirements: &all, cache: None, network: NetworkPolicy::Isolated };
    let root = xen4centos_build::HostRoot::probe(&settings)?;
    let mut missing = Vec::new();
    for (requirement, users) in &wanted {
        if !root.missing(std::slice::from_ref(requirement)).is_empty() {
            let users =
                if users.len() == packages.len() { "every build".to_owned() } else { users.join(", ") };
            missing.push(entry(requirement, users, true));
        }
    }
    for (requirement, used) in &for_commands {
        if !root.missing(std::slice::from_ref(requirement)).is_empty() {
            missing.push(entry(requirement, (*used).to_owned(), false));
        }
    }
    let facts = root.facts().clone();
    let too_new = TooNew::find(session, &root);
    let unavailable = packages.iter().flat_map(|package| {
        let of_package = &options[&package.name];
        let lacking = |needs: &[String]| -> Vec<String> {
            needs.iter().filter(|name| facts.capabilities.get(*name) != Some(&true)).cloned().collect()
        };
        let facts_missing = package.options.values().filter_map(move |option| {
            let mut lacking = lacking(&option.needs);
            lacking.extend(too_new.filter(|_| option.user_space).map(TooNew::lack));
            (!lacking.is_empty()).then(|| Unavailable {
                package: package.name.clone(),
                option: option.name.clone(),
                summary: option.summary.clone(),
                on: of_package[&option.name].on,
                lacking,
            })
        });
        facts_missing.collect::<Vec<_>>()
    });
    let options = unavailable.collect();
    Ok(Report { facts, missing, options })
}

fn entry(requirement: &Requirement, needed_for: String, required: bool) -> Missing {
    Missing {
        what: requirement.to_string(),
        needed_for,
        required,
        apt: requirement.apt.clone(),
        yum: requirement.yum.clone(),
    }
}

fn print(report: &Report, printer: &Printer) {
    let facts = &report.facts;
    printer.data(format!(
        "build root  {} ({}): gcc {}, binutils {}, make {}, rpm {}",
        facts.kind,
        facts.user_space,
        facts.gcc_version,
        facts.binutils_version,
        facts.make_version,
        facts.rpm_version
    ));
    for option in &report.options {
        let state = if option.on { "ON, can not be given" } else { "off" };
        printer.data(format!(
            "option      {}:{} {state}: {} (this machine lacks {})",
            option.package,
            option.option,
            option.summary,
            option.lacking.join(", ")
        ));
    }
    for missing in &report.missing {
        let weight = if missing.required { "missing" } else { "optional" };
        printer.data(format!("{weight:<11} {}, for {}", missing.what, missing.needed_for));
    }
    for (manager, pick) in [
        ("apt-get install", (|missing| missing.apt.as_ref()) as fn(&Missing) -> Option<&String>),
        ("yum install", |missing| missing.yum.as_ref()),
    ] {
        let mut names: Vec<&String> = report.missing.iter().filter_map(pick).collect();
        names.sort();
        names.dedup();
        if !names.is_empty() {
            let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
            printer.data(format!("to get it   {manager} {}", names.join(" ")));
        }
    }
    if report.missing.is_empty() && report.options.iter().all(|option| !option.on) {
        printer.data("nothing is missing");
    }
}
