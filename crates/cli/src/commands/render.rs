//! Spec templates → specs, parsed by rpm under the target's macros.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    args::{Cli, RenderArgs},
    failure::{Failure, Outcome},
    pipeline::{
        builds,
        plan::{self, Opened, Planned, Purpose},
        status,
    },
    printer::Printer,
    session::Session,
    settings,
};

/// A spec beside what was built last.
enum Comparison {
    /// Nothing was ever built.
    Unbuilt,
    Unchanged,
    /// The difference.
    Changed(String),
}

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row<'a> {
    package: &'a str,
    version: String,
    spec_file: &'a str,
    /// Since the last build; none where there was no build.
    changed: Option<bool>,
    /// Where it was written; none where it is printed.
    path: Option<&'a Utf8Path>,
    text: Option<&'a str>,
    difference: Option<&'a str>,
}

pub(crate) fn run(cli: &Cli, args: &RenderArgs, printer: &Printer) -> Outcome {
    let Opened { session, planned, .. } = &plan::open(&cli.global, &args.plan, Purpose::Build, printer)?;
    let paths = match &args.output {
        Some(output) => write(planned, &settings::current_directory()?.join(output))?,
        None => Vec::new(),
    };
    if args.json {
        return print_json(session, args, planned, &paths);
    }
    if args.diff {
        return print_differences(session, planned);
    }
    for path in &paths {
        printer.step("Rendered", path);
    }
    if args.output.is_none() {
        for planned in planned {
            printer.data(planned.request.spec.trim_end());
        }
    }
    Ok(())
}

fn print_json(
    session: &Session<'_>,
    args: &RenderArgs,
    planned: &[Planned],
    paths: &[Utf8PathBuf],
) -> Outcome {
    let comparisons = compare(session, planned)?;
    let mut paths = paths.iter().map(Utf8PathBuf::as_path);
    let rows = planned.iter().zip(&comparisons).map(|(planned, comparison)| {
        let path = paths.next();
        Row {
            package: &planned.package.name,
            version: planned.request.evr.to_string(),
            spec_file: &planned.request.spec_file,
            changed: comparison.changed(),
            path,
            text: (!args.diff && path.is_none()).then_some(planned.request.spec.as_str()),
            difference: comparison.difference().filter(|_| args.diff),
        }
    });
    let rows: Vec<Row<'_>> = rows.collect();
    session.printer.json(&rows);
    Ok(())
}

fn print_differences(session: &Session<'_>, planned: &[Planned]) -> Outcome {
    for (planned, comparison) in planned.iter().zip(compare(session, planned)?) {
        let name = &planned.request.spec_file;
        match comparison {
            Comparison::Unbuilt => {
                session.printer.step("Unbuilt", format!("{name}: nothing to compare with"));
            }
            Comparison::Unchanged => session.printer.step("Unchanged", name),
            Comparison::Changed(text) => session.printer.data(text.trim_end()),
        }
    }
    Ok(())
}

/// What the same request gave before is what it would give now, whatever was built since.
fn compare(session: &Session<'_>, planned: &[Planned]) -> Result<Vec<Comparison>, Failure> {
    let built = builds::built_before(session, planned)?;
    let compare = |planned: &Planned| {
        if built.contains_key(&planned.package.name) {
            return Ok(Comparison::Unchanged);
        }
        let Some(last) = status::last_build(session, &planned.package.name) else {
            return Ok(Comparison::Unbuilt);
        };
        let name = &planned.request.spec_file;
        let old = fs_err::read_to_string(last.directory.join(&last.provenance.inputs.spec_file))?;
        let (old_name, new_name) = (format!("{name} (built)"), format!("{name} (now)"));
        let text = xen4centos_render::difference(&old, &planned.request.spec, &old_name, &new_name);
        Ok(if text.is_empty() { Comparison::Unchanged } else { Comparison::Changed(text) })
    };
    planned.iter().map(compare).collect()
}

impl Comparison {
    const fn changed(&self) -> Option<bool> {
        match self {
            Self::Unbuilt => None,
            Self::Unchanged => Some(false),
            Self::Changed(_) => Some(true),
        }
    }

    fn difference(&self) -> Option<&str> {
        match self {
            Self::Changed(text) => Some(text),
            Self::Unbuilt | Self::Unchanged => None,
        }
    }
}

/// Where each spec was written, in the order of `planned`.
fn write(planned: &[Planned], directory: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Failure> {
    fs_err::create_dir_all(directory)?;
    let write = |planned: &Planned| {
        let path = directory.join(&planned.request.spec_file);
        let temporary = directory.join(format!(".{}", planned.request.spec_file));
        fs_err::write(&temporary, &planned.request.spec)?;
        fs_err::rename(temporary, &path)?;
        Ok(path)
    };
    planned.iter().map(write).collect()
}
