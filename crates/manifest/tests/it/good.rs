use std::time::Duration;

use camino::Utf8Path;
use xen4centos_manifest::{
    Accepts, Base, Location, OptionSwitch, Project, Requirement, Role, SignedBytes, SwitchedBy, Upstreams,
    Vouching, sources_needed,
};

use crate::{Copy, NOW, good};

fn load() -> Project {
    Project::load(&good(), NOW).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn package_is_read_with_its_defaults() {
    let project = load();
    let base = project.package("base").unwrap();
    assert_eq!(base.evr(".el6.centos.alt").to_string(), "10:6-1.el6");
    assert_eq!(base.changelog[0].date.to_string(), "2026-11-23");
    assert_eq!(base.time_limit, Duration::from_secs(240 * 60));
    let hello = project.package("hello").unwrap();
    assert_eq!(hello.evr(".el6.centos.alt").to_string(), "2.10-3.el6.centos.alt");
    assert_eq!(hello.time_limit, Duration::from_secs(300));
    assert!(hello.options["languages"].default && !hello.options["shout"].default);
    assert_eq!(hello.needs[1].requirement, Requirement::Header("uuid/uuid.h".to_owned()));
    assert_eq!(hello.upstream.as_ref().unwrap().tree_file(), "hello-2.10-tree.tar.gz");
}

#[test]
fn sources_know_where_they_come_from() {
    let project = load();
    let hello = project.package("hello").unwrap();
    let seen: Vec<_> = hello
        .sources
        .iter()
        .map(|source| (source.name.as_str(), source.file.as_str(), source.role))
        .collect();
    assert_eq!(
        seen,
        [
            ("hello-2.10.tar.gz", "hello-2.10.tar.gz", Role::Upstream),
            ("patch-2.10.1", "patch-2.10.1.xz", Role::UpstreamPatch),
            ("hello.service", "hello.service", Role::Extra),
            ("translations", "translations.tar.gz", Role::Extra),
        ]
    );
    let Location::Url(url) = &hello.sources[0].location else { panic!("a url") };
    let Vouching::Signature(signature) = &url.vouching else { panic!("a signature") };
    assert_eq!(signature.over, SignedBytes::File);
    assert!(signature.key.ends_with("specs/hello/keys/hello.asc"), "{}", signature.key);
    assert!(matches!(&hello.sources[2].location, Location::InTree { path, .. } if path.is_file()));
    assert!(matches!(&hello.sources[3].location, Location::Git(git) if git.directory == "translations"));
    assert_eq!(hello.patches[1].file, "two.patch");
    assert_eq!((hello.patches[0].strip, hello.patches[1].strip), (1, 0));
}

#[test]
fn the_key_of_upstreams_advisories_is_pinned() {
    let copy = Copy::new();
    let table = "directory = \"hello-2.10\"\n\n[upstream.advisories]\nkey = \"keys/hello.asc\"\n\
                 fingerprint = \"23E3 222C 145F 4475 FA80  60A7 83FE 14C9 57E8 2BD9\"\n";
    copy.edit("specs/hello/package.toml", "directory = \"hello-2.10\"\n", table);
    let project = Project::load(&copy.root(), NOW).unwrap();
    let upstream = project.package("hello").unwrap().upstream.as_ref().unwrap();
    let key = upstream.advisories.as_ref().unwrap();
    assert_eq!(key.fingerprint.to_string(), "23E3222C145F4475FA8060A783FE14C957E82BD9");
    assert!(key.file.ends_with("specs/hello/keys/hello.asc"));
}

#[test]
fn target_and_client_are_read() {
    let project = load();
    let target = project.target("here").unwrap();
    assert_eq!(target.upstreams, Upstreams::Miniature);
    assert_eq!(target.channel(None).unwrap().name, "quickstart");
    assert_eq!(target.channel(Some("trial")).unwrap().accepts, Accepts::Override);
    let client = project.client(target);
    assert_eq!(client.max_glibc.as_deref(), Some("2.12"));
    assert!(client.forbid_rich_dependencies && !client.forbid_weak_dependencies);
}

#[test]
fn an_option_goes_with_the_one_that_it_requires() {
    let copy = Copy::new();
    let file = "specs/hello/package.toml";
    let text = fs_err::read_to_string(copy.root().join(file)).unwrap()
        + "\n[option.rhyme]\nsummary = \"r\"\nrequires = [\"languages\"]\n";
    copy.write(file, &text);
    let project = Project::load(&copy.root(), NOW).unwrap();
    let (hello, target) = (project.package("hello").unwrap(), project.target("here").unwrap());
    let effective = |text: &str, on| {
        let switch = OptionSwitch::parse(text, on).unwrap();
        project.effective_options(hello, target, &[switch]).unwrap()
    };
    assert!(effective("hello:languages", true)["rhyme"].on);
    let off = &effective("hello:languages", false)["rhyme"];
    assert_eq!((off.on, off.by.to_string()), (false, "option languages, which is off".to_owned()));

    copy.write(file, &text.replace("[\"languages\"]", "[\"langages\", \"rhyme\"]"));
    let problems = Project::load(&copy.root(), NOW).unwrap_err().to_string();
    assert!(problems.contains("has no option `langages`"), "{problems}");
    assert!(problems.contains("can not require itself"), "{problems}");

    let circle = "\n[option.metre]\nsummary = \"m\"\nrequires = [\"rhyme\"]\n";
    copy.write(file, &(text.replace("[\"languages\"]", "[\"metre\"]") + circle));
    let problems = Project::load(&copy.root(), NOW).unwrap_err().to_string();
    assert!(
        problems.contains("options require one another: metre, which requires rhyme, which requires metre"),
        "{problems}"
    );
    assert_eq!(problems.matches("one another").count(), 1, "{problems}");
}

const PATCHES: &str = r#"
[[patch]]
commit = "0123456789abcdef0123456789abcdef01234567"
summary = "Upstream's fix"

[[patch]]
git = "https://example.org/fork.git"
commit = "1123456789abcdef0123456789abcdef01234567"
file = "fork.patch"
sha256 = "31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516d"
miniature = true
summary = "Somebody's fix"
"#;

#[test]
fn a_patch_can_be_a_commit() {
    let copy = Copy::new();
    let file = "specs/hello/package.toml";
    let text = fs_err::read_to_string(copy.root().join(file)).unwrap() + PATCHES;
    let git = "directory = \"hello-2.10\"\ngit = \"https://example.org/hello.git\"\n";
    copy.write(file, &text.replacen("directory = \"hello-2.10\"\n", git, 1));
    let project = Project::load(&copy.root(), NOW).unwrap();
    let patches = &project.package("hello").unwrap().patches;
    let miniature: Vec<bool> = patches.iter().map(|patch| patch.miniature).collect();
    assert_eq!(miniature, [true, false, false, true], "what comes from outside is for upstream's own tree");
    let [.., upstreams, fork] = &patches[..] else { panic!("four patches") };
    assert_eq!((upstreams.file.as_str(), fork.file.as_str()), ("0123456789ab.patch", "fork.patch"));
    let Location::Commit(location) = &upstreams.location else { panic!("a commit") };
    assert_eq!((location.url.as_str(), location.sha256), ("https://example.org/hello.git", None));
    let Location::Commit(location) = &fork.location else { panic!("a commit") };
    assert_eq!(location.url, "https://example.org/fork.git");
    assert!(location.sha256.is_some());

    copy.write(file, &text);
    let problems = Project::load(&copy.root(), NOW).unwrap_err().to_string();
    assert!(problems.contains("[[patch]] has no `git`"), "{problems}");
    let short = text.replace(
        "commit = \"0123456789abcdef0123456789abcdef01234567\"\nsummary",
        "commit = \"0123\"\nurl = \"https://example.org/x\"\nsummary",
    );
    copy.write(file, &short);
    let problems = Project::load(&copy.root(), NOW).unwrap_err().to_string();
    assert!(problems.contains("`0123` is no full commit id"), "{problems}");
    assert!(problems.contains("`url` beside a commit: a patch comes from one place"), "{problems}");
}

#[test]
fn unknown_names_come_with_a_way_out() {
    let project = load();
    let error = project.package("helo").unwrap_err();
    assert_eq!(error.to_string(), "there is no package `helo`");
    assert_eq!(error.hint().as_deref(), Some("did you mean `hello`?"));
    let error = project.target("here").unwrap().channel(Some("release")).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("known here: `quickstart`, `trial`"));
}

#[test]
fn last_one_to_switch_an_option_is_remembered() {
    let copy = Copy::new();
    copy.write("xen4centos.local.toml", "[option.hello]\nlanguages = false\nshout = true\n");
    let project = Project::load(&copy.root(), NOW).unwrap();
    let (hello, target) = (project.package("hello").unwrap(), project.target("here").unwrap());
    let effective = |switches: &[OptionSwitch]| project.effective_options(hello, target, switches).unwrap();
    let options = effective(&[]);
    assert_eq!(options["shout"].by, SwitchedBy::Target("here".to_owned()));
    assert_eq!((options["languages"].on, options["languages"].by.clone()), (false, SwitchedBy::Local));
    let needed: Vec<_> = sources_needed(hello, &options).iter().map(|source| &source.name).collect();
    assert!(!needed.contains(&&"translations".to_owned()), "{needed:?}");
    let options = effective(&[OptionSwitch::parse("hello:languages", true).unwrap()]);
    assert_eq!((options["languages"].on, options["languages"].by.clone()), (true, SwitchedBy::CommandLine));
    assert_eq!(sources_needed(hello, &options).len(), 4);
    let other = OptionSwitch::parse("hello:colour", true).unwrap();
    let error = project.effective_options(hello, target, &[other]).unwrap_err();
    assert_eq!(error.to_string(), "package `hello` has no option `colour`");
}

#[test]
fn waves_hold_through_packages_that_are_not_named() {
    let copy = Copy::new();
    for (name, after) in [("alpha", "hello"), ("beta", "base")] {
        let base = fs_err::read_to_string(good().join("specs/base/package.toml")).unwrap();
        let text = base.replace("\"base\"", &format!("\"{name}\"\nbuild-after = [\"{after}\"]"));
        copy.write(&format!("specs/{name}/package.toml"), &text);
        copy.write(&format!("specs/{name}/{name}.spec.tera"), "");
    }
    let project = Project::load(&copy.root(), NOW).unwrap();
    assert_eq!(
        project.build_order(&["alpha", "base", "beta", "hello"]),
        [vec!["base"], vec!["beta", "hello"], vec!["alpha"]]
    );
    assert_eq!(project.build_order(&["alpha", "base"]), [["base"], ["alpha"]]);
    assert_eq!(project.build_order(&["alpha"]), [["alpha"]]);
}

#[test]
fn local_paths_are_relative_to_the_project() {
    let copy = Copy::new();
    copy.write("trees/hello/Makefile", "all:\n");
    copy.write("archive", "");
    copy.write(
        "xen4centos.local.toml",
        "[source-tree]\nhello = \"trees/hello\"\n[source-override]\n\"hello-2.10.tar.gz\" = \"archive\"\n",
    );
    let local = Project::load(&copy.root(), NOW).unwrap().local;
    assert_eq!(local.source_trees["hello"], copy.root().join("trees/hello"));
    assert_eq!(local.source_overrides["hello-2.10.tar.gz"], copy.root().join("archive"));
}

/// The data that this project ships.
#[test]
fn own_tree_is_free_of_problems() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if let Err(problems) = Project::load(&root, u64::MAX) {
        panic!("{problems}");
    }
}

#[test]
fn waivers_hold_to_the_end_of_their_day() {
    let copy = Copy::new();
    let file = "repo-templates/targets/here.toml";
    let text = fs_err::read_to_string(copy.root().join(file)).unwrap()
        + "\n[[waiver]]\ncode = \"EL6-PKG-032\"\nsubject = \"hello-*\"\nreason = \"r\"\nexpires = 2026-11-23\n";
    copy.write(file, &text);
    let project = Project::load(&copy.root(), NOW).unwrap();
    let [waiver] = &project.target("here").unwrap().waivers[..] else { panic!("one waiver") };
    assert_eq!(
        waiver.place(),
        format!("{file}:{}", text[..text.find("[[waiver]]").unwrap()].lines().count() + 1)
    );
    assert_eq!((waiver.message.as_deref(), waiver.subject.as_str()), (None, "hello-*"));
    assert!(!waiver.is_expired(NOW) && waiver.is_expired(NOW + 1) && waiver.is_expired(u64::MAX));
}

#[test]
fn base_and_origins_are_read() {
    let copy = Copy::new();
    let file = "repo-templates/targets/here.toml";
    copy.write("repo-templates/base/el6.txt", "bash\n");
    let url = "http://example.org/6/os/x86_64/";
    let base = format!("comps = \"comps.xml\"\nbase = [\"base/el6.txt\", \"{url}\"]");
    copy.edit(file, "comps = \"comps.xml\"", &base);
    copy.edit(file, "default = true", "default = true\nfrom = [\"trial\"]");
    let project = Project::load(&copy.root(), NOW).unwrap();
    let target = project.target("here").unwrap();
    let list = copy.root().join("repo-templates/base/el6.txt");
    assert_eq!(target.repository.base, [Base::List(list), Base::Repository(url.to_owned())]);
    assert_eq!(target.channel(None).unwrap().from, ["trial"]);
    assert!(target.channel(Some("trial")).unwrap().from.is_empty());
}
