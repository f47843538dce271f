//! Files and trees of one's own in a pinned file's place: used, recorded, refused where nothing but pinned files goes,
//! and never passed over in silence.

use camino::Utf8PathBuf;

use crate::{
    fetching::project_with_an_upstream,
    workshop::{ProjectCopy, Work, project},
};

const NO_USE: &str = "would be used nowhere";

/// A work directory for the project itself, with a file to give.
fn work_with_a_file() -> (Work, Utf8PathBuf) {
    let work = Work::new(&project());
    let file = work.write("mine.txt", "mine\n");
    (work, file)
}

#[test]
fn file_that_the_miniature_replaces_is_not_passed_over() {
    let (work, file) = work_with_a_file();
    let given = format!("linux={file}");
    let fetch = ["fetch", "--target", "local", "kernel", "--source-override", &given];
    let why = "the miniature stands in for the release of package `kernel`";
    work.run(&fetch).ends_with(2).says([NO_USE, why, "hint: choose a channel"]);
    work.run(&[&fetch[..], &["--dry-run"]].concat()).ends_with(2).says([NO_USE, why]);
    let rows = work.run(&[&fetch[..], &["--dry-run", "--json", "--channel", "trial"]].concat());
    assert_eq!(rows.ends_with(0).json()[0]["state"], "in place", "a channel over releases uses it");
}

#[test]
fn file_for_an_option_that_is_off_is_not_passed_over() {
    let (work, file) = work_with_a_file();
    let given = format!("zlib={file}");
    let fetch = ["fetch", "--dry-run", "--target", "xen4centos-6", "--channel", "testing"];
    let fetch = [&fetch[..], &["--source-override", &given]].concat();
    work.run(&[&fetch[..], &["--with", "xen:stubdom"]].concat()).ends_with(0);
    work.run(&[&fetch[..], &["--without", "xen:stubdom"]].concat()).ends_with(2).says([
        NO_USE,
        "option `stubdom` of package `xen` is off",
        "hint: switch it on: --with xen:stubdom",
    ]);
}

#[test]
fn file_and_tree_for_a_package_that_was_not_asked_for_are_not_passed_over() {
    let (work, file) = work_with_a_file();
    let (given, tree) = (format!("linux={file}"), format!("kernel={}", work.path()));
    for option in [["--source-override", &given], ["--source-tree", &tree]] {
        work.run(&[&["fetch", "--offline", "--channel", "trial", "xen"][..], &option].concat())
            .ends_with(2)
            .says([NO_USE, "was not asked for", "name `kernel` among the packages"]);
    }
}

/// A package without a plan does not take the names of its sources with it.
#[test]
fn status_knows_the_sources_of_packages_that_are_not_here() {
    let (work, file) = work_with_a_file();
    let given = format!("xen={file}");
    let options = ["--target", "xen4centos-6", "--channel", "testing", "--source-override", &given];
    for command in [&["status"][..], &["release", "--dry-run"]] {
        work.run(&[command, &options[..]].concat()).ends_with(0).prints(["not fetched yet"]);
    }
}

#[test]
fn dry_run_refuses_what_the_run_refuses_and_both_before_anything_is_fetched() {
    let (work, file) = work_with_a_file();
    let given = format!("xen={file}");
    let fetch = ["fetch", "--target", "xen4centos-6", "--offline", "--source-override", &given];
    let said = ["channel `release` of target `xen4centos-6` takes pinned sources only", "mine.txt"];
    work.run(&fetch).ends_with(4).says(said);
    work.run(&[&fetch[..], &["--dry-run"]].concat()).ends_with(4).says(said);
    assert!(!work.path().join("store").exists());
}

/// `xen4centos.local.toml` gives a file for the source `far`; the target's second channel takes pinned files only.
fn project_with_a_local_file() -> ProjectCopy {
    let copy = project_with_an_upstream();
    copy.write("local.txt", "of this machine\n");
    copy.write("xen4centos.local.toml", "[source-override]\nfar = \"local.txt\"\n");
    copy.edit("repo-templates/targets/small.toml", "accepts = \"override\"", "accepts = \"pinned\"");
    copy
}

/// What `%build` saw of the source, and what the provenance says of it.
fn built(work: &Work, arguments: &[&str]) -> (String, String) {
    let build = ["build", "--target", "small", "--offline", "--json"];
    let rows = work.run(&[&build[..], arguments].concat()).ends_with(0).json();
    let read = |file: &str| {
        fs_err::read_to_string(format!("{}/{file}", rows[0]["directory"].as_str().unwrap())).unwrap()
    };
    (read("build.log"), read("provenance.json"))
}

#[test]
fn local_file_is_used_and_recorded() {
    let copy = project_with_a_local_file();
    let work = Work::new(copy.path());
    let (log, provenance) = built(&work, &[]);
    assert!(log.contains("of this machine"), "{log}");
    assert!(provenance.contains("\"override\"") && provenance.contains("local.txt"), "{provenance}");
}

#[test]
fn local_file_is_refused_where_only_pinned_files_go() {
    let copy = project_with_a_local_file();
    let work = Work::new(copy.path());
    for command in
        [&["fetch"][..], &["fetch", "--dry-run"], &["build"], &["status"], &["release", "--dry-run"]]
    {
        let options = ["--target", "small", "--channel", "trial", "--offline"];
        work.run(&[command, &options[..]].concat()).ends_with(4).says([
            "takes pinned sources only",
            "local.txt",
            "hint: leave the override away",
        ]);
    }
}

/// Whatever the source is called by there.
#[test]
fn command_line_wins_over_the_local_file() {
    let copy = project_with_a_local_file();
    let work = Work::new(copy.path());
    let file = work.write("mine.txt", "of this run\n");
    for name in ["far", "small/far"] {
        let (log, provenance) = built(&work, &["--source-override", &format!("{name}={file}")]);
        assert!(log.contains("of this run") && !log.contains("of this machine"), "{log}");
        assert!(provenance.contains("mine.txt") && !provenance.contains("local.txt"), "{provenance}");
    }
}

#[test]
fn local_file_that_is_of_no_use_is_a_warning() {
    let copy = ProjectCopy::new();
    copy.write("local.txt", "of this machine\n");
    copy.write("xen4centos.local.toml", "[source-override]\nlinux = \"local.txt\"\n");
    let work = Work::new(copy.path());
    for command in [&["fetch", "kernel"][..], &["fetch", "--dry-run", "kernel"]] {
        work.run(command).ends_with(0).says(["the file for `linux` in xen4centos.local.toml is not used: \
             the miniature stands in for the release of package `kernel`"]);
    }
    // Most runs are about some packages, and that is no news.
    let run = work.run(&["fetch", "centos-release-xen"]).ends_with(0);
    assert!(!run.stderr.contains("local.toml"), "{}", run.stderr);
}
