//! Updates of several packages, for CVEs, and by releases of upstream's.

use camino::Utf8PathBuf;
use xen4centos_process::{Invocation, Tool};

use crate::importing::{Desk, digest};
use crate::program::Run;
use crate::proofs::fix;
use crate::workshop::{Directory, ProjectCopy, Work};

const MODULE: &str = "arch/x86/kernel/module.c";

/// A patch of the miniature kernel, at the begin of a file.
fn kernel_fix(desk: &Desk) -> String {
    let text = desk.text(&format!("specs/kernel/miniature/{MODULE}"));
    let lines: Vec<String> = text.lines().take(3).map(|line| format!(" {line}\n")).collect();
    format!("--- a/{MODULE}\n+++ b/{MODULE}\n@@ -1,3 +1,4 @@\n+int mended;\n{}", lines.concat())
}

/// Before the name of its file, the package that a patch is for.
fn for_package(package: &str, patch: &[String]) -> Vec<String> {
    vec![patch[0].replacen("--patch=", &format!("--patch={package}:"), 1), patch[1].clone()]
}

#[test]
fn several_packages_are_mended_by_one_advisory() {
    let desk = Desk::new();
    let patches = [
        for_package("kernel", &desk.patch("xsa108-linux.patch", &kernel_fix(&desk))),
        for_package("xen", &desk.patch("xsa108.patch", &fix())),
    ];
    desk.import(&["XSA-108"], &patches, &["--apply"]).ends_with(0).says([
        "Tried xsa108-linux.patch: 1 hunks apply",
        "Tried xsa108.patch: 1 hunks apply",
        "will be kernel: kernel-3.4.113-2",
        "will be xen: xen-4.2.5-39",
    ]);
    let path =
        desk.files().into_iter().find(|(path, _)| path.as_str().starts_with("advisories/CESA-")).unwrap().0;
    let text = desk.text(path.as_str());
    let packages = "\n[[package]]\nname = \"kernel\"\nfixed-in = \"3.4.113-2\"\npatches = [\"xsa108-linux.patch\"]\n\n\
                    [[package]]\nname = \"xen\"\nfixed-in = \"4.2.5-39\"\npatches = [\"xsa108.patch\"]\n";
    assert!(text.ends_with(packages) && text.contains("title = \"kernel, xen: guests read"), "{text}");
    let known = desk.text("advisories/known/xsa.toml");
    assert!(known.contains(
        "\nin.kernel = { component = \"Linux\", state = \"affected\" }\n\n[[issue]]\nid = \"XSA-109\""
    ));
    desk.work.run(&["advisory", "status", "XSA-108", "--exit-code"]).ends_with(0).says(["Known 2 fixed"]);
}

#[test]
fn a_cve_is_known_by_its_advisory_or_by_what_is_said_of_it() {
    let desk = Desk::new();
    let patch = |name: &str| [desk.patch(name, &kernel_fix(&desk))];
    desk.import(&["cve-2015-5307"], &patch("kvm.patch"), &["--package", "kernel"])
        .ends_with(0)
        .says(["Known CVE-2015-5307 as XSA-156"])
        .prints([
            " cves = [\"CVE-2015-5307\", \"CVE-2015-8104\"]",
            "+in.kernel = {",
            "+fixes = [\"XSA-156\"]",
        ]);
    desk.import(&["CVE-2031-2000"], &patch("new.patch"), &["--package", "kernel"])
        .ends_with(2)
        .says(["nothing is known of `CVE-2031-2000`", "--title"]);
    let said = ["--package", "kernel", "--title", "kernel: an imaginary race", "--apply"];
    desk.import(&["CVE-2031-2000"], &patch("new.patch"), &said).ends_with(0);
    let issue = "[[issue]]\nid = \"CVE-2031-2000\"\ntitle = \"an imaginary race\"\n\
                 in.kernel = { component = \"Linux\", state = \"affected\" }\n";
    assert_eq!(desk.text("advisories/known/cve.toml"), issue);
    desk.work
        .run(&["advisory", "status", "CVE-2031-2000", "--exit-code"])
        .ends_with(0)
        .prints(["kernel  fixed"]);
}

/// A project whose small package is of upstream's release 1.0, and upstream's server, which has 1.1, too.
struct Far {
    copy: ProjectCopy,
    work: Work,
    sha256: String,
}

impl Far {
    fn new() -> Self {
        let [old, new] = ["1.0", "1.1"].map(archive);
        let sha256 = digest(new).to_string();
        let url = crate::fetching::server_of(vec![("/far-1.0.tar", old), ("/far-1.1.tar", new)]);
        let copy = ProjectCopy::with_small_package("true");
        let tables = format!(
            "miniature = \"miniature\"\n\n[upstream]\nname = \"far\"\ndirectory = \"far-1.0\"\n\n\
             [[source]]\nname = \"far\"\nfile = \"far-1.0.tar\"\nurl = \"{url}far-1.0.tar\"\nsha256 = \"{}\"\nsize = {}\n\
             upstream = true\nunsigned = \"a test\"\n\n[[changelog]]\n",
            digest(old),
            old.len()
        );
        copy.edit("specs/small/package.toml", "\n[[changelog]]\n", &tables);
        copy.write("specs/small/miniature/code.c", "int code;\n");
        let work = Work::new(copy.path());
        Self { copy, work, sha256 }
    }

    fn import(&self, sha256: &str, options: &[&str]) -> Run {
        let sha256 = format!("--sha256={sha256}");
        let import = ["advisory", "import", "CVE-2031-2000", "--target", "small", "--package", "small"];
        let said = ["--title", "a fault", "--upstream-release", "1.1", &sha256];
        self.work.run(&[&import[..], &said, options].concat())
    }
}

/// What upstream released, as a tarball.
fn archive(version: &str) -> &'static [u8] {
    let directory = Directory::new();
    let git = |arguments: &[&str]| {
        let mut git = Invocation::new(Tool::Git, &directory.path).env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            git = git.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@example.org");
        }
        git.args(arguments).run().unwrap().stdout
    };
    directory.write("code.c", format!("int code; /* {version} */\n"));
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    git(&["archive", "--format=tar", &format!("--prefix=far-{version}/"), "HEAD"]).leak()
}

#[test]
fn a_release_of_upstreams_is_pinned_and_announced() {
    let far = Far::new();
    let manifest: Utf8PathBuf = far.copy.path().join("specs/small/package.toml");
    let before = fs_err::read_to_string(&manifest).unwrap();
    far.import(&"0".repeat(64), &["--channel", "trial"])
        .ends_with(2)
        .says(["does not have the pinned sha256"]);
    far.import(&far.sha256, &[]).ends_with(2).says(["nobody looked at `small` 1.1", "takes a miniature"]);
    assert_eq!(fs_err::read_to_string(&manifest).unwrap(), before);
    far.import(&far.sha256, &["--channel", "trial", "--apply"])
        .ends_with(0)
        .says(["will be small: small-1.1-1.el6.centos.alt takes the place of small-1.0-1.el6.centos.alt"])
        .prints([
            "+fixed-in = \"1.1-1\"\n+released-in = \"1.1\"",
            "state = \"fixed\", released-in = \"1.1\"",
        ]);
    let after = fs_err::read_to_string(&manifest).unwrap();
    let pin = format!("far-1.1.tar\"\nsha256 = \"{}\"\nupstream = true\n", far.sha256);
    assert!(
        after.contains("version = \"1.1\"\n")
            && after.contains("directory = \"far-1.1\"")
            && after.contains(&pin)
    );
    assert!(
        after.contains("entries = [\n  \"Upstream's 1.1\",\n  \"CVE-2031-2000: a fault\",\n]"),
        "{after}"
    );
    let status = ["advisory", "status", "--target", "small", "CVE-2031-2000", "--exit-code"];
    far.work.run(&status).ends_with(0).prints(["fixed  small-1.1-1"]);
    far.import(&far.sha256, &["--channel", "trial"]).ends_with(2).says(["`small` is 1.1 already"]);
}
