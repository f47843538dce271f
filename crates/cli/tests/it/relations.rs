//! What packages need of others and of what was published before, in `check` and in the gate.

use crate::workshop::{Directory, ProjectCopy, Published, Work, copy_tree, project};

const TARGET: &str = "repo-templates/targets/small.toml";
const SPEC: &str = "specs/small/small.spec.tera";
const PACKAGE: &str = "specs/small/package.toml";

fn release_number(copy: &ProjectCopy, from: u32, to: u32) {
    copy.edit(PACKAGE, &format!("release = \"{from}\""), &format!("release = \"{to}\""));
    copy.edit(PACKAGE, &format!("version = \"1.0-{from}\""), &format!("version = \"1.0-{to}\""));
}

#[test]
fn requirements_are_closed_by_the_base_of_the_target() {
    let copy = ProjectCopy::with_small_package("true");
    copy.edit(
        SPEC,
        "BuildArch: noarch\n",
        "BuildArch: noarch\nRequires: cow >= 2, /usr/bin/milk, hay(grass)\n",
    );
    let list = "small.txt";
    copy.edit(TARGET, "comps = \"comps.xml\"\n", &format!("comps = \"comps.xml\"\nbase = [\"{list}\"]\n"));
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());

    with(&["release"]).ends_with(2).says(["small.toml:", "there is no file `small.txt` in repo-templates/"]);
    copy.write("repo-templates/small.txt", "cow 1:1-1\n");
    with(&["release"]).ends_with(2).says(["repo-templates/small.txt:1: expected `name`"]);
    assert!(!work.path().join("builds").exists(), "found before anything was built");
    copy.write("repo-templates/small.txt", "cow = 1:1-1\nmilk\nhay(*\n");
    with(&["release"])
        .ends_with(4)
        .says(["EL6-DEP-001 requirement that nothing meets", "requires /usr/bin/milk"]);
    assert!(!work.path().join("publish/small/x86_64/repodata").exists());
    copy.write("repo-templates/small.txt", "cow = 1:1-1\n/usr/bin/milk\nhay(*\n");
    with(&["release"]).ends_with(0);
    with(&["check"]).ends_with(0);

    // In the place of the target's, and of either kind.
    let lists = Directory::new();
    let without = lists.write("without.txt", "/usr/bin/milk\nhay(*\ncow = 1.9\n");
    with(&["check", "--base", without.as_str()]).ends_with(4).prints(["requires cow >= 2"]);
    let broken = lists.write("broken.txt", "cow\n\ncow >= 2\n");
    with(&["check", "--base", broken.as_str()]).ends_with(2).says(["broken.txt:3: expected `name`"]);
    with(&["check", "--base", "/nowhere"]).ends_with(2).says(["/nowhere"]);
    let base = ProjectCopy::with_small_package("true");
    base.edit(SPEC, "BuildArch: noarch\n", "BuildArch: noarch\nProvides: cow = 3, hay(grass)\n");
    base.edit(SPEC, "%{_datadir}/small/terms\n\n%files", "%{_datadir}/small/terms\ninstall -d %{buildroot}/usr/bin\necho > %{buildroot}/usr/bin/milk\n\n%files");
    base.edit(SPEC, "%license", "/usr/bin/milk\n%license");
    let barn = Work::new(base.path());
    barn.run(&["release", "--target", "small"]).ends_with(0);
    let barn = barn.path().join("publish/small/x86_64");
    with(&["check", "--base", barn.as_str()]).ends_with(0);
}

#[test]
fn what_is_published_is_newer_than_what_was() {
    let copy = ProjectCopy::with_small_package("true");
    copy.edit(SPEC, "BuildArch: noarch\n", "BuildArch: noarch\nRequires: /bin/sh\n");
    release_number(&copy, 1, 3);
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());
    with(&["release"]).ends_with(0);
    release_number(&copy, 3, 2);
    let message = "1.0-2.el6.centos.alt is not newer than small-1.0-3.el6.centos.alt.noarch, which channel `quickstart` published";
    with(&["release"]).ends_with(4).says(["EL6-UPG-001 package that is not newer", message]);
    let history = with(&["publish", "--history", "--json"]).ends_with(0).json();
    assert_eq!(history.as_array().unwrap().len(), 1, "nothing of it was published");
    let staged = work.path().join("publish/.states/small~x86_64/staging/tree/repodata");
    let signature = staged.join("repomd.xml.asc");
    assert!(staged.join("repomd.xml").is_file() && !signature.exists(), "nor was it signed");
    release_number(&copy, 2, 4);
    with(&["release"]).ends_with(0);
    // What comes back on purpose is older, and may be what is refused by now.
    let target = "repo-templates/targets/small.toml";
    copy.edit(target, "comps = \"comps.xml\"\n", "comps = \"comps.xml\"\nbase = [\"nothing.txt\"]\n");
    copy.write("repo-templates/nothing.txt", "# nothing\n");
    let text = fs_err::read_to_string(copy.path().join(target)).unwrap();
    let waiver = "\n[[waiver]]\ncode = \"EL6-REPO-027\"\nsubject = \"comps\"\nreason = \"none\"\nexpires = 2020-01-01\n";
    copy.write(target, &format!("{text}{waiver}"));
    with(&["release"]).ends_with(2).says(["expired on 2020-01-01"]);
    with(&["publish", "--roll-back", "1"])
        .ends_with(0)
        .says(["EL6-DEP-001 Packages/small-1.0-3", "requires /bin/sh (it comes back all the same)"]);
}

#[test]
fn what_stands_elsewhere_is_what_a_repository_must_update() {
    let (mine, theirs) = (ProjectCopy::with_small_package("true"), ProjectCopy::with_small_package("true"));
    release_number(&theirs, 1, 2);
    let (work, other) = (Work::new(mine.path()), Work::new(theirs.path()));
    for work in [&other, &work] {
        work.run(&["release", "--target", "small"]).ends_with(0);
    }
    let channel = "publish/small/x86_64";
    let (channel, other) = (work.path().join(channel), other.path().join(channel));
    let check = ["check", channel.as_str(), "--target", "small"];
    work.run(&check).ends_with(0);
    let words = format!("is not newer than small-1.0-2.el6.centos.alt.noarch, which `{other}` published");
    work.run(&[&check[..], &["--published", other.as_str()]].concat())
        .ends_with(4)
        .prints(["EL6-UPG-001", &words]);
    work.run(&["check", channel.as_str(), "--target", "small", "--published", "/nowhere"])
        .ends_with(2)
        .says(["/nowhere"]);
    // The same packages again, with newer metadata.
    let old = Directory::new();
    copy_tree(&channel, &old.path);
    work.run(&["publish", "--target", "small", "--roll-back", "1"]).ends_with(0);
    let against =
        |one: &str, other: &str| work.run(&["check", one, "--target", "small", "--published", other]);
    against(channel.as_str(), old.path.as_str()).ends_with(0);
    against(old.path.as_str(), channel.as_str())
        .ends_with(4)
        .prints(["EL6-REPO-004", "was published before"]);
}

#[test]
fn what_is_published_is_newer_than_what_the_origin_published() {
    let copy = ProjectCopy::with_small_package("true");
    copy.edit(TARGET, "lifetime-days = 30\ndefault = true\n", "default = true\nfrom = [\"trail\"]\n");
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());
    with(&["release"])
        .ends_with(2)
        .says(["`trail` is no other channel of this target", "others of this target: trial"]);
    copy.edit(TARGET, "from = [\"trail\"]", "from = [\"trial\"]");
    release_number(&copy, 1, 3);
    with(&["release", "--channel", "trial"]).ends_with(0);
    release_number(&copy, 3, 2);
    with(&["release"]).ends_with(4).says(["EL6-UPG-001", "which channel `trial` published"]);
    release_number(&copy, 2, 3);
    with(&["release"]).ends_with(0);
}

/// Of the same specs, over miniature upstreams. That their programs are of this machine is another rule's.
#[test]
fn the_base_of_the_published_target_has_what_the_specs_require() {
    let published = Published::get();
    let channel = published.channel();
    let names = project().join("repo-templates/base/not-listed.txt");
    let unmet = |more: &[&str]| -> Vec<String> {
        let check = ["check", channel.as_str(), "--target", "xen4centos-6", "--headers-only", "--json"];
        let report = published.run(&[&check[..], more].concat()).ends_with(4).json();
        let findings = report.as_array().unwrap().iter().filter(|finding| {
            let code = finding["code"].as_str().unwrap();
            code.starts_with("EL6-DEP-") || code.starts_with("EL6-UPG-")
        });
        findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(unmet(&[]), [""; 0]);
    let without_packages = unmet(&["--base", names.as_str()]);
    assert!(without_packages.contains(&"requires rtld(GNU_HASH)".to_owned()), "{without_packages:?}");
}

/// A bad package that got out can be mended by the next one.
#[test]
fn a_published_package_that_lacks_something_does_not_stop_its_fix() {
    let copy = ProjectCopy::with_small_package("true");
    copy.edit(SPEC, "BuildArch: noarch\n", "BuildArch: noarch\nRequires: cow\n");
    let list = "comps = \"comps.xml\"\nbase = [\"small.txt\"]\n";
    copy.edit(TARGET, "comps = \"comps.xml\"\n", list);
    copy.write("repo-templates/small.txt", "cow\n");
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());
    with(&["release"]).ends_with(0);
    // It turns out that hosts have no cow.
    copy.write("repo-templates/small.txt", "milk\n");
    with(&["check"]).ends_with(4).prints(["error EL6-DEP-001"]);
    release_number(&copy, 1, 2);
    with(&["release"]).ends_with(4).says(["requires cow"]);
    copy.edit(SPEC, "Requires: cow\n", "Requires: milk\n");
    with(&["release"]).ends_with(0);
    with(&["check"]).ends_with(0).prints(["requires cow (a newer one takes its place)"]);
}

/// Packages that are in no repository yet, beside what hosts have and what was published.
#[test]
fn packages_are_looked_at_together_where_it_is_said_what_there_is_besides() {
    let copy = ProjectCopy::with_small_package("true");
    copy.edit(SPEC, "BuildArch: noarch\n", "BuildArch: noarch\nRequires: cow, hay = 2\nProvides: hay = 1\n");
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());
    let built = with(&["build", "small", "--json"]).ends_with(0).json();
    let signed = Directory::new();
    with(&["sign", built[0]["directory"].as_str().unwrap(), "--output", signed.path.as_str()]).ends_with(0);
    let packages = signed.path.as_str();
    with(&["check", packages]).ends_with(0).says(["Left out what packages need of one another and of hosts"]);
    let lists = Directory::new();
    let base = lists.write("base.txt", "cow\nhay = 2\n");
    let without = lists.write("without.txt", "hay = 2\n");
    with(&["check", packages, "--base", base.as_str()]).ends_with(0);
    with(&["check", packages, "--base", without.as_str()])
        .ends_with(4)
        .prints(["EL6-DEP-001", "requires cow"]);
    with(&["release"])
        .ends_with(0)
        .says(["requires hay = 2, and the packages beside it give other versions"]);
    let published = work.path().join("publish/small/x86_64");
    with(&["check"]).ends_with(0).says(["no base is given"]).prints(["requires hay = 2, and"]);
    release_number(&copy, 1, 2);
    with(&["release"]).ends_with(0);
    with(&["check", packages, "--published", published.as_str()]).ends_with(0);
    copy.edit(SPEC, "Provides: hay = 1", "Provides: hay = 2");
    let other = Directory::new();
    let old = with(&["build", "small", "--json"]).ends_with(0).json();
    let old = old[0]["directory"].as_str().unwrap();
    with(&["sign", old, "--output", other.path.as_str()]).ends_with(0);
    with(&["check", other.path.as_str(), "--base", base.as_str()]).ends_with(0);
}
