//! A boot as a host makes it, to user space, under qemu.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_manifest::Accepts;
use xen4centos_trial::{BootReport, BootRequest, ModuleState};

use crate::{
    args::{BootTestArgs, Cli},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        kernel,
        lock::WorkLock,
        trials::{self, Repository},
    },
    printer::Printer,
    scratch::Scratch,
    session::Session,
};

/// What has to be installed for a boot.
const PACKAGES: [&str; 2] = ["kernel", "xen-hypervisor"];

/// What drives hardware that qemu's machine has not: its firmware knows no processor power states.
const MAY_LACK_DEVICE: [&str; 1] = ["xen-acpi-processor"];

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Verdict<'a> {
    good: bool,
    failures: &'a [String],
    report: &'a BootReport,
}

pub(crate) fn run(cli: &Cli, args: &BootTestArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let temporary = Scratch::new("boot")?;
    let root = installed_root(&session, args, &temporary.path)?;
    let kernel = match &args.kernel {
        Some(kernel) => kernel.clone(),
        None => xen4centos_trial::newest_kernel(&root)?,
    };
    let modules = kernel::dom0_modules(&session, &root, &kernel)?;
    // Two boots must not share one serial log.
    let mut lock = None;
    let output = if let Some(output) = &args.output {
        crate::settings::current_directory()?.join(output)
    } else {
        lock = Some(WorkLock::take(&session)?);
        session.work("boot-test")
    };
    let activity = printer.activity("Booting", "the hypervisor, with the kernel as dom0");
    let report = xen4centos_trial::boot(&BootRequest {
        root: &root,
        kernel: Some(&kernel),
        modules: &modules,
        may_lack_device: &MAY_LACK_DEVICE,
        memory_mib: args.memory,
        cpu: &args.cpu,
        time_limit: Duration::from_secs(args.time_limit),
        scratch: &output,
    })?;
    drop(activity);
    drop(lock);
    let failures = report.failures();
    if args.json {
        printer.json(&Verdict { good: failures.is_empty(), failures: &failures, report: &report });
    } else {
        print(printer, &report);
    }
    if failures.is_empty() {
        printer.step(
            "Booted",
            format!("to user space in {} s; serial log: {}", report.seconds, report.serial_log),
        );
        return Ok(());
    }
    let message = format!("the boot is no good:\n  {}", failures.join("\n  "));
    Err(Failure::new(Kind::Refused, message).hint(Some(format!("read {}", report.serial_log))))
}

/// A root that was given, or one made from a repository.
fn installed_root(
    session: &Session<'_>,
    args: &BootTestArgs,
    temporary: &Utf8Path,
) -> Result<Utf8PathBuf, Failure> {
    if let Some(directory) = &args.directory {
        let directory = crate::settings::current_directory()?.join(directory);
        if directory.join("boot/xen.gz").is_file() {
            return Ok(directory);
        }
    }
    if args.directory.is_none() && session.channel.accepts == Accepts::Miniature {
        let message = format!("channel `{}` holds test doubles, which can not boot", session.channel.name);
        let hint = "publish real trees into another channel first: release --channel trial --source-tree …"
            .to_owned();
        return Err(Failure::new(Kind::Data, message).hint(Some(hint)));
    }
    let repository = Repository::find(session, args.directory.as_deref(), args.public_key.as_deref())?;
    let root = temporary.join("root");
    let activity = session.printer.activity("Installing", "kernel and xen-hypervisor into an empty root");
    let report = trials::install(session, &repository, &root, &PACKAGES.map(str::to_owned))?;
    drop(activity);
    session.printer.step("Installed", report.packages.join(", "));
    Ok(root)
}

fn print(printer: &Printer, report: &BootReport) {
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    if let Ok(serial) = fs_err::read(&report.serial_log) {
        printer.data(String::from_utf8_lossy(&serial).trim_end());
        printer.data("");
    }
    printer.data(format!("kernel        {}", or_none(&report.kernel)));
    printer.data(format!("hypervisor    {}", or_none(&report.xen)));
    printer.data(format!("capabilities  {}", or_none(&report.capabilities)));
    for (module, state) in &report.modules {
        let state = match state {
            ModuleState::Loaded => "loaded".to_owned(),
            ModuleState::BuiltIn => "built in".to_owned(),
            ModuleState::NoDevice => "works; the emulated machine has no device for it".to_owned(),
            ModuleState::Failed(message) => format!("FAILED: {message}"),
        };
        printer.data(format!("module        {module} {state}"));
    }
}
