//! The metadata of a directory of packages.

use xen4centos_artifact::RepoTree;
use xen4centos_repodata::{BadPackages, Event, IndexSettings, RepodataError, Reporter, index};

use crate::{
    args::{Cli, IndexArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::keys::SigningKey,
    printer::Printer,
    session::Session,
    settings,
};

pub(crate) fn run(cli: &Cli, args: &IndexArgs, printer: &Printer) -> Outcome {
    let here = settings::current_directory()?;
    let directory = here.join(&args.directory);
    if args.dry_run {
        return show(&directory, args.json, printer);
    }
    let settings = IndexSettings {
        revision: args.revision.unwrap_or_else(settings::now),
        comps: args.groupfile.as_ref().map(|file| here.join(file)),
        carried: Vec::new(),
        cache: None,
        bad_packages: BadPackages::Refuse,
        workers: std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN),
    };
    let narrator = Narrator { printer };
    let tree = index(&directory, &settings, &narrator)?;
    if args.sign {
        sign(cli, args, tree, printer)?;
    }
    if args.json {
        printer.json(&serde_json::json!({
            "repository": directory,
            "revision": settings.revision,
            "signed": args.sign,
        }));
    } else {
        printer.step("Indexed", &directory);
    }
    Ok(())
}

/// The packages that an index would list: those in the directory and below it.
fn show(directory: &camino::Utf8Path, json: bool, printer: &Printer) -> Outcome {
    let packages = xen4centos_repodata::package_paths(directory)?;
    if json {
        printer.json(&serde_json::json!({ "would-index": packages }));
        return Ok(());
    }
    for package in packages {
        printer.data(format!("would index {package}"));
    }
    Ok(())
}

fn sign(cli: &Cli, args: &IndexArgs, tree: RepoTree, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let key = SigningKey::open(&session, &args.key)?;
    let signed = key.signer(&session)?.sign_repository(tree)?;
    printer.step("Signed", format!("{}/repodata/repomd.xml with {}", signed.root(), signed.key()));
    Ok(())
}

/// Says how an index grows.
pub(crate) struct Narrator<'a> {
    pub(crate) printer: &'a Printer,
}

impl Reporter for Narrator<'_> {
    fn event(&self, event: Event) {
        if let Event::Found { packages } = event {
            self.printer.detail(format!("{packages} packages"));
        }
    }
}

impl From<RepodataError> for Failure {
    fn from(error: RepodataError) -> Self {
        let kind = match &error {
            RepodataError::Files { .. } | RepodataError::Busy { .. } => Kind::World,
            _ => Kind::Data,
        };
        let hint = error.hint();
        Self::of(kind, &error).hint(hint)
    }
}
