//! Killed at any point and run again, the job goes on and ends with the same repository.

use std::{collections::BTreeMap, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};

use crate::repository::listing;
use crate::workshop::{ProjectCopy, Published, Work, copy_tree, files_below, files_in};

/// Packages of a channel as its readers see them, byte by byte.
fn packages(channel: &Utf8Path) -> BTreeMap<Utf8PathBuf, Vec<u8>> {
    let directory = channel.join("Packages");
    let read = |file: Utf8PathBuf| {
        let bytes = fs_err::read(directory.join(&file)).unwrap();
        (file, bytes)
    };
    files_below(&directory).into_iter().map(read).collect()
}

/// What a run makes on its way and takes away or renames before it ends.
fn leftovers(work: &Utf8Path) -> Vec<Utf8PathBuf> {
    let temporary = |file: &Utf8PathBuf| {
        let mut names = file.components().map(|part| part.as_str());
        // `.states` is where the storage keeps what the channels' links lead to.
        names.any(|name| name.starts_with('.') && name != ".states")
    };
    let mut found: Vec<Utf8PathBuf> = files_below(work).into_iter().filter(temporary).collect();
    let mut directories = vec![work.join("kernel-config")];
    for parent in ["builds", "publish/.states"] {
        let parent = work.join(parent);
        directories.extend(if parent.is_dir() { files_in(&parent) } else { Vec::new() });
    }
    for directory in directories {
        let Ok(entries) = directory.read_dir_utf8() else { continue };
        let names = entries.map(|entry| entry.unwrap().into_path());
        found.extend(names.filter(|path| path.file_name().unwrap().starts_with('.')));
    }
    found
}

/// Processes that have something to do with a directory: in their arguments or by where they are.
fn processes_of(directory: &Utf8Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in Utf8Path::new("/proc").read_dir_utf8().unwrap().filter_map(Result::ok) {
        let arguments = fs_err::read(entry.path().join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        let here = entry.path().join("cwd").read_link_utf8().unwrap_or_default();
        if entry.file_name().parse::<u32>().is_ok()
            && (arguments.contains(directory.as_str()) || here.starts_with(directory))
        {
            found.push(arguments);
        }
    }
    found
}

/// The kernel needs a moment to end all of them.
#[track_caller]
fn assert_nothing_runs(directory: &Utf8Path) {
    for _ in 0..100 {
        if processes_of(directory).is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("still running: {:?}", processes_of(directory));
}

/// What the program says on its way, in order.
const PLACES: [&str; 16] = [
    "Packing",
    "Configured",
    "Building kernel",
    "kernel: %prep",
    "Built centos-release-xen",
    "kernel: %build",
    "kernel: wrote perf",
    "Built kernel",
    "xen: %build",
    "xen: %files",
    "Built xen",
    "Signed",
    "packages against",
    "Indexed",
    "the repository against",
    "Published",
];

/// One stage further each time. The key is that of the shared work directory, so that its packages and these must be
/// equal byte by byte.
#[test]
fn release_goes_on_after_a_kill_in_each_stage() {
    let published = Published::get();
    let work = Work::new(&crate::workshop::project());
    copy_tree(&published.path.join("keys"), &work.path().join("keys"));
    let release = work.call(&["release", "--verbose"]);

    // Two packages build at once, and what was done before a kill is not done again: where a line does not come, the
    // next one is the place.
    let mut places = &PLACES[..];
    let mut kills = Vec::new();
    while !places.is_empty() {
        let mut running = release.start();
        let reached = running.reaches(places);
        running.kill();
        assert_nothing_runs(work.path());
        let Some(reached) = reached else { break };
        kills.push(places[reached]);
        places = &places[reached + 1..];
    }
    assert!(kills.len() >= 8, "killed at these places only: {kills:?}");

    release.run().ends_with(0);
    release.run().ends_with(0).says(["Unchanged"]);
    let (ours, theirs) = (packages(&work.channel()), packages(&published.channel()));
    let names: Vec<_> = ours.keys().collect();
    assert_eq!(names, theirs.keys().collect::<Vec<_>>());
    for (name, bytes) in &ours {
        assert!(theirs[name] == *bytes, "{name} differs");
    }
    // The lists differ by the time of publication.
    assert_eq!(listing(&work.channel()), listing(&published.channel()));
    work.run(&["check"]).ends_with(0);
    let history = work.run(&["publish", "--history", "--json"]).ends_with(0).json();
    assert_eq!(history.as_array().unwrap().len(), 1);
    assert_eq!(leftovers(work.path()), Vec::<Utf8PathBuf>::new());
    // What the stages that are over were killed with is gone, too.
    assert_eq!(
        work.path().join("store/partial").read_dir_utf8().map_or(0, Iterator::count),
        0,
        "parts of sources are left"
    );
}

#[test]
fn small_release_goes_on_after_kills_at_any_time() {
    let copy = ProjectCopy::with_small_package("sleep 0.3");
    for milliseconds in [5, 40, 120, 300, 600, 1000, 1600, 2400] {
        let work = Work::new(copy.path());
        let release = work.call(&["release", "--target", "small"]);
        let running = release.start();
        std::thread::sleep(Duration::from_millis(milliseconds));
        running.kill();
        assert_nothing_runs(work.path());
        release.run().ends_with(0);
        work.run(&["check", "--target", "small"]).ends_with(0);
        assert_eq!(leftovers(work.path()), Vec::<Utf8PathBuf>::new(), "after {milliseconds} ms");
        let history = work.run(&["publish", "--target", "small", "--history", "--json"]).ends_with(0).json();
        assert_eq!(history.as_array().unwrap().len(), 1, "after {milliseconds} ms");
    }
}

/// Configuring unpacks a whole kernel tree; those of killed runs must not pile up.
#[test]
fn killed_configurations_leave_no_trees() {
    let work = Work::new(&crate::workshop::project());
    let configure = work.call(&["kernel-config"]);
    for milliseconds in [0, 50, 100, 200] {
        let mut running = configure.start();
        assert!(running.reaches(&["as the upstream release of kernel"]).is_some() || milliseconds > 0);
        std::thread::sleep(Duration::from_millis(milliseconds));
        running.kill();
        assert_nothing_runs(work.path());
    }
    configure.run().ends_with(0);
    assert_eq!(files_in(&work.path().join("kernel-config")).len(), 1);
    assert_eq!(leftovers(work.path()), Vec::<Utf8PathBuf>::new());
}
