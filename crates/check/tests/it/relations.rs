//! Packages beside one another, and beside what was published before. Each poison stands next to its clean twin.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use xen4centos_artifact::header::{HeaderBuilder, Tag, tag};
use xen4centos_check::{
    BaseProvides, Depth, FileChecksum, Finding, PackageFacts, Provision, Published, PublishedPackage,
    Relation, RepositoryCheck, RepositorySignature, Severity, check_repository, rules,
};
use xen4centos_process::{Invocation, Tool};

use crate::{built::build, client::client, synthetic::Package};

/// A file of a package: path, mode, digest or target of a link, flags, colour.
pub(crate) type File = (&'static str, u16, &'static str, u32, u32);

/// A package as a line of text has it: `name version-release`, then entries such as `needs xen-libs = 1-1`, each after
/// a semicolon. `of` names the source package, `arch` the architecture.
pub(crate) struct Line {
    pub(crate) text: &'static str,
    files: &'static [File],
}

pub(crate) const REGULAR: u16 = 0o100_644;
const GHOST: u32 = 1 << 6;

pub(crate) fn plain(text: &'static str) -> Line {
    Line { text, files: &[] }
}

pub(crate) const fn with(text: &'static str, files: &'static [File]) -> Line {
    Line { text, files }
}

impl Line {
    fn package(&self) -> (String, Package) {
        let mut parts = self.text.split("; ");
        let (name, evr) = parts.next().unwrap().split_once(' ').unwrap();
        let (version, release) = evr.split_once('-').unwrap();
        let (mut source, mut arch) = (format!("{name}-{evr}.src.rpm"), "x86_64");
        let own = format!("{name} = {evr}");
        let mut lists: [(Tag, Vec<&str>); 4] = [
            (tag::PROVIDE_NAME, vec![&own]),
            // No list may be empty, and this is no requirement of a package.
            (tag::REQUIRE_NAME, vec!["rpmlib(VersionedDependencies) <= 3.0.3-1"]),
            (tag::CONFLICT_NAME, Vec::new()),
            (tag::OBSOLETE_NAME, Vec::new()),
        ];
        for part in parts {
            match part.split_once(' ').unwrap() {
                ("of", text) => source = format!("{text}.src.rpm"),
                ("arch", text) => arch = text,
                ("gives", text) => lists[0].1.push(text),
                ("needs", text) => lists[1].1.push(text),
                ("conflicts", text) => lists[2].1.push(text),
                ("obsoletes", text) => lists[3].1.push(text),
                (other, _) => panic!("{other}"),
            }
        }
        let package = Package::clean().main(|main| {
            let main =
                main.string(tag::NAME, name).string(tag::VERSION, version).string(tag::RELEASE, release);
            let main = main.string(tag::ARCH, arch).string(tag::SOURCE_RPM, &source);
            let main = lists.iter().fold(main, |main, (tag, entries)| dependencies(main, *tag, entries));
            owning(main, self.files)
        });
        (format!("{name}-{evr}.{arch}.rpm"), package)
    }
}

fn dependencies(main: HeaderBuilder, names: Tag, entries: &[&str]) -> HeaderBuilder {
    if entries.is_empty() {
        return main;
    }
    let (flags_tag, versions) = match names {
        tag::PROVIDE_NAME => (tag::PROVIDE_FLAGS, tag::PROVIDE_VERSION),
        tag::REQUIRE_NAME => (tag::REQUIRE_FLAGS, tag::REQUIRE_VERSION),
        tag::CONFLICT_NAME => (tag::CONFLICT_FLAGS, tag::CONFLICT_VERSION),
        _ => (tag::OBSOLETE_FLAGS, tag::OBSOLETE_VERSION),
    };
    let words: Vec<Vec<&str>> = entries.iter().map(|entry| entry.split(' ').collect()).collect();
    let flags = words.iter().map(|words| match words.get(1).copied().unwrap_or_default() {
        "<" => 2,
        "<=" => 10,
        "=" => 8,
        ">=" => 12,
        ">" => 4,
        _ => 0,
    });
    let column =
        |index: usize| words.iter().map(|words| words.get(index).copied().unwrap_or_default()).collect();
    let (first, third): (Vec<&str>, Vec<&str>) = (column(0), column(2));
    main.strings(names, &first).strings(versions, &third).u32s(flags_tag, &flags.collect::<Vec<_>>())
}

fn owning(main: HeaderBuilder, files: &[File]) -> HeaderBuilder {
    if files.is_empty() {
        return main;
    }
    let split = |file: &File| file.0.rsplit_once('/').unwrap();
    let directories: Vec<String> = files.iter().map(|file| format!("{}/", split(file).0)).collect();
    let directories: Vec<&str> = directories.iter().map(String::as_str).collect();
    let is_link = |file: &File| file.1 & 0o170_000 == 0o120_000;
    let digest = |file: &File| {
        if file.1 & 0o170_000 == 0o100_000 { hex::encode(Sha256::digest(file.2)) } else { String::new() }
    };
    let digests: Vec<String> = files.iter().map(digest).collect();
    main.strings(tag::DIR_NAMES, &directories)
        .u32s(tag::DIR_INDEXES, &(0..u32::try_from(files.len()).unwrap()).collect::<Vec<_>>())
        .strings(tag::BASE_NAMES, &files.iter().map(|file| split(file).1).collect::<Vec<_>>())
        .u16s(tag::FILE_MODES, &files.iter().map(|file| file.1).collect::<Vec<_>>())
        .strings(tag::FILE_DIGESTS, &digests.iter().map(String::as_str).collect::<Vec<_>>())
        .strings(
            tag::FILE_LINK_TOS,
            &files.iter().map(|file| if is_link(file) { file.2 } else { "" }).collect::<Vec<_>>(),
        )
        .u32s(tag::FILE_FLAGS, &files.iter().map(|file| file.3).collect::<Vec<_>>())
        .u32s(tag::FILE_COLORS, &files.iter().map(|file| file.4).collect::<Vec<_>>())
        .u32s(tag::FILE_SIZES, &vec![1; files.len()])
        .u32s(tag::FILE_MTIMES, &vec![1; files.len()])
        .strings(tag::FILE_USER_NAME, &vec!["root"; files.len()])
        .strings(tag::FILE_GROUP_NAME, &vec!["root"; files.len()])
}

/// What stands beside the repository.
#[derive(Default)]
pub(crate) struct Beside {
    pub(crate) base: BaseProvides,
    pub(crate) histories: Vec<Published>,
}

impl Beside {
    fn list(text: &str) -> Self {
        Self { base: BaseProvides::parse(text, "base.txt".into()).unwrap(), ..Self::default() }
    }

    /// `name-version-release.arch`, each with the content that it was published with.
    fn history(mut self, relation: Relation, packages: &[(&str, &str)]) -> Self {
        let package = |(nevra, value): &(&str, &str)| PublishedPackage {
            nevra: nevra.parse().unwrap(),
            checksum: FileChecksum { kind: "sha256".into(), value: (*value).to_owned() },
            is_there: true,
        };
        let packages = packages.iter().map(package).collect();
        self.histories.push(Published { place: "channel `x`".into(), relation, packages });
        self
    }
}

fn before(packages: &[(&str, &str)]) -> Beside {
    Beside::default().history(Relation::Before, packages)
}

fn origin(packages: &[(&str, &str)]) -> Beside {
    Beside::default().history(Relation::Origin, packages)
}

/// The digest of a package.
fn sum_of(line: &Line) -> String {
    hex::encode(Sha256::digest(line.package().1.to_bytes()))
}

pub(crate) struct Repository {
    _directory: tempfile::TempDir,
    pub(crate) root: Utf8PathBuf,
}

impl Repository {
    pub(crate) fn of(lines: &[Line]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        fs_err::create_dir(root.join("Packages")).unwrap();
        for line in lines {
            let (name, package) = line.package();
            package.write(&root.join("Packages").join(name));
        }
        Self::indexed(directory, root)
    }

    fn indexed(directory: tempfile::TempDir, root: Utf8PathBuf) -> Self {
        Invocation::new(Tool::CreaterepoC, &root)
            .args(["-q", "--no-database", "--revision=1795000000", "--set-timestamp-to-revision", "."])
            .run()
            .unwrap();
        fs_err::write(root.join("repodata/repomd.xml.asc"), "signature").unwrap();
        Self { _directory: directory, root }
    }

    pub(crate) fn check(&self, beside: &Beside) -> Vec<Finding> {
        let mut findings = check_repository(&RepositoryCheck {
            signature: RepositorySignature::Present,
            root: &self.root,
            client: &client("el6"),
            verifier: None,
            base: Some(&beside.base),
            published_before: None,
            histories: &beside.histories,
            contract: None,
            depth: Depth::Packages,
            keys: None,
        })
        .unwrap();
        // Licences are tried elsewhere.
        findings.retain(|finding| !["EL6-FILE-050", "EL6-REPO-034"].contains(&finding.code));
        findings
    }
}

#[track_caller]
fn clean(lines: &[Line], beside: &Beside) {
    assert_eq!(Repository::of(lines).check(beside), []);
}

/// Exactly one finding, of that rule and with these words.
#[track_caller]
fn trips(code: &str, words: &str, lines: &[Line], beside: &Beside) {
    let findings = Repository::of(lines).check(beside);
    let found: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(found, [code], "{findings:#?}");
    assert!(findings[0].message.contains(words), "{}", findings[0].message);
    TRIPPED.lock().unwrap().insert(code.to_owned());
}

static TRIPPED: std::sync::Mutex<BTreeSet<String>> = std::sync::Mutex::new(BTreeSet::new());

const NONE: &str = "";

fn requirements() {
    let lines = || [plain("a 1-1; needs b >= 2; needs /bin/c"), plain("d 1-1; needs a = 1")];
    clean(&lines(), &Beside::list("b = 2-5\n/bin/c"));
    trips("EL6-DEP-001", "requires b >= 2", &lines(), &Beside::list("b = 1.9\n/bin/c"));
    clean(&lines(), &Beside::list("b = 2\n/bin/*"));
    let mut base = BaseProvides::default();
    let mut package = PackageFacts::new("b-0:2-1.x86_64".parse().unwrap());
    package.provides.push(Provision::exactly("b", "2-1"));
    base.add_package(package);
    let mut with_file = Beside { base: base.clone(), ..Beside::default() };
    trips("EL6-DEP-001", "requires /bin/c", &lines(), &with_file);
    with_file.base.add_file("/bin/c");
    clean(&lines(), &with_file);
}

fn exclusions() {
    let none = Beside::default();
    // Both of one build.
    trips(
        "EL6-DEP-002",
        "conflicts with b < 2, which b-1-1.x86_64 is: both are of s-1-1.src.rpm",
        &[plain("a 1-1; of s-1-1; conflicts b < 2"), plain("b 1-1; of s-1-1")],
        &none,
    );
    clean(&[plain("a 1-1; of s-1-1; conflicts b < 1-1"), plain("b 1-1; of s-1-1")], &none);
    // Alternatives, unless something needs both.
    let alternatives = || [plain("a 1-1; of s-1-1; conflicts b"), plain("b 1-1; of s-1-1; conflicts a")];
    clean(&alternatives(), &none);
    // One needs the other, through a third.
    trips(
        "EL6-DEP-002",
        "obsoletes c, which c-1-1.x86_64 is: a-1-1.x86_64 needs both",
        &[plain("a 1-1; needs b; obsoletes c"), plain("b 1-1; needs c"), plain("c 1-1")],
        &none,
    );
    // Somebody else gives it, too; or it is a package of another time that was renamed.
    clean(
        &[
            plain("a 1-1; needs b; obsoletes c"),
            plain("b 1-1; needs c"),
            plain("c 1-1"),
            plain("d 1-1; gives c = 1"),
        ],
        &none,
    );
    clean(&[plain("a 1-1; obsoletes c < 2"), plain("c 1-1")], &none);
    // yum puts what obsoletes into its place on hosts that never asked for it.
    let stays = || plain("b 1-1; needs c");
    let renamed = "b-1-1.x86_64 needs what goes with it";
    trips(
        "EL6-DEP-002",
        &format!("obsoletes c, which c-1-1.x86_64 is: {renamed}"),
        &[plain("a 1-1; obsoletes c"), stays(), plain("c 1-1")],
        &none,
    );
    clean(&[plain("a 1-1; obsoletes c; gives c = 1"), stays(), plain("c 1-1")], &none);
    clean(&[plain("a 1-1; obsoletes c < 1"), stays(), plain("c 1-1")], &none);
    clean(&[plain("a 1-1; obsoletes c; obsoletes b"), stays(), plain("c 1-1")], &none);
    clean(&[plain("a 1-1; obsoletes c"), stays(), plain("b 1-2"), plain("c 1-1")], &none);
    // Obsoletes go by names only, and a package never is in its own way.
    clean(
        &[
            plain("a 1-1; of s-1-1; obsoletes v; gives a; conflicts a < 1"),
            plain("b 1-1; of s-1-1; gives v = 1"),
        ],
        &none,
    );
    let mut base = BaseProvides::default();
    let mut udev = PackageFacts::new("udev-147-2.x86_64".parse().unwrap());
    udev.provides.push(Provision::exactly("udev", "147-2"));
    base.add_package(udev);
    let beside = Beside { base, ..Beside::default() };
    trips(
        "EL6-DEP-002",
        "a-1-1.x86_64 needs both",
        &[plain("a 1-1; needs udev; conflicts udev < 150")],
        &beside,
    );
    clean(&[plain("a 1-1; needs udev; conflicts udev < 063")], &beside);
    exclusions_in_the_base();
}

/// Of the base, too, the newest packages count; lists know packages by their releases.
fn exclusions_in_the_base() {
    let needing = |entry| [plain("a 1-1; needs u; needs k"), plain(entry)];
    let list = || Beside::list("u = 1:147-2.46.el6\nv = 2");
    let words = "conflicts with u < 1:150, which u = 1:147-2.46.el6 is: a-1-1.x86_64 needs both";
    trips("EL6-DEP-002", words, &needing("k 1-1; conflicts u < 1:150"), &list());
    trips("EL6-DEP-002", "k-1-1.x86_64", &[plain("k 1-1; needs u; obsoletes u; of k-1-1")], &list());
    clean(&needing("k 1-1; conflicts u < 1:145-11"), &list());
    clean(&needing("k 1-1; conflicts v < 3; obsoletes v"), &list());
    let words = "conflicts with u < 1:150, which u = 1:147-2.46.el6 of the base is";
    trips("EL6-DEP-005", words, &[plain("k 1-1; conflicts u < 1:150")], &list());
    clean(&[plain("k 1-1; conflicts u")], &list());
    let packages = |lines: &[(&str, &str)]| {
        let mut base = BaseProvides::default();
        for (nevra, needs) in lines {
            let mut package = PackageFacts::new(nevra.parse().unwrap());
            package.provides.push(Provision::exactly(&package.nevra.name, package.nevra.evr.to_string()));
            package.requires.extend((!needs.is_empty()).then(|| Provision::exactly(*needs, "")));
            base.add_package(package);
        }
        Beside { base, ..Beside::default() }
    };
    let own = || [plain("a 1-1; obsoletes c")];
    let needed = packages(&[("b-1-1.x86_64", "c"), ("c-1-1.x86_64", ""), ("c-1-2.x86_64", "")]);
    trips("EL6-DEP-002", "obsoletes c, which c-1-2.x86_64 is: b-1-1.x86_64 needs", &own(), &needed);
    clean(&own(), &packages(&[("b-1-1.x86_64", "c"), ("b-1-2.x86_64", ""), ("c-1-1.x86_64", "")]));
    clean(&own(), &packages(&[("b-1-1.x86_64", ""), ("c-1-1.x86_64", "")]));
}

const ONE: &[File] = &[("/boot/config", REGULAR, "one", 0, 0)];
const TWO: &[File] = &[("/boot/config", REGULAR, "two", 0, 0)];

fn files() {
    let none = Beside::default();
    let a = || with("a 1-1", &[("/etc/x", REGULAR, "one", 0, 0), ("/etc/y", REGULAR, "one", 0, 0)]);
    let code = "EL6-DEP-003";
    trips(
        code,
        "has another /etc/x than b-1-1.x86_64",
        &[a(), with("b 1-1", &[("/etc/x", REGULAR, "two", 0, 0)])],
        &none,
    );
    trips(
        code,
        "and 1 more",
        &[a(), with("b 1-1", &[("/etc/x", 0o100_755, "one", 0, 0), ("/etc/y", 0o120_777, "z", 0, 0)])],
        &none,
    );
    trips(code, "/etc/x", &[a(), with("b 1-1", &[("/etc/x", 0o040_755, NONE, 0, 0)])], &none);
    clean(&[a(), with("b 1-1", &[("/etc/x", REGULAR, "one", 0, 0)])], &none);
    clean(&[a(), with("b 1-1", &[("/etc/x", REGULAR, "two", GHOST, 0)])], &none);
    clean(&[a(), with("b 1-1; conflicts a", &[("/etc/x", REGULAR, "two", 0, 0)])], &none);
    clean(&[a(), with("b 1-1; obsoletes a < 2", &[("/etc/x", REGULAR, "two", 0, 0)])], &none);
    let directory = || with("a 1-1", &[("/etc/d", 0o040_755, NONE, 0, 0)]);
    clean(&[directory(), with("b 1-1", &[("/etc/d", 0o040_755, NONE, 0, 0)])], &none);
    trips(code, "/etc/d", &[directory(), with("b 1-1", &[("/etc/d", 0o040_700, NONE, 0, 0)])], &none);
    let link = || with("a 1-1", &[("/etc/l", 0o120_777, "one", 0, 0)]);
    trips(code, "/etc/l", &[link(), with("b 1-1", &[("/etc/l", 0o120_777, "two", 0, 0)])], &none);
    clean(&[link(), with("b 1-1", &[("/etc/l", 0o120_755, "one", 0, 0)])], &none);
    // Of two ELF files the one of the preferred class is installed.
    let elf = || with("a 1-1", &[("/usr/bin/e", 0o100_755, "one", 0, 2)]);
    clean(&[elf(), with("a 1-1; arch i686", &[("/usr/bin/e", 0o100_755, "two", 0, 1)])], &none);
    trips(code, "/usr/bin/e", &[elf(), with("b 1-1", &[("/usr/bin/e", 0o100_755, "two", 0, 2)])], &none);
    // Versions of one package are never together, but those of kernels are.
    let version = |text: &'static str| with(text, if text.ends_with('1') { ONE } else { TWO });
    clean(&[version("a 1-1"), version("a 1-2")], &none);
    clean(&[version("a 1-1"), version("a 1-2; arch noarch")], &none);
    clean(&[version("a 1-1; arch noarch"), version("a 1-2")], &none);
    trips(code, "/boot/config", &[version("kernel 1-1"), version("kernel 1-2")], &none);
    trips(
        code,
        "/boot/config",
        &[with("k 1-1; gives kernel-devel", ONE), with("k 1-2; gives kernel-devel", TWO)],
        &none,
    );
}

fn firmware() {
    let none = Beside::default();
    let code = "EL6-DEP-004";
    let kernel = || plain("kernel 3.4.113-1; needs kernel-firmware");
    clean(&[kernel(), plain("kernel-firmware 3.4.113-1")], &none);
    clean(&[plain("kernel 3.4.113-1"), plain("kernel-firmware 3.4.61-9")], &none);
    let words = "is 3.4.113-1, and the newest kernel-firmware is 3.4.61-9";
    trips(code, words, &[kernel(), plain("kernel-firmware 3.4.61-9")], &none);
    trips(code, "2.6.32-358.el6", &[kernel()], &Beside::list("kernel-firmware = 2.6.32-358.el6"));
}

fn updates() {
    let code = "EL6-UPG-001";
    let words = "1-2 is not newer than a-1-3.x86_64, which channel `x` published";
    trips(code, words, &[plain("a 1-2")], &before(&[("a-1-1.x86_64", "0"), ("a-1-3.x86_64", "0")]));
    clean(&[plain("a 1-2")], &before(&[("a-1-1.x86_64", "0")]));
    trips(code, "a-1:0-1", &[plain("a 1-2")], &origin(&[("a-1:0-1.x86_64", "0")]));
    // Of what the channel has had, and of what an origin took back, origins say nothing.
    let candidate = || Beside::default().history(Relation::Origin, &[("a-1-9.x86_64", "0")]);
    clean(
        &[plain("a 1-2")],
        &candidate().history(Relation::Before, &[("a-1-2.x86_64", &sum_of(&plain("a 1-2")))]),
    );
    trips(code, "a-1-9", &[plain("a 1-2")], &candidate().history(Relation::Before, &[("a-1-1.x86_64", "0")]));
    let mut gone = candidate();
    gone.histories[0].packages[0].is_there = false;
    clean(&[plain("a 1-2")], &gone);
    trips(code, "a-1-2.noarch", &[plain("a 1-2")], &before(&[("a-1-2.noarch", "0")]));
    clean(&[plain("a 1-2")], &before(&[("a-1-1.x86_64", "0"), ("a-1-5.src", "0")]));
    // A source package leaves no host behind.
    clean(&[plain("a 1-2")], &before(&[("a-1-1.x86_64", "0"), ("s-1-1.src", "0")]));
}

fn contents() {
    let repository = Repository::of(&[plain("a 1-1"), plain("a 1-2")]);
    let path = |name: &str| repository.root.join("Packages").join(name);
    let sum = |path: &Utf8Path| hex::encode(Sha256::digest(fs_err::read(path).unwrap()));
    let (first, second) = (sum(&path("a-1-1.x86_64.rpm")), sum(&path("a-1-2.x86_64.rpm")));
    let published = [("a-1-1.x86_64", first.as_str()), ("a-1-2.x86_64", second.as_str())];
    // What was published may stand beside what is newer, in the channel and in the one that it came from.
    assert_eq!(repository.check(&before(&published)), []);
    assert_eq!(repository.check(&origin(&published)), []);
    for beside in
        [before(&[published[0], ("a-1-2.x86_64", "0")]), origin(&[published[0], ("a-1-2.x86_64", "0")])]
    {
        let findings = repository.check(&beside);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(findings[0].code, "EL6-UPG-002");
        assert_eq!(findings[0].subject, "Packages/a-1-2.x86_64.rpm");
    }
    TRIPPED.lock().unwrap().insert("EL6-UPG-002".to_owned());
}

fn builds() {
    let none = Beside::default();
    trips(
        "EL6-UPG-003",
        "s-1-1.src.rpm made versions 1-1, 2-1",
        &[plain("a 1-1; of s-1-1"), plain("b 2-1; of s-1-1")],
        &none,
    );
    clean(&[plain("a 1-1; of s-1-1"), plain("b 1-1; of s-1-1")], &none);
    clean(&[plain("a 1-1; of s-1-1"), plain("a 2-1; of s-2-1")], &none);
    let left = "EL6-UPG-004";
    trips(
        left,
        "b-1-1.x86_64 is in channel `x`",
        &[plain("a 2-1")],
        &before(&[("a-1-1.x86_64", "0"), ("b-1-1.x86_64", "0")]),
    );
    clean(&[plain("a 2-1; obsoletes b < 2")], &before(&[("a-1-1.x86_64", "0"), ("b-1-1.x86_64", "0")]));
    trips(left, "b-1-1", &[plain("a 2-1; obsoletes b < 1-1")], &before(&[("b-1-1.x86_64", "0")]));
    trips(left, "b-1-1", &[plain("a 2-1"), plain("b 3-1; arch src")], &before(&[("b-1-1.x86_64", "0")]));
    clean(&[plain("a 2-1")], &origin(&[("b-1-1.x86_64", "0")]));
    let behind = "EL6-UPG-005";
    let old = || [plain("a 1-1; of s-1-1"), plain("b 1-1; of s-1-1")];
    let [a, b] = old();
    trips(
        behind,
        "is 1-1, and s-2-1.src.rpm has no package of the name",
        &[a, b, plain("a 2-1; of s-2-1")],
        &none,
    );
    // One that holds the old ones stops the update of its hosts.
    trips(
        left,
        "it requires a = 1-1, which hosts that have it can not update",
        &[plain("a 1-1; of s-1-1"), plain("b 1-1; of s-1-1; needs a = 1-1"), plain("a 2-1; of s-2-1")],
        &none,
    );
    let [a, b] = old();
    clean(&[a, b, plain("a 2-1; of s-2-1; obsoletes b < 2-1")], &none);
    let [a, b] = old();
    clean(&[a, b, plain("a 2-1; of s-2-1"), plain("b 2-1; of s-2-1")], &none);
}

#[test]
fn each_poison_trips_exactly_its_rule_and_its_twin_passes() {
    requirements();
    exclusions();
    files();
    firmware();
    updates();
    contents();
    builds();
    let relations = |code: &&str| code.starts_with("EL6-DEP") || code.starts_with("EL6-UPG");
    let all: BTreeSet<String> =
        rules().into_iter().map(|rule| rule.code).filter(relations).map(str::to_owned).collect();
    assert_eq!(*TRIPPED.lock().unwrap(), all);
}

/// A package of rpmbuild with one file, made by a line of shell in the build root, and listed with its attributes.
fn built(name: &str, shell: &str, listed: &str) -> (tempfile::TempDir, Utf8PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let spec = format!(
        "Name: {name}\nVersion: 1\nRelease: 1\nSummary: One\nLicense: none\nAutoReqProv: no\n%description\nOne.\n\
         %install\nmkdir -p %{{buildroot}}/etc %{{buildroot}}/usr/bin\ncd %{{buildroot}}\n{shell}\n%files\n{listed}\n"
    );
    let defines = ["debug_package %{nil}", "_build_id_links none", "__os_install_post %{nil}"];
    let path = build(top, &spec, &defines).remove(name).unwrap();
    (directory, path)
}

/// rpm of today says the same of the same packages, where it compares no more than rpm 4.8 did.
#[test]
fn file_conflicts_are_those_of_rpm() {
    // Programs of 64 and of 32 bits.
    const ELF: [&str; 2] = [
        "echo 'hlt' | as --64 -o ../a.o - && ld -o usr/bin/e ../a.o 2> ../warnings",
        "echo 'hlt' | as --32 -o ../a.o - && ld -m elf_i386 -o usr/bin/e ../a.o 2> ../warnings",
    ];
    let text = ("echo one > etc/x", "/etc/x");
    let program = (ELF[0], "/usr/bin/e");
    let cases = [
        (text, ("echo one > etc/x", "/etc/x"), true),
        (text, ("echo two > etc/x", "/etc/x"), false),
        (text, ("echo one > etc/x", "%attr(600,root,root) /etc/x"), false),
        (text, ("ln -s one etc/x", "/etc/x"), false),
        (text, ("mkdir etc/x", "%dir /etc/x"), false),
        (text, ("echo two > etc/x", "%ghost /etc/x"), true),
        (("mkdir etc/d", "%dir /etc/d"), ("mkdir etc/d", "%dir %attr(700,root,root) /etc/d"), false),
        (("mkdir etc/d", "%dir /etc/d"), ("mkdir etc/d", "%dir %attr(-,root,mail) /etc/d"), false),
        (("mkdir etc/d", "%dir /etc/d"), ("mkdir etc/d", "%dir /etc/d"), true),
        (("ln -s one etc/l", "/etc/l"), ("ln -s two etc/l", "/etc/l"), false),
        (("ln -s one etc/l", "/etc/l"), ("ln -s one etc/l", "/etc/l"), true),
        (program, ("printf two > usr/bin/e", "/usr/bin/e"), false),
        (program, (ELF[1], "/usr/bin/e"), true),
    ];
    for (one, other, expected) in cases {
        let packages = [built("a", one.0, one.1), built("b", other.0, other.1)];
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        fs_err::create_dir(root.join("Packages")).unwrap();
        for (_, path) in &packages {
            fs_err::copy(path, root.join("Packages").join(path.file_name().unwrap())).unwrap();
        }
        let repository = Repository::indexed(directory, root);
        let conflict = |finding: &Finding| finding.code == "EL6-DEP-003";
        let ours = !repository.check(&Beside::default()).iter().any(conflict);
        let database = repository.root.join("root");
        fs_err::create_dir(&database).unwrap();
        let rpm = Invocation::new(Tool::Rpm, &repository.root)
            .args(["--root", database.as_str(), "-i", "--test", "--nodeps", "--nosignature"])
            .args(["--define", "_transaction_color 3"])
            .args(packages.iter().map(|(_, path)| path))
            .run();
        assert_eq!((ours, rpm.is_ok()), (expected, expected), "{other:?}: {rpm:?}");
    }
}

/// yum looks at the newest of a name: what is wrong with the others must not stop the fix.
#[test]
fn what_a_newer_package_takes_the_place_of_is_only_told() {
    let beside = Beside::list("c");
    let severities = |lines: &[Line]| -> Vec<(Severity, String)> {
        let found = Repository::of(lines).check(&beside);
        let unmet = found.into_iter().filter(|finding| finding.code == "EL6-DEP-001");
        unmet.map(|finding| (finding.severity, finding.subject)).collect()
    };
    let subject = |release: &str| format!("Packages/a-1-{release}.x86_64.rpm");
    let [broken, mended] = [plain("a 1-1; needs b"), plain("a 1-2; needs c")];
    assert_eq!(severities(&[broken, mended]), [(Severity::Warning, subject("1"))]);
    let [first, second] = [plain("a 1-1; needs b"), plain("a 1-2; needs b")];
    assert_eq!(
        severities(&[first, second]),
        [(Severity::Warning, subject("1")), (Severity::Error, subject("2"))]
    );
    let [mended, broken] = [plain("a 1-1; needs c"), plain("a 1-2; needs b")];
    assert_eq!(severities(&[mended, broken]), [(Severity::Error, subject("2"))]);
}
