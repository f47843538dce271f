//! What advisories claim of packages is what was proven of their builds.

use camino::Utf8PathBuf;

use crate::program::Run;
use crate::workshop::{Directory, ProjectCopy, Work, files_below};

const PACKAGE: &str = "specs/small/package.toml";
const ADVISORY: &str = "advisories/CESA-2026-X0001.toml";

const TEXT: &str = r#"id = "CESA-2026:X0001"
title = "small: greetings"
type = "security"
severity = "important"
cves = ["CVE-2026-0001"]
public = 2026-11-20T12:00:00Z
reboot = true
description = ["Anybody could be greeted."]

[[package]]
name = "small"
fixed-in = "2"
patches = ["fix.patch"]
"#;

/// A release more.
fn raise(copy: &ProjectCopy, release: u32) {
    let text = fs_err::read_to_string(copy.path().join(PACKAGE)).unwrap();
    let text =
        text.replacen(&format!("release = \"{}\"", release - 1), &format!("release = \"{release}\""), 1);
    let entry = format!(
        "[[changelog]]\ndate = \"2026-11-0{}\"\nauthor = \"Nobody <nobody@localhost>\"\nversion = \"1.0-{release}\"\n\
         entries = [\"Again\"]\n\n[[changelog]]",
        release + 1
    );
    copy.write(PACKAGE, &text.replacen("[[changelog]]", &entry, 1));
}

/// The patch that is claimed.
fn patch(copy: &ProjectCopy) {
    copy.write("specs/small/patches/fix.patch", "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n");
    let text = fs_err::read_to_string(copy.path().join(PACKAGE)).unwrap();
    let entry = "[[patch]]\nfile = \"fix.patch\"\nsummary = \"x\"\n\n[[changelog]]";
    copy.write(PACKAGE, &text.replacen("[[changelog]]", entry, 1));
    copy.edit("specs/small/small.spec.tera", "\n%build", "\n{{ patch_commands }}\n%build");
    copy.edit("specs/small/small.spec.tera", "{{ source_lines }}", "{{ source_lines }}\n{{ patch_lines }}");
}

fn with(work: &Work, arguments: &[&str]) -> Run {
    work.run(&[arguments, &["--target", "small"]].concat())
}

fn told_of(work: &Work) -> Vec<String> {
    let json = with(work, &["advisory", "announce", "CESA-2026:X0001", "--json"]).ends_with(0).json();
    let packages = json["architectures"][0]["packages"].as_array().unwrap();
    packages.iter().map(|package| package["file"].as_str().unwrap().to_owned()).collect()
}

/// A release without the patch was published, the next one brings it, and the advisory names the former, or an older one.
#[test]
fn a_release_that_was_published_without_the_patch_does_not_have_the_fix() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    with(&work, &["release"]).ends_with(0);
    raise(&copy, 2);
    with(&work, &["release"]).ends_with(0);
    raise(&copy, 3);
    patch(&copy);
    for (fixed_in, unproven) in [("2", "2"), ("1", "1")] {
        copy.write(ADVISORY, &TEXT.replace("fixed-in = \"2\"", &format!("fixed-in = \"{fixed_in}\"")));
        for command in ["build", "release"] {
            with(&work, &[command]).ends_with(4).says([
                &format!(
                    "ADV-PATCH-003: CESA-2026:X0001 says that small-1.0-{fixed_in}.el6.centos.alt has its fix"
                ),
                "(advisories/CESA-2026-X0001.toml:10)",
                &format!("nothing shows that small-1.0-{unproven}.el6.centos.alt"),
                "hint: where 1.0-3.el6.centos.alt brings the fix, say `fixed-in = \"1.0-3\"`",
            ]);
        }
    }
    copy.write(ADVISORY, &TEXT.replace("fixed-in = \"2\"", "fixed-in = \"3\""));
    with(&work, &["release"]).ends_with(0);
    assert_eq!(told_of(&work), ["small-1.0-3.el6.centos.alt.noarch.rpm"]);

    // What was proven of it is kept beside the signed package.
    fs_err::remove_dir_all(work.path().join("builds")).unwrap();
    fs_err::remove_dir_all(work.path().join("proofs")).unwrap();
    raise(&copy, 4);
    with(&work, &["release"]).ends_with(0);
    assert_eq!(told_of(&work), ["small-1.0-3.el6.centos.alt.noarch.rpm"]);
    with(&work, &["explain", "small"]).ends_with(0).prints(["  announced     by CESA-2026:X0001\n"]);
    // The patch is another one by now than that of the release that is named.
    raise(&copy, 5);
    copy.write("specs/small/patches/fix.patch", "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n");
    with(&work, &["release"]).ends_with(4).says(["nothing shows that small-1.0-3.el6.centos.alt"]);
}

/// Where the release that is named is nowhere, hosts are told of the one that has the fix.
#[test]
fn a_release_of_which_nothing_is_here_is_told() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    raise(&copy, 2);
    raise(&copy, 3);
    patch(&copy);
    copy.write(ADVISORY, TEXT);
    with(&work, &["release"]).ends_with(0).says([
        "CESA-2026:X0001 says small-1.0-2.el6.centos.alt, of which nothing is here",
        "hosts are told of 1.0-3.el6.centos.alt",
    ]);
    assert_eq!(told_of(&work), ["small-1.0-3.el6.centos.alt.noarch.rpm"]);
    let mail = with(&work, &["advisory", "announce", "CESA-2026:X0001"]).ends_with(0);
    assert!(mail.stdout.contains("small 1.0-3, from its changelog:"), "{}", mail.stdout);
}

#[test]
fn bare_packages_show_nothing() {
    for claim in ["patches = [\"fix.patch\"]", "released-in = \"1.0\""] {
        let copy = ProjectCopy::with_small_package("true");
        let work = Work::new(copy.path());
        raise(&copy, 2);
        patch(&copy);
        copy.write(ADVISORY, &TEXT.replace("patches = [\"fix.patch\"]", claim));
        with(&work, &["release"]).ends_with(0);
        let bare = Directory::new();
        let root = work.path().join("publish/small/x86_64").canonicalize_utf8().unwrap();
        let is_package = |path: &Utf8PathBuf| path.extension() == Some("rpm");
        for path in files_below(&root).into_iter().filter(is_package) {
            bare.write(path.file_name().unwrap(), fs_err::read(root.join(&path)).unwrap());
        }
        fs_err::remove_dir_all(work.path().join("publish")).unwrap();
        let publish = ["publish", bare.path.as_str()];
        // This work directory signed exactly these, and knows of their build.
        with(&work, &publish).ends_with(0);
        assert_eq!(told_of(&work), ["small-1.0-2.el6.centos.alt.noarch.rpm"]);
        for part in ["publish", "signed", "builds", "proofs"] {
            let part = work.path().join(part);
            if part.exists() {
                fs_err::remove_dir_all(part).unwrap();
            }
        }
        with(&work, &publish).ends_with(4).says([
            "ADV-PATCH-003: nothing shows that `",
            "has the fix that CESA-2026:X0001 says it has (advisories/CESA-2026-X0001.toml:10)",
            "hint: name the result directory that `build` printed",
        ]);
        assert!(!work.path().join("publish").exists(), "nothing is published");
    }
}

/// The patch of one issue under the name of another.
#[test]
fn a_patch_that_bears_another_number_is_told() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    raise(&copy, 2);
    patch(&copy);
    let add = "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n";
    copy.write("specs/small/patches/xsa156.patch", &format!("Subject: [PATCH] small: XSA-182\n\n{add}"));
    fs_err::remove_file(copy.path().join("specs/small/patches/fix.patch")).unwrap();
    copy.edit(PACKAGE, "file = \"fix.patch\"", "file = \"xsa156.patch\"\nadvisory = \"XSA-182\"");
    with(&work, &["build"])
        .ends_with(0)
        .says(["small: patch `xsa156.patch` is for XSA-182, and its name says XSA-156 ("]);
    copy.edit(PACKAGE, "advisory = \"XSA-182\"", "advisory = \"XSA-156\"");
    with(&work, &["build"])
        .ends_with(0)
        .says(["small: patch `xsa156.patch` is for XSA-156, and its subject says XSA-182 ("]);
    copy.edit(PACKAGE, "advisory = \"XSA-156\"", "advisory = [\"XSA-156\", \"XSA-182\"]");
    let run = with(&work, &["build"]).ends_with(0);
    assert!(!run.stderr.contains("its subject says"), "{}", run.stderr);
}

#[test]
fn a_release_of_upstreams_that_nobody_has_looked_at_is_told() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    raise(&copy, 2);
    let known = "[[issue]]\nid = \"XSA-9999\"\ntitle = \"greetings\"\n\
                 in.small = { component = \"all\", state = \"under_investigation\" }\n";
    copy.write("advisories/known/small.toml", known);
    let text = TEXT.replace("patches = [\"fix.patch\"]", "released-in = \"1.0\"");
    copy.write(ADVISORY, &text.replace("cves = [\"CVE-2026-0001\"]", "fixes = [\"XSA-9999\"]"));
    with(&work, &["build"]).ends_with(0).says([
        "small: CESA-2026:X0001 says that upstream's 1.0 mends XSA-9999, and nobody has looked (advisories/known/small.toml:1)",
    ]);
}

/// The list of advisories that hosts get.
fn list(work: &Work) -> String {
    let root = work.path().join("publish/small/x86_64").canonicalize_utf8().unwrap();
    let repository = xen4centos_repodata::Repository::open(&root).unwrap();
    String::from_utf8(repository.document_bytes("updateinfo").unwrap().unwrap()).unwrap()
}

#[test]
fn an_id_that_says_something_else_has_a_higher_version() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    raise(&copy, 2);
    let text = TEXT.replace("patches = [\"fix.patch\"]", "released-in = \"1.0\"");
    copy.write(ADVISORY, &text);
    with(&work, &["release"]).ends_with(0);
    let first = list(&work);
    assert!(
        first.contains(" version=\"1\">") && first.contains("<updated date=\"2026-11-20 12:00:00\"/>"),
        "{first}"
    );
    copy.edit(ADVISORY, "[\"CVE-2026-0001\"]", "[\"CVE-2026-0001\", \"CVE-2026-0002\"]");
    with(&work, &["release"]).ends_with(0).says(["Published"]);
    let second = list(&work);
    assert!(second.contains(" version=\"2\">") && second.contains("CVE-2026-0002"), "{second}");
    assert!(second.contains("<issued date=\"2026-11-20 12:00:00\"/>"), "{second}");
    assert!(!second.contains("<updated date=\"2026-11-20 12:00:00\"/>"), "{second}");
    with(&work, &["release"]).ends_with(0).says(["Unchanged"]);
    let csaf =
        with(&work, &["advisory", "announce", "CESA-2026:X0001", "--form", "csaf"]).ends_with(0).json();
    let tracking = &csaf["document"]["tracking"];
    assert_eq!(
        (&tracking["version"], tracking["revision_history"].as_array().unwrap().len()),
        (&"2".into(), 2)
    );
    assert_ne!(tracking["initial_release_date"], tracking["current_release_date"]);

    // Another update is not told under the same id, not even after the first one was taken away.
    let path = copy.path().join(ADVISORY);
    let kept = fs_err::read_to_string(&path).unwrap();
    fs_err::remove_file(&path).unwrap();
    with(&work, &["release"]).ends_with(0).says(["Published"]);
    copy.write(ADVISORY, &text.replace("CVE-2026-0001", "CVE-2026-0003"));
    with(&work, &["release"]).ends_with(4).says([
        "ADV-ID-001: CESA-2026:X0001 was published in channel `quickstart` for CVE-2026-0001, CVE-2026-0002, and fixes nothing \
         of that now (advisories/CESA-2026-X0001.toml)",
        "hint: give the new update an id of its own",
    ]);
    copy.write(ADVISORY, &kept);
    with(&work, &["release"]).ends_with(0).says(["Published"]);
    assert_eq!(list(&work), second);
}

#[test]
fn what_hosts_can_not_have_is_marked() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    with(&work, &["release"]).ends_with(0);
    raise(&copy, 2);
    let text = TEXT.replace("patches = [\"fix.patch\"]", "released-in = \"1.0\"");
    copy.write(ADVISORY, &text.replace("2026-11-20", "2099-11-20"));
    let status = ["advisory", "status", "CVE-2026-0001"];
    let marked = |mark: &str| format!("fixed  small-1.0-2.el6.centos.alt (CESA-2026:X0001){mark}; ");
    with(&work, &status).ends_with(0).prints([marked(", not public yet").as_str()]);
    copy.write(ADVISORY, &text);
    with(&work, &status).ends_with(0).prints([marked(", not published").as_str()]);
    with(&work, &["release"]).ends_with(0);
    with(&work, &status).ends_with(0).prints([marked("").as_str()]);
    assert_eq!(with(&work, &[&status[..], &["--json"]].concat()).json()[0]["lack"], serde_json::Value::Null);
    fs_err::rename(work.path().join("signed"), work.path().join("elsewhere")).unwrap();
    with(&work, &status)
        .ends_with(0)
        .prints([marked(", nothing shows that what is published has it").as_str()]);
    fs_err::rename(work.path().join("elsewhere"), work.path().join("signed")).unwrap();
    with(&work, &["publish", "--roll-back", "1"]).ends_with(0);
    with(&work, &status).ends_with(0).prints([marked(", not published").as_str()]);
}

/// A fault of tools is not closed on hosts that get no tools.
#[test]
fn what_is_left_out_of_the_packages_is_not_told() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    raise(&copy, 2);
    let option = "[option.tools]\nsummary = \"tools\"\ncomponents = [\"tools\"]\n\n[[changelog]]\ndate = \"2026-11-03\"";
    copy.edit(PACKAGE, "[[changelog]]\ndate = \"2026-11-03\"", option);
    copy.edit("specs/small/small.spec.tera", "%build\n", "%build\n{% if option.tools %}true{% endif %}\n");
    let issue = |id: u32, component: &str| {
        format!(
            "[[issue]]\nid = \"XSA-{id}\"\ntitle = \"greetings\"\n\
             in.small = {{ component = \"{component}\", state = \"fixed\", released-in = \"1.0\" }}\n\n"
        )
    };
    let known = [issue(9001, "tools"), issue(9002, "hypervisor, tools"), issue(9003, "hypervisor")];
    copy.write("advisories/known/small.toml", &known.concat());
    let fixes = "fixes = [\"XSA-9001\", \"XSA-9002\", \"XSA-9003\"]";
    let text = TEXT.replace("patches = [\"fix.patch\"]", "released-in = \"1.0\"");
    copy.write(ADVISORY, &text.replace("cves = [\"CVE-2026-0001\"]", fixes));
    with(&work, &["release", "--without", "small:tools"])
        .ends_with(0)
        .says(["Not listed of CESA-2026:X0001: XSA-9001, in parts that are in none of its packages"]);
    let list = list(&work);
    assert!(!list.contains("XSA-9001") && list.contains("XSA-9002") && list.contains("XSA-9003"), "{list}");
    let json = with(&work, &["advisory", "announce", "CESA-2026:X0001", "--json"]).ends_with(0).json();
    assert_eq!(json["issues"].as_array().unwrap().len(), 2);
}
