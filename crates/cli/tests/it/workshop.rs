//! Projects and work directories for tests to use up: copies of the real project, small packages to put into them, and
//! one published work directory that all tests of the process share.

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};

use crate::program::{Call, Run};

/// The project that these tests belong to.
pub(crate) fn project() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize_utf8().unwrap()
}

/// A directory that goes when this is dropped.
pub(crate) struct Directory {
    _directory: tempfile::TempDir,
    pub(crate) path: Utf8PathBuf,
}

impl Directory {
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("xen4centos-test-").tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(directory.path().canonicalize().unwrap()).unwrap();
        Self { _directory: directory, path }
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.path.join(file);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path
    }
}

/// A copy of the project's data that a test may change.
pub(crate) struct ProjectCopy {
    directory: Directory,
}

impl ProjectCopy {
    pub(crate) fn new() -> Self {
        let copy = Self { directory: Directory::new() };
        for part in ["specs", "kernel-configs", "repo-templates", "advisories"] {
            copy_tree(&project().join(part), &copy.path().join(part));
        }
        copy
    }

    /// With xen as upstream released it last: without the update that brings upstream's later commits.
    pub(crate) fn before_the_update() -> Self {
        let copy = Self::new();
        let file = copy.path().join("specs/xen/package.toml");
        let text = fs_err::read_to_string(&file).unwrap().replacen("release = \"39\"", "release = \"38\"", 1);
        let is_of_update = |block: &&str| {
            block.contains("[[patch]]\ncommit = ") || block.contains("\nversion = \"4.2.5-39\"\n")
        };
        let kept: Vec<&str> = text.split("\n\n").filter(|block| !is_of_update(block)).collect();
        fs_err::write(&file, kept.join("\n\n")).unwrap();
        fs_err::remove_file(copy.path().join("advisories/CESA-2026-X0001.toml")).unwrap();
        copy
    }

    /// With a target `small`, like `local`, of one package that builds in a second and whose `%build` runs `commands`.
    pub(crate) fn with_small_package(commands: &str) -> Self {
        let copy = Self::new();
        copy.write("specs/small/package.toml", SMALL_PACKAGE);
        copy.write("specs/small/small.spec.tera", &SMALL_SPEC.replace("COMMANDS", commands));
        let target = fs_err::read_to_string(project().join("repo-templates/targets/local.toml")).unwrap();
        copy.write("repo-templates/targets/small.toml", &target);
        let packages = r#"packages = ["centos-release-xen", "kernel", "xen"]"#;
        copy.edit("repo-templates/targets/small.toml", packages, r#"packages = ["small"]"#);
        copy.edit("repo-templates/targets/small.toml", "name = \"local\"", "name = \"small\"");
        copy.edit("repo-templates/targets/small.toml", "bits = 3072", "bits = 2048");
        copy.edit("repo-templates/targets/small.toml", "\"quickstart/x86_64\"", "\"small/x86_64\"");
        copy.edit("repo-templates/targets/small.toml", "\"trial/x86_64\"", "\"small-trial/x86_64\"");
        copy.edit("repo-templates/targets/small.toml", "\"embargo/x86_64\"", "\"small-embargo/x86_64\"");
        // The options of packages that the target does not have.
        let path = copy.path().join("repo-templates/targets/small.toml");
        let text = fs_err::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once("[option.xen]\n").unwrap();
        let (_, after) = rest.split_once("[repository]\n").unwrap();
        fs_err::write(&path, format!("{before}[repository]\n{after}")).unwrap();
        copy
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.directory.path
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        self.directory.write(file, text);
    }

    /// Replaces a text that stands in the file exactly once.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path().join(file);
        let text = fs_err::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
        fs_err::write(&path, text.replace(from, to)).unwrap();
    }
}

const SMALL_PACKAGE: &str = r#"name = "small"
version = "1.0"
release = "1"
summary = "A package that builds in a second"
license = "MIT"

[[changelog]]
date = "2026-11-02"
author = "Nobody <nobody@localhost>"
version = "1.0-1"
entries = ["First"]
"#;

const SMALL_SPEC: &str = "Name: small
Version: {{ package.version }}
Release: {{ package.release }}
Summary: {{ package.summary }}
Group: System Environment/Base
License: MIT
{{ source_lines }}
BuildArch: noarch

%description
Small.

%prep
%setup -q -c -T

%build
COMMANDS

%install
install -d %{buildroot}%{_datadir}/small
echo small > %{buildroot}%{_datadir}/small/file
echo terms > %{buildroot}%{_datadir}/small/terms

%files
%dir %{_datadir}/small
%{_datadir}/small/file
%license %{_datadir}/small/terms

%changelog
{{ changelog }}
";

/// A work directory, and the project that is worked on in it.
pub(crate) struct Work {
    directory: Directory,
    project: Utf8PathBuf,
}

impl Work {
    pub(crate) fn new(project: &Utf8Path) -> Self {
        Self { directory: Directory::new(), project: project.to_owned() }
    }

    /// A copy of the shared one, for a test that changes things.
    pub(crate) fn published() -> Self {
        let work = Self::new(&project());
        copy_tree(&Published::get().path, work.path());
        work
    }

    /// The same work for another project.
    pub(crate) fn with_project(mut self, project: &Utf8Path) -> Self {
        project.clone_into(&mut self.project);
        self
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.directory.path
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) -> Utf8PathBuf {
        self.directory.write(file, text)
    }

    pub(crate) fn call(&self, arguments: &[&str]) -> Call {
        call(&self.project, self.path(), arguments)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.call(arguments).run()
    }

    pub(crate) fn channel(&self) -> Utf8PathBuf {
        self.path().join(CHANNEL)
    }

    pub(crate) fn public_key(&self) -> Utf8PathBuf {
        self.path().join("keys/local/public.asc")
    }
}

const CHANNEL: &str = "publish/quickstart/x86_64";

fn call(project: &Utf8Path, work: &Utf8Path, arguments: &[&str]) -> Call {
    let places = ["--project", project.as_str(), "--work", work.as_str()];
    Call::new(places.iter().chain(arguments))
}

/// What `release` made from nothing, once for all tests of this process. Not to be changed: see [`Work::published`].
pub(crate) struct Published {
    pub(crate) path: Utf8PathBuf,
    /// How that run ended.
    pub(crate) run: Run,
}

impl Published {
    pub(crate) fn get() -> &'static Self {
        static PUBLISHED: OnceLock<Published> = OnceLock::new();
        PUBLISHED.get_or_init(|| {
            let shared = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"));
            remove_those_of_dead_processes(shared);
            let path = shared.join(format!("published-{}", std::process::id()));
            fs_err::create_dir_all(&path).unwrap();
            let run = call(&project(), &path, &["release", "--json"]).run();
            Self { path, run }
        })
    }

    pub(crate) fn call(&self, arguments: &[&str]) -> Call {
        call(&project(), &self.path, arguments)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.call(arguments).run()
    }

    pub(crate) fn channel(&self) -> Utf8PathBuf {
        self.path.join(CHANNEL)
    }

    /// The packages in the channel, sorted.
    pub(crate) fn packages(&self) -> Vec<Utf8PathBuf> {
        files_in(&self.channel().join("Packages"))
    }
}

/// Nothing is dropped at the end of a test process, so its shared directory is removed by the next.
fn remove_those_of_dead_processes(shared: &Utf8Path) {
    for entry in shared.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        let process = path.file_name().unwrap().strip_prefix("published-");
        if process.is_some_and(|process| !Utf8Path::new("/proc").join(process).exists()) {
            // Another test process may be at it, too.
            drop(fs_err::remove_dir_all(path));
        }
    }
}

/// The entries of a directory, sorted.
pub(crate) fn files_in(directory: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files: Vec<Utf8PathBuf> =
        directory.read_dir_utf8().unwrap().map(|entry| entry.unwrap().into_path()).collect();
    files.sort();
    files
}

/// All files and links below a directory, relative to it, sorted.
pub(crate) fn files_below(directory: &Utf8Path) -> Vec<Utf8PathBuf> {
    fn walk(directory: &Utf8Path, root: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
        for path in files_in(directory) {
            if fs_err::symlink_metadata(&path).unwrap().is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(directory, directory, &mut found);
    found
}

/// Directories, files with their permissions and times, and links as links.
pub(crate) fn copy_tree(from: &Utf8Path, to: &Utf8Path) {
    fs_err::create_dir_all(to).unwrap();
    for path in files_in(from) {
        let target = to.join(path.file_name().unwrap());
        let kind = fs_err::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            copy_tree(&path, &target);
        } else if kind.is_symlink() {
            fs_err::os::unix::fs::symlink(path.read_link_utf8().unwrap(), &target).unwrap();
        } else {
            fs_err::copy(&path, &target).unwrap();
            // The program knows files that it has seen before by their times.
            let time = fs_err::metadata(&path).unwrap().modified().unwrap();
            let file = fs_err::OpenOptions::new().write(true).open(&target).unwrap();
            file.file().set_modified(time).unwrap();
        }
    }
}
