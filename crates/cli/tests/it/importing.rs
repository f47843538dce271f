//! From a patch to an announced update, by one command.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use sha2::Digest as _;

use crate::fetching::server;
use crate::program::Run;
use crate::proofs::fix;
use crate::workshop::{Directory, ProjectCopy, Work, files_below};

const PACKAGE: &str = "specs/xen/package.toml";
const ADVISORY: &str = "advisories/CESA-";

pub(crate) fn digest(bytes: &[u8]) -> xen4centos_artifact::Sha256Digest {
    xen4centos_artifact::Sha256Digest::from_bytes(sha2::Sha256::digest(bytes).into())
}

pub(crate) struct Desk {
    pub(crate) copy: ProjectCopy,
    pub(crate) work: Work,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let copy = ProjectCopy::before_the_update();
        let work = Work::new(copy.path());
        Self { copy, work }
    }

    /// `--patch` and `--sha256` of a patch of this content.
    pub(crate) fn patch(&self, name: &str, content: &str) -> Vec<String> {
        let path = self.work.write(name, content);
        vec![format!("--patch={path}"), format!("--sha256={}", digest(content.as_bytes()))]
    }

    pub(crate) fn import(&self, issues: &[&str], patches: &[Vec<String>], options: &[&str]) -> Run {
        let mut arguments = vec!["advisory", "import"];
        arguments.extend(issues);
        arguments.extend(patches.iter().flatten().map(String::as_str));
        arguments.extend(options);
        self.work.run(&arguments)
    }

    pub(crate) fn files(&self) -> Vec<(Utf8PathBuf, Vec<u8>)> {
        let root = self.copy.path();
        let read = |path: Utf8PathBuf| (path.clone(), fs_err::read(root.join(path)).unwrap());
        files_below(root).into_iter().map(read).collect()
    }

    pub(crate) fn text(&self, file: &str) -> String {
        fs_err::read_to_string(self.copy.path().join(file)).unwrap()
    }
}

#[test]
fn a_patch_becomes_an_announced_update() {
    let desk = Desk::new();
    let before = desk.files();
    let patch = [desk.patch("xsa108.patch", &fix())];
    let options = ["--credit", "Jan \"JB\" Beulich", "--severity", "moderate"];
    desk.import(&["xsa-108"], &patch, &options).ends_with(0).says(["Tried xsa108.patch: 1 hunks apply"]).prints([
        "-release = \"38\"\n+release = \"39\"",
        "+[[patch]]\n+file = \"xsa108.patch\"\n+sha256 = \"",
        "\"\n+advisory = \"XSA-108\"",
        "+version = \"4.2.5-39\"\n+entries = [\"XSA-108: guests read memory of others through MSRs of the x2APIC (CVE-2014-7188)\"]",
        "--- /dev/null\n+++ b/specs/xen/patches/xsa108.patch",
        "+fixes = [\"XSA-108\"]\n+credits = [\"Jan \\\"JB\\\" Beulich\"]",
    ]);
    assert_eq!(desk.files(), before, "a plan changes nothing");

    desk.import(&["xsa-108"], &patch, &[&options[..], &["--apply"]].concat()).ends_with(0);
    let changed: Vec<_> = desk.files().into_iter().filter(|file| !before.contains(file)).collect();
    assert_eq!(changed.len(), 3, "package.toml, the patch and the advisory");
    assert!(changed.iter().any(|(path, _)| path.as_str().starts_with(ADVISORY)));
    desk.work
        .run(&["advisory", "status", "XSA-108"])
        .ends_with(0)
        .prints(["XSA-108  xen  fixed  xen-4.2.5-39.el6.centos.alt (CESA-"]);
    desk.work
        .run(&["build", "xen", "--without", "xen:docs", "--without", "xen:tools"])
        .ends_with(0)
        .says(["Proven xen: 1 patches (1 hunks) are in its tree"]);
    desk.copy.write("specs/xen/patches/xsa108.patch", &format!("{}\n", fix()));
    for command in
        [&["build", "xen", "--without", "xen:docs", "--without", "xen:tools"][..], &["fetch", "xen"]]
    {
        desk.work
            .run(command)
            .ends_with(2)
            .says(["specs/xen/package.toml:", "does not have the pinned sha256"]);
    }
    // What is mended is not taken twice.
    desk.import(&["xsa-108"], &patch, &[])
        .ends_with(2)
        .says(["XSA-108 is fixed already: in xen-4.2.5-39.el6.centos.alt, by CESA-", "--again"]);
    desk.import(&["xsa-108"], &patch, &["--again"]).ends_with(2).says(["xsa108.patch` is there already"]);
}

#[test]
fn several_issues_come_in_one_update() {
    let desk = Desk::new();
    // Made for a tree that has the first.
    let second = fix()
        .replace("+    copy_pair(0, 0);\n", "     copy_pair(0, 0);\n+    copy_pair(1, 1);\n")
        .replace(",7 @@", ",8 @@")
        .replace(",6 +", ",7 +");
    let patches = [desk.patch("xsa108.patch", &fix()), desk.patch("xsa109-4.2.patch", &second)];
    desk.import(&["XSA-108", "XSA-109"], &patches, &["--apply"]).ends_with(0);
    let text = desk.text(PACKAGE);
    assert!(text.contains("file = \"xsa109-4.2.patch\"\nsha256 = \""), "{text}");
    desk.work
        .run(&["advisory", "status", "XSA-108", "XSA-109", "--exit-code"])
        .ends_with(0)
        .says(["Known 2 fixed"]);
}

#[test]
fn a_patch_by_its_url_is_pinned() {
    let desk = Desk::new();
    let content: &'static [u8] = fix().leak().as_bytes();
    let url = format!("{}xsa108.patch", server("/xsa108.patch", vec![content]));
    let digest = desk.patch("anywhere", &fix()).remove(1);
    let patch = vec![format!("--patch={url}"), digest];
    desk.import(&["XSA-108"], std::slice::from_ref(&patch), &["--apply"]).ends_with(0);
    let text = desk.text(PACKAGE);
    assert!(text.contains(&format!("file = \"xsa108.patch\"\nurl = \"{url}\"\nsha256 = \"")), "{text}");
    assert!(!desk.copy.path().join("specs/xen/patches").exists());
    let other = vec![patch[0].clone(), format!("--sha256={}", "0".repeat(64))];
    Desk::new()
        .import(&["XSA-108"], &[other], &["--apply"])
        .ends_with(2)
        .says(["does not have the pinned sha256"]);
}

#[test]
fn what_is_not_right_is_refused_before_anything_is_written() {
    let desk = Desk::new();
    let before = desk.files();
    let good = desk.patch("xsa108.patch", &fix());
    let wrong = vec![good[0].clone(), format!("--sha256={}", "0".repeat(64))];
    desk.import(&["XSA-108"], &[wrong], &["--apply"])
        .ends_with(2)
        .says(["has another digest than was given"]);
    desk.import(&["XSA-108"], &[good[..1].to_vec()], &[]).ends_with(2).says(["1 patches and 0 digests"]);
    desk.import(&["XSA-9999"], std::slice::from_ref(&good), &[])
        .ends_with(2)
        .says(["nothing is known of `XSA-9999`"]);
    desk.import(&["XSA-33"], std::slice::from_ref(&good), &[])
        .ends_with(2)
        .says(["upstream mended XSA-33 in 4.2.2"]);
    desk.import(&["XSA-64"], std::slice::from_ref(&good), &[])
        .ends_with(2)
        .says(["not to be affected by XSA-64"]);
    let other = desk.patch("xsa109.patch", &fix().replace("for (;;)", "while (1)"));
    desk.import(&["XSA-109"], &[other], &["--apply"])
        .ends_with(4)
        .says(["ADV-PATCH-002 xsa109.patch: `xen/hypervisor.c`: does not apply"]);
    let empty = desk.patch("xsa110.patch", "Subject: nothing\n");
    desk.import(&["XSA-110"], &[empty], &["--apply"]).ends_with(4).says(["ADV-PATCH-001 xsa110.patch"]);
    desk.import(&["XSA-108"], &[good], &["--author", "Nobody", "--apply"])
        .ends_with(2)
        .says(["expected `Name <mail@host>`"]);
    assert_eq!(desk.files(), before);
}

#[test]
fn words_that_are_wrong_are_told() {
    let desk = Desk::new();
    let patch = [desk.patch("xsa108.patch", &fix())];
    let cases: [(&[&str], &str); 7] = [
        (&["--author", "me"], "--author: expected `Name <mail@host>`, found `me`"),
        (&["--title", "two\nlines"], "is not one line of text"),
        (&["--credit", ""], "is not one line of text"),
        (&["--public", "1999-01-01T00:00:00Z"], "nobody knew of it before 2014"),
        (&["--public", "2026-12-01"], "is no time in UTC"),
        (&["--package", "xne"], "xne"),
        (&["--release", "kernel:7"], "--release kernel:7: nothing is new in `kernel`"),
    ];
    for (options, message) in cases {
        desk.import(&["XSA-108"], &patch, options).ends_with(2).says([message]);
    }
    desk.import(&["XSA-108"], &patch, &["--public", "2014-10-01T12:00:00Z"])
        .ends_with(0)
        .says(["is in the past: what is built is published at once"]);
    let windows = [desk.patch("windows.patch", &fix().replace('\n', "\r\n"))];
    desk.import(&["XSA-108"], &windows, &[])
        .ends_with(4)
        .says(["ADV-PATCH-004 windows.patch: its lines end with CRLF"]);
    let mode = "diff --git a/xen/hypervisor.c b/xen/hypervisor.c\nold mode 100644\nnew mode 100755\n";
    desk.import(&["XSA-108"], &[desk.patch("mode.patch", mode)], &[])
        .ends_with(4)
        .says(["ADV-PATCH-004 mode.patch: it changes modes of files only"]);
    desk.work
        .run(&["check", "--explain", "adv-patch-003"])
        .ends_with(0)
        .prints(["ADV-PATCH-003 a patch that is not in the tree that is built (advisories)", "way out:"]);
}

/// What is in the store is taken by its digest, and a URL that has it no more would be found out by others.
#[test]
fn a_url_that_is_not_asked_is_told() {
    let desk = Desk::new();
    let content: &'static [u8] = fix().leak().as_bytes();
    let url = server("/xsa108.patch", vec![content]);
    let patch = |path: &str| [vec![format!("--patch={url}{path}"), format!("--sha256={}", digest(content))]];
    desk.import(&["XSA-108"], &patch("gone/xsa108.patch"), &[]).ends_with(5).says(["HTTP 404"]);
    desk.import(&["XSA-108"], &patch("xsa108.patch"), &[]).ends_with(0);
    let told = format!("Found xsa108.patch here, by its digest: {url}gone/xsa108.patch is not asked for it");
    desk.import(&["XSA-108"], &patch("gone/xsa108.patch"), &[]).ends_with(0).says([told.as_str()]);
}

#[test]
fn hunks_in_other_lines_are_taken_by_name_only() {
    let desk = Desk::new();
    let text = fix();
    let (head, rest) = text.split_once("@@ -").unwrap();
    let (_, rest) = rest.split_once(" @@").unwrap();
    let patch = [desk.patch("xsa108.patch", &format!("{head}@@ -3,6 +3,7 @@{rest}"))];
    desk.import(&["XSA-108"], &patch, &[])
        .ends_with(4)
        .says(["xsa108.patch: 1 of 1 hunks lie in other lines than it says", "--allow-offset xsa108.patch"]);
    desk.import(&["XSA-108"], &patch, &["--allow-offset", "xsa108.patch"]).ends_with(0);
}

/// What a run that was killed while it wrote leaves: all of it in the work directory, and in the project as many files.
fn killed(written: usize) -> (Desk, Vec<(Utf8PathBuf, Vec<u8>)>) {
    let whole = Desk::new();
    whole.import(&["XSA-108"], &[whole.patch("xsa108.patch", &fix())], &["--apply"]).ends_with(0);
    let (after, desk) = (whole.files(), Desk::new());
    let before: BTreeMap<_, _> = desk.files().into_iter().collect();
    let mut record = serde_json::Map::new();
    for (path, bytes) in after.iter().filter(|(path, bytes)| before.get(path) != Some(bytes)) {
        desk.work.write(&format!("import/after/{path}"), bytes);
        if let Some(before) = before.get(path) {
            desk.work.write(&format!("import/before/{path}"), before);
        }
        let before = before.get(path).map(|bytes| digest(bytes).to_string());
        let entry = serde_json::json!({ "before": before, "after": digest(bytes).to_string() });
        record.insert(path.to_string(), entry);
    }
    desk.work.write("import/files.json", serde_json::Value::from(record).to_string());
    for end in ["xsa108.patch", "xen/package.toml", "X0001.toml"].iter().take(written) {
        let (path, bytes) = after.iter().find(|(path, _)| path.as_str().ends_with(end)).unwrap();
        desk.copy.write(path.as_str(), std::str::from_utf8(bytes).unwrap());
    }
    (desk, after)
}

#[test]
fn an_import_that_was_killed_is_finished() {
    for written in 0..=3 {
        let (desk, whole) = killed(written);
        desk.work
            .run(&["advisory", "status"])
            .ends_with(2)
            .says(["was stopped in the middle", "hint: `xen4centos advisory import --finish`"]);
        desk.work.run(&["advisory", "import", "--finish"]).ends_with(0);
        assert_eq!(desk.files(), whole);
        desk.work.run(&["advisory", "status", "XSA-108", "--exit-code"]).ends_with(0);
        desk.work
            .run(&["advisory", "import", "--finish"])
            .ends_with(0)
            .says(["Nothing is left of an import"]);
    }
}

#[test]
fn an_import_that_was_killed_is_given_up() {
    let before = Desk::new().files();
    for written in 0..=3 {
        let (desk, _) = killed(written);
        desk.work.run(&["advisory", "import", "--abandon"]).ends_with(0);
        assert_eq!(desk.files(), before);
        assert!(!desk.copy.path().join("specs/xen/patches").exists());
        desk.work.run(&["advisory", "status", "XSA-108"]).ends_with(0);
    }
}

#[test]
fn what_was_edited_after_a_kill_is_not_overwritten() {
    let (desk, _) = killed(1);
    desk.copy.edit(PACKAGE, "timeout-minutes = 120", "timeout-minutes = 240");
    let before = desk.files();
    desk.work.run(&["advisory", "import", "--finish"]).ends_with(2).says([
        "neither what they were before the import nor what it makes of them\n  specs/xen/package.toml",
        "advisory import --abandon",
    ]);
    assert_eq!(desk.files(), before);
    desk.work
        .run(&["advisory", "import", "--abandon"])
        .ends_with(0)
        .says(["specs/xen/package.toml was edited after the import"]);
    assert!(desk.text(PACKAGE).contains("timeout-minutes = 240"));
    assert!(!desk.copy.path().join("specs/xen/patches").exists());
    desk.work.run(&["advisory", "status", "XSA-108"]).ends_with(0);
}

/// What may be under embargo is nobody else's to read, and does not stay.
#[test]
fn a_killed_trial_is_private_and_forgotten() {
    use std::os::unix::fs::PermissionsExt as _;
    for next in [&["--finish"][..], &["XSA-33", "--patch=none", "--sha256=none"]] {
        let desk = Desk::new();
        let url =
            format!("{}x.patch", server("/x.patch", vec![b"", b"", b"", b"", b"", b"", b"never whole"]));
        let (patch, sha256) = (format!("--patch={url}"), format!("--sha256={}", "0".repeat(64)));
        let mut arguments = vec!["advisory", "import", "XSA-108", &patch, &sha256];
        let temporary = Directory::new();
        let running = desk.work.call(&arguments).env("TMPDIR", temporary.path.as_str()).start();
        let trial = desk.work.path().join("import-trial");
        while !trial.join("specs/xen/package.toml").exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        running.kill();
        assert_eq!(fs_err::metadata(&trial).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(files_below(&temporary.path), Vec::<Utf8PathBuf>::new());
        desk.work.write("import.new/after/specs/xen/patches/x.patch", "begun");
        desk.work.write("import.done/after/specs/xen/patches/x.patch", "done");
        arguments.splice(2.., next.iter().copied());
        desk.work.run(&arguments);
        assert!(
            !["import-trial", "import.new", "import.done"].iter().any(|name| desk
                .work
                .path()
                .join(name)
                .exists())
        );
    }
}

/// Upstream's own commits: their ids are their pins.
#[test]
fn a_commit_of_upstreams_is_a_patch() {
    use xen4centos_process::{Invocation, Tool};
    let desk = Desk::new();
    let upstream = Directory::new();
    let git = |arguments: &[&str]| {
        let mut git = Invocation::new(Tool::Git, &upstream.path).env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            git = git.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example.org");
        }
        git.args(arguments).run().unwrap().text()
    };
    let source = desk.text("specs/xen/miniature/xen/hypervisor.c");
    upstream.write("xen/hypervisor.c", &source);
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    let mended = source.replace("void start(void)\n{\n", "void start(void)\n{\n    copy_pair(0, 0);\n");
    assert_ne!(mended, source);
    upstream.write("xen/hypervisor.c", &mended);
    git(&["commit", "--quiet", "-a", "-m", "two"]);
    let id = git(&["rev-parse", "HEAD"]);
    let url = format!("git = \"file://{}\"", upstream.path);
    desk.copy.edit(PACKAGE, "git = \"https://xenbits.xen.org/git-http/xen.git\"", &url);
    let patch = [vec![format!("--patch=xsa-108={id}")]];
    desk.import(&["XSA-108"], &patch, &["--apply"]).ends_with(0).says(["1 hunks apply"]);
    let text = desk.text(PACKAGE);
    let entry = format!("[[patch]]\ncommit = \"{id}\"\nminiature = true\nadvisory = \"XSA-108\"\n");
    assert!(text.contains(&entry), "{text}");
    desk.work
        .run(&["build", "xen", "--without", "xen:docs", "--without", "xen:tools"])
        .ends_with(0)
        .says(["Proven xen: 1 patches (1 hunks) are in its tree"]);
    let other = [vec![format!("--patch={}", "0".repeat(40))]];
    desk.import(&["XSA-109"], &other, &[]).ends_with(2).says(["has no commit 0000"]);
    desk.import(&["XSA-109", "XSA-110"], &other, &[]).ends_with(2).says(["which issue does commit 0000"]);
}
