//! The kernel's configuration: made and verified, or two compared.

use camino::Utf8PathBuf;
use xen4centos_kconfig::{Config, diff, render_diff};

use crate::{
    args::{Cli, KernelConfigArgs, KeyArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::{kernel, lock::WorkLock, plan, sources},
    printer::Printer,
    session::Session,
    settings,
};

/// The package whose sources are the kernel's.
const KERNEL: &str = "kernel";

pub(crate) fn run(cli: &Cli, args: &KernelConfigArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    if let Some(files) = &args.diff {
        return compare(&session, files, args.json);
    }
    let packages = session.packages(&[KERNEL.to_owned()])?;
    let options = session.options(&packages, &args.build)?;
    let _lock = WorkLock::take(&session)?;
    let verified = sources::fetch(&session, &args.sources, &packages, &options)?;
    let network = plan::network_policy(&args.build);
    let configuration = kernel::configure(&session, &packages[0], &verified, network, &KeyArgs::default())?;
    let file = match &args.output {
        Some(output) => {
            let output = settings::current_directory()?.join(output);
            fs_err::copy(&configuration.file, &output)?;
            output
        }
        None => configuration.file,
    };
    if args.json {
        printer.json(&serde_json::json!({ "file": file, "fresh": configuration.fresh }));
    } else {
        printer.data(file);
    }
    Ok(())
}

fn compare(session: &Session<'_>, files: &[Utf8PathBuf], json: bool) -> Outcome {
    let here = settings::current_directory()?;
    let read = |path: &Utf8PathBuf| -> Result<Config, Failure> {
        let path = here.join(path);
        let text = fs_err::read_to_string(&path).map_err(|error| Failure::of(Kind::Data, &error))?;
        Config::parse(&text, &path).map_err(|problems| Failure::new(Kind::Data, problems.to_string()))
    };
    let (before, after) = (read(&files[0])?, read(&files[1])?);
    let configs = kernel::kernel_configs(session)?;
    let changes = diff(&before, &after, &configs.contract, None);
    if json {
        session.printer.json(&changes);
    } else if changes.is_empty() {
        session.printer.data("the configurations are equal");
    } else {
        session.printer.data(render_diff(&changes).trim_end());
    }
    Ok(())
}
