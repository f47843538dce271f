//! A recorded host: one line a package as `rpm -qa` prints it, or what the longer query of README.md prints, or both in
//! one file.

use camino::Utf8Path;
use xen4centos_artifact::{Evr, Nevra};

use super::{Job, SolverPackage};
use crate::TrialError;

/// What is known of an installed package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The line of `rpm -qa`, which has no epoch.
    Line,
    /// All that was recorded.
    Record,
}

#[derive(Clone, Debug)]
pub(super) struct Installed {
    pub(super) package: SolverPackage,
    pub(super) known: Known,
}

/// The packages of a host, and what is tried on it.
#[derive(Clone, Debug)]
pub struct HostRecord {
    /// The file's name without its extension.
    pub name: String,
    pub(super) jobs: Vec<Job>,
    pub(super) packages: Vec<Installed>,
}

/// What a host without `# job:` lines is asked: an update, and the installation that the repository is for.
const MAIN_PACKAGE: &str = "xen";

impl HostRecord {
    /// Reads the text of `path`.
    ///
    /// # Errors
    /// At the first line that is nothing of a record, and where there is no package.
    pub fn parse(path: &Utf8Path, text: &str) -> Result<Self, TrialError> {
        let mut reader = Reader { jobs: Vec::new(), packages: Vec::new(), block: Block::None };
        for (index, line) in text.lines().enumerate() {
            reader.line(line).map_err(|expected| TrialError::Record {
                path: path.to_owned(),
                line: index + 1,
                expected,
                found: line.chars().take(80).collect(),
            })?;
        }
        if reader.packages.is_empty() {
            return Err(TrialError::EmptyRecord { path: path.to_owned() });
        }
        let name = path.file_stem().unwrap_or_default().to_owned();
        Ok(Self { name, jobs: reader.jobs, packages: reader.packages })
    }

    /// How many packages are installed.
    pub const fn len(&self) -> usize {
        self.packages.len()
    }

    /// Whether nothing is installed; no file is read as such a host.
    pub const fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// What is tried: what the file says, else an update and, where Xen is not installed, its installation.
    pub fn jobs(&self) -> Vec<Job> {
        if !self.jobs.is_empty() {
            return self.jobs.clone();
        }
        let mut jobs = vec![Job::Update(Vec::new())];
        if self.packages().all(|package| package.nevra.name != MAIN_PACKAGE) {
            jobs.push(Job::Install(vec![MAIN_PACKAGE.to_owned()]));
        }
        jobs
    }

    /// The installed packages.
    pub fn packages(&self) -> impl Iterator<Item = &SolverPackage> {
        self.packages.iter().map(|installed| &installed.package)
    }
}

/// What lines of a dependency or file belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    None,
    /// The last package.
    Package,
    /// What is no package: a key that rpm keeps as one.
    Key,
}

/// Text that says what a line should have been.
type Expected = &'static str;

const PLAIN: Expected = "`name-version-release.arch`";
const PACKAGE: Expected = "`package NAME EPOCH VERSION RELEASE ARCH`";
const DEPENDENCY: Expected = "a name, or a name, a comparison and a version";
const JOB: Expected = "`# job: update`, `# job: update NAME…` or `# job: install NAME…`";
const IN_A_BLOCK: Expected = "a line `package …` above it";

struct Reader {
    jobs: Vec<Job>,
    packages: Vec<Installed>,
    block: Block,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Expected> {
        // rpm 4.8 prints this, and no end of line, for lists that a package has not.
        let line = line.trim_start_matches(ABSENT).trim();
        if let Some(comment) = line.strip_prefix('#') {
            if let Some(text) = comment.trim_start().strip_prefix("job:") {
                self.jobs.push(Job::parse(text).ok_or(JOB)?);
            }
            return Ok(());
        }
        let Some((word, rest)) = line.split_once(char::is_whitespace) else {
            return if line.is_empty() { Ok(()) } else { self.plain(line) };
        };
        match word {
            "package" => self.package(rest),
            "file" => self.push(|package| &mut package.files, rest.trim_start().to_owned()),
            "provides" => self.push(|package| &mut package.provides, dependency(rest)?),
            "requires" => self.push(|package| &mut package.requires, dependency(rest)?),
            "conflicts" => self.push(|package| &mut package.conflicts, dependency(rest)?),
            "obsoletes" => self.push(|package| &mut package.obsoletes, dependency(rest)?),
            _ => Err(PLAIN),
        }
    }

    fn plain(&mut self, line: &str) -> Result<(), Expected> {
        self.block = Block::None;
        if line.starts_with(KEYS) {
            return Ok(());
        }
        let package = SolverPackage::named(line.parse().map_err(|_| PLAIN)?);
        self.packages.push(Installed { package, known: Known::Line });
        Ok(())
    }

    fn package(&mut self, rest: &str) -> Result<(), Expected> {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let [name, epoch, version, release, arch] = words.as_slice() else { return Err(PACKAGE) };
        if KEYS.strip_suffix('-') == Some(name) {
            self.block = Block::Key;
            return Ok(());
        }
        let evr = Evr::new(epoch.parse().map_err(|_| PACKAGE)?, *version, *release);
        let package = SolverPackage::named(Nevra::new(*name, evr, *arch));
        self.packages.push(Installed { package, known: Known::Record });
        self.block = Block::Package;
        Ok(())
    }

    fn push(
        &mut self,
        list: impl FnOnce(&mut SolverPackage) -> &mut Vec<String>,
        item: String,
    ) -> Result<(), Expected> {
        match (self.block, self.packages.last_mut()) {
            (Block::Package, Some(installed)) => list(&mut installed.package).push(item),
            (Block::Key, _) => {}
            _ => return Err(IN_A_BLOCK),
        }
        Ok(())
    }
}

const ABSENT: &str = "(none)";

/// rpm lists the keys that it trusts among the packages.
const KEYS: &str = "gpg-pubkey-";

fn dependency(text: &str) -> Result<String, Expected> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        // A comparison without a version says nothing.
        [name] | [name, "<" | "<=" | "=" | ">=" | ">"] => Ok((*name).to_owned()),
        [_, "<" | "<=" | "=" | ">=" | ">", _] => Ok(words.join(" ")),
        _ => Err(DEPENDENCY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Result<HostRecord, String> {
        HostRecord::parse(Utf8Path::new("hosts/a.txt"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn both_forms_in_one_file() {
        let text = "# what for\n# job: install xen kernel\nbash-4.1.2-14.el6.x86_64\ngpg-pubkey-c105b9de-4e0fd3a3.(none)\n\
                    (none)(none)package qemu-img 2 0.12.1.2 2.355.el6 x86_64\nprovides qemu-img = 2:0.12.1.2-2.355.el6\n\
                    requires libc.so.6()(64bit)  \nfile /usr/bin/qemu img\n\
                    package gpg-pubkey 0 c105b9de 4e0fd3a3 (none)\nprovides gpg(x)\n\n";
        let host = record(text).unwrap();
        assert_eq!((host.name.as_str(), host.len()), ("a", 2));
        assert_eq!(host.jobs()[0].to_string(), "yum install xen kernel");
        let [bash, qemu] = &host.packages[..] else { panic!() };
        assert_eq!((bash.known, qemu.known), (Known::Line, Known::Record));
        assert_eq!(qemu.package.nevra.to_string(), "qemu-img-2:0.12.1.2-2.355.el6.x86_64");
        assert_eq!(qemu.package.requires, ["libc.so.6()(64bit)"]);
        assert_eq!(qemu.package.files, ["/usr/bin/qemu img"]);
    }

    #[test]
    fn a_host_without_xen_is_asked_to_install_it() {
        let jobs = |text: &str| {
            record(text).unwrap().jobs().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(jobs("bash-4.1.2-14.el6.x86_64"), "yum update, yum install xen");
        assert_eq!(jobs("xen-4.2.4-33.el6.x86_64"), "yum update");
    }

    #[test]
    fn what_is_no_record_is_told_with_its_line() {
        let check = |text: &str, expect: &str| assert_eq!(record(text).unwrap_err(), expect, "{text}");
        let plain = "expected `name-version-release.arch`, found";
        check("a-1-1.noarch\nbash", &format!("hosts/a.txt:2: {plain} `bash`"));
        check("Loaded plugins: x", &format!("hosts/a.txt:1: {plain} `Loaded plugins: x`"));
        check(
            "# job: erase x",
            "hosts/a.txt:1: expected `# job: update`, `# job: update NAME…` or `# job: install NAME…`, found `# job: erase x`",
        );
        check(
            "a-1-1.noarch\nprovides b",
            "hosts/a.txt:2: expected a line `package …` above it, found `provides b`",
        );
        check(
            "package a 0 1 1",
            "hosts/a.txt:1: expected `package NAME EPOCH VERSION RELEASE ARCH`, found `package a 0 1 1`",
        );
        check("# nothing", "`hosts/a.txt` lists no package");
    }
}
