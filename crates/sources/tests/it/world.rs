//! A store, settings that wait for nothing long, and a package to be filled by each test.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::Mutex,
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::{
    Location, Package, Patch, Role, Source, Upstream, Upstreams, UrlLocation, Vouching,
};
use xen4centos_sources::{
    Event, FetchError, FetchSettings, Network, NetworkSettings, Reporter, RetrySchedule, Store,
    VerifiedSource,
};

use crate::server::impatient;

/// 2026-11-23.
pub(crate) const NOW: u64 = 1_795_392_000;

pub(crate) struct World {
    directory: TempDir,
    pub(crate) store: Store,
    pub(crate) settings: FetchSettings,
    pub(crate) package: Package,
    pub(crate) events: Events,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap().canonicalize_utf8().unwrap();
        let settings = FetchSettings {
            network: Network::Online(quick()),
            lookaside: vec![root.join("lookaside")],
            mirrors: Vec::new(),
            overrides: Vec::new(),
            trees: Vec::new(),
            upstreams: Upstreams::Release,
            options_on: BTreeMap::new(),
            source_date_epoch: 1_409_616_000,
            now: NOW,
        };
        let store = Store::new(root.join("store"));
        let package = package("xen", &root);
        Self { directory, store, settings, package, events: Events::default() }
    }

    pub(crate) fn path(&self, relative: &str) -> Utf8PathBuf {
        let root = Utf8Path::from_path(self.directory.path()).unwrap().canonicalize_utf8().unwrap();
        root.join(relative)
    }

    pub(crate) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.path(relative);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn network(&mut self) -> &mut NetworkSettings {
        match &mut self.settings.network {
            Network::Online(network) => network,
            Network::Offline => panic!("this test is offline"),
        }
    }

    pub(crate) fn fetch(&self) -> Result<Vec<VerifiedSource>, FetchError> {
        self.store.fetch(&[&self.package], &self.settings, &self.events)
    }

    /// The content of the only source.
    pub(crate) fn fetch_one(&self) -> Result<Vec<u8>, FetchError> {
        let sources = self.fetch()?;
        assert_eq!(sources.len(), 1, "{sources:?}");
        Ok(fs_err::read(&sources[0].path).unwrap())
    }

    /// The whole message, as the command line would print it.
    pub(crate) fn refusal(&self) -> String {
        chain(&self.fetch().unwrap_err())
    }
}

pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        write!(text, "\ncaused by: {error}").unwrap();
        source = error.source();
    }
    text
}

pub(crate) fn quick() -> NetworkSettings {
    NetworkSettings {
        http: impatient(),
        retries: RetrySchedule { delays: vec![Duration::from_millis(2); 3] },
        most_bytes: 1 << 20,
    }
}

pub(crate) fn package(name: &str, root: &Utf8Path) -> Package {
    let directory = root.join("specs").join(name);
    Package {
        name: name.to_owned(),
        version: "4.2.5".to_owned(),
        release: "1".to_owned(),
        dist_tag: true,
        epoch: 0,
        summary: String::new(),
        license: None,
        build_after: Vec::new(),
        template: directory.join("xen.spec.tera"),
        directory,
        upstream: Some(Upstream {
            name: name.to_owned(),
            directory: format!("{name}-4.2.5"),
            git: None,
            advisories: None,
        }),
        miniature: None,
        sources: Vec::new(),
        patches: Vec::new(),
        options: BTreeMap::new(),
        needs: Vec::new(),
        changelog: Vec::new(),
        time_limit: Duration::from_secs(60),
    }
}

/// Pinned by digest and size, unsigned.
pub(crate) fn pinned(url: impl Into<String>, content: &[u8]) -> UrlLocation {
    UrlLocation {
        url: url.into(),
        mirrors: Vec::new(),
        sha256: digest(content),
        size: Some(content.len() as u64),
        vouching: Vouching::DigestOnly { reason: "a test".to_owned() },
    }
}

pub(crate) fn source(name: &str, location: Location) -> Source {
    let file = format!("{name}.tar.gz");
    Source { name: name.to_owned(), file, location, role: Role::Extra, option: None, line: 1 }
}

pub(crate) fn by_url(name: &str, location: UrlLocation) -> Source {
    source(name, Location::Url(location))
}

pub(crate) fn patch(file: &str, location: Location) -> Patch {
    Patch {
        file: file.to_owned(),
        location,
        strip: 1,
        advisories: Vec::new(),
        supersedes: Vec::new(),
        summary: String::new(),
        miniature: true,
        line: 1,
    }
}

pub(crate) fn digest(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(bytes).into())
}

/// Bytes that no part of looks like another.
pub(crate) fn content(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    })
    .take(length)
    .collect()
}

/// Keeps one line for each event that says something new.
#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<String>>);

impl Events {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn has(&self, start: &str) -> bool {
        self.lines().iter().any(|line| line.starts_with(start))
    }
}

impl Reporter for Events {
    fn report(&self, event: &Event<'_>) {
        let line = match event {
            Event::Started { file, have, total, .. } => format!("started {file} {have} {total:?}"),
            Event::Waiting { file, reason, .. } => format!("waiting {file} {reason}"),
            Event::Rejected { file, reason, .. } => format!("rejected {file} {reason}"),
            Event::Stored { file, place } => format!("stored {file} from {place}"),
            Event::Corrupt { file, .. } => format!("corrupt {file}"),
            Event::Verifying { file } => format!("verifying {file}"),
            Event::Packing { package, .. } => format!("packing {package}"),
            Event::Locked { path } => format!("locked {path}"),
            Event::Cloning { file, .. } => format!("cloning {file}"),
            Event::Unused { name, why } => format!("unused {name} {why}"),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

/// Fails when something that must give up does not.
pub(crate) fn within<T>(limit: Duration, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = act();
    assert!(start.elapsed() < limit, "took {:?}", start.elapsed());
    result
}
