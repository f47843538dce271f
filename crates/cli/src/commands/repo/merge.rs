use xen4centos_repodata::{Keep, MergeSettings, Repository, merge};

use crate::{
    args::RepoMergeArgs,
    commands::index::next_revision,
    failure::{Failure, Outcome},
    printer::Printer,
    settings,
};

pub(crate) fn run(args: &RepoMergeArgs, printer: &Printer) -> Outcome {
    let output = settings::current_directory()?.join(&args.output);
    let repositories = args.repositories.iter().map(|place| super::open(place, printer));
    let repositories = repositories.collect::<Result<Vec<Repository>, Failure>>()?;
    let keep = match (args.all, args.newest) {
        (true, _) => Keep::All,
        (_, true) => Keep::NewestVersion,
        _ => Keep::EachVersion,
    };
    let revision = args.revision.unwrap_or_else(|| next_revision(&output));
    let activity = printer.activity("Merging", format!("{} repositories", repositories.len()));
    let merged = merge(&output, &repositories, &MergeSettings { keep, ..MergeSettings::for_el6(revision) })?;
    drop(activity);
    if args.json {
        printer.json(&serde_json::json!({
            "repository": output, "revision": revision, "kept": merged.kept, "dropped": merged.dropped,
        }));
    } else {
        printer
            .step("Merged", format!("{} packages into {output}, {} left out", merged.kept, merged.dropped));
    }
    Ok(())
}
