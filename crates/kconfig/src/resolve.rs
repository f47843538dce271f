//! The tree's own configuration step: its x86_64 defaults, then the request over them, then `oldnoconfig`.
//!
//! The tree's `merge_config.sh` is not used: it succeeds when a fragment is missing or a request did not hold, and
//! joins the last line of a fragment without a final newline to the next one. Linux 3.4 has no `olddefconfig`;
//! its `oldnoconfig` takes Kconfig's defaults, in spite of what its help text says.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, StopFlag, Tool};

use crate::{Config, KconfigError, Request};

/// Seconds for one step. The slowest compiles the tree's `conf`, which takes seconds.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// How the tree takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeUse {
    /// Nothing is written into it: `make O=…`.
    InPlace,
    /// It is copied first, because its Makefile knows no `O=`, or because it was built in and `O=` refuses.
    Copied,
}

/// A configuration that the tree accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// What it says.
    pub config: Config,
    /// The .config, in the work directory.
    pub file: Utf8PathBuf,
    /// How the tree took part.
    pub tree_use: TreeUse,
}

/// Where and how the tree's configuration step runs.
#[derive(Clone)]
pub struct Resolver<'a> {
    tree: &'a Utf8Path,
    work: &'a Utf8Path,
    stop: StopFlag,
    hold: &'a dyn Fn(Invocation) -> Invocation,
}

/// Asks the tree in `tree_directory` (which is left unmodified) for `request`. Everything written goes into
/// `work_directory`, which is made if it is not there; what an earlier run left in it is replaced.
///
/// # Errors
/// When the directory is no kernel tree, a file can not be read or written, or make fails.
pub fn resolve(
    tree_directory: &Utf8Path,
    work_directory: &Utf8Path,
    request: &Request,
) -> Result<Resolution, KconfigError> {
    Resolver::new(tree_directory, work_directory).resolve(request)
}

impl<'a> Resolver<'a> {
    /// As [`resolve`]; both paths must be absolute.
    pub fn new(tree: &'a Utf8Path, work: &'a Utf8Path) -> Self {
        Self { tree, work, stop: StopFlag::default(), hold: &|invocation| invocation }
    }

    /// Has `hold` wrap every program of the tree, which is code of others: without this it sees what the caller sees.
    #[must_use]
    pub fn held_by(mut self, hold: &'a dyn Fn(Invocation) -> Invocation) -> Self {
        self.hold = hold;
        self
    }

    /// Kills the step when the flag is raised.
    #[must_use]
    pub fn stopped_by(mut self, flag: &StopFlag) -> Self {
        self.stop = flag.clone();
        self
    }

    /// Runs the step.
    ///
    /// # Errors
    /// As [`resolve`].
    pub fn resolve(&self, request: &Request) -> Result<Resolution, KconfigError> {
        let tree_use = self.tree_use()?;
        let output = self.work.join("output");
        clear(&output)?;
        let directory = match tree_use {
            TreeUse::InPlace => self.tree.to_owned(),
            TreeUse::Copied => {
                copy(self.tree, &output)?;
                output.clone()
            }
        };
        self.make(&directory, &output, tree_use, "defconfig")?;
        let file = output.join(".config");
        write(&file, &request.append_to(&read(&file)?))?;
        self.make(&directory, &output, tree_use, "oldnoconfig")?;
        let config = Config::parse(&read(&file)?, &file)?;
        Ok(Resolution { config, file, tree_use })
    }

    fn tree_use(&self) -> Result<TreeUse, KconfigError> {
        let makefile = self.tree.join("Makefile");
        if !makefile.is_file() || !self.tree.join("Kconfig").is_file() {
            return Err(KconfigError::NotATree { path: self.tree.to_owned() });
        }
        let knows_output = read(&makefile)?.contains("KBUILD_OUTPUT");
        // What the kernel's own Makefile looks at before it refuses a tree that was built in.
        let clean = !self.tree.join(".config").exists() && !self.tree.join("include/config").exists();
        Ok(if knows_output && clean { TreeUse::InPlace } else { TreeUse::Copied })
    }

    fn make(
        &self,
        directory: &Utf8Path,
        output: &Utf8Path,
        tree_use: TreeUse,
        step: &str,
    ) -> Result<(), KconfigError> {
        let mut make = Invocation::new(Tool::Make, directory)
            .env("HOME", self.work.as_str())
            .args(["-s", "ARCH=x86_64", step])
            .time_limit(TIME_LIMIT)
            .stopped_by(&self.stop);
        if tree_use == TreeUse::InPlace {
            make = make.arg(format!("O={output}"));
        }
        let failed =
            |source| KconfigError::Step { step: step.to_owned(), tree: self.tree.to_owned(), source };
        (self.hold)(make).run().map(drop).map_err(failed)
    }
}

impl std::fmt::Debug for Resolver<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Resolver")
            .field("tree", &self.tree)
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}

/// An empty directory at `path`, whatever was there.
fn clear(path: &Utf8Path) -> Result<(), KconfigError> {
    let failed = |source| KconfigError::Write { path: path.to_owned(), source };
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    fs_err::create_dir_all(path).map_err(failed)
}

/// Copies files and directories; links stay links. Object files are left out: a tree that was built in holds
/// gigabytes of them, and the configuration step needs none.
fn copy(tree: &Utf8Path, target: &Utf8Path) -> Result<(), KconfigError> {
    let failed = |source| KconfigError::Copy { path: tree.to_owned(), source };
    let wanted = |entry: &walkdir::DirEntry| {
        entry.file_name() != ".git" && entry.path().extension().is_none_or(|e| e != "o" && e != "ko")
    };
    for entry in walkdir::WalkDir::new(tree).min_depth(1).sort_by_file_name().into_iter().filter_entry(wanted)
    {
        let entry = entry.map_err(|error| failed(error.into()))?;
        let below = entry.path().strip_prefix(tree).expect("walking a directory yields paths below it");
        let to = target.as_std_path().join(below);
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(&to).map_err(failed)?;
        } else if entry.file_type().is_symlink() {
            let link = fs_err::read_link(entry.path()).map_err(failed)?;
            fs_err::os::unix::fs::symlink(link, &to).map_err(failed)?;
        } else {
            fs_err::copy(entry.path(), &to).map_err(failed)?;
        }
    }
    Ok(())
}

fn read(path: &Utf8Path) -> Result<String, KconfigError> {
    fs_err::read_to_string(path).map_err(|source| KconfigError::Read { path: path.to_owned(), source })
}

fn write(path: &Utf8Path, text: &str) -> Result<(), KconfigError> {
    let failed = |source| KconfigError::Write { path: path.to_owned(), source };
    let temporary = path.with_extension("new");
    fs_err::write(&temporary, text).map_err(failed)?;
    fs_err::rename(&temporary, path).map_err(failed)
}
