//! The kernel's configuration: made and verified, or two compared.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_kconfig::{Config, Lost, Violation, diff, render_diff};
use xen4centos_manifest::Role;

use crate::{
    args::{Cli, KernelConfigArgs, KeyArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        kernel::{self, KERNEL, Verdict},
        lock::WorkLock,
        plan, sources,
    },
    printer::Printer,
    session::Session,
    settings,
};

/// The same keys, whatever the tree made of the wishes.
#[derive(Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report<'a> {
    /// None where something does not hold.
    file: Option<&'a Utf8Path>,
    fresh: bool,
    lost: &'a [Lost],
    violations: &'a [Violation],
}

pub(crate) fn run(cli: &Cli, args: &KernelConfigArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    if let Some(files) = &args.diff {
        return compare(&session, args, files);
    }
    // Wrong wishes are to be known before anything is downloaded.
    kernel::kernel_configs(&session)?;
    let mut packages = sources::packages(&session, &[KERNEL.to_owned()], &args.sources)?;
    let options = session.options(&packages, &args.build)?;
    // Of the release alone: firmware and the like configure nothing.
    packages[0].sources.retain(|source| source.role != Role::Extra);
    let _lock = WorkLock::take(&session)?;
    let verified = sources::fetch(&session, &args.sources, &packages, &options)?;
    let network = plan::network_policy(&args.build);
    let verdict = kernel::verdict(&session, &packages[0], &verified, network, &KeyArgs::default())?;
    let configuration = match verdict {
        Verdict::Held(configuration) => configuration,
        Verdict::Refused(refusal) => {
            if args.json {
                let (lost, violations) = (&refusal.lost[..], &refusal.violations[..]);
                printer.json(&Report { fresh: true, lost, violations, ..Report::default() });
            }
            return Err(refusal.into());
        }
    };
    let file = match &args.output {
        Some(output) => {
            let output = settings::current_directory()?.join(output);
            fs_err::copy(&configuration.file, &output)?;
            output
        }
        None => configuration.file,
    };
    if args.json {
        printer.json(&Report { file: Some(&file), fresh: configuration.fresh, ..Report::default() });
    } else {
        printer.data(file);
    }
    Ok(())
}

fn compare(session: &Session<'_>, args: &KernelConfigArgs, files: &[Utf8PathBuf]) -> Outcome {
    let here = settings::current_directory()?;
    let read = |path: &Utf8PathBuf| -> Result<Config, Failure> {
        let text = fs_err::read_to_string(path).map_err(|error| Failure::of(Kind::Data, &error))?;
        Config::parse(&text, path).map_err(|problems| Failure::new(Kind::Data, problems.to_string()))
    };
    let [before_file, after_file] = [&files[0], &files[1]].map(|file| here.join(file));
    let (before, after) = (read(&before_file)?, read(&after_file)?);
    let contract = kernel::kernel_configs(session)?.contract;
    // Where both say something of a symbol, the newer one does.
    let known = kernel::symbols(session, args, &[(&after_file, &after), (&before_file, &before)])?;
    if known.is_empty() {
        session.printer.warning(
            "what is a driver is known from the kernel's own files only, and none is at hand: configure the kernel \
             once, or name an unpacked one with --source-tree kernel=DIR",
        );
    }
    let changes = diff(&before, &after, &contract, &known);
    if args.json {
        session.printer.json(&changes);
    } else if changes.is_empty() {
        session.printer.data("the configurations are equal");
    } else {
        session.printer.data(render_diff(&changes).trim_end());
    }
    Ok(())
}
