//! Patches that are commits of a repository of this machine.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_manifest::{CommitLocation, Location};
use xen4centos_sources::{FetchError, MissingRole, Network, Origin, Pin, Role, Standing, VerifiedSource};

use crate::{
    commits::git,
    world::{World, digest, patch},
};

/// A repository whose commits change `file`, one line after the other; returns it and its commits, oldest first.
fn repository(world: &World) -> (Utf8PathBuf, Vec<String>) {
    let directory = world.path("upstream");
    let mut commits = Vec::new();
    let mut text = String::new();
    for number in 1..=4 {
        writeln!(text, "line {number}").unwrap();
        world.write("upstream/file", &text);
        if number == 1 {
            world.write("upstream/.gitattributes", "* -diff\n");
            git(&directory, &["init", "--quiet"]);
        }
        git(&directory, &["add", "."]);
        let message = format!("change {number}\n\n--- a/file\n+++ b/file\n@@ -1 +1 @@\n-line 1\n+quoted\n");
        git(&directory, &["commit", "--quiet", "-m", &message]);
        commits.push(git(&directory, &["rev-parse", "HEAD"]));
    }
    (directory, commits)
}

fn change(directory: &Utf8Path, commit: &str) -> CommitLocation {
    CommitLocation { url: format!("file://{directory}"), commit: commit.to_owned(), sha256: None }
}

fn asks_for(world: &mut World, changes: &[CommitLocation]) {
    let named = changes.iter().map(|change| (format!("{}.patch", &change.commit[..12]), change));
    world.package.patches =
        named.map(|(file, change)| patch(&file, Location::Commit(change.clone()))).collect();
}

fn world_with_changes() -> (World, Utf8PathBuf, Vec<String>) {
    let world = World::new();
    let (directory, commits) = repository(&world);
    (world, directory, commits)
}

fn text(source: &VerifiedSource) -> String {
    fs_err::read_to_string(&source.path).unwrap()
}

#[test]
fn a_commit_becomes_a_patch_that_follows_from_it_alone() {
    let (mut world, directory, commits) = world_with_changes();
    asks_for(&mut world, &[change(&directory, &commits[1])]);
    let sources = world.fetch().unwrap();
    assert_eq!((sources[0].role, &sources[0].origin), (Role::Patch, &Origin::Pinned));
    let location = Location::Commit(change(&directory, &commits[1]));
    assert_eq!(world.store.kept(&location).unwrap().unwrap(), text(&sources[0]).into_bytes());
    let another = Location::Commit(change(&directory, &commits[2]));
    assert_eq!(world.store.kept(&another).unwrap(), None);
    let url = format!("file://{directory}");
    assert_eq!(sources[0].pin, Some(Pin::Commit { url, commit: commits[1].clone() }));
    let text = text(&sources[0]);
    let head = format!(
        "Commit: {}\nFrom: a <a@example.com>\nDate: 2014-09-02 00:00:00 +0000\nSubject: change 2\n\n\
         diff --git a/file b/file\nindex ",
        commits[1]
    );
    assert!(text.starts_with(&head), "{text}");
    assert!(text.ends_with("\n--- a/file\n+++ b/file\n@@ -1 +1,2 @@\n line 1\n+line 2\n"), "{text}");
    assert!(!text.contains("quoted"), "a difference in the message would be applied: {text}");
}

#[test]
fn neighbours_are_fetched_one_after_the_other() {
    let (mut world, directory, commits) = world_with_changes();
    // The youngest first: what it leaves of history must not hide the parents of the others.
    let order = [3, 1, 2].map(|index| change(&directory, &commits[index]));
    for one in &order {
        asks_for(&mut world, std::slice::from_ref(one));
        assert!(text(&world.fetch().unwrap()[0]).contains("@@ -1"));
    }
    asks_for(&mut world, &order);
    world.settings.network = Network::Offline;
    fs_err::remove_dir_all(directory).unwrap();
    assert_eq!(world.fetch().unwrap().len(), 3, "the store has them");
    let planned = world.store.survey(&[&world.package], &world.settings, &world.events).unwrap();
    assert!(planned.iter().all(|one| one.standing == Standing::Stored), "{planned:?}");
}

#[test]
fn a_clone_in_the_lookaside_serves_all() {
    let (mut world, directory, commits) = world_with_changes();
    world.settings.network = Network::Offline;
    let location = CommitLocation {
        url: "https://upstream.example/git/xen.git".to_owned(),
        ..change(&directory, &commits[1])
    };
    let other = CommitLocation { commit: commits[2].clone(), ..location.clone() };
    asks_for(&mut world, &[location, other]);
    let error = world.fetch().unwrap_err();
    let FetchError::Missing { files } = &error else { panic!("{error}") };
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|file| file.role == MissingRole::Change && file.put_at.ends_with("xen.git")));
    let said = error.to_string();
    assert_eq!(said.matches("put it").count(), 1, "{said}");
    assert!(said.contains(&commits[1]) && said.contains(&commits[2]), "{said}");
    fs_err::create_dir_all(&world.settings.lookaside[0]).unwrap();
    fs_err::rename(&directory, &files[0].put_at).unwrap();
    assert_eq!(world.fetch().unwrap().len(), 2);
    let stored = world.events.lines().into_iter().filter(|line| line.starts_with("stored "));
    let places: Vec<String> = stored.map(|line| line.split_once(" from ").unwrap().1.to_owned()).collect();
    assert!(places.contains(&files[0].put_at.to_string()), "{places:?}");
    assert!(places.iter().all(|place| !place.contains("upstream.example")), "{places:?}");
}

#[test]
fn a_pinned_digest_is_held_and_makes_the_repository_unneeded() {
    let (mut world, directory, commits) = world_with_changes();
    let mut location = change(&directory, &commits[1]);
    asks_for(&mut world, &[location.clone()]);
    let bytes = text(&world.fetch().unwrap()[0]);
    location.sha256 = Some(digest(b"another"));
    asks_for(&mut world, &[location.clone()]);
    assert!(matches!(world.fetch().unwrap_err(), FetchError::WrongDigest { .. }));

    let mut fresh = World::new();
    fresh.settings.network = Network::Offline;
    location.sha256 = Some(digest(bytes.as_bytes()));
    asks_for(&mut fresh, &[location]);
    let file = fresh.package.patches[0].file.clone();
    let place = fresh.settings.lookaside[0].join(&file);
    fs_err::create_dir_all(&fresh.settings.lookaside[0]).unwrap();
    fs_err::write(&place, "not it").unwrap();
    assert!(matches!(fresh.fetch().unwrap_err(), FetchError::Missing { .. }));
    fs_err::write(&place, &bytes).unwrap();
    assert_eq!(text(&fresh.fetch().unwrap()[0]), bytes);
}

fn refusal(world: &mut World, directory: &Utf8Path) -> String {
    let commit = git(directory, &["rev-parse", "HEAD"]);
    asks_for(world, &[change(directory, &commit)]);
    let error = world.fetch().unwrap_err();
    assert!(matches!(error, FetchError::NoPatch { .. }), "{error}");
    error.to_string()
}

#[test]
fn a_commit_that_is_no_patch_says_why() {
    let (mut world, directory, commits) = world_with_changes();
    git(&directory, &["commit", "--quiet", "--allow-empty", "-m", "XSA-156"]);
    assert!(refusal(&mut world, &directory).ends_with("it changes no file"));

    world.write("upstream/file.bin", "\0\u{1}\0");
    git(&directory, &["add", "."]);
    git(&directory, &["commit", "--quiet", "-m", "binary"]);
    let said = refusal(&mut world, &directory);
    assert!(said.contains("Binary files /dev/null and b/file.bin differ"), "{said}");

    std::os::unix::fs::symlink("file", directory.join("link")).unwrap();
    git(&directory, &["add", "."]);
    git(&directory, &["commit", "--quiet", "-m", "link"]);
    assert!(refusal(&mut world, &directory).ends_with("it changes a link or a submodule"));

    git(&directory, &["checkout", "--quiet", "-b", "side", &commits[0]]);
    world.write("upstream/side", "x\n");
    git(&directory, &["add", "."]);
    git(&directory, &["commit", "--quiet", "-m", "side"]);
    git(&directory, &["merge", "--quiet", "--no-edit", &commits[1]]);
    assert!(refusal(&mut world, &directory).contains("it is a merge"));

    git(&directory, &["checkout", "--quiet", &commits[0]]);
    assert!(refusal(&mut world, &directory).contains("the first of its history"));
}

fn clonings(world: &World) -> usize {
    world.events.lines().iter().filter(|line| line.starts_with("cloning")).count()
}

#[test]
fn one_repository_is_asked_once() {
    let (mut world, directory, commits) = world_with_changes();
    let all = [3, 1, 2].map(|index| change(&directory, &commits[index]));
    asks_for(&mut world, &all);
    world.fetch().unwrap();
    assert_eq!(clonings(&world), 1, "{:?}", world.events.lines());

    let (mut world, directory, commits) = world_with_changes();
    let all = [3, 1, 2].map(|index| change(&directory, &commits[index]));
    asks_for(&mut world, &all);
    fs_err::remove_dir_all(directory).unwrap();
    let error = world.fetch().unwrap_err();
    let FetchError::Missing { files } = &error else { panic!("{error}") };
    assert!(files.len() == 3 && files.iter().all(|file| file.attempts.len() == 1), "{error}");
    assert_eq!(clonings(&world), 1, "{:?}", world.events.lines());
}
