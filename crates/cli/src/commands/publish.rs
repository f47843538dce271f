//! Signed packages into a channel by hand, and the way back.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::SignedRpm;
use xen4centos_build::{PROVENANCE_FILE, load};
use xen4centos_manifest::Accepts;
use xen4centos_publish::State;
use xen4centos_sign::{PublicKeys, verify_rpm};

use crate::{
    args::{Cli, PublishArgs},
    commands::sign::{packages, unsigned},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        admission, advisories, channel, checks, keys::SigningKey, lock::WorkLock, releases, signing, withheld,
    },
    printer::Printer,
    session::Session,
    settings,
};

pub(crate) fn run(cli: &Cli, args: &PublishArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    if args.history {
        return history(&session, args.json);
    }
    let _lock = WorkLock::take(&session)?;
    let key = SigningKey::open(&session, &args.key)?;
    if let Some(number) = args.roll_back {
        if args.dry_run {
            return show_way_back(&session, number, args.json);
        }
        let published = channel::roll_back(&session, &key, number)?;
        print_state(&session, &published.state, args.json);
        return Ok(());
    }
    if args.directories.is_empty() {
        return Err(Failure::new(Kind::Data, "nothing to publish was named").hint(Some(
            "name directories of signed packages, or use --history or --roll-back STATE".to_owned(),
        )));
    }
    let signed = collect(&session, &args.directories, &key)?;
    if signed.is_empty() {
        return Err(Failure::new(Kind::Data, "there is no package in what was named"));
    }
    let wanted: Vec<_> = signed.iter().map(|package| (package.nevra().clone(), package.sha256())).collect();
    if channel::is_current(&session, &key.shipped, &wanted)? {
        printer.step("Unchanged", "all of it is published already");
        if args.json && args.dry_run {
            printer.json(&serde_json::json!({ "would-publish": [] }));
        } else if args.json
            && let Some(state) = channel::current(&session)?
        {
            printer.json(&as_json(&state));
        }
        return Ok(());
    }
    withheld::demand_none(&session, &signed)?;
    if args.dry_run {
        let names: Vec<String> = signed.iter().map(|package| package.nevra().to_string()).collect();
        if args.json {
            printer.json(&serde_json::json!({ "would-publish": names }));
        } else {
            for name in names {
                printer.data(format!("would publish {name}"));
            }
        }
        return Ok(());
    }
    checks::packages(&session, signed.iter().map(SignedRpm::path))?;
    let published = channel::publish(&session, &key, &signed)?;
    print_state(&session, &published.state, args.json);
    Ok(())
}

/// Directories are results of `build`, with their provenance, or hold packages that are signed already. Where a package
/// came from shows only its provenance, so the release channel takes only the former.
fn collect(
    session: &Session<'_>,
    directories: &[Utf8PathBuf],
    key: &SigningKey,
) -> Result<Vec<SignedRpm>, Failure> {
    let here = settings::current_directory()?;
    let mut results = Vec::new();
    let mut signed = Vec::new();
    for directory in directories.iter().map(|directory| here.join(directory)) {
        if directory.join(PROVENANCE_FILE).is_file() {
            let result = load(&directory)?;
            admission::admit(session, key, &directory, &result.provenance.inputs)?;
            results.push(result);
        } else if session.channel.accepts == Accepts::Pinned {
            let message = format!(
                "`{directory}` has no {PROVENANCE_FILE}, and channel `{}` takes only what shows where it came from",
                session.channel.name
            );
            let hint = "name the result directories that `build` printed; they are signed here".to_owned();
            return Err(Failure::new(Kind::Refused, message).hint(Some(hint)));
        } else {
            signed.extend(verified(&directory, key)?);
        }
    }
    releases::demand_records(session, &signed)?;
    signed.extend(signing::sign_all(session, key, results)?);
    advisories::demand_new_ids(session)?;
    releases::demand_earlier_than(session, &signed)?;
    Ok(signed)
}

/// A package becomes a signed one only by its signatures, verified here with the channel's key.
fn verified(directory: &Utf8Path, key: &SigningKey) -> Result<Vec<SignedRpm>, Failure> {
    let keys = PublicKeys::new([key.shipped.public.clone()]);
    let mut signed = Vec::new();
    for path in packages(directory, &[directory.to_owned()])? {
        let verified = verify_rpm(&path, &keys).map_err(|error| {
            let hint = error.hint();
            Failure::of(Kind::Refused, &error).hint(hint)
        })?;
        signed.push(unsigned(&path)?.into_signed(path, verified.sha256, verified.key));
    }
    Ok(signed)
}

/// What a roll-back would bring back.
fn show_way_back(session: &Session<'_>, number: u64, json: bool) -> Outcome {
    let state = channel::state(session, number)?;
    let names: Vec<String> = state.packages.iter().map(|package| package.nevra.to_string()).collect();
    if json {
        session.printer.json(&serde_json::json!({ "would-publish": names }));
        return Ok(());
    }
    session.printer.data(format!("would publish the {} packages of state {number} again", names.len()));
    for name in names {
        session.printer.data(format!("  {name}"));
    }
    Ok(())
}

fn history(session: &Session<'_>, json: bool) -> Outcome {
    let states = channel::open(session)?.history()?;
    if json {
        let rows: Vec<_> = states.iter().map(as_json).collect();
        session.printer.json(&rows);
        return Ok(());
    }
    if states.is_empty() {
        session.printer.data(format!("nothing was published into channel {} yet", session.channel.name));
    }
    for state in &states {
        print_line(session, state);
    }
    Ok(())
}

fn print_state(session: &Session<'_>, state: &State, json: bool) {
    if json {
        session.printer.json(&as_json(state));
    } else {
        print_line(session, state);
    }
}

fn print_line(session: &Session<'_>, state: &State) {
    let time = settings::shown_time(state.time);
    let restored =
        state.restored_from.map_or_else(String::new, |number| format!(", again those of state {number}"));
    session.printer.data(format!(
        "state {:<4} {time}  {} packages, signed by {}{restored}",
        state.number,
        state.packages.len(),
        state.key
    ));
}

fn as_json(state: &State) -> serde_json::Value {
    let packages: Vec<String> = state.packages.iter().map(|package| package.nevra.to_string()).collect();
    serde_json::json!({
        "number": state.number,
        "time": state.time,
        "revision": state.revision,
        "key": state.key.to_string(),
        "restored-from": state.restored_from,
        "packages": packages,
    })
}
