//! Spec templates → specs, parsed by rpm under the target's macros.

use camino::Utf8Path;

use crate::{
    args::{Cli, RenderArgs},
    failure::{Failure, Outcome},
    pipeline::{
        plan::{self, Opened, Planned, Purpose},
        status,
    },
    printer::Printer,
    session::Session,
    settings,
};

pub(crate) fn run(cli: &Cli, args: &RenderArgs, printer: &Printer) -> Outcome {
    let Opened { session, planned, .. } = &plan::open(&cli.global, &args.plan, Purpose::Build, printer)?;
    if args.diff {
        return print_difference(session, planned);
    }
    if let Some(output) = &args.output {
        return write(session, planned, &settings::current_directory()?.join(output));
    }
    for planned in planned {
        printer.data(planned.request.spec.trim_end());
    }
    Ok(())
}

fn print_difference(session: &Session<'_>, planned: &[Planned]) -> Outcome {
    for planned in planned {
        let name = &planned.request.spec_file;
        let Some(last) = status::last_build(session, &planned.package.name) else {
            session.printer.step("Unbuilt", format!("{name}: nothing to compare with"));
            continue;
        };
        let old = fs_err::read_to_string(last.directory.join(&last.provenance.inputs.spec_file))?;
        let (old_name, new_name) = (format!("{name} (built)"), format!("{name} (now)"));
        let text = xen4centos_render::difference(&old, &planned.request.spec, &old_name, &new_name);
        if text.is_empty() {
            session.printer.step("Unchanged", name);
        } else {
            session.printer.data(text.trim_end());
        }
    }
    Ok(())
}

fn write(session: &Session<'_>, planned: &[Planned], directory: &Utf8Path) -> Result<(), Failure> {
    fs_err::create_dir_all(directory)?;
    for planned in planned {
        let path = directory.join(&planned.request.spec_file);
        let temporary = directory.join(format!(".{}", planned.request.spec_file));
        fs_err::write(&temporary, &planned.request.spec)?;
        fs_err::rename(temporary, &path)?;
        session.printer.step("Rendered", path);
    }
    Ok(())
}
