//! What is not public yet: made in private, told of nowhere else, and published as it is at its time.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_embargo::{Found, Secrets, search, search_text};
use xen4centos_manifest::Project;

use crate::{
    program::Run,
    proofs::{announced, fix},
    security_updates::{announce, project, raise},
    workshop::{ProjectCopy, Work, files_below},
};

/// Seconds since 1970, of 2030.
const NOW: u64 = 1_900_000_000;

const ADVISORY: &str = "advisories/CESA-2026-X0001.toml";

/// All that must not be known while the advisory is not public.
fn secrets(copy: &ProjectCopy) -> Secrets {
    let secrets = Secrets::of(&Project::load(copy.path(), NOW).unwrap(), NOW, &|_| None).unwrap();
    assert!(!secrets.is_empty());
    secrets
}

fn told(secrets: &Secrets, path: &Utf8Path) -> Found {
    search(secrets, path, &|_| false).unwrap()
}

/// Demands that nothing that the program said tells.
#[track_caller]
fn quiet(secrets: &Secrets, run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let found = search_text(secrets, "said", text).unwrap();
        assert!(found.is_clean(), "{found:?}\n{run:?}");
    }
}

fn mode(path: &Utf8Path) -> u32 {
    fs_err::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Utf8Path, mode: u32) {
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Names and digests of the packages below a directory.
fn packages(path: &Utf8Path) -> Vec<(String, Vec<u8>)> {
    let path = path.canonicalize_utf8().unwrap();
    let is_package = |file: &Utf8PathBuf| file.extension() == Some("rpm");
    let read =
        |file: Utf8PathBuf| (file.file_name().unwrap().to_owned(), fs_err::read(path.join(file)).unwrap());
    files_below(&path).into_iter().filter(is_package).map(read).collect()
}

#[test]
fn an_embargoed_update_from_its_patch_to_its_publication() {
    let copy = announced(&fix());
    copy.edit(ADVISORY, "2026-11-23T12:00:00Z", "2126-11-23T12:00:00Z");
    let work = Work::new(copy.path());
    let secrets = &secrets(&copy);
    let with = |more: &[&str]| {
        let usual = ["release", "--without", "xen:tools", "--without", "xen:docs", "--verbose"];
        work.run(&[&usual, more].concat())
    };
    // In public not even its name is built, and others can go out.
    let refused = with(&["xen", "centos-release-xen"]).ends_with(4);
    quiet(secrets, &refused);
    refused.says([
        "ADV-PUBLIC-001: `xen-4.2.5-39.el6.centos.alt` answers what is not public before 2126-11-23T12:00:00Z",
        "in private (--channel embargo); at that time `release --due` publishes",
        "the others can go out alone: xen4centos release centos-release-xen",
    ]);
    let other = with(&["centos-release-xen"]).ends_with(0);
    quiet(secrets, &other);
    other.says(["Searched ", "nothing tells of what is not public"]);
    let unbuilt = with(&["xen", "--due"]).ends_with(4);
    quiet(secrets, &unbuilt);
    unbuilt.says(["not built yet: xen"]);

    // In private all of it is there, and tells.
    let private = work.path().join("private");
    with(&["xen", "centos-release-xen", "--channel", "embargo"]).ends_with(0).says(["Published"]);
    let of_private = told(secrets, &private);
    for end in ["x86_64.rpm", "updateinfo.xml.gz -> decompressed", "other.xml.gz -> decompressed"] {
        assert!(of_private.leaks.iter().any(|leak| leak.place.ends_with(end)), "{end}: {of_private:#?}");
    }
    let of_builds = told(secrets, &work.path().join("builds"));
    assert!(
        of_builds.leaks.iter().any(|leak| leak.place.ends_with(".src.rpm -> xsa108.patch")),
        "{of_builds:#?}"
    );
    for directory in ["private", "builds", "signed", "store", "proofs", "boot-test"] {
        assert_eq!(mode(&work.path().join(directory)), 0o700, "{directory}");
    }

    let announce = |more: &[&str]| work.run(&[&["advisory", "announce", "CESA-2026:X0001"], more].concat());
    let early = announce(&[]).ends_with(4);
    quiet(secrets, &early);
    early.says(["ADV-PUBLIC-001"]);
    quiet(secrets, &work.run(&["advisory", "announce", "CESA-2026:X0009"]).ends_with(2));
    announce(&["--channel", "embargo"]).ends_with(0).prints(["xen-hypervisor-4.2.5-39."]);

    // And nowhere else.
    let due = ["xen", "centos-release-xen", "--due"];
    let early = with(&due).ends_with(0);
    quiet(secrets, &early);
    early.says(["Not due `xen-4.2.5-39.", "answers what is not public before 2126-"]);
    let public = work.path().join("publish");
    assert!(
        !work.path().join("repodata-cache").exists()
            || told(secrets, &work.path().join("repodata-cache")).is_clean()
    );
    assert!(told(secrets, &public).is_clean(), "{:#?}", told(secrets, &public));
    let leaks = |more: &[&str]| work.run(&[&["advisory", "leaks"], more].concat());
    leaks(&[]).ends_with(0).prints([" files: nothing tells of what is not public\n"]);
    let found = leaks(&[private.as_str()]).ends_with(4);
    quiet(secrets, &found);
    found.says([
        "ADV-PUBLIC-002: what was searched tells of what is not public yet:",
        "an issue that it answers",
    ]);
    let json = leaks(&[private.as_str(), "--json"]).ends_with(4).json();
    assert_eq!(json["leaks"][0]["advisory"], "CESA-2026:X0001");
    leaks(&["/nowhere"]).ends_with(2);

    // At its time it goes out as it is.
    copy.edit(ADVISORY, "2126-11-23T12:00:00Z", "2026-11-23T12:00:00Z");
    let run = with(&due).ends_with(0);
    assert!(!run.stderr.contains("Building") && !run.stderr.contains("Signed "), "{}", run.stderr);
    run.says(["Published"]);
    let of = |path: &str| packages(&work.path().join(path));
    assert_eq!(of("private/embargo/x86_64"), of("publish/quickstart/x86_64"));
    assert!(!told(secrets, &public).is_clean());
}

/// A package that answers nothing, and whose changelog tells all the same.
#[test]
fn what_tells_is_not_published() {
    let copy = project();
    let work = Work::new(copy.path());
    let release = ["release", "other", "--target", "small"];
    work.run(&["release", "--target", "small"]).ends_with(0);
    raise(&copy, "small");
    announce(&copy);
    fs_err::remove_file(copy.path().join("advisories/CEBA-2026-X0002.toml")).unwrap();
    copy.edit(ADVISORY, "2026-11-20T12:00:00Z", "2126-11-20T12:00:00Z");
    raise(&copy, "other");
    copy.edit("specs/other/package.toml", "\"Second\"", "\"Prepares for cve-2026-0001\"");
    let before = files_below(&work.path().join("publish"));
    let refused = work.run(&release).ends_with(4);
    quiet(&secrets(&copy), &refused);
    refused.says([
        "ADV-PUBLIC-002: what would be published tells of what is not public yet:",
        "  other-1.0-2.el6.centos.alt.noarch.rpm: a CVE that it answers",
        "hint: nothing was published",
    ]);
    assert_eq!(files_below(&work.path().join("publish")), before);
    copy.edit("specs/other/package.toml", "Prepares for cve-2026-0001", "Prepares");
    work.run(&release).ends_with(0).says(["Searched", "Published"]);
}

#[test]
fn private_channels_are_apart() {
    let copy = project();
    let work = Work::new(copy.path());
    let inside = work.path().join("publish/private");
    work.run(&["status", "--target", "small", "--private-root", inside.as_str()])
        .ends_with(2)
        .says(["private channels would lie where public ones do", "hint: name another directory"]);
    // Nothing of either is there yet.
    let link = work.path().join("link");
    symlink(work.path(), &link).unwrap();
    let roundabout = [link.join("publish/private"), work.path().join("none/../publish/private")];
    for inside in roundabout {
        work.run(&["status", "--target", "small", "--private-root", inside.as_str()])
            .ends_with(2)
            .says(["private channels would lie where public ones do"]);
    }
    let target = "repo-templates/targets/small.toml";
    copy.edit(target, "private-of = \"quickstart\"", "private-of = \"embargo\"");
    work.run(&["status", "--target", "small"]).ends_with(2).says([
        "small.toml:",
        "`embargo` is no public channel of this target",
        "public ones of this target: quickstart, trial",
    ]);
    copy.edit(target, "private-of = \"embargo\"", "private-of = \"trial\"\nbase-url = \"http://x/\"");
    work.run(&["status", "--target", "small"]).ends_with(2).says(["base-url"]);
}

/// With `small` under embargo, and `other` with a patch that says to answer the same.
fn shared_fault() -> ProjectCopy {
    let copy = project();
    raise(&copy, "small");
    announce(&copy);
    fs_err::remove_file(copy.path().join("advisories/CEBA-2026-X0002.toml")).unwrap();
    copy.edit(ADVISORY, "2026-11-20T12:00:00Z", "2126-11-20T12:00:00Z");
    copy.write("specs/other/patches/limit.patch", &fix());
    let patch = "[[patch]]\nfile = \"limit.patch\"\nadvisory = \"CVE-2026-0001\"\nsummary = \"Limits\"\n\n[[changelog]]";
    copy.edit("specs/other/package.toml", "[[changelog]]", patch);
    copy
}

#[test]
fn a_package_that_the_advisory_does_not_name_is_withheld_for_its_patch() {
    let copy = shared_fault();
    let work = Work::new(copy.path());
    let release = ["release", "other", "--target", "small"];
    let refused = work.run(&release).ends_with(4);
    quiet(&secrets(&copy), &refused);
    refused.says(["ADV-PUBLIC-001: `other-1.0-1.el6.centos.alt` answers what is not public before 2126-"]);
    // Whatever the patch is called, and whatever it says of itself, where another one has its content.
    copy.edit("specs/other/package.toml", "advisory = \"CVE-2026-0001\"\n", "");
    copy.write("specs/small/patches/first.patch", &fix());
    let patch =
        "[[patch]]\nfile = \"first.patch\"\nsummary = \"Limits\"\n\n[[changelog]]\ndate = \"2026-11-03\"";
    copy.edit("specs/small/package.toml", "[[changelog]]\ndate = \"2026-11-03\"", patch);
    copy.edit(ADVISORY, "released-in = \"1.0\"", "patches = [\"first.patch\"]");
    work.run(&release).ends_with(4).says(["ADV-PUBLIC-001: `other-1.0-1"]);
    copy.edit("specs/other/patches/limit.patch", "copy_pair(0, 0)", "copy_pair(0, 1)");
    // Another content, and no secret.
    work.run(&release).ends_with(2).says(["other.spec.tera never looks at it"]);
}

#[test]
fn what_is_due_goes_out_without_what_is_not() {
    let copy = project();
    let work = Work::new(copy.path());
    let run = |more: &[&str]| work.run(&[&["release", "--target", "small"], more].concat());
    run(&[]).ends_with(0);
    raise(&copy, "small");
    raise(&copy, "other");
    announce(&copy);
    copy.edit(ADVISORY, "2026-11-20T12:00:00Z", "2126-11-20T12:00:00Z");
    let secrets = &secrets(&copy);
    // What is not built does not hold what is due, and is told of in time.
    run(&["--channel", "embargo", "other"]).ends_with(0);
    let first = run(&["--due"]).ends_with(4);
    quiet(secrets, &first);
    first.says([
        "Published",
        "Not due `small-1.0-2",
        "not built yet: small",
        "in private",
        "--channel embargo",
    ]);
    let out = work.path().join("publish/small/x86_64");
    let names = || packages(&out).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" ");
    assert!(names().contains("other-1.0-2") && !names().contains("small-1.0-2"), "{}", names());
    run(&["--channel", "embargo"]).ends_with(0);
    // What only looks says so, too.
    let status = run(&["--dry-run"]).ends_with(0);
    quiet(secrets, &status);
    status.prints(["withheld: `small-1.0-2.el6.centos.alt` answers what is not public before 2126-"]);
    let builds = files_below(&work.path().join("builds/small"));
    let is_new = |path: &&Utf8PathBuf| path.as_str().ends_with("small-1.0-2.el6.centos.alt.src.rpm");
    let result = work.path().join("builds/small").join(builds.iter().find(is_new).unwrap());
    let publish = ["publish", "--target", "small", "--dry-run", result.parent().unwrap().as_str()];
    work.run(&publish).ends_with(4).says(["ADV-PUBLIC-001: `small-1.0-2"]);
    work.run(&["serve", "--target", "small", "--channel", "embargo", "--port", "0"])
        .ends_with(4)
        .says(["is private", "--private"]);
    let json = run(&["--due", "--json"]).ends_with(0).json();
    assert_eq!(json["not-due"][0], "small-1.0-2.el6.centos.alt");
    assert_eq!(json["changed"], false);
}

/// An advisory that is public waits for one that is not, where one release answers both.
#[test]
fn a_release_that_answers_now_and_later_is_no_success() {
    let copy = project();
    let work = Work::new(copy.path());
    let run = |more: &[&str]| work.run(&[&["release", "--target", "small"], more].concat());
    run(&[]).ends_with(0);
    raise(&copy, "small");
    announce(&copy);
    let other = "advisories/CEBA-2026-X0002.toml";
    copy.edit(other, "name = \"other\"", "name = \"small\"");
    copy.edit(other, "2026-11-20T12:00:00Z", "2126-10-20T12:00:00Z");
    copy.edit(ADVISORY, "2026-11-20T12:00:00Z", "2126-11-20T12:00:00Z");
    run(&["--channel", "embargo"]).ends_with(0).says([
        "small-1.0-2 answers what is public at 2126-10-20T12:00:00Z, and what is at 2126-11-20T12:00:00Z",
    ]);
    assert!(!run(&["--due"]).ends_with(0).stderr.contains("CEBA"));
    copy.edit(other, "2126-10-20T12:00:00Z", "2026-10-20T12:00:00Z");
    let late = run(&["--due"]).ends_with(4);
    quiet(&secrets(&copy), &late);
    late.says([
        "CEBA-2026:X0002 is public, and `small-1.0-2",
        "answers what is not public before 2126-11-20",
    ]);
}

/// Patches that are pinned by commit or URL lie in the store, and not in the project.
#[test]
fn patches_from_outside_are_looked_for_where_they_are_here() {
    let copy = ProjectCopy::new();
    copy.edit(ADVISORY, "public = 2026-", "public = 2126-");
    let loaded = Project::load(copy.path(), NOW).unwrap();
    let text = fix().replace("copy_pair(0, 0);", "copy_pair(frame_of(guest), owner_of(guest));");
    let secrets = Secrets::of(&loaded, NOW, &|_| Some(text.clone().into_bytes())).unwrap();
    assert_eq!(secrets.unknown_patches(), 0);
    let line = "copy_pair(frame_of(guest), owner_of(guest));";
    assert!(!search_text(&secrets, "log", line).unwrap().is_clean());
    let without = Secrets::of(&loaded, NOW, &|_| None).unwrap();
    assert!(without.unknown_patches() > 0);
    assert!(search_text(&without, "log", line).unwrap().is_clean());
    let work = Work::new(copy.path());
    work.run(&["advisory", "leaks"])
        .ends_with(0)
        .says([" patches are not looked for: they are not in the work"]);
}

/// As pages, addresses, file names and people write it.
#[test]
fn ways_to_write_what_is_secret() {
    let copy = announced(&fix());
    copy.edit(ADVISORY, "2026-11-23T12:00:00Z", "2126-11-23T12:00:00Z");
    copy.edit(ADVISORY, "xen: MSRs of the x2APIC", "xen: a guest's MSRs / others");
    let secrets = &secrets(&copy);
    for text in [
        "csaf/cesa-2026_x0001.json",
        "?id=CESA-2026%3ax0001",
        "answers XSA 108",
        "xen: a guest&#x27;s MSRs &#x2F; others",
        "xen: a guest's MSRs / others",
    ] {
        assert!(!search_text(secrets, "text", text).unwrap().is_clean(), "{text}");
    }
    let work = Work::new(copy.path());
    let leaks = |more: &[&str]| work.run(&[&["advisory", "leaks"], more].concat());
    let log = work.write("logs/CVE-2014-7188.log", "XSA-108");
    let named = leaks(&[log.parent().unwrap().as_str()]).ends_with(4);
    quiet(secrets, &named);
    named.says(["/logs/…: an issue that it answers"]);
    assert_eq!(leaks(&[log.as_str(), "--json"]).ends_with(4).json()["leaks"][0]["place"], log.as_str());
}

/// By every command that writes, and nothing that is not the work directory's own.
#[test]
fn what_tells_is_closed_and_nothing_else() {
    let copy = shared_fault();
    let work = Work::new(copy.path());
    let place = |name: &str| work.path().join(name);
    for name in ["store", "lookaside", "elsewhere", "channels"] {
        fs_err::create_dir(place(name)).unwrap();
        set_mode(&place(name), 0o755);
    }
    symlink(place("elsewhere"), place("kernel-config")).unwrap();
    work.write("install-test.log", "");
    work.run(&["fetch", "--target", "small"])
        .ends_with(0)
        .says(["/kernel-config` is open to other users", "a link"]);
    let modes = ["store", "lookaside", "elsewhere", "install-test.log"].map(|name| mode(&place(name)));
    assert_eq!(modes, [0o700, 0o755, 0o755, 0o600]);
    assert!(!place("import").exists(), "an import that stopped");
    // A private root that is there is its maker's.
    let channels = place("channels");
    let release = [
        "release",
        "other",
        "--target",
        "small",
        "--channel",
        "embargo",
        "--private-root",
        channels.as_str(),
    ];
    copy.edit("specs/other/package.toml", "file = \"limit.patch\"\n", "");
    let text = fs_err::read_to_string(copy.path().join("specs/other/package.toml")).unwrap();
    let without = text.replace("[[patch]]\nadvisory = \"CVE-2026-0001\"\nsummary = \"Limits\"\n\n", "");
    fs_err::write(copy.path().join("specs/other/package.toml"), without).unwrap();
    let hint = format!("hint: chmod 700 {channels}");
    work.run(&release).ends_with(4).says(["open to other users of this machine", hint.as_str()]);
    assert_eq!(mode(&channels), 0o755);
    set_mode(&channels, 0o700);
    work.run(&release).ends_with(0).says(["Published"]);
}

/// Metadata lies where a server may look, even if something else of it is refused.
#[test]
fn metadata_is_searched_before_all_that_can_be_refused() {
    let copy = project();
    let work = Work::new(copy.path());
    announce(&copy);
    raise(&copy, "small");
    fs_err::remove_file(copy.path().join("advisories/CEBA-2026-X0002.toml")).unwrap();
    copy.edit(ADVISORY, "2026-11-20T12:00:00Z", "2126-11-20T12:00:00Z");
    let spec = "specs/other/other.spec.tera";
    copy.edit(spec, "BuildArch: noarch\n", "BuildArch: noarch\nRequires: nobody-has-it\n");
    let comps = "repo-templates/comps.xml";
    copy.edit(comps, "</comps>", "<!-- CVE-2026-0001 --></comps>");
    let refused = work.run(&["release", "other", "--target", "small"]).ends_with(4);
    quiet(&secrets(&copy), &refused);
    refused.says(["ADV-PUBLIC-002: what would be published tells", "comps", "a CVE that it answers"]);
    assert!(!files_below(work.path()).iter().any(|path| path.as_str().contains("staging/")));
}

/// An advisory that comes after what it tells.
#[test]
fn what_hosts_can_read_is_no_secret() {
    let copy = project();
    let work = Work::new(copy.path());
    let release = ["release", "other", "--target", "small"];
    copy.edit("specs/other/package.toml", "\"First\"", "\"Answers CVE-2026-0001\"");
    work.run(&release).ends_with(0);
    announce(&copy);
    fs_err::remove_file(copy.path().join("advisories/CEBA-2026-X0002.toml")).unwrap();
    raise(&copy, "small");
    copy.edit(ADVISORY, "2026-11-20T12:00:00Z", "2126-11-20T12:00:00Z");
    raise(&copy, "other");
    work.run(&release).ends_with(0).says(["Searched", "Published"]);
    // The same of a release: hosts have it.
    copy.edit(ADVISORY, "name = \"small\"", "name = \"other\"");
    work.run(&release).ends_with(0).says(["Unchanged"]);
    copy.edit(ADVISORY, "name = \"other\"", "name = \"small\"");
    copy.edit("specs/other/package.toml", "release = \"2\"", "release = \"3\"");
    copy.edit(
        "specs/other/package.toml",
        "version = \"1.0-2\"\nentries = [\"Second\"]",
        "version = \"1.0-3\"\nentries = [\"Anybody could be greeted.\"]",
    );
    work.run(&release).ends_with(4).says(["ADV-PUBLIC-002", "words of its description"]);
}
