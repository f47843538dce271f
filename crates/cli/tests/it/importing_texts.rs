//! Updates from upstream's own directory of an advisory: its text, signed, and the patches that it lists.

use camino::Utf8PathBuf;
use xen4centos_process::{Invocation, Tool};

use crate::importing::{Desk, digest};
use crate::program::Run;
use crate::proofs::fix;
use crate::workshop::Directory;

const PACKAGE: &str = "specs/xen/package.toml";
const KNOWN: &str = "advisories/known/xsa.toml";

/// A gpg of its own. The directory is short, because gpg's sockets lie in it.
struct Gpg {
    home: tempfile::TempDir,
}

impl Gpg {
    /// With a key of that name.
    fn new(name: &str) -> Self {
        let gpg = Self { home: tempfile::Builder::new().prefix("g").tempdir_in("/tmp").unwrap() };
        gpg.run(&["--quick-generate-key", name, "ed25519", "sign,cert", "0"]);
        gpg
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.home.path().join(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> String {
        Invocation::new(Tool::Gpg, self.path(""))
            .args(["--homedir", self.path("").as_str(), "--batch", "--yes", "--quiet"])
            .args(["--pinentry-mode", "loopback", "--passphrase", "", "--no-permission-warning"])
            .args(arguments)
            .run()
            .unwrap()
            .text()
    }

    fn fingerprint(&self) -> String {
        let listing = self.run(&["--with-colons", "--list-keys"]);
        let line = listing.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.trim_start_matches("fpr:").trim_matches(':').to_owned()
    }

    fn signed(&self, text: &str) -> String {
        let (file, signed) = (self.path("text"), self.path("text.asc"));
        fs_err::write(&file, text).unwrap();
        self.run(&["--output", signed.as_str(), "--clear-sign", file.as_str()]);
        fs_err::read_to_string(signed).unwrap()
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let end = Invocation::new(Tool::Gpgconf, self.path("")).args(["--homedir", self.path("").as_str()]);
        drop(end.args(["--kill", "all"]).run());
    }
}

/// A text in upstream's form: who is vulnerable, and the table of patches.
fn text(vulnerable: &str, rows: &str) -> String {
    let digests = format!(
        "{}  xsa901.patch\n{}  xsa901-4.3/0001-one.patch\n",
        digest(b"of another release\n"),
        digest(fix().as_bytes())
    );
    format!(
        "            Xen Security Advisory CVE-2031-10901 / XSA-901\n                              version 2\n\n\
         \x20    x86: an imaginary fault\n\nIMPACT\n======\n\nGuests stop the host.\n\nVULNERABLE SYSTEMS\n\
         ==================\n\n{vulnerable}\n\nCREDITS\n=======\n\nThis issue was discovered by A. Person of Somewhere.\n\n\
         RESOLUTION\n==========\n\nApplying the patch helps.\n\n{rows}\n$ sha256sum xsa901*\n{digests}$\n"
    )
}

const ONWARD: &str = "Xen 3.4 and onward are vulnerable.";
const ROWS: &str =
    "xsa901.patch           xen-unstable, Xen 4.4.x\nxsa901-4.3/*.patch     Xen 4.3.x, Xen 4.2.x\n";

/// A project that pins the key, and upstream's directory.
struct Upstream {
    desk: Desk,
    gpg: Gpg,
    directory: Directory,
}

impl Upstream {
    fn new() -> Self {
        let (desk, gpg, directory) = (Desk::new(), Gpg::new("Xen"), Directory::new());
        let text = desk.text(PACKAGE);
        let (before, rest) = text.split_once("[upstream.advisories]\n").unwrap();
        let (_, after) = rest.split_once("\n\n").unwrap();
        let table = format!(
            "[upstream.advisories]\nfingerprint = \"{}\"\nkey = \"keys/advisories.asc\"\n",
            gpg.fingerprint()
        );
        desk.copy.write(PACKAGE, &format!("{before}{table}\n{after}"));
        desk.copy.write("specs/xen/keys/advisories.asc", &gpg.run(&["--armor", "--export"]));
        directory.write("xsa901.patch", "of another release\n");
        directory.write("xsa901-4.3/0001-one.patch", fix());
        Self { desk, gpg, directory }
    }

    fn with(vulnerable: &str, rows: &str) -> Self {
        let upstream = Self::new();
        upstream.directory.write("advisory-901.txt", upstream.gpg.signed(&text(vulnerable, rows)));
        upstream
    }

    fn import(&self, options: &[&str]) -> Run {
        let from = format!("--from={}", self.directory.path);
        self.desk.import(&["XSA-901"], &[vec![from]], options)
    }
}

#[test]
fn a_new_advisory_comes_in_from_its_signed_text() {
    let upstream = Upstream::with(ONWARD, ROWS);
    let run = upstream.import(&["--apply"]).ends_with(0);
    run.says(["Verified advisory-901.txt, signed by ", "Tried xsa901-0001-one.patch: 1 hunks apply"]).prints(
        [
            "+title = \"xen: x86: an imaginary fault\"",
            "+credits = [\"A. Person of Somewhere\"]",
            "+references = [\"https://xenbits.xen.org/xsa/advisory-901.html\"]",
            "+  \"Guests stop the host.\",",
        ],
    );
    let package = upstream.desk.text(PACKAGE);
    let pin = digest(fix().as_bytes());
    let entry = format!("file = \"xsa901-0001-one.patch\"\nsha256 = \"{pin}\"\nadvisory = \"XSA-901\"\n");
    assert!(package.contains(&entry), "{package}");
    assert!(package.contains("XSA-901: x86: an imaginary fault (CVE-2031-10901)"), "{package}");
    let issue = "[[issue]]\nid = \"XSA-901\"\ntitle = \"x86: an imaginary fault\"\ncves = [\"CVE-2031-10901\"]\n\
                 in.xen = { component = \"hypervisor\", state = \"affected\" }\n";
    assert!(upstream.desk.text(KNOWN).ends_with(issue));
    upstream
        .desk
        .work
        .run(&["advisory", "status", "XSA-901", "--exit-code"])
        .ends_with(0)
        .prints(["XSA-901  xen  fixed  xen-4.2.5-39"]);
    // And what is fixed is not fixed by mistake again.
    upstream.import(&[]).ends_with(2).says(["XSA-901 is fixed already: in xen-4.2.5-39", "--again"]);
    upstream.import(&["--again"]).ends_with(2).says(["xsa901-0001-one.patch` is there already"]);
}

#[test]
fn a_text_that_its_key_did_not_sign_is_refused() {
    let upstream = Upstream::new();
    upstream.import(&[]).ends_with(2).says(["advisory-901.txt"]);
    let good = upstream.gpg.signed(&text(ONWARD, ROWS));
    let write = |text: &str| upstream.directory.write("advisory-901.txt", text);
    write(&good.replace("Xen 4.2.x", "Xen 4.1.x"));
    upstream
        .import(&[])
        .ends_with(2)
        .says(["the signature of `advisory-901.txt` of package `xen` is not accepted"]);
    write(&Gpg::new("Other").signed(&text(ONWARD, ROWS)));
    upstream.import(&[]).ends_with(2).says(["is not accepted", "is signed by"]);
    write(&text(ONWARD, ROWS));
    upstream.import(&[]).ends_with(2).says(["`advisory-901.txt` is not signed", "--unsigned"]);
    upstream.import(&["--unsigned"]).ends_with(0).says(["nobody answers for its digests"]);
    write(&upstream.gpg.signed(&text(ONWARD, ROWS).replace("XSA-901", "XSA-902")));
    upstream.import(&[]).ends_with(2).says(["`advisory-901.txt` is about XSA-902, not about XSA-901"]);
    write(&good);
    upstream.directory.write("xsa901-4.3/0001-one.patch", fix() + "\n");
    upstream.import(&[]).ends_with(2).says(["is not the file that the text of XSA-901 lists"]);
    fs_err::remove_file(upstream.desk.copy.path().join("specs/xen/keys/advisories.asc")).unwrap();
    upstream.import(&[]).ends_with(2).says(["there is no key file `keys/advisories.asc`"]);
}

#[test]
fn what_the_text_does_not_say_is_asked_for() {
    let rows = ROWS.replace(", Xen 4.2.x", "");
    let upstream = Upstream::with(ONWARD, &rows);
    upstream.import(&[]).ends_with(2).says([
        "XSA-901 lists no patch for xen 4.2.5; it has\n  xsa901.patch               xen-unstable, Xen 4.4.x\n  \
         xsa901-4.3/0001-one.patch  Xen 4.3.x",
        "--patch NAME",
    ]);
    let chosen = "--patch=xsa901-4.3/0001-one.patch";
    upstream.import(&["--package=xen", chosen]).ends_with(0).says(["Tried xsa901-0001-one.patch"]);
    let models =
        Upstream::with(ONWARD, &format!("{rows}xsa901-qemut.patch     qemu-xen-traditional, Xen 4.2.x\n"));
    models.import(&[]).ends_with(2).says([
        "what XSA-901 lists for xen 4.2.5 is for device models\n  xsa901-qemut.patch  qemu-xen",
        "make a patch of it for Xen's tree",
    ]);
    let later = Upstream::with("Xen 4.3 and onward are vulnerable.", ROWS);
    later.import(&[]).ends_with(2).says(["XSA-901 says that xen 4.2.5 is not vulnerable", "not_affected"]);
    later.import(&[chosen]).ends_with(0);
}

/// What is written down counts; what upstream says beside it is told.
#[test]
fn a_known_issue_stays_as_it_is_known() {
    let later = "Xen 4.3 and onward are vulnerable.";
    let upstream = Upstream::with(later, &format!("{ROWS}xsa901-linux.patch     Linux\n"));
    let known = upstream.desk.text(KNOWN)
        + "\n[[issue]]\nid = \"XSA-901\"\ntitle = \"as we call it\"\n\
           in.xen = { component = \"hypervisor\", state = \"affected\" }\n\
           in.kernel = { component = \"Linux\", state = \"not_affected\", reason = \"component_not_present\" }\n";
    upstream.desk.copy.write(KNOWN, &known);
    upstream
        .import(&["--apply"])
        .ends_with(0)
        .says(["upstream says CVE-2031-10901 of XSA-901, too", "Tried xsa901-0001-one.patch"])
        .prints(["XSA-901: as we call it (CVE-2031-10901)"]);
    assert_eq!(upstream.desk.text(KNOWN), known);
}

#[test]
fn a_directory_can_be_a_url() {
    let upstream = Upstream::new();
    let signed: &'static [u8] = upstream.gpg.signed(&text(ONWARD, ROWS)).leak().as_bytes();
    let patch: &'static [u8] = fix().leak().as_bytes();
    let url = crate::fetching::server_of(vec![
        ("/xsa/advisory-901.txt", signed),
        ("/xsa/xsa901-4.3/0001-one.patch", patch),
    ]);
    let from = format!("--from={url}xsa/");
    upstream.desk.import(&["XSA-901"], &[vec![from]], &["--apply"]).ends_with(0);
    let entry = format!(
        "file = \"xsa901-0001-one.patch\"\nurl = \"{url}xsa/xsa901-4.3/0001-one.patch\"\nsha256 = \"{}\"\n",
        digest(fix().as_bytes())
    );
    let package = upstream.desk.text(PACKAGE);
    assert!(package.contains(&entry), "{package}");
    let other = format!("--from={url}elsewhere");
    Upstream::new().desk.import(&["XSA-901"], &[vec![other]], &[]).ends_with(5).says(["HTTP 404"]);
}
