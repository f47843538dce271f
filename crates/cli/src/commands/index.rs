//! The metadata of a directory of packages.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::{RepoTree, Sha256Digest};
use xen4centos_repodata::{
    Additional, BadPackages, Event, IndexSettings, KnownBy, Links, Placement, Present, RepodataError,
    Reporter, Repository, Reuse, Selection, Tags, Unchanged, index,
};
use xen4centos_sign::Signer;

use crate::{
    args::{Cli, IndexArgs},
    failure::{Failure, Kind, Outcome},
    index_args::{MetadataArgs, PackagesArgs},
    pipeline::{keys::SigningKey, lock::WorkLock},
    printer::Printer,
    session::Session,
    settings,
};

/// More threads than this are of no use on any machine.
const MOST_WORKERS: NonZeroUsize = NonZeroUsize::new(256).unwrap();

pub(crate) fn run(cli: &Cli, args: &IndexArgs, printer: &Printer) -> Outcome {
    let here = settings::current_directory()?;
    let directory = here.join(&args.directory);
    let selection = selection(&args.packages, &here)?;
    if args.dry_run {
        return show(&directory, &selection, args.json, printer);
    }
    demand_use_of_channel(args)?;
    // Before anything is written: without its signature, new metadata would take the place of signed one.
    let signing = if args.sign { Some(Signing::prepare(cli, args, printer)?) } else { None };
    let reuse = reuse(&args.metadata, &directory, &here, printer)?;
    let settings = IndexSettings { reuse, ..index_settings(args, &here, selection) };
    warn_of_absent(&args.metadata, settings.output.as_deref().unwrap_or(&directory), printer);
    let narrator = Narrator::new(printer);
    let tree = index(&directory, &settings, &narrator).map_err(|error| refusal(error, &settings))?;
    let root = tree.root.clone();
    if let Some(signing) = signing {
        signing.sign(tree, printer)?;
    }
    if args.json {
        let revision = Repository::open(&root).map(|there| there.repomd().revision.clone())?;
        printer.json(&serde_json::json!({
            "repository": root,
            "revision": revision.parse::<u64>().map_or_else(|_| revision.clone().into(), serde_json::Value::from),
            "changed": narrator.has_changed(),
            "left-out": *narrator.left_out(),
            "signed": args.sign,
        }));
    } else if narrator.has_changed() {
        match narrator.left_out().len() {
            0 => printer.step("Indexed", &root),
            count => printer.step("Indexed", format!("{root} without {count} packages that could not be")),
        }
    } else {
        printer.step("Unchanged", format!("{root}: its packages are those that are listed"));
    }
    Ok(())
}

/// createrepo_c has `-c` for its cache.
fn demand_use_of_channel(args: &IndexArgs) -> Outcome {
    let channel = &args.target.channel;
    if args.sign || channel.is_none() || *channel == settings::environment("XEN4CENTOS_CHANNEL") {
        return Ok(());
    }
    let hint = "the directory of the cache is `--cachedir`; a channel is named for its key".to_owned();
    Err(Failure::new(Kind::Data, "`--channel` (`-c`) does nothing without `--sign`").hint(Some(hint)))
}

/// Nothing is to be removed where nothing is: that may be a slip of the hand.
fn warn_of_absent(args: &MetadataArgs, output: &Utf8Path, printer: &Printer) {
    if args.remove.is_empty() {
        return;
    }
    let records = Repository::open(output).map(|there| there.repomd().records.clone()).unwrap_or_default();
    for kind in &args.remove {
        if !records.iter().any(|record| record.kind.starts_with(kind.as_str())) {
            printer.warning(format!("no document of the type `{kind}` is listed, so none is removed"));
        }
    }
}

/// Where one package stops all others, there is a way around it.
fn refusal(error: RepodataError, settings: &IndexSettings) -> Failure {
    let way_around = settings.bad_packages == BadPackages::Refuse && error.is_of_one_package();
    let hint = error.hint();
    let failure = Failure::from(error);
    if !way_around {
        return failure;
    }
    let hint = hint.map_or_else(String::new, |hint| format!("{hint}; or "));
    failure.hint(Some(format!("{hint}index the others (`--leave-out-bad`)")))
}

fn selection(args: &PackagesArgs, here: &Utf8Path) -> Result<Selection, Failure> {
    let only = match &args.pkglist {
        None => None,
        Some(file) => {
            let path = here.join(file);
            let text = fs_err::read_to_string(&path)
                .map_err(|error| Failure::new(Kind::Data, format!("could not read `{path}`: {error}")))?;
            let lines = text.lines().map(str::trim);
            Some(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
        }
    };
    let links = if args.skip_symlinks { Links::Skip } else { Links::Follow };
    Ok(Selection { excludes: args.excludes.clone(), only, links })
}

fn index_settings(args: &IndexArgs, here: &Utf8Path, selection: Selection) -> IndexSettings {
    let (metadata, packages, form) = (&args.metadata, &args.packages, &args.metadata.form);
    let output = metadata.outputdir.as_ref().map(|directory| here.join(directory));
    let root = here.join(&args.directory);
    let next = next_revision(output.as_deref().unwrap_or(&root));
    let revision = form.revision.clone().unwrap_or_else(|| next.to_string());
    let timestamp = revision.parse().unwrap_or(next);
    let base = IndexSettings::for_el6(timestamp);
    IndexSettings {
        revision,
        tags: Tags {
            content: form.content.clone(),
            distro: form.distro.clone(),
            repo: metadata.repo.clone(),
        },
        checksum: metadata.checksum,
        repomd_checksum: metadata.repomd_checksum.unwrap_or(metadata.checksum),
        compression: form.compression(),
        database: form.databases(),
        names: form.names(),
        selection,
        location: Placement {
            base: packages.baseurl.clone().filter(|url| !url.is_empty()),
            prefix: packages.location_prefix.clone().filter(|prefix| !prefix.is_empty()),
            cut_directories: packages.cut_dirs,
        },
        changelog_limit: usize::try_from(packages.changelog_limit).ok(),
        duplicates: packages.duplicated_nevra.into(),
        comps: form.groupfile.as_deref().map(|file| groups(file, &root, here)),
        additional: Additional {
            added: metadata.add.iter().map(|(kind, file)| (kind.clone(), here.join(file))).collect(),
            removed: metadata.remove.iter().cloned().collect(),
            present: if metadata.discard_additional_metadata { Present::Drop } else { Present::Keep },
        },
        retain: form.retain(settings::now()).unwrap_or(base.retain),
        output,
        bad_packages: if packages.leave_out_bad { BadPackages::LeaveOut } else { BadPackages::Refuse },
        workers: form.workers.unwrap_or(base.workers).min(MOST_WORKERS),
        ..base
    }
}

/// createrepo_c takes the path as relative to the directory of packages, people as relative to where they are.
fn groups(file: &Utf8Path, root: &Utf8Path, here: &Utf8Path) -> Utf8PathBuf {
    let inside = root.join(file);
    if inside.is_file() { inside } else { here.join(file) }
}

/// Without `--update` everything is read; what was read is remembered where that was asked for.
fn reuse(args: &MetadataArgs, root: &Utf8Path, here: &Utf8Path, printer: &Printer) -> Result<Reuse, Failure> {
    if !args.update {
        return Ok(Reuse::default());
    }
    let Some(directory) = cache_directory(args, here, printer)? else { return Ok(Reuse::default()) };
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    let output = args.outputdir.as_ref().map(|output| here.join(output));
    let digest: [u8; 32] = Sha256::digest(format!("{root}\n{output:?}").as_bytes()).into();
    let name = Sha256Digest::from_bytes(digest);
    Ok(Reuse {
        cache: Some(directory.join(format!("{name}.packages"))),
        present: true,
        metadata: args.update_md_path.iter().map(|path| here.join(path)).collect(),
        known_by: if args.skip_stat { KnownBy::Path } else { KnownBy::Stamp },
        unchanged: if args.form.revision.is_some() { Unchanged::LeaveRevision } else { Unchanged::Leave },
    })
}

/// A cache that was not asked for by name may be missing: packages are read then.
fn cache_directory(
    args: &MetadataArgs,
    here: &Utf8Path,
    printer: &Printer,
) -> Result<Option<Utf8PathBuf>, Failure> {
    if let Some(directory) = &args.cachedir {
        let directory = here.join(directory);
        return fs_err::create_dir_all(&directory).map(|()| Some(directory)).map_err(|error| {
            Failure::new(Kind::World, format!("could not make the directory of the cache: {error}"))
        });
    }
    let without = |why: String| {
        printer
            .warning(format!("all packages are read, because {why}; `--cachedir DIRECTORY` names a place"));
        Ok(None)
    };
    let Some(directory) = settings::cache_directory() else {
        return without("there is no place for a cache (neither HOME nor XDG_CACHE_HOME is a path)".into());
    };
    let directory = directory.join("index");
    match fs_err::create_dir_all(&directory) {
        Ok(()) => Ok(Some(directory)),
        Err(error) => without(format!("no cache can be kept: {error}")),
    }
}

/// Now, or one more than what is there, where the clock is behind it: clients refuse what is older than what they have.
pub(crate) fn next_revision(directory: &Utf8Path) -> u64 {
    let present = Repository::open(directory).map_or(0, |there| there.repomd().newest().saturating_add(1));
    settings::now().max(present)
}

/// The packages that an index would list: those in the directory and below it.
fn show(directory: &Utf8Path, selection: &Selection, json: bool, printer: &Printer) -> Outcome {
    let packages = xen4centos_repodata::package_paths(directory, selection)?;
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
    printer: &'a Printer,
    unchanged: AtomicBool,
    left_out: Mutex<Vec<String>>,
}

impl<'a> Narrator<'a> {
    pub(crate) const fn new(printer: &'a Printer) -> Self {
        Self { printer, unchanged: AtomicBool::new(false), left_out: Mutex::new(Vec::new()) }
    }

    /// What is said of packages that were left out.
    fn left_out(&self) -> MutexGuard<'_, Vec<String>> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether metadata was written.
    fn has_changed(&self) -> bool {
        !self.unchanged.load(Ordering::Relaxed)
    }
}

impl Reporter for Narrator<'_> {
    fn event(&self, event: Event) {
        match event {
            Event::Found { packages } => self.printer.detail(format!("{packages} packages")),
            Event::Cleaned { path, field } => self
                .printer
                .warning(format!("characters that XML forbids are left out of the {field} of `{path}`")),
            Event::LeftOut { error } => {
                let failure = Failure::of(Kind::Data, &error).to_string();
                self.printer.mishap(&failure);
                self.left_out().push(failure);
            }
            Event::Duplicate { path, nevra } => {
                self.printer.warning(format!("`{nevra}` is there more than once: `{path}`"));
            }
            Event::Imported { root, packages } => {
                self.printer.detail(format!("{packages} packages are known from the metadata of {root}"));
            }
            Event::NotImported { error } => {
                self.printer.warning(format!("{error}; packages are read instead"));
            }
            Event::Unchanged => self.unchanged.store(true, Ordering::Relaxed),
            Event::Indexed { .. } => {}
        }
    }
}

impl From<RepodataError> for Failure {
    fn from(error: RepodataError) -> Self {
        let kind = match &error {
            RepodataError::Files { .. } | RepodataError::Busy { .. } | RepodataError::Threads { .. } => {
                Kind::World
            }
            _ => Kind::Data,
        };
        let hint = error.hint();
        Self::of(kind, &error).hint(hint)
    }
}
