//! An advisory as people and programs read it: the mail, the page and the CSAF document of what is published.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_advisory::{Bulletin, csaf, csaf_file_name};
use xen4centos_manifest::Advisory;
use xen4centos_render::document;

use crate::{
    args::{AdvisoryAnnounceArgs, Cli, FormArg},
    failure::{Failure, Kind, Outcome},
    pipeline::{advisories, channel, files::write_whole},
    printer::Printer,
    session::Session,
    settings,
};

/// Below `repo-templates/`.
const TEMPLATES: &str = "announcements";

pub(crate) fn run(cli: &Cli, args: &AdvisoryAnnounceArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let bulletin = bulletin(&session, &args.id)?;
    if args.json {
        printer.json(&bulletin);
        return Ok(());
    }
    let Some(output) = &args.output else {
        printer.data(rendered(&session, args.form, &bulletin)?.trim_end());
        return Ok(());
    };
    let directory = settings::current_directory()?.join(output);
    fs_err::create_dir_all(&directory)?;
    for form in [FormArg::Mail, FormArg::Html, FormArg::Csaf] {
        let file = directory.join(file_name(&bulletin.id, form));
        write_whole(&file, rendered(&session, form, &bulletin)?.as_bytes())?;
        printer.step("Wrote", &file);
    }
    Ok(())
}

/// What the channel's packages answer of the advisory. Before its time nothing is told of it but by a private channel, which
/// shows what will be; and what is not published is announced to nobody.
fn bulletin(session: &Session<'_>, id: &str) -> Result<Bulletin, Failure> {
    let advisory = named(session, id)?;
    if !may_be_named(session, advisory) {
        let message = format!("ADV-PUBLIC-001: what was asked for is not public before {}", advisory.public);
        return Err(Failure::new(Kind::Refused, message));
    }
    let packages = channel::current(session)?.map(|state| state.packages).unwrap_or_default();
    let place = (&session.target, Some(session.channel.base_url.as_str()));
    let known = advisories::evidence(session, &packages)?;
    let told = advisories::told(session)?;
    let shipped = advisories::shipped(&packages, &known);
    let bulletin = Bulletin::of(&session.project, place, advisory, (&shipped, &told));
    bulletin.ok_or_else(|| {
        let message = format!(
            "channel `{}` has no package that was shown to answer {}",
            session.channel.name, advisory.id
        );
        let hint = "publish it first: xen4centos release".to_owned();
        Failure::new(Kind::Data, message).hint(Some(hint))
    })
}

/// Before its time an advisory is told of by a private channel alone.
fn may_be_named(session: &Session<'_>, advisory: &Advisory) -> bool {
    session.is_private() || advisory.is_public(session.now)
}

fn named<'s>(session: &'s Session<'_>, id: &str) -> Result<&'s Advisory, Failure> {
    let advisories = &session.project.advisories;
    let is_it =
        |known: &&String| known.eq_ignore_ascii_case(id) || known.replace(':', "-").eq_ignore_ascii_case(id);
    let found = advisories.keys().find(is_it).and_then(|known| advisories.get(known));
    found.ok_or_else(|| {
        let all = advisories.values().filter(|advisory| may_be_named(session, advisory));
        let all: Vec<&str> = all.map(|advisory| advisory.id.as_str()).collect();
        let known = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        Failure::new(Kind::Data, format!("there is no advisory `{id}`"))
            .hint(Some(format!("there are: {known}")))
    })
}

fn rendered(session: &Session<'_>, form: FormArg, bulletin: &Bulletin) -> Result<String, Failure> {
    let name = match form {
        FormArg::Mail => "mail.txt.tera",
        FormArg::Html => "page.html.tera",
        FormArg::Csaf => {
            let publisher = (session.target.vendor.as_str(), session.channel.base_url.as_str());
            let document = csaf(bulletin, publisher);
            return Ok(serde_json::to_string_pretty(&document).expect("a JSON value is JSON") + "\n");
        }
    };
    let path: Utf8PathBuf = Utf8Path::new("repo-templates").join(TEMPLATES).join(name);
    let template = fs_err::read_to_string(session.project.root.join(&path))
        .map_err(|error| Failure::of(Kind::Data, &error))?;
    Ok(document(&template, &path, bulletin)?)
}

fn file_name(id: &str, form: FormArg) -> String {
    let end = match form {
        FormArg::Mail => "txt",
        FormArg::Html => "html",
        FormArg::Csaf => return csaf_file_name(id),
    };
    format!("{}.{end}", id.replace(':', "-"))
}
