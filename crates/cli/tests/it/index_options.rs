//! Every option of `index` beside createrepo_c's: both programs get the same directory and the same arguments, and after
//! every call their metadata is compared.

use std::{collections::BTreeSet, fmt::Write as _, os::unix::fs::symlink};

use camino::Utf8Path;
use xen4centos_process::{Invocation, Tool};

use crate::{
    program::Call,
    reference::{Allowed, Metadata, Scratch, check, corpus, files, fixtures},
};

/// Both programs, each with its copy of a directory of packages, `packages`, and a directory around it.
struct Pair {
    ours: Scratch,
    theirs: Scratch,
}

/// What is done to both copies.
enum Step {
    /// Both programs index, with these words; `{here}` is the directory around the one with packages.
    Index(&'static str),
    /// The directory around the packages is changed.
    Change(fn(&Utf8Path)),
    /// As `Index`, with other words for createrepo_c.
    Each(&'static str, &'static str),
    /// A document of another kind is listed, from a file in the directory around the packages.
    Add(&'static str, &'static str),
    /// It is listed no more.
    Remove(&'static str),
}
use Step::{Add, Change, Each, Index, Remove};

/// One row of the table.
struct Case {
    steps: Vec<Step>,
    /// Where metadata is, beside `packages`.
    output: &'static str,
    /// Differences that are meant after the last step.
    allowed: Vec<Allowed>,
    times: Times,
}

/// Where times of documents come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    /// The revision that both are given.
    Revision,
    /// The clock, which both read at their own time.
    Clock,
}

impl Pair {
    fn new() -> Self {
        let pair = Self { ours: Scratch::new(), theirs: Scratch::new() };
        for scratch in [&pair.ours, &pair.theirs] {
            fill(scratch.path());
        }
        pair
    }

    fn ours(&self, arguments: &str) -> Result<(), String> {
        let run = our_call(self.ours.path(), arguments).run();
        if run.code == Some(0) { Ok(()) } else { Err(format!("`{arguments}`: {}", run.stderr)) }
    }

    fn index(&self, ours: &str, theirs: &str) -> Result<(), String> {
        createrepo(self.theirs.path(), theirs);
        self.ours(ours)
    }

    fn step(&self, step: &Step) -> Result<(), String> {
        match step {
            Index(arguments) => self.index(arguments, arguments),
            Each(ours, theirs) => self.index(ours, theirs),
            Add(kind, file) => {
                self.ours(&format!("--no-database --retain-old-md 0 --add {kind}={{here}}/{file}"))?;
                modifyrepo(self.theirs.path(), &["--mdtype", kind, file]);
                Ok(())
            }
            Remove(kind) => {
                self.ours(&format!("--no-database --retain-old-md 0 --remove {kind}"))?;
                modifyrepo(self.theirs.path(), &["--remove", kind]);
                Ok(())
            }
            Change(change) => {
                change(self.ours.path());
                change(self.theirs.path());
                Ok(())
            }
        }
    }

    fn metadata(&self, output: &str) -> [Metadata; 2] {
        [&self.ours, &self.theirs].map(|scratch| Metadata::read(&scratch.path().join(output)))
    }
}

/// Packages as repositories have them: in directories, more than once, behind links, under odd names.
fn fill(here: &Utf8Path) {
    let root = here.join("packages");
    let packages = fixtures::packages();
    let put = |package: usize, name: &str| {
        let path = root.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::hard_link(&packages[package], path).unwrap();
    };
    put(0, "Packages/e/everything.rpm");
    put(1, "Packages/e/empty.rpm");
    put(2, "Packages/stuff++.rpm");
    put(3, "source/everything.src.rpm");
    put(0, "more/a b&c.rpm");
    put(1, ".dot.rpm");
    put(2, "deep/repodata/s.rpm");
    put(2, "delta.drpm");
    put(2, "UPPER.RPM");
    put(2, "Packages/old.rpm.bak");
    symlink("Packages/e/empty.rpm", root.join("link.rpm")).unwrap();
    symlink("/nowhere", root.join("dangling.rpm")).unwrap();
    let comps = "<?xml version=\"1.0\"?>\n<comps><group><id>a</id></group></comps>\n";
    fs_err::write(root.join("comps.xml"), comps).unwrap();
    fs_err::write(here.join("outside.xml"), comps.replace("<id>a", "<id>outside")).unwrap();
    fs_err::write(here.join("list"), "Packages/e/empty.rpm\n\nmore/a b&c.rpm\ndelta.drpm\n").unwrap();
    fs_err::write(here.join("updateinfo.xml"), "<updates><update/></updates>\n").unwrap();
    fs_err::write(here.join("modules.yaml"), "---\ndocument: modulemd\n...\n").unwrap();
    fs_err::write(here.join("productid"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    fs_err::create_dir(here.join("out")).unwrap();
}

/// Words of a command line; `_` stands for a blank.
fn words(here: &Utf8Path, text: &str) -> Vec<String> {
    let mut words: Vec<String> =
        text.split_whitespace().map(|word| word.replace("{here}", here.as_str()).replace('_', " ")).collect();
    if !words.iter().any(|word| matches!(word.as_str(), "--revision" | "--no-revision")) {
        words.extend(["--revision", "1700000000", "--set-timestamp-to-revision"].map(str::to_owned));
    }
    words.retain(|word| word != "--no-revision");
    words
}

fn our_call(here: &Utf8Path, arguments: &str) -> Call {
    let mut all = vec!["index".to_owned(), here.join("packages").to_string()];
    all.extend(words(here, arguments));
    Call::new(all).env("XDG_CACHE_HOME", here.join("cache").as_str())
}

fn createrepo(here: &Utf8Path, arguments: &str) {
    Invocation::new(Tool::CreaterepoC, here)
        .args(["--quiet", "--workers=1"])
        .args(words(here, arguments))
        .arg("packages")
        .run()
        .unwrap();
}

fn modifyrepo(here: &Utf8Path, arguments: &[&str]) {
    Invocation::new(Tool::ModifyrepoC, here).args(arguments).arg("packages/repodata").run().unwrap();
}

/// For calls that take their times from the clock.
fn forget_times(metadata: &mut Metadata) {
    for (part, start) in [("repomd", "data/timestamp = "), ("repomd head", "revision = 1")] {
        for lines in metadata.parts.get_mut(part).unwrap().things.values_mut() {
            lines.retain(|line| !line.starts_with(start));
        }
    }
}

/// Runs all rows and tells of all that fail.
#[track_caller]
fn check_all(cases: Vec<Case>) {
    let mut failures = String::new();
    for case in cases {
        let pair = Pair::new();
        let mut said = String::new();
        let outcome = case.steps.iter().try_for_each(|step| {
            if let Index(words) | Each(words, _) = step {
                write!(said, "`{words}` ").unwrap();
            }
            pair.step(step)
        });
        let outcome = outcome.and_then(|()| {
            let [mut ours, mut theirs] = pair.metadata(case.output);
            if case.times == Times::Clock {
                forget_times(&mut ours);
                forget_times(&mut theirs);
            }
            check(&ours, &theirs, &case.allowed)
        });
        if let Err(difference) = outcome {
            writeln!(failures, "\n{said}: {difference}").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn case(steps: impl IntoIterator<Item = Step>) -> Case {
    let steps: Vec<Step> = steps.into_iter().collect();
    let has_databases = |step: &Step| match step {
        Index(words) | Each(words, _) => {
            !words.contains("--no-database")
                && words.split(' ').any(|word| matches!(word, "-d" | "--database"))
        }
        Change(_) | Add(..) | Remove(_) => false,
    };
    let mut allowed = vec![Allowed::PackageOrder];
    if steps.last().is_some_and(has_databases) {
        allowed.push(Allowed::DirectoryOrder);
    }
    Case { steps, output: "packages", allowed, times: Times::Revision }
}

fn same(arguments: &'static str) -> Case {
    case([Index(arguments)])
}

impl Case {
    fn by_the_clock(mut self) -> Self {
        self.times = Times::Clock;
        self
    }

    /// With a difference that is meant.
    fn but(mut self, allowed: Allowed) -> Self {
        self.allowed.push(allowed);
        self
    }
}

#[test]
fn all_packages_are_described_alike() {
    let root = corpus::everything();
    let (ours, theirs) = (Scratch::new(), Scratch::new());
    let arguments = ["--database", "--compress-type=gz", "--revision=1700000000", "--outputdir"];
    Call::new(["index", root.as_str(), "--leave-out-bad"])
        .args(arguments)
        .args([ours.path().as_str()])
        .run()
        .ends_with(0);
    Invocation::new(Tool::CreaterepoC, root)
        .args(["--quiet", "--workers=1", "--set-timestamp-to-revision"])
        .args(arguments)
        .args([theirs.path().as_str(), root.as_str()])
        .run()
        .unwrap();
    let [ours, theirs] = [ours, theirs].map(|scratch| Metadata::read(scratch.path()));
    check(&ours, &theirs, &Allowed::OF_PACKAGES).unwrap_or_else(|difference| panic!("{difference}"));
}

fn writing() -> Vec<Case> {
    vec![
        same("").but(Allowed::DefaultDatabases).but(Allowed::DefaultCompression),
        same("--no-database"),
        same("--database").but(Allowed::DefaultCompression),
        same("-d").but(Allowed::DefaultCompression),
        same("-d --compress-type gz"),
        same("-d --compress-type bz2"),
        same("-d --compress-type xz -g comps.xml").but(Allowed::GroupCompression),
        same("-d --general-compress-type gz"),
        same("-d --general-compress-type bz2 -g comps.xml").but(Allowed::GroupCompression),
        same("-d --general-compress-type xz -g comps.xml").but(Allowed::GroupCompression),
        same("--no-database --compress-type xz -g comps.xml").but(Allowed::GroupCompression),
        same("-d --general-compress-type xz --compress-type gz -g comps.xml").but(Allowed::GroupCompression),
        same("--no-database -s sha"),
        same("--no-database -s sha1"),
        same("--no-database -s sha224"),
        same("--no-database --checksum sha256"),
        same("--no-database --checksum=sha384"),
        same("-d --compress-type gz --checksum sha512"),
        same("--no-database --repomd-checksum sha1"),
        same("--no-database -g comps.xml"),
        same("--no-database -g {here}/outside.xml"),
        same("--no-database --unique-md-filenames"),
        same("-d --compress-type gz --simple-md-filenames -g comps.xml"),
        same("--no-database --changelog-limit 0"),
        same("-d --compress-type gz --changelog-limit 1"),
        same("--no-database --changelog-limit=3"),
        same("--no-database --changelog-limit 1000"),
        same("--no-database --changelog-limit=-1"),
        same("--no-database --workers 1"),
        same("--no-database --workers 4"),
        Case { output: "out", ..same("--no-database -o {here}/out") },
        Case { output: "out", ..same("--no-database --outputdir {here}/out -g comps.xml") },
        same("--no-database --revision 1700000000 --set-timestamp-to-revision"),
        same("--no-database --revision a_b&<c>").by_the_clock(),
        same("--no-database --revision 1700000000").but(Allowed::Times),
        same("--no-database --no-revision").by_the_clock(),
        same(
            "--no-database --distro cpe:/o:centos:centos:6,CentOS_6 --distro plain --distro ,x --distro a,b,c",
        ),
        same("--no-database --content a --content b&c --repo r --repo s"),
        same("--pretty --no-database"),
        same("-q --no-database"),
        same("--no-database --cachedir {here}/store"),
        case([Each("--database --no-database", "-d --no-database")]),
    ]
}

#[test]
fn what_is_written_and_how() {
    check_all(writing());
}

const ADDED: &str = "Packages/e/added.rpm";

fn add(here: &Utf8Path) {
    put(&here.join("packages").join(ADDED));
}

/// With a time of its own: ours and theirs are made one after the other, and a second may end between them.
fn put(path: &Utf8Path) {
    fs_err::copy(&fixtures::packages()[2], path).unwrap();
    let file = fs_err::OpenOptions::new().append(true).open(path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_760_000_000)).unwrap();
}

fn remove(here: &Utf8Path) {
    fs_err::remove_file(here.join("packages/Packages/stuff++.rpm")).unwrap();
}

/// Another package under a name that was there.
fn replace(here: &Utf8Path) {
    let path = here.join("packages/source/everything.src.rpm");
    fs_err::remove_file(&path).unwrap();
    put(&path);
}

fn updating() -> Vec<Case> {
    const UPDATE: Step = Index("--no-database --update --retain-old-md 0");
    const DATABASES: Step = Index("-d --compress-type gz --update --retain-old-md 0");
    let update = |change| case([UPDATE, Change(change), UPDATE]).but(Allowed::Ampersands);
    let with = |words| case([UPDATE, Index(words)]);
    vec![
        case([Index("--no-database --retain-old-md 0"), UPDATE]).but(Allowed::Ampersands),
        case([UPDATE, UPDATE]).but(Allowed::Ampersands),
        update(add),
        update(remove),
        update(replace),
        case([UPDATE, Change(add), Change(remove), Change(replace), UPDATE]).but(Allowed::Ampersands),
        case([UPDATE, Change(replace), Index("--no-database --update --skip-stat --retain-old-md 0")])
            .but(Allowed::Ampersands),
        case([DATABASES, Change(add), DATABASES]).but(Allowed::Ampersands),
        with("--no-database --update --retain-old-md 0 --checksum sha1"),
        with("--no-database --update --retain-old-md 0 --location-prefix x -u http://example.org"),
        with("--no-database --update --retain-old-md 0 --changelog-limit 2")
            .but(Allowed::OldChangelogs)
            .but(Allowed::Ampersands),
        with("--no-database --update --retain-old-md 0 -x *.src.rpm").but(Allowed::Ampersands),
        with("--no-database --update --retain-old-md 0 --no-revision")
            .but(Allowed::Ampersands)
            .by_the_clock(),
        case([UPDATE, Change(add), Index("--no-database --update")])
            .but(Allowed::Ampersands)
            .but(Allowed::KeptFiles),
    ]
}

#[test]
fn updates() {
    check_all(updating());
}

fn adding() -> Vec<Case> {
    const PLAIN: &str = "--no-database --retain-old-md 0";
    const KEEPING: &str = "--no-database --update --keep-all-metadata";
    const GROUPS: Step = Index("--no-database --retain-old-md 0 -g comps.xml");
    const ADVISORIES: Step = Add("updateinfo", "updateinfo.xml");
    const MODULES: Step = Add("modules", "modules.yaml");
    const PRODUCT: Step = Add("productid", "productid");
    let all = |last| case([Index(PLAIN), ADVISORIES, MODULES, PRODUCT, last]).by_the_clock();
    vec![
        case([GROUPS, Each(PLAIN, KEEPING)]).but(Allowed::Ampersands),
        case([GROUPS, Each("--no-database --update --retain-old-md 0", KEEPING)]).but(Allowed::Ampersands),
        case([GROUPS, Each("--no-database --retain-old-md 0 --discard-additional-metadata", PLAIN)]),
        case([GROUPS, Each("--no-database --retain-old-md 0 --remove group", PLAIN)]),
        case([GROUPS, Index("--no-database --retain-old-md 0 -g {here}/outside.xml")]),
        case([Index(PLAIN), ADVISORIES]).by_the_clock(),
        case([Index(PLAIN), ADVISORIES, Index(PLAIN)]).by_the_clock().but(Allowed::KeptDocuments),
        case([GROUPS, ADVISORIES, Remove("updateinfo")]).by_the_clock(),
        all(Each(PLAIN, KEEPING)).but(Allowed::Ampersands),
        all(Remove("modules")),
        all(ADVISORIES),
    ]
}

#[test]
fn documents_of_other_kinds() {
    check_all(adding());
}

/// Four states, of which each call replaces the one before.
fn states(ours: &'static str, theirs: &'static str) -> Case {
    let call = || Each(ours, theirs);
    case([call(), Change(add), call(), Change(remove), call(), Change(replace), call()])
}

/// Metadata becomes as old as it can be. What was noted of its age is so no longer.
fn age(here: &Utf8Path) {
    let record = here.join("packages/.repodata.replaced");
    if record.exists() {
        fs_err::remove_file(record).unwrap();
    }
    for path in files(&here.join("packages/repodata")) {
        let file = fs_err::OpenOptions::new().append(true).open(path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
}

fn retaining() -> Vec<Case> {
    // Unlike its manual, `--compatibility` takes all of every changelog, too.
    const BY_AGE: Step = Index("--no-database --no-revision --update --retain-old-md-by-age 2h");
    vec![
        states("--no-database --retain-old-md 0", "--no-database"),
        states("--no-database --retain-old-md 0", "--no-database --retain-old-md 0"),
        states("--no-database --retain-old-md 9", "--no-database --retain-old-md 9"),
        states(
            "--no-database --changelog-limit=-1 --retain-old-md=1",
            "--no-database --compatibility --retain-old-md=1",
        ),
        states(
            "--no-database --changelog-limit=-1 --retain-old-md 2",
            "--no-database --compatibility --retain-old-md 2",
        ),
        states(
            "-d --compress-type gz --changelog-limit=-1 --retain-old-md 2",
            "-d --compress-type gz --compatibility --retain-old-md 2",
        ),
        states(
            "--no-database --simple-md-filenames --retain-old-md 1",
            "--no-database --simple-md-filenames --retain-old-md 1",
        ),
        case([BY_AGE, Change(add), BY_AGE, Change(remove), BY_AGE]).by_the_clock().but(Allowed::Ampersands),
        case([BY_AGE, Change(add), BY_AGE, Change(age), Change(remove), BY_AGE])
            .by_the_clock()
            .but(Allowed::Ampersands),
    ]
}

#[test]
fn files_of_states_before() {
    check_all(retaining());
}

fn placing() -> Vec<Case> {
    vec![
        same("--no-database -x *.src.rpm"),
        same("--no-database -x Packages/* -x *a_b*"),
        same("--no-database --excludes=empty.rpm"),
        same("--no-database --excludes=e*"),
        same("--no-database --excludes=*/e/*"),
        same("--no-database --excludes=?dot.rpm"),
        // A directory's name takes all that is in there, a path of one does not.
        same("--no-database --excludes=e"),
        same("--no-database --excludes=Packages/e"),
        same("--no-database -S"),
        same("--no-database --skip-symlinks -x *.src.rpm"),
        same("--no-database -i {here}/list"),
        same("--no-database --pkglist={here}/list -x empty*"),
        same("-d --compress-type gz -u http://example.org/a/?b&c"),
        same("--no-database --baseurl http://example.org/"),
        same("--no-database --baseurl="),
        same("--no-database --location-prefix ../pool"),
        same("--no-database --location-prefix ../pool/"),
        same("--no-database --location-prefix pool//"),
        same("--no-database --location-prefix http://example.org/x"),
        same("--no-database --location-prefix="),
        same("--no-database --cut-dirs 1"),
        same("--no-database --cut-dirs 2"),
        same("--no-database --cut-dirs=9"),
        same("-d --compress-type gz --cut-dirs 1 --location-prefix a/b -u http://example.org"),
    ]
}

#[test]
fn which_packages_and_where() {
    check_all(placing());
}

/// An allowance that no row needs any more would hide what comes next; each row needs all of its own.
#[test]
fn every_difference_that_is_meant_occurs() {
    let tables = [writing(), updating(), adding(), retaining(), placing()];
    let of_options = tables.into_iter().flatten().flat_map(|case| case.allowed);
    let found: BTreeSet<Allowed> = of_options.chain(Allowed::OF_PACKAGES).collect();
    assert_eq!(found, BTreeSet::from(Allowed::ALL));
}
