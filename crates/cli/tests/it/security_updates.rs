//! Security updates as hosts get them: announced in the repository, and chosen by the real dnf.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};

use crate::workshop::{Directory, ProjectCopy, Work, files_below};

const SECURITY: &str = r#"id = "CESA-2026:X0001"
title = "small: <greetings> & more"
type = "security"
severity = "important"
cves = ["CVE-2026-0001"]
announcement = "https://example.org/CESA-2026:X0001"
references = ["https://example.org/?a=1&b=2"]
public = 2026-11-20T12:00:00Z
reboot = true
description = ["Anybody could be greeted.", "Now nobody is."]

[[package]]
name = "small"
fixed-in = "2"
released-in = "1.0"
"#;

/// Two packages, `small` and `other`.
pub(crate) fn project() -> ProjectCopy {
    let copy = ProjectCopy::with_small_package("true");
    for file in ["package.toml", "small.spec.tera"] {
        let text = fs_err::read_to_string(copy.path().join("specs/small").join(file)).unwrap();
        copy.write(
            &format!("specs/other/{}", file.replace("small", "other")),
            &text.replace("small", "other"),
        );
    }
    let target = "repo-templates/targets/small.toml";
    copy.edit(target, r#"packages = ["small"]"#, r#"packages = ["small", "other"]"#);
    copy
}

pub(crate) fn raise(copy: &ProjectCopy, package: &str) {
    let file = format!("specs/{package}/package.toml");
    copy.edit(&file, "release = \"1\"", "release = \"2\"");
    let entry = "[[changelog]]\ndate = \"2026-11-03\"\nauthor = \"Nobody <nobody@localhost>\"\nversion = \"1.0-2\"\n\
                 entries = [\"Second\"]\n\n[[changelog]]";
    copy.edit(&file, "[[changelog]]", entry);
}

/// The security update of `small`, and one of `other` that mends something.
pub(crate) fn announce(copy: &ProjectCopy) {
    copy.write("advisories/CESA-2026-X0001.toml", SECURITY);
    let bugfix = SECURITY
        .replace("CESA-2026:X0001", "CEBA-2026:X0002")
        .replace("\"security\"", "\"bugfix\"")
        .replace("severity = \"important\"\ncves = [\"CVE-2026-0001\"]\n", "")
        .replace("name = \"small\"", "name = \"other\"")
        .replace("reboot = true", "reboot = false");
    copy.write("advisories/CEBA-2026-X0002.toml", &bugfix);
}

/// A host that has packages by its database alone.
struct Host {
    directory: Directory,
}

impl Host {
    fn with(packages: &[Utf8PathBuf]) -> Self {
        let host = Self { directory: Directory::new() };
        // Debian's rpm keeps its database elsewhere.
        host.directory.write(".rpmmacros", "%_dbpath /var/lib/rpm\n");
        host.directory.write("dnf.conf", "[main]\ngpgcheck=0\nplugins=0\n");
        let root = host.root();
        fs_err::create_dir_all(&root).unwrap();
        let install = Invocation::new(Tool::Rpm, &host.directory.path)
            .args([
                "--root",
                root.as_str(),
                "--dbpath",
                "/var/lib/rpm",
                "-i",
                "--justdb",
                "--nodeps",
                "--noscripts",
            ])
            .args(packages);
        host.run(install);
        host
    }

    fn root(&self) -> Utf8PathBuf {
        self.directory.path.join("root")
    }

    fn run(&self, invocation: Invocation) -> String {
        use std::os::unix::fs::MetadataExt as _;
        let is_root = fs_err::metadata(&self.directory.path).unwrap().uid() == 0;
        let as_root = ["--map-root-user", "--"];
        let invocation = if is_root { invocation } else { invocation.wrapped_by(Tool::Unshare, as_root) };
        invocation.env("HOME", self.directory.path.as_str()).run().unwrap().text()
    }

    fn dnf(&self, repository: &Utf8Path, arguments: &[&str]) -> String {
        let scratch = &self.directory.path;
        let dnf = Invocation::new(Tool::Dnf, scratch)
            .args(["-y", "--quiet", "--releasever=6", "--forcearch=x86_64", "--repo=tried"])
            .arg(format!("--installroot={}", self.root()))
            .arg(format!("--config={scratch}/dnf.conf"))
            .arg(format!("--setopt=reposdir={scratch}/none"))
            .arg(format!("--setopt=cachedir={scratch}/cache"))
            .arg(format!("--setopt=logdir={scratch}"))
            .arg(format!("--setopt=persistdir={scratch}/state"))
            .arg("--setopt=tsflags=justdb")
            .arg(format!("--repofrompath=tried,file://{repository}"));
        self.run(dnf.args(arguments))
    }

    fn installed(&self) -> Vec<String> {
        let root = self.root();
        let query = ["-qa", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}\n"];
        let rpm = Invocation::new(Tool::Rpm, &self.directory.path)
            .args(["--root", root.as_str(), "--dbpath", "/var/lib/rpm"])
            .args(query);
        let mut lines: Vec<String> = self.run(rpm).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

fn channel(work: &Work) -> Utf8PathBuf {
    work.path().join("publish/small/x86_64").canonicalize_utf8().unwrap()
}

fn packages(work: &Work) -> Vec<Utf8PathBuf> {
    let root = channel(work);
    let is_binary = |path: &Utf8PathBuf| path.as_str().ends_with(".noarch.rpm");
    files_below(&root).into_iter().filter(is_binary).map(|path| root.join(path)).collect()
}

#[test]
fn dnf_chooses_what_closes_a_hole_and_nothing_else() {
    let copy = project();
    let work = Work::new(copy.path());
    let release = ["release", "--target", "small"];
    work.run(&release).ends_with(0);
    let host = Host::with(&packages(&work));
    assert_eq!(host.installed(), ["other-1.0-1.el6.centos.alt", "small-1.0-1.el6.centos.alt"]);
    assert!(!host.dnf(&channel(&work), &["updateinfo", "list", "--all"]).contains("CESA"));

    raise(&copy, "small");
    raise(&copy, "other");
    announce(&copy);
    work.run(&release).ends_with(0);
    let said = host.dnf(&channel(&work), &["updateinfo", "list", "--security"]);
    assert_eq!(
        said.split_whitespace().collect::<Vec<_>>(),
        ["CESA-2026:X0001", "Important/Sec.", "small-1.0-2.el6.centos.alt.noarch"]
    );
    let said = host.dnf(&channel(&work), &["updateinfo", "list", "--bugfix"]);
    assert!(said.contains("CEBA-2026:X0002") && said.contains("other-1.0-2"), "{said}");
    let said = host.dnf(&channel(&work), &["updateinfo", "info", "CESA-2026:X0001"]);
    let told =
        ["small: <greetings> & more", "CVE-2026-0001", "Important", "Now nobody is.", "2026-11-20 12:00:00"];
    for text in told {
        assert!(said.contains(text), "{text}: {said}");
    }

    host.dnf(&channel(&work), &["upgrade", "--security"]);
    assert_eq!(host.installed(), ["other-1.0-1.el6.centos.alt", "small-1.0-2.el6.centos.alt"]);
    assert_eq!(host.dnf(&channel(&work), &["updateinfo", "list", "--security"]).trim(), "");
    host.dnf(&channel(&work), &["upgrade"]);
    assert_eq!(host.installed(), ["other-1.0-2.el6.centos.alt", "small-1.0-2.el6.centos.alt"]);
}

#[test]
fn advisories_are_part_of_what_is_published() {
    let copy = project();
    raise(&copy, "small");
    announce(&copy);
    fs_err::remove_file(copy.path().join("advisories/CEBA-2026-X0002.toml")).unwrap();
    let work = Work::new(copy.path());
    let release = ["release", "--target", "small", "--json"];
    assert_eq!(work.run(&release).ends_with(0).json()["state"], 1);
    let updateinfo = || {
        let repodata = files_below(&channel(&work));
        let is_it = |path: &&Utf8PathBuf| path.as_str().contains("updateinfo");
        repodata.iter().filter(is_it).count()
    };
    assert_eq!(updateinfo(), 1);
    work.run(&release).ends_with(0).says(["Unchanged"]);
    // Other words for the same packages are published, too.
    copy.edit("advisories/CESA-2026-X0001.toml", "Now nobody is.", "Now few are.");
    assert_eq!(work.run(&release).ends_with(0).json()["state"], 2);
    // What is no longer announced is no longer listed.
    fs_err::remove_file(copy.path().join("advisories/CESA-2026-X0001.toml")).unwrap();
    assert_eq!(work.run(&release).ends_with(0).json()["state"], 3);
    work.run(&["publish", "--target", "small", "--roll-back", "2"]).ends_with(0);
}

#[test]
fn what_is_published_is_announced_by_mail_and_page() {
    let copy = project();
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());
    with(&["release"]).ends_with(0);
    raise(&copy, "small");
    copy.write("advisories/CESA-2026-X0001.toml", SECURITY);
    let announce = |more: &[&str]| with(&[&["advisory", "announce"], more].concat());
    announce(&["CESA-2026:X0001"])
        .ends_with(2)
        .says(["has no package that was shown to answer CESA-2026:X0001"]);
    with(&["release"]).ends_with(0);
    let package =
        files_below(&work.path().join("publish/small/x86_64/Packages").canonicalize_utf8().unwrap())
            .into_iter()
            .find(|file| file.as_str().starts_with("small-1.0-2."))
            .unwrap();
    let bytes = fs_err::read(work.path().join("publish/small/x86_64/Packages").join(&package)).unwrap();
    let sum = xen4centos_artifact::Sha256Digest::from_bytes(
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), bytes))
            .into(),
    );
    announce(&["cesa-2026-x0001"]).ends_with(0).prints([
        "Subject: [CentOS-announce] CESA-2026:X0001 Important ",
        " small: <greetings> & more\n",
        "Anybody could be greeted.\n\nNow nobody is.\n",
        "  CVE-2026-0001\n",
        "  https://example.org/?a=1&b=2\n",
        &format!("NOARCH:\n----------------------------------------------------------------------\n{sum}  {package}\n"),
        "small 1.0-2, from its changelog:\n\n  - Second\n",
        "Hosts have to boot to have the fix.\n",
    ]);
    announce(&["CESA-2026:X0001", "--form", "html"]).ends_with(0).prints([
        "<title>CESA-2026:X0001: small: &lt;greetings&gt; &amp; more</title>",
        &format!("Packages/{package}\">"),
        &format!("<code>{sum}</code>"),
    ]);
    let json = announce(&["CESA-2026:X0001", "--json"]).ends_with(0).json();
    assert_eq!(json["architectures"][0]["packages"][0]["file"], package.as_str());
    let csaf = announce(&["CESA-2026:X0001", "--form", "csaf"]).ends_with(0).json();
    assert_eq!(
        (&csaf["document"]["category"], &csaf["document"]["csaf_version"]),
        (&"csaf_security_advisory".into(), &"2.0".into())
    );
    assert_eq!(csaf["document"]["tracking"]["initial_release_date"], "2026-11-20T12:00:00Z");
    assert_eq!(csaf["vulnerabilities"][0]["cve"], "CVE-2026-0001");
    let product = &csaf["product_tree"]["full_product_names"][0];
    assert_eq!(csaf["vulnerabilities"][0]["product_status"]["fixed"][0], product["product_id"]);
    let hash = &product["product_identification_helper"]["hashes"][0];
    assert_eq!(hash["file_hashes"][0]["value"], sum.to_string());
    let output = Directory::new();
    announce(&["CESA-2026:X0001", "--output", output.path.as_str()]).ends_with(0);
    let names: Vec<String> = files_below(&output.path).into_iter().map(Utf8PathBuf::into_string).collect();
    assert_eq!(names, ["CESA-2026-X0001.html", "CESA-2026-X0001.txt", "cesa-2026_x0001.json"]);
    announce(&["CESA-2026:X0009"])
        .ends_with(2)
        .says(["there is no advisory", "hint: there are: CESA-2026:X0001"]);
    copy.edit(
        "advisories/CESA-2026-X0001.toml",
        "public = 2026-11-20T12:00:00Z",
        "public = 2099-11-20T12:00:00Z",
    );
    announce(&["CESA-2026:X0001"]).ends_with(4).says(["is not public before 2099-11-20T12:00:00Z"]);
}
