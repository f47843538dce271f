//! The metadata of a directory of packages.

use std::sync::atomic::{AtomicBool, Ordering};

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

pub(crate) fn run(cli: &Cli, args: &IndexArgs, printer: &Printer) -> Outcome {
    let here = settings::current_directory()?;
    let directory = here.join(&args.directory);
    let selection = selection(&args.packages, &here)?;
    if args.dry_run {
        return show(&directory, &selection, args.json, printer);
    }
    // Before anything is written: without its signature, new metadata would take the place of signed one.
    let signing = if args.sign { Some(Signing::prepare(cli, args, printer)?) } else { None };
    let settings = index_settings(args, &here, selection)?;
    let narrator = Narrator::new(printer);
    let tree = index(&directory, &settings, &narrator)?;
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
            "signed": args.sign,
        }));
    } else if narrator.has_changed() {
        printer.step("Indexed", &root);
    } else {
        printer.step("Unchanged", format!("{root}: its packages are those that are listed"));
    }
    Ok(())
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

fn index_settings(args: &IndexArgs, here: &Utf8Path, selection: Selection) -> Result<IndexSettings, Failure> {
    let (metadata, packages, form) = (&args.metadata, &args.packages, &args.metadata.form);
    let output = metadata.outputdir.as_ref().map(|directory| here.join(directory));
    let root = here.join(&args.directory);
    let next = next_revision(output.as_deref().unwrap_or(&root));
    let revision = form.revision.clone().unwrap_or_else(|| next.to_string());
    let timestamp = revision.parse().unwrap_or(next);
    let base = IndexSettings::for_el6(timestamp);
    Ok(IndexSettings {
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
        reuse: reuse(metadata, &root, here)?,
        output,
        bad_packages: if packages.leave_out_bad { BadPackages::LeaveOut } else { BadPackages::Refuse },
        workers: form.workers.unwrap_or(base.workers),
        ..base
    })
}

/// createrepo_c takes the path as relative to the directory of packages, people as relative to where they are.
fn groups(file: &Utf8Path, root: &Utf8Path, here: &Utf8Path) -> Utf8PathBuf {
    let inside = root.join(file);
    if inside.is_file() { inside } else { here.join(file) }
}

/// Without `--update` everything is read; what was read is remembered where that was asked for.
fn reuse(args: &MetadataArgs, root: &Utf8Path, here: &Utf8Path) -> Result<Reuse, Failure> {
    if !args.update {
        return Ok(Reuse::default());
    }
    let directory = match &args.cachedir {
        Some(directory) => here.join(directory),
        None => settings::cache_directory().join("index"),
    };
    fs_err::create_dir_all(&directory).map_err(|error| {
        Failure::new(Kind::World, format!("could not make the directory of the cache: {error}"))
    })?;
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    let output = args.outputdir.as_ref().map(|output| here.join(output));
    let digest: [u8; 32] = Sha256::digest(format!("{root}\n{output:?}").as_bytes()).into();
    let name = Sha256Digest::from_bytes(digest);
    Ok(Reuse {
        cache: Some(directory.join(format!("{name}.packages"))),
        present: true,
        metadata: args.update_md_path.iter().map(|path| here.join(path)).collect(),
        known_by: if args.skip_stat { KnownBy::Path } else { KnownBy::Stamp },
        // Who names a revision wants it.
        unchanged: if args.form.revision.is_some() { Unchanged::Write } else { Unchanged::Leave },
    })
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
}

impl<'a> Narrator<'a> {
    pub(crate) const fn new(printer: &'a Printer) -> Self {
        Self { printer, unchanged: AtomicBool::new(false) }
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
            Event::LeftOut { error } => self.printer.warning(Failure::of(Kind::Data, &error)),
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
