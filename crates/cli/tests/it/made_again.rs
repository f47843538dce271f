//! What is lost or damaged in the work directory is made again, and is what was published.

use camino::Utf8PathBuf;

use crate::workshop::{ProjectCopy, Work, files_below};

const TARGET: [&str; 2] = ["--target", "small"];

/// A channel with two versions of one package, and the work directory that made them.
fn two_versions() -> (ProjectCopy, Work) {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    work.run(&["release", TARGET[0], TARGET[1]]).ends_with(0);
    let package = "specs/small/package.toml";
    copy.edit(package, "release = \"1\"", "release = \"2\"");
    let entry = "[[changelog]]\ndate = \"2026-11-03\"\nauthor = \"Nobody <nobody@localhost>\"\n\
                 version = \"1.0-2\"\nentries = [\"Second\"]\n\n[[changelog]]\n";
    copy.edit(package, "[[changelog]]\n", entry);
    work.run(&["release", TARGET[0], TARGET[1]]).ends_with(0).says(["as state 2"]);
    (copy, work)
}

fn newest_package(work: &Work) -> Utf8PathBuf {
    let builds = work.path().join("builds");
    let name = "small-1.0-2.el6.centos.alt.noarch.rpm";
    let found = files_below(&builds).into_iter().find(|path| path.file_name() == Some(name)).unwrap();
    builds.join(found)
}

#[test]
fn lost_build_of_the_published_version_is_made_again() {
    let (_copy, work) = two_versions();
    let explain = ["explain", "small", "--json", TARGET[0], TARGET[1]];
    let built = work.run(&explain).ends_with(0).json()[0]["build"]["run"].clone();
    fs_err::remove_dir_all(newest_package(&work).parent().unwrap()).unwrap();
    // The clock goes on.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    work.run(&["release", TARGET[0], TARGET[1]])
        .ends_with(0)
        .says(["Built small", "what was built again is published already"]);
    work.run(&["release", TARGET[0], TARGET[1]]).ends_with(0).says(["nothing to do"]);
    let history = work.run(&["publish", "--history", "--json", TARGET[0], TARGET[1]]).ends_with(0).json();
    assert_eq!(history.as_array().unwrap().len(), 2);
    // What was signed and published was built by the first run.
    assert_eq!(work.run(&explain).ends_with(0).json()[0]["build"]["run"], built);
}

#[test]
fn damaged_build_of_the_published_version_is_made_again() {
    let (_copy, work) = two_versions();
    fs_err::write(newest_package(&work), "cut").unwrap();
    work.run(&["release", TARGET[0], TARGET[1]])
        .ends_with(0)
        .says(["Built small", "what was built again is published already"]);
}

/// Files that this program made for itself, as a crash of the machine can leave them.
#[test]
fn emptied_files_of_the_work_directory_are_made_again() {
    let copy = ProjectCopy::new();
    let work = Work::new(copy.path());
    work.run(&["build", "centos-release-xen"]).ends_with(0);
    for file in files_below(&work.path().join("generated")) {
        fs_err::write(work.path().join("generated").join(file), "").unwrap();
    }
    fs_err::write(work.public_key(), "").unwrap();
    work.run(&["build", "centos-release-xen", "--json"]).ends_with(0);
    assert!(fs_err::read_to_string(work.public_key()).unwrap().contains("PUBLIC KEY BLOCK"));
}
