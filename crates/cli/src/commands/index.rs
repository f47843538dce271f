//! The metadata of a directory of packages.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::{RepoTree, Sha256Digest};
use xen4centos_repodata::{
    Additional, BadPackages, Dropped, Event, IndexSettings, KnownBy, Learned, Links, PassedOver, Placement,
    Present, Preview, Relisted, RepodataError, Reporter, Reuse, Selection, Source, Tags, Unchanged, index,
    preview,
};
use xen4centos_sign::{Signer, verify_repository_signature};

use crate::{
    args::{Cli, IndexArgs, KeyArgs},
    commands::{
        caches,
        told::{LeftOut, Told},
    },
    failure::{Failure, Kind, Outcome},
    index_args::{MetadataArgs, PackagesArgs, Revision},
    pipeline::{
        keys::{self, SigningKey},
        lock::WorkLock,
    },
    printer::Printer,
    scratch::Scratch,
    session::Session,
    settings,
};

/// More threads than this are of no use on any machine.
pub(crate) const MOST_WORKERS: NonZeroUsize = NonZeroUsize::new(256).unwrap();

pub(crate) fn run(cli: &Cli, args: &IndexArgs, printer: &Printer) -> Outcome {
    let here = settings::current_directory()?;
    let directory = here.join(&args.directory);
    let settings = index_settings(args, &here, selection(&args.packages, &here)?, printer)?;
    let narrator = Narrator::new(printer);
    demand_use_of_signing(args)?;
    if args.dry_run {
        if args.sign && keys::is_named(&args.key) {
            keys::named_signer(&args.key, settings::now())?;
        }
        return show(&directory, &settings, args.json, &narrator);
    }
    // Before anything is written: without its signature, new metadata would take the place of signed one.
    let signing = if args.sign { Some(Signing::prepare(cli, args, printer)?) } else { None };
    let settings = IndexSettings {
        reuse: with_directory(settings.reuse, &directory, &args.metadata, printer)?,
        ..settings
    };
    let updates = settings.reuse.present;
    let tree = index(&directory, &settings, &narrator).map_err(|error| refusal(error, &settings))?;
    let root = tree.root.clone();
    if let Some(signing) = signing {
        // The new metadata is there, and the signature of the old is not.
        signing.sign(tree, printer).inspect_err(|_| narrator.tell_of_signature())?;
    }
    if !args.sign {
        narrator.tell_of_signature();
    }
    if args.metadata.form.revision.is_none() {
        Revision::warn_of_future(&narrator.told().revision, printer);
    }
    let told = narrator.told.into_inner().unwrap_or_else(PoisonError::into_inner);
    if args.json {
        let Told { listed, .. } = &told;
        printer.json(&serde_json::json!({
            "repository": root,
            "revision": super::shown_revision(&told.revision),
            "changed": !told.unchanged,
            "packages": told.packages,
            "read": told.read.len(),
            "added": listed.as_ref().map(|listed| &listed.added),
            "removed": listed.as_ref().map(|listed| &listed.removed),
            "replaced": told.replaced(),
            "left-out": told.left_out,
            "passed-over": told.passed_over,
            "signed": args.sign,
            "signature-dropped": told.dropped_signature.is_some() && !args.sign,
        }));
    } else {
        told.say(&root, updates, printer);
    }
    Ok(())
}

/// What is asked of a signature, where none is. createrepo_c has `-c` for its cache.
fn demand_use_of_signing(args: &IndexArgs) -> Outcome {
    if args.sign {
        return Ok(());
    }
    let refuse = |option: &str, hint: &str| {
        let text = format!("{option} does nothing without `--sign`");
        Err(Failure::new(Kind::Data, text).hint(Some(hint.to_owned())))
    };
    let is_typed =
        |value: &Option<String>, variable| value.is_some() && *value != settings::environment(variable);
    if is_typed(&args.target.channel, "XEN4CENTOS_CHANNEL") {
        let hint = "the directory of the cache is `--cachedir`; a channel is named for its key";
        return refuse("`--channel` (`-c`)", hint);
    }
    let text = |path: &Option<Utf8PathBuf>| path.as_ref().map(ToString::to_string);
    let KeyArgs { key, passphrase_file, gpg_key, public_key, .. } = &args.key;
    for (option, value, variable) in [
        ("`--key`", text(key), "XEN4CENTOS_KEY"),
        ("`--passphrase-file`", text(passphrase_file), "XEN4CENTOS_PASSPHRASE_FILE"),
        ("`--gpg-key`", gpg_key.clone(), "XEN4CENTOS_GPG_KEY"),
        ("`--public-key`", text(public_key), "XEN4CENTOS_PUBLIC_KEY"),
    ] {
        if is_typed(&value, variable) {
            return refuse(option, "add `--sign`, or leave it out");
        }
    }
    Ok(())
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

fn index_settings(
    args: &IndexArgs,
    here: &Utf8Path,
    selection: Selection,
    printer: &Printer,
) -> Result<IndexSettings, Failure> {
    let (metadata, packages, form) = (&args.metadata, &args.packages, &args.metadata.form);
    let root = here.join(&args.directory);
    form.warn_of_names(printer);
    let Revision { text, timestamp, newer, file_times } = Revision::of(form, printer)?;
    let base = IndexSettings::for_el6(timestamp);
    Ok(IndexSettings {
        revision: text,
        newer,
        file_times,
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
        output: metadata.outputdir.as_ref().map(|directory| here.join(directory)),
        reuse: reuse(metadata, &root, here),
        bad_packages: if packages.leave_out_bad { BadPackages::LeaveOut } else { BadPackages::Refuse },
        workers: form.workers.unwrap_or(base.workers).min(MOST_WORKERS),
        ..base
    })
}

/// createrepo_c takes the path as relative to the directory of packages, people as relative to where they are.
fn groups(file: &Utf8Path, root: &Utf8Path, here: &Utf8Path) -> Utf8PathBuf {
    let inside = root.join(file);
    if inside.is_file() { inside } else { here.join(file) }
}

/// Without `--update` everything is read, and remembered for a later `--update` where a place for that is named.
fn reuse(args: &MetadataArgs, root: &Utf8Path, here: &Utf8Path) -> Reuse {
    if !args.update && args.cachedir.is_none() {
        return Reuse::default();
    }
    let named = args.cachedir.as_ref().map(|directory| here.join(directory));
    let directory = named.or_else(|| settings::cache_directory().map(|directory| directory.join("index")));
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    let output = args.outputdir.as_ref().map(|output| here.join(output));
    let digest: [u8; 32] = Sha256::digest(format!("{root}\n{output:?}").as_bytes()).into();
    let name = Sha256Digest::from_bytes(digest);
    let cache = directory.map(|directory| directory.join(format!("{name}.packages")));
    if !args.update {
        return Reuse { cache, learned: Learned::Replace, ..Reuse::default() };
    }
    Reuse {
        cache,
        learned: Learned::Use,
        present: true,
        metadata: args.update_md_path.iter().map(|path| here.join(path)).collect(),
        known_by: if args.skip_stat { KnownBy::Path } else { KnownBy::Stamp },
        unchanged: if args.form.revision.is_some() { Unchanged::LeaveRevision } else { Unchanged::Leave },
    }
}

/// Makes the directory of the cache. One that was not asked for by name may be missing: the metadata that is there has to
/// do then.
fn with_directory(
    reuse: Reuse,
    root: &Utf8Path,
    args: &MetadataArgs,
    printer: &Printer,
) -> Result<Reuse, Failure> {
    let without = |reuse, why: String| {
        printer.warning(format!(
            "packages are known from the metadata that is there only, because {why}; `--cachedir DIRECTORY` names a place"
        ));
        Ok(Reuse { cache: None, ..reuse })
    };
    let Some(directory) = reuse.cache.as_deref().and_then(Utf8Path::parent) else {
        if args.update {
            let why = "there is no place for a cache (neither HOME nor XDG_CACHE_HOME is a path)";
            return without(reuse, why.into());
        }
        return Ok(reuse);
    };
    match fs_err::create_dir_all(directory) {
        Ok(()) if !caches::is_writable(directory) => {
            let why = format!("`{directory}` can not be written to");
            if args.cachedir.is_some() {
                return Err(Failure::new(Kind::World, format!("no cache can be kept: {why}")));
            }
            without(reuse, why)
        }
        Ok(()) => {
            caches::forget_gone(directory);
            caches::name(reuse.cache.as_deref(), root);
            Ok(reuse)
        }
        Err(error) if args.cachedir.is_some() => {
            Err(Failure::new(Kind::World, format!("could not make the directory of the cache: {error}")))
        }
        Err(error) => without(reuse, format!("no cache can be kept: {error}")),
    }
}

/// The packages that an index would list: those in the directory and below it. Of an update, what it would change.
fn show(directory: &Utf8Path, settings: &IndexSettings, json: bool, narrator: &Narrator<'_>) -> Outcome {
    let scratch = Scratch::new("index")?;
    let Preview { packages, listed, unchanged } =
        preview(directory, settings, &scratch.path, narrator).map_err(|error| refusal(error, settings))?;
    let mut told = narrator.told();
    (told.listed, told.unchanged, told.packages) = (listed, unchanged, packages.len());
    if json {
        narrator.printer.json(&serde_json::json!({
            "repository": settings.output.as_deref().unwrap_or(directory),
            "would-index": packages,
            "changed": !told.unchanged,
            "packages": told.packages,
            "read": told.read.len(),
            "added": told.listed.as_ref().map(|listed| &listed.added),
            "removed": told.listed.as_ref().map(|listed| &listed.removed),
            "replaced": told.replaced(),
            "left-out": told.left_out,
            "passed-over": told.passed_over,
        }));
        return Ok(());
    }
    match (settings.reuse.present, told.changes()) {
        (true, Some(changes)) => {
            for (change, path) in changes {
                narrator.printer.data(format!("would {} {path}", change.verb()));
            }
        }
        _ => {
            for package in &packages {
                narrator.printer.data(format!("would index {package}"));
            }
        }
    }
    let summary = told.summary(settings.reuse.present);
    let (verb, of) = if unchanged { ("Unchanged", "nothing to write: ") } else { ("Would index", "") };
    narrator.printer.step(verb, format!("{of}{summary}"));
    Ok(())
}

/// A key that is ready to sign. It may be made on the way, so no other run works in the directory meanwhile.
struct Signing {
    signer: Signer,
    _lock: Option<WorkLock>,
}

impl Signing {
    /// Any directory can be signed with a key that is named; the project's targets have keys of their own.
    fn prepare(cli: &Cli, args: &IndexArgs, printer: &Printer) -> Result<Self, Failure> {
        if !settings::has_project(&cli.global)? {
            return Ok(Self { signer: keys::named_signer(&args.key, settings::now())?, _lock: None });
        }
        let session = Session::open(&cli.global, &args.target, printer)?;
        let lock = WorkLock::take(&session)?;
        let signer = SigningKey::open(&session, &args.key)?.signer(&session)?;
        Ok(Self { signer, _lock: Some(lock) })
    }

    /// A list that this key has signed already keeps its signature.
    fn sign(self, tree: RepoTree, printer: &Printer) -> Outcome {
        if verify_repository_signature(&tree.root, self.signer.trusted()).is_ok() {
            return Ok(());
        }
        let signed = self.signer.sign_repository(tree)?;
        printer.step("Signed", format!("{}/repodata/repomd.xml with {}", signed.root(), signed.key()));
        Ok(())
    }
}

/// Says how an index grows.
pub(crate) struct Narrator<'a> {
    printer: &'a Printer,
    told: Mutex<Told>,
}

impl<'a> Narrator<'a> {
    pub(crate) fn new(printer: &'a Printer) -> Self {
        Self { printer, told: Mutex::default() }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For those who do not sign again: that there is no signature any more.
    pub(crate) fn tell_of_signature(&self) {
        if let Some(path) = &self.told().dropped_signature {
            self.printer.warning(format!(
                "`{path}` is gone, because it signed the list that was replaced: sign the new one"
            ));
        }
    }

    /// What is not as somebody may think that it is.
    fn warning(&self, event: Event) {
        let text = match event {
            Event::Cleaned { path, field } => {
                format!("characters that XML forbids are left out of the {field} of `{path}`")
            }
            Event::Duplicate { path, nevra, left_out: None } => {
                format!("`{nevra}` is there more than once: `{path}`")
            }
            Event::Duplicate { nevra, left_out: Some(path), .. } => {
                let reason = format!("`{nevra}` is there more than once, and another one of them is listed");
                let text = format!("left out: `{path}`: {reason}");
                self.told().left_out.push(LeftOut { package: Some(path), reason });
                text
            }
            Event::Dropped { what: Dropped::Databases } => {
                "the databases that were listed are listed no more: `--database` writes them".to_owned()
            }
            Event::Dropped { what: Dropped::Tags } => {
                "tags that the list had are not kept: give them again (`--content`, \
                 `--distro`, `--repo`)"
                    .to_owned()
            }
            Event::NotImported { error } => format!("{error}; packages are read instead"),
            Event::PassedOver { path, what } => {
                let what = match what {
                    PassedOver::DanglingLink => "it leads to nothing",
                    PassedOver::LinkedDirectory => "links to directories elsewhere are not followed",
                    PassedOver::Special => "it is no regular file",
                };
                self.told().passed_over.push(path.to_string());
                format!("`{path}` is passed over: {what}")
            }
            Event::NothingToRemove { kind } => {
                format!("no document of the type `{kind}` is listed, so none is removed")
            }
            Event::Remains { path, error } => {
                format!("old metadata is left in `{path}`: {}", Failure::of(Kind::World, &error))
            }
            Event::InTheWay { path, error } => {
                format!(
                    "old metadata is left in `{path}`, and no other index can begin before it is removed: {}",
                    Failure::of(Kind::World, &error)
                )
            }
            Event::NotSynced { error } => {
                format!("the metadata is in place, but {}", Failure::of(Kind::World, &error))
            }
            _ => return,
        };
        self.printer.warning(text);
    }
}

impl Reporter for Narrator<'_> {
    fn event(&self, event: Event) {
        match event {
            Event::Found { packages } => self.printer.detail(format!("{packages} packages")),
            Event::LeftOut { error } => {
                let reason = Failure::of(Kind::Data, &error).to_string();
                self.printer.mishap(format!("left out: {reason}"));
                let package = error.package().map(Utf8Path::to_owned);
                let reason = reason.split('\n').map(str::trim).collect::<Vec<_>>().join("; ");
                self.told().left_out.push(LeftOut { package, reason });
            }
            Event::Imported { root, packages } => {
                self.printer.detail(format!("{packages} packages are known from the metadata of {root}"));
            }
            Event::Written { revision, packages, listed } => {
                let mut told = self.told();
                (told.revision, told.packages, told.listed) = (revision, packages, listed);
            }
            Event::Unchanged { revision, packages } => {
                let mut told = self.told();
                (told.revision, told.packages, told.unchanged) = (revision, packages, true);
                told.listed = Some(Relisted::default());
            }
            Event::Indexed { path, from: Source::Package, replaces } => {
                let (path, mut told) = (path.into_string(), self.told());
                if replaces {
                    told.exchanged.insert(path.clone());
                }
                told.read.insert(path);
            }
            // Who signs again need not hear of it.
            Event::SignatureDropped { path } => self.told().dropped_signature = Some(path),
            Event::Indexed { .. } => {}
            event => self.warning(event),
        }
    }
}

impl From<RepodataError> for Failure {
    fn from(error: RepodataError) -> Self {
        let (kind, hint) = (kind(&error), error.hint());
        let failure = Self::of(kind, &error);
        let failure = match &error {
            RepodataError::Several { errors, count } => Self::new(kind, list(&failure, errors, *count)),
            _ => failure,
        };
        failure.hint(hint)
    }
}

fn kind(error: &RepodataError) -> Kind {
    let is_named_wrongly = |source: &std::io::Error| {
        use std::io::ErrorKind::{InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied};
        matches!(source.kind(), NotFound | PermissionDenied | IsADirectory | NotADirectory | InvalidInput)
    };
    match error {
        RepodataError::Given { source, .. } | RepodataError::Kept { source, .. }
            if is_named_wrongly(source) =>
        {
            Kind::Data
        }
        RepodataError::Several { errors, .. } => errors.first().map_or(Kind::Data, kind),
        RepodataError::Files { .. }
        | RepodataError::Unreadable { .. }
        | RepodataError::Given { .. }
        | RepodataError::Kept { .. }
        | RepodataError::Busy { .. }
        | RepodataError::AtWork { .. }
        | RepodataError::Threads { .. } => Kind::World,
        _ => Kind::Data,
    }
}

/// Several errors below what they have in common.
fn list(head: &Failure, errors: &[RepodataError], count: usize) -> String {
    let told = errors.iter().map(|error| Failure::of(Kind::Data, error).to_string().replace('\n', "\n  "));
    let more = (count > errors.len()).then(|| format!("and {} more", count - errors.len()));
    let lines: Vec<String> = std::iter::once(head.to_string()).chain(told).chain(more).collect();
    lines.join("\n  ")
}
