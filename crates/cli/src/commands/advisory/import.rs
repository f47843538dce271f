//! Patches into a package, as one update: its release, its changelog and its advisory. Nothing is written before all of it was
//! tried on a copy.

use camino::Utf8PathBuf;
use xen4centos_advisory::{PatchOrigin, Update, form_problem};
use xen4centos_manifest::Package;
use xen4centos_presence::Finding;
use xen4centos_render::difference;
use xen4centos_sources::{Planned, Standing, VerifiedSource};

use super::{draft::Draft, given::Given};
use crate::{
    args::{AdvisoryImportArgs, BuildArgs, Cli, GlobalArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        closed, doubts,
        journal::{self, Change, Changes},
        lock::WorkLock,
        proofs,
        rehearsal::Rehearsal,
        sources,
    },
    printer::Printer,
    session::{Options, Session},
    settings::Directories,
};

pub(crate) fn run(cli: &Cli, args: &AdvisoryImportArgs, printer: &Printer) -> Outcome {
    let directories = Directories::find(&cli.global)?;
    let _lock = WorkLock::take_in(&directories.work, printer)?;
    Rehearsal::forget(&directories.work)?;
    journal::forget(&directories)?;
    if args.stopped.finish {
        return journal::finish(&directories, printer);
    }
    if args.stopped.abandon {
        return journal::abandon(&directories, printer);
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
    let rehearsal = Rehearsal::new(&directories.work, &directories.project, changes)?;
    let global = GlobalArgs {
        project: Some(rehearsal.project.clone()),
        work: Some(directories.work),
        verbose: cli.global.verbose,
        quiet: cli.global.quiet,
        color: cli.global.color,
    };
    let session = Session::open(&global, &args.target, printer)?;
    closed::close_to_others(&session);
    let names: Vec<String> = draft.updates().iter().map(|(package, _)| package.clone()).collect();
    let packages = sources::packages(&session, &names, &args.sources)?;
    for package in &packages {
        draft.demand_whole(package)?;
    }
    let mut options = session.options(&packages, &BuildArgs::default())?;
    // Upstream's release and the patches are enough; what only options need is for the build.
    options.values_mut().flat_map(|options| options.values_mut()).for_each(|option| option.on = false);
    tell_unasked(&session, args, draft, (&packages, &options))?;
    let verified = sources::fetch(&session, &args.sources, &packages, &options)?;
    for ((_, update), package) in draft.updates().iter().zip(&packages) {
        demand_release(&session, (package, update), &verified)?;
        let own: Vec<VerifiedSource> =
            verified.iter().filter(|source| source.package == package.name).cloned().collect();
        apply(&session, args, (package, update), &own)?;
    }
    Ok(())
}

/// A URL that is not asked may be wrong, and nobody would know before somebody has no store.
fn tell_unasked(
    session: &Session<'_>,
    args: &AdvisoryImportArgs,
    draft: &Draft<'_>,
    (packages, options): (&[Package], &Options),
) -> Result<(), Failure> {
    let planned = sources::survey(session, &args.sources, packages, options)?;
    let new = draft.updates().iter().flat_map(|(_, update)| &update.patches);
    for patch in new {
        let PatchOrigin::Url { url, .. } = &patch.origin else { continue };
        let is_here = |source: &&Planned| {
            source.file == patch.file && matches!(source.standing, Standing::Stored | Standing::Lookaside)
        };
        if planned.iter().any(|source| is_here(&source)) {
            let file = &patch.file;
            session.printer.step("Found", format!("{file} here, by its digest: {url} is not asked for it"));
        }
    }
    Ok(())
}

/// Nothing was tried where something else stood in the place of upstream's new release.
fn demand_release(
    session: &Session<'_>,
    (package, update): (&Package, &Update),
    verified: &[VerifiedSource],
) -> Result<(), Failure> {
    let Some(sha256) = &update.upstream_sha256 else { return Ok(()) };
    let is_it =
        |source: &VerifiedSource| source.package == package.name && source.sha256.to_string() == *sha256;
    if verified.iter().any(is_it) {
        return Ok(());
    }
    let (name, version, target) = (&package.name, &update.version, &session.target.name);
    let message = format!(
        "nobody looked at `{name}` {version}: channel `{}` of target `{target}` takes a miniature or a tree in its place",
        session.channel.name
    );
    let hint = "import it for a target and a channel that take upstream's own files, without --source-tree";
    Err(Failure::new(Kind::Data, message).hint(Some(hint.to_owned())))
}

/// What is new in a package must fit its upstream's files; of a new release, all patches must.
fn apply(
    session: &Session<'_>,
    args: &AdvisoryImportArgs,
    (package, update): (&Package, &Update),
    verified: &[VerifiedSource],
) -> Result<(), Failure> {
    for source in
        verified.iter().filter(|source| update.patches.iter().any(|patch| patch.file == source.file))
    {
        if let Some(problem) = form_problem(&source.content()?) {
            let message = format!("{} {}: {problem}", Finding::UNREADABLE, source.file);
            let hint = "take the patch as upstream has it: a plain unified diff";
            return Err(Failure::new(Kind::Refused, message).hint(Some(hint.to_owned())));
        }
    }
    doubts::tell(session, package, verified)?;
    let is_new = |file: &str| {
        update.upstream_sha256.is_some() || update.patches.iter().any(|patch| patch.file == file)
    };
    let expected = proofs::expected(session, package, verified, is_new)?;
    if let Some(finding) = expected.findings().first() {
        let lines: Vec<String> = expected.findings().iter().map(|finding| format!("  {finding}")).collect();
        let message = format!("`{}` does not take the patches\n{}", package.name, lines.join("\n"));
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
        session.printer.step("Tried", format!("{}: {} hunks apply", proof.patch, proof.hunks));
    }
    Ok(())
}

/// What would change, as a patch, and what would be made anew.
fn show(session: &Session<'_>, draft: &Draft, changes: &Changes) {
    for (path, Change { before, after }) in changes {
        let [before, after] = [before.as_deref().unwrap_or_default(), after].map(String::from_utf8_lossy);
        let old = if before.is_empty() { "/dev/null".to_owned() } else { format!("a/{path}") };
        session.printer.data(difference(&before, &after, &old, &format!("b/{path}")).trim_end());
    }
    let dist = &session.target.dist;
    for (name, update) in draft.updates() {
        let Some(package) = session.project.packages.get(name) else { continue };
        let dist = if package.dist_tag { dist.as_str() } else { "" };
        let old = format!("{name}-{}-{}{dist}", update.old_version, update.old_release);
        let new = format!("{name}-{}-{}{dist}", update.version, update.release);
        session.printer.step("Rebuilt", format!("will be {name}: {new} takes the place of {old}"));
    }
}

/// Where the file of an advisory lies in the project.
pub(super) fn advisory_path(id: &str) -> Utf8PathBuf {
    Utf8PathBuf::from("advisories").join(format!("{}.toml", id.replace(':', "-")))
}
