//! Patches into a package, as one update: its release, its changelog and its advisory. Nothing is written before all of it was
//! tried on a copy.

use camino::Utf8PathBuf;
use xen4centos_manifest::Package;
use xen4centos_presence::Finding;
use xen4centos_render::difference;

use super::draft::{Draft, Given};
use crate::{
    args::{AdvisoryImportArgs, BuildArgs, Cli, GlobalArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        closed,
        journal::{self, Changes},
        lock::WorkLock,
        overlay::overlay,
        proofs, sources,
    },
    printer::Printer,
    scratch::Scratch,
    session::Session,
    settings::Directories,
};

pub(crate) fn run(cli: &Cli, args: &AdvisoryImportArgs, printer: &Printer) -> Outcome {
    let directories = Directories::find(&cli.global)?;
    let _lock = WorkLock::take_in(&directories.work, printer)?;
    if args.finish {
        return journal::finish(&directories, printer);
    }
    let session = Session::open(&cli.global, &args.target, printer)?;
    let given = Given::read(&session, args)?;
    let draft = Draft::new(&session, args, &given)?;
    let changes = draft.changes(&session)?;
    attempt(cli, args, (&draft, &changes), printer)?;
    show(&session, &draft, &changes);
    if args.apply {
        return journal::write(&directories, &changes, printer);
    }
    printer.step("Planned", "nothing is written yet: the same command with --apply does it");
    Ok(())
}

/// The changed project is read, its sources are fetched, and the patches are applied to upstream's files.
fn attempt(
    cli: &Cli,
    args: &AdvisoryImportArgs,
    (draft, changes): (&Draft, &Changes),
    printer: &Printer,
) -> Result<(), Failure> {
    let directories = Directories::find(&cli.global)?;
    let scratch = Scratch::new("import")?;
    overlay(&directories.project, changes, &scratch.path)?;
    let global = GlobalArgs {
        project: Some(scratch.path.clone()),
        work: Some(directories.work),
        verbose: cli.global.verbose,
        quiet: cli.global.quiet,
        color: cli.global.color,
    };
    let session = Session::open(&global, &args.target, printer)?;
    closed::close_to_others(&session);
    let packages = sources::packages(&session, std::slice::from_ref(&draft.package), &args.sources)?;
    let package = &packages[0];
    draft.demand_whole(package)?;
    let mut options = session.options(&packages, &BuildArgs::default())?;
    // Upstream's release and the patches are enough; what only options need is for the build.
    options.values_mut().flat_map(|options| options.values_mut()).for_each(|option| option.on = false);
    let verified = sources::fetch(&session, &args.sources, &packages, &options)?;
    let is_new = |file: &str| draft.update.patches.iter().any(|patch| patch.file == file);
    let expected = proofs::expected(&session, package, &verified, is_new)?;
    if let Some(finding) = expected.findings().first() {
        let lines: Vec<String> = expected.findings().iter().map(|finding| format!("  {finding}")).collect();
        let message = format!("`{}` does not take the patches\n{}", draft.package, lines.join("\n"));
        return Err(Failure::new(Kind::Refused, message).hint(Some(finding.hint().to_owned())));
    }
    for proof in expected.proofs() {
        if proof.moved > 0 && !args.allow_offset.contains(&proof.patch) {
            let message = format!(
                "{} {}: {} of {} hunks lie in other lines than it says",
                Finding::DOES_NOT_APPLY,
                proof.patch,
                proof.moved,
                proof.hunks
            );
            let hint =
                format!("look whether it was made for this release; then --allow-offset {}", proof.patch);
            return Err(Failure::new(Kind::Refused, message).hint(Some(hint)));
        }
        printer.step("Tried", format!("{}: {} hunks apply", proof.patch, proof.hunks));
    }
    Ok(())
}

/// What would change, as a patch, and what would be made anew.
fn show(session: &Session<'_>, draft: &Draft, changes: &Changes) {
    for (path, bytes) in changes {
        let before = fs_err::read(session.project.root.join(path)).ok();
        let [before, after] = [before.as_deref().unwrap_or_default(), bytes].map(String::from_utf8_lossy);
        let old = if before.is_empty() { "/dev/null".to_owned() } else { format!("a/{path}") };
        session.printer.data(difference(&before, &after, &old, &format!("b/{path}")).trim_end());
    }
    let dist = &session.target.dist;
    let shown = |package: &Package, release: &str| {
        let release = if package.dist_tag { format!("{release}{dist}") } else { release.to_owned() };
        format!("{}-{}-{release}", package.name, package.version)
    };
    if let Some(package) = session.project.packages.get(&draft.package) {
        let [old, new] =
            [&draft.update.old_release, &draft.update.release].map(|release| shown(package, release));
        session.printer.step("Rebuilt", format!("will be {}: {new} takes the place of {old}", package.name));
    }
}

/// Where the file of an advisory lies in the project.
pub(super) fn advisory_path(id: &str) -> Utf8PathBuf {
    Utf8PathBuf::from("advisories").join(format!("{}.toml", id.replace(':', "-")))
}
