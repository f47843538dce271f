//! The metadata of a directory of packages.

use camino::Utf8Path;
use xen4centos_artifact::RepoTree;
use xen4centos_repodata::{BadPackages, Event, IndexSettings, RepodataError, Reporter, Repository, index};
use xen4centos_sign::Signer;

use crate::{
    args::{Cli, IndexArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::{keys::SigningKey, lock::WorkLock},
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
    // Before anything is written: without its signature, new metadata would take the place of signed one.
    let signing = if args.sign { Some(Signing::prepare(cli, args, printer)?) } else { None };
    let settings = IndexSettings {
        revision: args.revision.unwrap_or_else(|| next_revision(&directory)),
        comps: args.groupfile.as_ref().map(|file| here.join(file)),
        carried: Vec::new(),
        cache: None,
        bad_packages: BadPackages::Refuse,
        workers: std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN),
    };
    let narrator = Narrator { printer };
    let tree = index(&directory, &settings, &narrator)?;
    if let Some(signing) = signing {
        signing.sign(tree, printer)?;
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

/// Now, or one more than what is there, where the clock is behind it: clients refuse what is older than what they have.
pub(crate) fn next_revision(directory: &Utf8Path) -> u64 {
    let present = Repository::open(directory).map_or(0, |there| there.repomd().newest().saturating_add(1));
    settings::now().max(present)
}

/// The packages that an index would list: those in the directory and below it.
fn show(directory: &Utf8Path, json: bool, printer: &Printer) -> Outcome {
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

/// A key that is ready to sign. It may be made on the way, so no other run works in the directory meanwhile.
struct Signing {
    signer: Signer,
    _lock: WorkLock,
}

impl Signing {
    fn prepare(cli: &Cli, args: &IndexArgs, printer: &Printer) -> Result<Self, Failure> {
        let session = Session::open(&cli.global, &args.target, printer)?;
        let lock = WorkLock::take(&session)?;
        let signer = SigningKey::open(&session, &args.key)?.signer(&session)?;
        Ok(Self { signer, _lock: lock })
    }

    fn sign(self, tree: RepoTree, printer: &Printer) -> Outcome {
        let signed = self.signer.sign_repository(tree)?;
        printer.step("Signed", format!("{}/repodata/repomd.xml with {}", signed.root(), signed.key()));
        Ok(())
    }
}

/// Says how an index grows.
pub(crate) struct Narrator<'a> {
    pub(crate) printer: &'a Printer,
}

impl Reporter for Narrator<'_> {
    fn event(&self, event: Event) {
        match event {
            Event::Found { packages } => self.printer.detail(format!("{packages} packages")),
            Event::Cleaned { path, field } => self
                .printer
                .warning(format!("characters that XML forbids are left out of the {field} of `{path}`")),
            Event::LeftOut { error } => self.printer.warning(error),
            Event::Indexed { .. } => {}
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
