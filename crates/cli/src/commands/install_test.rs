//! An installation as a host makes it, into an empty root.

use xen4centos_artifact::Nevra;
use xen4centos_manifest::Accepts;

use crate::{
    args::{Cli, InstallTestArgs},
    failure::Outcome,
    pipeline::trials::{self, Repository},
    printer::Printer,
    scratch::Scratch,
    session::Session,
};

pub(crate) fn run(cli: &Cli, args: &InstallTestArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let repository = Repository::find(&session, args.repository.as_deref(), args.public_key.as_deref())?;
    let packages = if args.packages.is_empty() { repository.main_packages()? } else { args.packages.clone() };
    let temporary = Scratch::new("root")?;
    let root = match &args.root {
        Some(root) => crate::settings::current_directory()?.join(root),
        None => temporary.path.join("root"),
    };
    let activity = printer.activity("Installing", format!("{} into an empty root", packages.join(", ")));
    let report = trials::install(&session, &repository, &root, &packages)?;
    drop(activity);
    if args.json {
        printer.json(&report);
        return Ok(());
    }
    printer.step("Installed", format!("{} packages, gpgcheck and repo_gpgcheck on", report.packages.len()));
    for package in &report.packages {
        printer.data(format!("  {package}"));
    }
    for call in &report.scriptlet_calls {
        printer.detail(format!("scriptlet called {call}"));
    }
    print_host_lines(&session, &repository, &report.packages)
}

/// What an administrator has to do on a host.
fn print_host_lines(session: &Session<'_>, repository: &Repository, installed: &[String]) -> Outcome {
    let printer = session.printer;
    printer.data(format!("\nThe repository is in {}", repository.shown));
    printer.data(format!("Its key is         {}", repository.key));
    printer.data(format!("Its address is     {}", session.channel.base_url));
    if session.channel.accepts == Accepts::Miniature {
        printer
            .data("Its upstreams are test doubles: nothing in it runs. Look at it with `xen4centos serve`.");
    }
    let base_url = expanded(session);
    let release = installed.iter().filter_map(|name| name.parse::<Nevra>().ok());
    let release = release.into_iter().find(|nevra| nevra.name == trials::RELEASE_PACKAGE);
    let file = release.map_or_else(|| format!("{}.rpm", trials::RELEASE_PACKAGE), |nevra| nevra.file_name());
    printer.data("\nA host needs:");
    printer.data(format!("  rpm --import {base_url}{}", session.target.key.file));
    printer.data(format!("  yum install {base_url}Packages/{file}"));
    printer.data(format!("  yum install {}", repository.main_packages()?.join(" ")));
    Ok(())
}

/// The base URL as yum on a host of the target reads it: a shell would make nothing of yum's variables.
fn expanded(session: &Session<'_>) -> String {
    let target = &session.target;
    let release = target.dist.split_once(".el").map_or("", |(_, rest)| rest);
    let release: String = release.chars().take_while(char::is_ascii_digit).collect();
    session.channel.base_url.replace("$basearch", &target.arch).replace("$releasever", &release)
}
