//! The stages one by one, and the commands that only look.

use std::os::unix::fs::PermissionsExt as _;

use camino::Utf8Path;

use crate::{
    program::Call,
    workshop::{ProjectCopy, Published, Work, copy_tree, files_in},
};

#[test]
fn two_kernel_configurations_are_compared_in_the_terms_of_xen() {
    let work = Work::new(&crate::workshop::project());
    let old =
        work.write("old", "CONFIG_XEN=y\nCONFIG_XEN_DOM0=y\nCONFIG_E1000E=y\n# CONFIG_TUN is not set\n");
    let new =
        work.write("new", "CONFIG_XEN=y\n# CONFIG_XEN_DOM0 is not set\nCONFIG_E1000E=m\nCONFIG_TUN=m\n");
    let arguments = ["kernel-config", "--diff", old.as_str(), new.as_str()];
    work.run(&arguments).ends_with(0).prints([
        "required by Xen:\n  lost option   XEN_DOM0 y -> n",
        "dom0 needs y",
        "now a module  E1000E y -> m",
        "gained driver TUN n -> m (tun), required by dom0\n",
    ]);
    let changes = work.run(&[&arguments[..], &["--json"]].concat()).ends_with(0).json();
    assert_eq!(changes[0]["symbol"], "XEN_DOM0");
    assert_eq!(changes[0]["violations"][0]["role"], "dom0");
    work.run(&["kernel-config", "--diff", old.as_str(), old.as_str()]).ends_with(0).prints(["are equal"]);
    work.run(&["kernel-config", "--diff", old.as_str(), "/nowhere"]).ends_with(2).says(["/nowhere"]);
}

/// Only the tree's Kconfig files know that what was built in could be a module.
#[test]
fn built_in_driver_that_is_gone_is_a_lost_driver() {
    let project = crate::workshop::project();
    let work = Work::new(&project);
    let old = work.write("old", "CONFIG_XENFS=y\nCONFIG_XEN_BALLOON=y\n");
    let new = work.write("new", "# CONFIG_XENFS is not set\n# CONFIG_XEN_BALLOON is not set\n");
    let lost = ["lost driver   XENFS y -> n (xenfs)\n", "lost option   XEN_BALLOON y -> n (xen balloon)\n"];
    // The test double says it where it is the kernel.
    let compare = |more: &[&str]| {
        work.run(&[&["kernel-config", "--diff", old.as_str(), new.as_str()], more].concat()).ends_with(0)
    };
    compare(&[]).prints(lost);
    // Elsewhere it takes a tree, or one that was configured before.
    let target = ["--target", "xen4centos-6", "--channel", "testing"];
    compare(&target).prints(["lost option   XENFS y -> n\n"]).says(["--source-tree kernel=DIR"]);
    let tree = work.path().join("linux");
    copy_tree(&project.join("specs/kernel/miniature"), &tree);
    fs_err::remove_file(tree.join(".test-double")).unwrap();
    let kernel = format!("kernel={tree}");
    let given = [&target[..], &["--source-tree", &kernel]].concat();
    let run = compare(&given).prints(lost);
    assert_eq!(run.stderr, "");
    work.run(&[&["kernel-config"], &given[..]].concat()).ends_with(0);
    fs_err::remove_dir_all(&tree).unwrap();
    compare(&target).prints(lost);
}

/// As Kconfig itself: whoever comments out a setting in a .config has switched it off.
#[test]
fn setting_that_is_commented_out_in_a_configuration_is_a_comment() {
    let work = Work::new(&crate::workshop::project());
    let old = work.write("old", "CONFIG_TUN=m\n");
    let new = work.write("new", "#CONFIG_TUN=m\n");
    work.run(&["kernel-config", "--diff", old.as_str(), new.as_str()])
        .ends_with(0)
        .prints(["lost driver   TUN m -> n"]);
}

#[test]
fn kernel_configuration_that_can_not_hold_is_refused() {
    let copy = ProjectCopy::new();
    let fragment = "kernel-configs/30-network.config";
    copy.edit(fragment, "CONFIG_BRIDGE=m\n", "# CONFIG_BRIDGE is not set\n");
    let text = fs_err::read_to_string(copy.path().join(fragment)).unwrap();
    let line = 1 + text.lines().position(|line| line == "CONFIG_BRIDGE_EBT_ARP=m").unwrap();
    let work = Work::new(copy.path());
    let run = work.run(&["kernel-config", "--json"]).ends_with(4).says([
        "did not hold",
        format!("30-network.config:{line}: CONFIG_BRIDGE_EBT_ARP asked m, got n: depends on").as_str(),
        "hint: mend the fragment",
    ]);
    let report = run.json();
    assert_eq!((&report["file"], &report["fresh"]), (&serde_json::Value::Null, &true.into()));
    let lost = report["lost"].as_array().unwrap();
    let arp = lost.iter().find(|lost| lost["symbol"] == "BRIDGE_EBT_ARP").unwrap();
    assert_eq!(
        (&arp["asked"], &arp["got"], &arp["origin"]["line"]),
        (&"m".into(), &"n".into(), &line.into())
    );
    assert_eq!(arp["loss"]["kind"], "unmet");
    assert_eq!(report["violations"][0]["symbol"], "BRIDGE");
    let run = work.run(&["kernel-config"]).ends_with(4);
    assert_eq!(run.stdout, "");
}

#[test]
fn kept_kernel_configuration_that_changed_is_made_anew() {
    let project = crate::workshop::project();
    let work = Work::new(&project);
    let configure = || work.run(&["kernel-config", "--json"]).ends_with(0).json();
    let first = configure();
    assert_eq!((&first["fresh"], &configure()["fresh"]), (&true.into(), &false.into()));
    let file = Utf8Path::new(first["file"].as_str().unwrap());
    let whole = fs_err::read_to_string(file).unwrap();
    for damage in ["", &whole[..whole.len() / 2], &whole.replace("=m", "=y")] {
        fs_err::write(file, damage).unwrap();
        assert_eq!(configure()["fresh"], true);
        assert_eq!(fs_err::read_to_string(file).unwrap(), whole);
    }
    fs_err::remove_file(file.with_file_name("symbols.json")).unwrap();
    assert_eq!(configure()["fresh"], true);
    assert_eq!(configure()["fresh"], false);
}

/// A patch of the package is part of the tree that is configured.
#[test]
fn patch_can_bring_the_symbol_that_a_fragment_asks_for() {
    let copy = ProjectCopy::new();
    let work = Work::new(copy.path());
    let configure = || work.run(&["kernel-config"]);
    configure().ends_with(0);
    let fragment = copy.path().join("kernel-configs/30-network.config");
    let text = fs_err::read_to_string(&fragment).unwrap();
    fs_err::write(&fragment, format!("{text}CONFIG_OF_THE_PATCH=m\n")).unwrap();
    configure().ends_with(4).says(["CONFIG_OF_THE_PATCH asked m"]);

    let package = copy.path().join("specs/kernel/package.toml");
    let text = fs_err::read_to_string(&package).unwrap();
    let entry = "[[patch]]\nfile = \"symbol.patch\"\nstrip = 0\nsummary = \"One more symbol\"\n\n";
    let (before, after) = text.split_once("[[changelog]]").unwrap();
    fs_err::write(&package, format!("{before}{entry}[[changelog]]{after}")).unwrap();
    let kconfig = fs_err::read_to_string(copy.path().join("specs/kernel/miniature/init/Kconfig")).unwrap();
    let first = kconfig.lines().next().unwrap();
    let patch = |kind: &str| {
        format!(
            "--- init/Kconfig\n+++ init/Kconfig\n@@ -1,1 +1,4 @@\n+config OF_THE_PATCH\n+\t{kind}\n+\n {first}\n"
        )
    };
    copy.write("specs/kernel/patches/symbol.patch", &patch("tristate \"it\""));
    let run = configure().ends_with(0);
    let config = fs_err::read_to_string(run.stdout.trim()).unwrap();
    assert!(config.contains("CONFIG_OF_THE_PATCH=m\n"), "{config}");
    copy.write("specs/kernel/patches/symbol.patch", &patch("bool \"it\""));
    configure().ends_with(4).says(["CONFIG_OF_THE_PATCH asked m"]);
}

#[test]
fn rendered_specs_go_to_files_or_to_the_screen() {
    let work = Work::published();
    work.run(&["render", "xen"])
        .ends_with(0)
        .prints(["Name:           xen\n", "Release:        39.el6.centos.alt"]);
    let output = work.path().join("specs");
    work.run(&["render", "--output", output.as_str()]).ends_with(0);
    let names: Vec<String> =
        files_in(&output).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["centos-release-xen.spec", "kernel.spec", "xen.spec"]);
    work.run(&["render", "--diff"]).ends_with(0).says(["Unchanged xen.spec", "Unchanged kernel.spec"]);
    let rows = work.run(&["render", "--json", "xen"]).ends_with(0).json();
    assert_eq!((&rows[0]["package"], &rows[0]["spec-file"]), (&"xen".into(), &"xen.spec".into()));
    assert_eq!((&rows[0]["changed"], &rows[0]["path"]), (&false.into(), &serde_json::Value::Null));
    let text = fs_err::read_to_string(output.join("xen.spec")).unwrap();
    assert_eq!(rows[0]["text"], text);
    let rows = work.run(&["render", "--json", "--output", output.as_str(), "xen"]).ends_with(0).json();
    assert_eq!(rows[0]["path"], output.join("xen.spec").as_str());
    assert_eq!(rows[0]["text"], serde_json::Value::Null);
}

/// What was built last need not be what the same inputs gave.
#[test]
fn spec_that_went_back_to_what_was_built_is_unchanged() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    let run = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat()).ends_with(0);
    run(&["render", "--diff"]).says(["Unbuilt small.spec"]);
    assert_eq!(run(&["render", "--json"]).json()[0]["changed"], serde_json::Value::Null);
    let (first, second) = ("summary = \"A package", "summary = \"The package");
    let change = |from: &str, to: &str| copy.edit("specs/small/package.toml", from, to);
    run(&["build"]);
    change(first, second);
    run(&["render", "--diff"]).prints(["-Summary: A package", "+Summary: The package"]);
    let row = &run(&["render", "--diff", "--json"]).json()[0];
    assert_eq!((&row["changed"], &row["text"]), (&true.into(), &serde_json::Value::Null));
    assert!(row["difference"].as_str().unwrap().contains("+Summary: The package"));
    run(&["build"]);
    change(second, first);
    let back = run(&["render", "--diff"]).says(["Unchanged small.spec"]);
    assert_eq!(back.stdout, "");
    assert_eq!(run(&["render", "--diff", "--json"]).json()[0]["changed"], false);
}

#[test]
fn completions_know_the_commands() {
    Call::new(["completions", "bash"]).run().ends_with(0).prints([
        "complete -F _xen4centos",
        "release",
        "--source-tree",
        "--publish-root",
    ]);
}

#[test]
fn help_is_enough_to_work_from() {
    Call::new(["--help"]).run().ends_with(0).prints(["The main job is `xen4centos release`", "Exit codes:"]);
    for command in
        ["release", "status", "doctor", "fetch", "render", "kernel-config", "build", "sign", "index"]
    {
        Call::new([command, "--help"]).run().ends_with(0).prints(["Usage: xen4centos", "--work <DIR>"]);
    }
}

#[test]
fn new_key_is_private_and_says_how_to_pin_it() {
    let copy = ProjectCopy::new();
    copy.edit("repo-templates/targets/local.toml", "bits = 3072", "bits = 2048");
    let work = Work::new(copy.path());
    let passphrase = work.write("passphrase", "correct horse\n");
    let directory = work.path().join("new");
    work.run(&["sign", "--key", "new", "--output", directory.as_str()])
        .ends_with(2)
        .says(["needs a passphrase"]);
    let mut arguments = vec!["sign", "--key", "new", "--output", directory.as_str()];
    arguments.extend(["--passphrase-file", passphrase.as_str()]);
    work.run(&arguments).ends_with(2).says(["can be read by others", "chmod 600"]);
    fs_err::set_permissions(&passphrase, std::fs::Permissions::from_mode(0o600)).unwrap();
    let would = work.run(&[&arguments[..], &["--dry-run", "--json"]].concat()).ends_with(0).json();
    assert_eq!(would["would-make"], directory.join("secret.asc").as_str());
    assert!(!directory.exists(), "a dry run makes nothing");
    let run = work
        .run(&arguments)
        .ends_with(0)
        .prints(["Pin it: put `fingerprint = \"", "repo-templates/targets/local.toml"]);
    let secret = directory.join("secret.asc");
    assert_eq!(fs_err::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs_err::read_to_string(directory.join("public.asc")).unwrap().contains("PUBLIC KEY BLOCK"));
    assert_eq!(files_in(&directory).len(), 2);
    // A key is never overwritten.
    work.run(&arguments).ends_with(2).says(["a key is never overwritten"]);

    // Pinned, another key does not sign.
    let (_, rest) = run.stdout.split_once("put `fingerprint = \"").unwrap();
    let fingerprint = &rest[..40];
    copy.edit(
        "repo-templates/targets/local.toml",
        "bits = 2048",
        &format!("bits = 2048\nfingerprint = \"{fingerprint}\""),
    );
    let published = Published::get();
    let package = &published.packages()[0];
    let output = work.path().join("out");
    let sign = |key: &str, passphrase: &str| {
        let mut arguments = vec!["sign", package.as_str(), "--output", output.as_str(), "--key", key];
        arguments.extend(["--passphrase-file", passphrase]);
        work.run(&arguments)
    };
    let other = published.path.join("keys/local/secret.asc");
    sign(other.as_str(), passphrase.as_str()).ends_with(2).says([fingerprint]);
    let wrong = work.write("wrong", "battery staple\n");
    sign(secret.as_str(), wrong.as_str()).ends_with(2).says(["passphrase"]);
    sign(secret.as_str(), passphrase.as_str()).ends_with(0).prints([fingerprint]);
    let signed = output.join(package.file_name().unwrap());
    let public = directory.join("public.asc");
    work.run(&["sign", "--verify", public.as_str(), signed.as_str()])
        .ends_with(0)
        .says(["Verified 1 signatures"]);
    let theirs = published.path.join("keys/local/public.asc");
    work.run(&["sign", "--verify", theirs.as_str(), signed.as_str()]).ends_with(4).says([signed.as_str()]);
}

/// Build, sign, index and publish by hand come to what `release` does.
#[test]
fn stages_one_by_one_come_to_a_channel() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat()).ends_with(0);
    let rows = with(&["build", "--json"]).json();
    let built = rows[0]["directory"].as_str().unwrap().to_owned();
    assert_eq!(rows[0]["packages"][0], "small-1.0-1.el6.centos.alt.noarch.rpm");
    let signed = work.path().join("by-hand");
    let package = format!("{built}/small-1.0-1.el6.centos.alt.noarch.rpm");
    with(&["sign", &package, "--output", signed.as_str()]).prints([signed.as_str()]);
    let report = with_index(&work, signed.as_str());
    assert_eq!(report["signed"], false);
    fs_err::remove_dir_all(signed.join("repodata")).unwrap();
    with(&["publish", signed.as_str(), "--dry-run"])
        .prints(["would publish small-1.0-1.el6.centos.alt.noarch"]);
    assert!(!work.path().join("publish/small").exists());
    let state = with(&["publish", signed.as_str(), "--json"]).json();
    assert_eq!(state["number"], 1);
    with(&["publish", signed.as_str()]).says(["all of it is published already"]);
    // The groups name packages that this target does not have.
    with(&["check"]).prints(["EL6-REPO-027", "0 errors"]);
    // The result of a build, with its provenance, becomes the same package again, whenever it is signed.
    with(&["publish", &built]).says(["all of it is published already"]);
    // An unsigned package without provenance is not published.
    let loose = work.path().join("loose");
    fs_err::create_dir_all(&loose).unwrap();
    fs_err::copy(&package, loose.join("small-1.0-1.el6.centos.alt.noarch.rpm")).unwrap();
    work.run(&["publish", loose.as_str(), "--target", "small"]).ends_with(4).says(["small-1.0-1"]);
}

fn with_index(work: &Work, directory: &str) -> serde_json::Value {
    let report = work.run(&["index", directory, "--revision", "1700000000", "--json"]).ends_with(0).json();
    assert_eq!(report["revision"], 1_700_000_000);
    let first = fs_err::read(format!("{directory}/repodata/repomd.xml")).unwrap();
    work.run(&["index", directory, "--revision", "1700000000"]).ends_with(0);
    assert_eq!(
        first,
        fs_err::read(format!("{directory}/repodata/repomd.xml")).unwrap(),
        "the same bytes again"
    );
    report
}

#[test]
fn an_index_never_goes_back() {
    let work = Work::new(&crate::workshop::project());
    let directory = work.path().join("repository");
    fs_err::create_dir_all(&directory).unwrap();
    let index = |arguments: &[&str]| work.run(&[&["index", directory.as_str()], arguments].concat());
    let ahead = "99999999999";
    index(&["--revision", ahead]).ends_with(0);
    let before = fs_err::read(directory.join("repodata/repomd.xml")).unwrap();
    index(&["--revision", "1700000000"])
        .ends_with(2)
        .says(["revision 1700000000 is older than 99999999999", "hint: take 99999999999 or more"]);
    index(&["--revision", ahead]).ends_with(0);
    assert_eq!(before, fs_err::read(directory.join("repodata/repomd.xml")).unwrap());
    // As if the clock had been set back.
    assert_eq!(index(&["--json"]).ends_with(0).json()["revision"], 100_000_000_000_u64);
}

/// What is there stays, with its signature, when the key can not be used.
#[test]
fn an_index_that_can_not_be_signed_is_not_written() {
    let work = Work::published();
    let directory = work.path().join("repository");
    copy_tree(&work.channel().join("Packages"), &directory);
    work.run(&["index", directory.as_str(), "--sign"]).ends_with(0);
    let before = files_in(&directory.join("repodata"));
    let key = work.path().join("no-such-key.asc");
    work.run(&["index", directory.as_str(), "--sign", "--key", key.as_str()]).ends_with(2);
    assert_eq!(before, files_in(&directory.join("repodata")));
}

#[test]
fn index_lists_groups_and_can_be_signed() {
    let work = Work::published();
    let directory = work.path().join("repository");
    copy_tree(&work.channel().join("Packages"), &directory);
    let groups = crate::workshop::project().join("repo-templates/comps.xml");
    work.run(&["index", directory.as_str(), "--sign", "--groupfile", groups.as_str()]).ends_with(0);
    let names: Vec<String> = files_in(&directory.join("repodata"))
        .iter()
        .map(|path| path.file_name().unwrap().rsplit('-').next().unwrap().to_owned())
        .collect();
    for name in
        ["primary.xml.gz", "filelists.xml.gz", "other.xml.gz", "comps.xml", "repomd.xml", "repomd.xml.asc"]
    {
        assert!(names.iter().any(|found| found == name), "{name} of {names:?}");
    }
    let public = work.public_key();
    work.run(&["sign", "--verify", public.as_str(), directory.as_str()]).ends_with(0);
}

#[test]
fn doctor_finds_nothing_missing_here() {
    let report = Published::get().run(&["doctor", "--json"]).ends_with(0).json();
    assert_eq!(report["missing"], serde_json::json!([]));
    assert!(report["facts"]["gcc-major"].as_u64().or(report["facts"]["gcc_major"].as_u64()).unwrap() >= 4);
    Published::get().run(&["doctor"]).ends_with(0).prints(["build root  host", "rpm "]);
}

#[test]
fn missing_tool_is_named_with_the_packages_that_have_it() {
    let copy = ProjectCopy::with_small_package("true");
    let need = "[[need]]\ncommand = \"no-such-tool\"\napt = \"no-such-tool-apt\"\nyum = \"no-such-tool-yum\"\n\n\
                [[changelog]]\n";
    copy.edit("specs/small/package.toml", "[[changelog]]\n", need);
    let work = Work::new(copy.path());
    work.run(&["doctor", "--target", "small"])
        .ends_with(5)
        .prints([
            "missing     ",
            "no-such-tool",
            "apt-get install no-such-tool-apt",
            "yum install no-such-tool-yum",
        ])
        .says(["can not build target `small`"]);
    let report = work.run(&["doctor", "--target", "small", "--json"]).ends_with(5).json();
    assert_eq!(report["missing"][0]["apt"], "no-such-tool-apt");
    assert_eq!(report["missing"][0]["required"], true);
    work.run(&["release", "--target", "small"]).ends_with(5).says(["no-such-tool", "no-such-tool-apt"]);
}

#[test]
fn option_that_this_machine_can_not_give_is_not_left_out_silently() {
    // What no machine of a test has: the network in a build.
    let copy = ProjectCopy::with_small_package("{% if option.online %}false{% endif %}");
    let option = "[option.online]\nsummary = \"Asks the network\"\ndefault = false\nneeds = [\"network\"]\n\n\
                  [[changelog]]\n";
    copy.edit("specs/small/package.toml", "[[changelog]]\n", option);
    let work = Work::new(copy.path());
    work.run(&["release", "--target", "small", "--with", "small:online"]).ends_with(5).says([
        "option `online` of `small` (Asks the network)",
        "this build root lacks network",
        "--without small:online",
    ]);
    work.run(&["release", "--target", "small"]).ends_with(0);
}

/// Once it was taken for old metadata and removed, with a maintainer's work in it.
#[test]
fn directory_that_is_only_named_repodata_is_left_alone() {
    let work = Work::new(&crate::workshop::project());
    let file = work.write("tree/repodata/lib.rs", "work");
    let tree = work.path().join("tree");
    let run = work.run(&["index", tree.as_str()]).says(["tree/repodata"]);
    assert_eq!(run.code, Some(2));
    assert_eq!(fs_err::read_to_string(file).unwrap(), "work");
    assert_eq!(files_in(&tree).len(), 1);
}
