//! Publication as readers see it: while it happens, when it is killed, and afterwards.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod history;
mod killed;
mod lost_link;
mod readers;
mod serve;

use std::{num::NonZeroUsize, ops::ControlFlow, sync::Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;
use xen4centos_artifact::{
    Evr, Fingerprint, Nevra, Sha256Digest, SignedRepoTree, SignedRpm, UnsignedRpm,
    header::{HeaderBuilder, tag},
};
use xen4centos_publish::{
    Channel, Observer, Policy, PublishError, Published, Retention, StageRequest, Staging, Step, Storage,
};
use xen4centos_repodata::{IndexSettings, Repository, Silent, index};

const DIRECTORY: &str = "centos/6/xen4/x86_64";
const NOW: u64 = 1_700_000_000;

/// A storage and a place for packages, removed with the value.
struct World {
    temporary: TempDir,
    storage: Storage,
}

impl World {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let policy = Policy { states: NonZeroUsize::new(4).unwrap(), carry_seconds: 3600 };
        fs_err::create_dir(root.join("built")).unwrap();
        let storage = Storage::open(&root.join("public"), policy);
        Self { temporary, storage }
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.temporary.path()).unwrap()
    }

    fn channel(&self) -> Channel {
        self.storage.channel(DIRECTORY).unwrap()
    }

    /// A signed package; another `content` gives another file under the same name.
    fn package(&self, name: &str, evr: &str, content: &str) -> SignedRpm {
        let nevra = Nevra::new(name, evr.parse().unwrap(), "x86_64");
        let path = self.root().join("built").join(format!("{content}-{}", nevra.file_name()));
        fs_err::write(&path, package_bytes(&nevra, content)).unwrap();
        let sha256 = digest(&path);
        let unsigned = UnsignedRpm { path: path.clone(), nevra, sha256, package: name.to_owned() };
        unsigned.into_signed(path, sha256, key(1))
    }

    fn publish(&self, packages: &[SignedRpm], now: u64) -> Result<Published, PublishError> {
        finish(self.channel().stage(&request(packages, now))?)
    }
}

fn request(packages: &[SignedRpm], now: u64) -> StageRequest<'_> {
    StageRequest { packages, withdraw: &[], retention: Retention::All, comps: None, now }
}

/// What the caller does between staging and publishing.
fn signed(staging: &Staging) -> SignedRepoTree {
    let settings = IndexSettings {
        carried: staging.carried().to_vec(),
        workers: NonZeroUsize::MIN,
        ..IndexSettings::for_el6(staging.revision())
    };
    let tree = index(&staging.root(), &settings, &Silent).unwrap();
    fs_err::write(tree.root.join("repodata/repomd.xml.asc"), "signature").unwrap();
    tree.into_signed(key(1))
}

fn finish(staging: Staging) -> Result<Published, PublishError> {
    let tree = signed(&staging);
    staging.publish(tree)
}

fn key(number: u8) -> Fingerprint {
    Fingerprint::from_bytes([number; 20])
}

fn package_bytes(nevra: &Nevra, content: &str) -> Vec<u8> {
    let Evr { epoch, version, release } = &nevra.evr;
    let main = HeaderBuilder::new()
        .string(tag::NAME, &nevra.name)
        .string(tag::VERSION, version)
        .string(tag::RELEASE, release)
        .u32s(tag::EPOCH, &[*epoch])
        .string(tag::ARCH, &nevra.arch)
        .string(tag::SOURCE_RPM, "source.src.rpm")
        .string(tag::SUMMARY, content)
        .build(tag::HEADER_IMMUTABLE);
    let size = u32::try_from(main.len() + content.len()).unwrap();
    let mut signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[size]).build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    let mut lead = [0; 96];
    lead[..6].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3, 0]);
    [&lead[..], &signature, &main, content.as_bytes()].concat()
}

/// By the code that made the metadata, which has its own tests.
fn digest(path: &Utf8Path) -> Sha256Digest {
    xen4centos_repodata::read_package(path, "x.rpm").unwrap().checksum.as_sha256().unwrap()
}

/// Checks that a reader gets a whole repository, and names what is in it.
fn visible(path: &Utf8Path) -> Vec<String> {
    let repository = Repository::open(path).unwrap();
    repository.verify_documents().unwrap();
    assert!(path.join("repodata/repomd.xml.asc").is_file());
    let packages = repository.complete().unwrap();
    for package in &packages {
        assert_eq!(
            digest(&repository.path_of(&package.href).unwrap()),
            package.checksum.as_sha256().unwrap()
        );
    }
    packages.iter().map(|package| package.nevra.to_string()).collect()
}

fn revision(path: &Utf8Path) -> u64 {
    Repository::open(path).unwrap().repomd().newest()
}

/// What lies in a directory, sorted by name.
fn names(directory: &Utf8Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Dies before one step.
struct DiesBefore(Step, Mutex<Vec<Step>>);

impl DiesBefore {
    fn new(step: Step) -> Self {
        Self(step, Mutex::default())
    }
}

impl Observer for DiesBefore {
    fn before(&self, step: Step) -> ControlFlow<()> {
        self.1.lock().unwrap().push(step);
        if step == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn states(world: &World) -> Utf8PathBuf {
    world.root().join("public/.states/centos~6~xen4~x86_64")
}
