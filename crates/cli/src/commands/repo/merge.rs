use camino::Utf8Path;
use xen4centos_repodata::{Bases, Groups, Keep, MergeSettings, Repository, Sources, Tags, Updates, merge};

use crate::{
    args::{KeepArgs, MethodArg, PlacesArgs, RepoMergeArgs},
    commands::{
        index::{MOST_WORKERS, Narrator},
        shown_revision,
        told::count,
    },
    failure::{Failure, Outcome},
    index_args::Revision,
    printer::Printer,
    settings,
};

pub(crate) fn run(args: &RepoMergeArgs, printer: &Printer) -> Outcome {
    let here = settings::current_directory()?;
    let output = here.join(&args.output);
    let places = args.repositories.iter().chain(&args.repo);
    let repositories = places.map(|place| super::open(place, printer));
    let repositories = repositories.collect::<Result<Vec<Repository>, Failure>>()?;
    let settings = merge_settings(args, &here, printer)?;
    let activity = printer.activity("Merging", format!("{} repositories", repositories.len()));
    let narrator = Narrator::new(printer);
    let merged = merge(&output, &repositories, &settings, &narrator)?;
    drop(activity);
    narrator.tell_of_signature();
    if args.json {
        printer.json(&serde_json::json!({
            "repository": output,
            "revision": shown_revision(&merged.revision),
            "kept": merged.kept,
            "dropped": merged.dropped,
        }));
        return Ok(());
    }
    let left_out = match (merged.dropped, settings.keep) {
        (0, _) => String::new(),
        (dropped, Keep::FirstRepository) => format!(", {dropped} left out (--all keeps every version)"),
        (dropped, _) => format!(", {dropped} left out"),
    };
    printer.step("Merged", format!("{} into {output}{left_out}", count(merged.kept)));
    Ok(())
}

fn merge_settings(
    args: &RepoMergeArgs,
    here: &Utf8Path,
    printer: &Printer,
) -> Result<MergeSettings, Failure> {
    let form = &args.form;
    form.warn_of_names(printer);
    let Revision { text, timestamp, newer, file_times } = Revision::of(form, printer)?;
    let base = MergeSettings::for_el6(timestamp);
    Ok(MergeSettings {
        revision: text,
        newer,
        file_times,
        sources: if args.replace_source { Sources::Replace } else { Sources::Keep },
        tags: Tags { content: form.content.clone(), distro: form.distro.clone(), repo: Vec::new() },
        keep: keep(&args.keep),
        architectures: (!args.keep.archlist.is_empty()).then(|| args.keep.archlist.iter().cloned().collect()),
        bases: bases(&args.places),
        groups: match &form.groupfile {
            _ if args.nogroups => Groups::Omitted,
            Some(file) => Groups::File(here.join(file)),
            None => Groups::United,
        },
        updates: if args.noupdateinfo { Updates::Omitted } else { Updates::United },
        compression: form.compression(),
        database: form.databases(),
        names: form.names(),
        retain: form.retain(settings::now()).unwrap_or(base.retain),
        workers: form.workers.unwrap_or(base.workers).min(MOST_WORKERS),
        ..base
    })
}

const fn keep(args: &KeepArgs) -> Keep {
    match (args.all, args.simple, args.method) {
        (true, _, _) => Keep::EachVersion,
        (_, true, _) => Keep::All,
        (_, _, MethodArg::Repo) => Keep::FirstRepository,
        (_, _, MethodArg::Nvr) => Keep::NewestVersion,
        (_, _, MethodArg::Ts) => Keep::YoungestFile,
    }
}

fn bases(args: &PlacesArgs) -> Bases {
    match (&args.repo_prefix_search, &args.repo_prefix_replace) {
        _ if args.omit_baseurl => Bases::Omitted,
        (Some(search), Some(replace)) => Bases::Replaced { search: search.clone(), replace: replace.clone() },
        _ => Bases::Written,
    }
}
