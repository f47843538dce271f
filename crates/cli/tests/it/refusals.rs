//! Exit code 2 for data that is wrong, 4 for what a channel or its clients must not get. Each says what, where and the
//! way out.

use crate::workshop::{ProjectCopy, Published, Work, copy_tree, files_below, project};

#[test]
fn all_problems_of_the_data_are_named_at_once() {
    let copy = ProjectCopy::new();
    copy.edit("specs/xen/package.toml", "release = \"39\"\n", "release = \"39\"\nrelaese = \"40\"\n");
    copy.edit(
        "specs/kernel/package.toml",
        "d5492eeaadcf12aaad471011066e447907999035c26368da8e4f82b1871ef03a",
        "d5492eea",
    );
    copy.edit("repo-templates/targets/local.toml", "client = \"local\"", "client = \"el9\"");
    let line = |file: &str, text: &str| {
        let all = fs_err::read_to_string(copy.path().join(file)).unwrap();
        let line = all.lines().position(|line| line.contains(text)).unwrap() + 1;
        format!("{file}:{line}:")
    };
    let places = [
        line("specs/xen/package.toml", "relaese"),
        line("specs/kernel/package.toml", "\"d5492eea\""),
        line("repo-templates/targets/local.toml", "client ="),
    ];
    Work::new(copy.path()).run(&["release"]).ends_with(2).says(places.iter().map(String::as_str));
}

/// Dates that are still to come are among them, in every package and by the clock of this run.
#[test]
fn changelogs_of_the_future_are_named_with_their_lines() {
    let copy = ProjectCopy::new();
    let packages = ["specs/xen/package.toml", "specs/kernel/package.toml"];
    let mut places = Vec::new();
    for package in packages {
        let text = fs_err::read_to_string(copy.path().join(package)).unwrap();
        let (before, after) = text.split_once("[[changelog]]\ndate = \"").unwrap();
        copy.write(package, &format!("{before}[[changelog]]\ndate = \"2099-01-01{}", &after[10..]));
        let line = before.lines().count() + 2;
        places.push(format!("{package}:{line}:8: 2099-01-01 is in the future"));
    }
    Work::new(copy.path())
        .run(&["status"])
        .ends_with(2)
        .says(places.iter().map(String::as_str))
        .says(["date it today (UTC), 20"]);
}

#[test]
fn all_problems_of_the_kernel_configuration_are_named_at_once() {
    let copy = ProjectCopy::new();
    copy.edit("kernel-configs/fragments.toml", "file = \"20-storage.config\"", "file = \"20-storage.config");
    copy.edit(
        "kernel-configs/contract.toml",
        "symbol = \"TUN\"\nrole = \"dom0\"",
        "symbol = \"TUN\"\nrol = \"dom0\"",
    );
    copy.edit("kernel-configs/60-security.config", "CONFIG_SECCOMP=y", "CONFIG_SECCOMP=");
    let line = |file: &str, text: &str| {
        let all = fs_err::read_to_string(copy.path().join(file)).unwrap();
        let line = all.lines().position(|line| line.contains(text)).unwrap() + 1;
        format!("{file}:{line}:")
    };
    let places = [
        line("kernel-configs/fragments.toml", "20-storage"),
        format!("{}1: unknown key `rol` in [[require]]", line("kernel-configs/contract.toml", "rol = ")),
        format!("{}1: did you mean `role`?", line("kernel-configs/contract.toml", "rol = ")),
        line("kernel-configs/60-security.config", "SECCOMP="),
    ];
    Work::new(copy.path()).run(&["kernel-config"]).ends_with(2).says(places.iter().map(String::as_str));
}

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    let work = &Published::get();
    for (arguments, said) in [
        (["release", "--target", "lokal"], ["there is no target `lokal`", "did you mean `local`?"]),
        (["release", "--channel", "stable"], ["`stable`", "quickstart"]),
        (
            ["release", "--quiet", "qemu"],
            ["there is no package `qemu`", "`centos-release-xen`, `kernel`, `xen`"],
        ),
        (["release", "--without", "xen:dox"], ["has no option `dox`", "`docs`"]),
        (["release", "--with", "xen"], ["`xen`", "PACKAGE:OPTION"]),
        (["release", "--source-override", "linux"], ["--source-override NAME=FILE", "`linux`"]),
        (["release", "--source-override", "linus=/f"], ["no source is named `linus`", "linux"]),
        (["release", "--source-tree", "zen=/"], ["there is no package `zen`", "`xen`"]),
        (["publish", "--roll-back", "77"], ["77", "state"]),
    ] {
        work.run(&arguments).ends_with(2).says(said);
    }
}

#[test]
fn command_lines_that_make_no_sense_are_refused() {
    for arguments in [&["relase"][..], &["release", "--no-such"], &["release", "--verbose", "--quiet"], &[]] {
        Published::get().run(arguments).ends_with(2);
    }
}

#[test]
fn directory_that_is_no_project_is_refused() {
    let work = Work::new("/".into());
    work.run(&["release"]).ends_with(2).says(["has no specs/"]);
    assert!(files_below(work.path()).is_empty());
}

/// The release channel takes upstream's pinned files only.
#[test]
fn override_does_not_get_into_the_release_channel() {
    let work = Published::get();
    // Without a key of its own the published target does not begin.
    work.run(&["release", "--target", "xen4centos-6", "--offline"])
        .ends_with(2)
        .says(["needs a signing key", "xen4centos sign --key new"]);
    let key = work.path.join("keys/local/secret.asc");
    let mut arguments = vec!["release", "--target", "xen4centos-6", "--offline", "--key", key.as_str()];
    // Nor with one that the project does not pin.
    work.run(&arguments).ends_with(2).says(["does not pin the key that signs the release channel"]);

    let (copy, _) = pinned_project();
    let work = Work::new(copy.path());
    let trees = ["xen", "kernel"].map(|name| {
        let tree = work.path().join(name);
        copy_tree(&copy.path().join(format!("specs/{name}/miniature")), &tree);
        fs_err::remove_file(tree.join(".test-double")).unwrap();
        format!("{name}={tree}")
    });
    arguments.extend(["--source-tree", &trees[0], "--source-tree", &trees[1]]);
    let off = ["tools", "xend", "ocaml", "qemu", "rombios", "seabios", "stubdom"]
        .map(|option| format!("--without=xen:{option}"));
    arguments.extend(off.iter().map(String::as_str));
    arguments.extend([
        "--without=kernel:perf",
        "--without=kernel:devel-tools",
        "--without=kernel:linux-firmware",
    ]);
    work.run(&arguments)
        .ends_with(4)
        .says(["channel `release` of target `xen4centos-6` takes pinned sources only", "comes from the tree"])
        .says(["leave the override away, or choose another channel: --channel testing"]);
    assert!(!work.path().join("publish").exists());
}

#[test]
fn build_with_the_network_at_hand_does_not_get_into_the_release_channel() {
    let work = Work::new(&project());
    for more in [&[][..], &["--dry-run"]] {
        let arguments = [&["release", "--target", "xen4centos-6", "--allow-network"][..], more].concat();
        work.run(&arguments).ends_with(4).says(["takes no builds with the network at hand"]);
    }
}

/// Known before anything is built for a repository that could not list them.
#[test]
fn groups_that_are_no_xml_are_refused_at_once() {
    let copy = ProjectCopy::with_small_package("true");
    let groups = fs_err::read_to_string(copy.path().join("repo-templates/comps.xml")).unwrap();
    for more in ["<x\n", "<group/>\n"] {
        copy.write("repo-templates/comps.xml", &format!("{groups}{more}"));
        let work = Work::new(copy.path());
        let run = work.run(&["release", "--target", "small"]).ends_with(2).says(["repo-templates/comps.xml"]);
        assert!(!run.stderr.contains("Building"), "{}", run.stderr);
    }
}

/// Wherever it was copied to.
#[test]
fn test_double_does_not_get_out_of_the_quickstart() {
    let work = Work::new(&project());
    let tree = work.path().join("xen");
    copy_tree(&project().join("specs/xen/miniature"), &tree);
    let tree = format!("xen={tree}");
    for target in
        [["--target", "local", "--channel", "trial"], ["--target", "xen4centos-6", "--channel", "testing"]]
    {
        let arguments = [&["fetch", "xen", "--source-tree", &tree][..], &target].concat();
        work.run(&arguments).ends_with(4).says(["is a test double"]);
    }
}

/// A copy of the project whose published target pins the key of the shared work directory, and that key.
fn pinned_project() -> (ProjectCopy, String) {
    let shared = Published::get();
    let copy = ProjectCopy::new();
    let fingerprint = shared.run.json()["key"].as_str().unwrap().to_owned();
    let target = "repo-templates/targets/xen4centos-6.toml";
    copy.edit(target, "bits = 4096", &format!("bits = 4096\nfingerprint = \"{fingerprint}\""));
    (copy, shared.path.join("keys/local/secret.asc").into_string())
}

/// What was built elsewhere is taken where it was built from what this project has.
#[test]
fn result_of_other_sources_does_not_get_into_the_release_channel() {
    let (copy, key) = pinned_project();
    let work = Work::new(copy.path());
    let with = |work: &Work, arguments: &[&str]| {
        work.run(&[arguments, &["--target", "xen4centos-6", "--key", key.as_str()]].concat())
    };
    let rows = with(&work, &["build", "centos-release-xen", "--json"]).ends_with(0).json();
    let built = rows[0]["directory"].as_str().unwrap();
    let (other, _) = pinned_project();
    let script = "specs/centos-release-xen/sources/grub-bootxen.sh";
    other.edit(script, "#!/bin/sh\n", "#!/bin/sh\n# Mended.\n");
    with(&Work::new(other.path()), &["publish", built]).ends_with(4).says([
        "built with another `grub-bootxen.sh` than this project has",
        "hint: publish from the commit",
    ]);
    with(&work, &["publish", built]).ends_with(0).says(["as state 1"]);
}

/// What hosts may have installed under a name never becomes something else.
#[test]
fn published_version_can_not_change() {
    let copy = ProjectCopy::new();
    copy.edit("specs/centos-release-xen/sources/grub-bootxen.sh", "#!/bin/sh\n", "#!/bin/sh\n# Mended.\n");
    let work = Work::published().with_project(copy.path());
    work.run(&["release", "centos-release-xen"]).ends_with(4).says([
        "centos-release-xen",
        "6-6.el6.centos",
        "hint: ",
    ]);
    let history = work.run(&["publish", "--history", "--json"]).ends_with(0).json();
    assert_eq!(history.as_array().unwrap().len(), 1, "nothing was published");

    let package = "specs/centos-release-xen/package.toml";
    copy.edit(package, "release = \"6.el6.centos\"", "release = \"7.el6.centos\"");
    let entry = "[[changelog]]\ndate = \"2026-11-23\"\nauthor = \"Nobody <nobody@localhost>\"\n\
                 version = \"6-7.el6.centos\"\nentries = [\"Mend\"]\n\n";
    let text = fs_err::read_to_string(copy.path().join(package)).unwrap();
    let (before, after) = text.split_once("[[changelog]]\n").unwrap();
    copy.write(package, &format!("{before}{entry}[[changelog]]\n{after}"));
    let report = work.run(&["release", "centos-release-xen", "--json"]).ends_with(0).json();
    assert_eq!(report["state"], 2);
    assert_eq!(report["packages"][0]["nevra"], "centos-release-xen-10:6-7.el6.centos.x86_64");
}
