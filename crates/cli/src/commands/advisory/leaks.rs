//! Whether anything that was put out tells of what is not public yet.

use xen4centos_embargo::{Found, search};

use crate::{
    args::{AdvisoryLeaksArgs, Cli},
    failure::{Failure, Kind, Outcome},
    pipeline::embargo,
    printer::Printer,
    session::Session,
    settings,
};

pub(crate) fn run(cli: &Cli, args: &AdvisoryLeaksArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let here = settings::current_directory()?;
    let places = match args.paths.as_slice() {
        [] => vec![session.root_of(session.public_channel()).to_owned()],
        paths => paths.iter().map(|path| here.join(path)).collect(),
    };
    let secrets = embargo::secrets(&session)?;
    embargo::tell_unknown(&session, &secrets);
    let mut all = Found::default();
    for place in &places {
        if fs_err::symlink_metadata(place).is_err() {
            if args.paths.is_empty() {
                continue;
            }
            return Err(Failure::new(Kind::Data, format!("there is no `{place}`")));
        }
        let _activity = printer.activity("Searching", place);
        let mut found = search(&secrets, place, &|_| false)?;
        let above = if place.is_dir() { place } else { place.parent().unwrap_or(place) };
        let leaks = found.leaks.iter_mut().map(|leak| &mut leak.place);
        for place in leaks.chain(found.unread.iter_mut().map(|one| &mut one.place)) {
            *place = format!("{above}/{place}");
        }
        all.extend(found);
    }
    if args.json {
        printer.json(&json(&secrets, &all));
    }
    if !all.is_clean() {
        let hint = if all.leaks.is_empty() {
            "look into it yourself: unpack it, and search what is in it"
        } else {
            "--json names the places as they are"
        };
        return Err(embargo::refusal("what was searched tells", &secrets, &all)?.hint(Some(hint.to_owned())));
    }
    if !args.json {
        let what = if secrets.is_empty() {
            "no advisory is of a later time, so nothing is"
        } else {
            "nothing tells of what is not public"
        };
        printer.data(format!("{} files: {what}", all.files));
    }
    Ok(())
}

fn json(secrets: &xen4centos_embargo::Secrets, found: &Found) -> serde_json::Value {
    let leaks = found.leaks.iter().map(|leak| {
        serde_json::json!({ "place": leak.place, "what": leak.kind.to_string(), "advisory": leak.advisory })
    });
    let unread =
        found.unread.iter().map(|one| serde_json::json!({ "place": one.place, "reason": one.reason }));
    serde_json::json!({
        "secrets": secrets.iter().count(),
        "unknown-patches": secrets.unknown_patches(),
        "files": found.files,
        "leaks": leaks.collect::<Vec<_>>(),
        "unread": unread.collect::<Vec<_>>(),
    })
}
