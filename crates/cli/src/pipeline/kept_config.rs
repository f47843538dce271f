//! Kernel configurations that the work directory keeps, each with its digest and with what its tree says of symbols.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_kconfig::{Config, Symbols};

use super::plan::sha256;
use crate::{failure::Failure, session::Session};

/// What a tree says of symbols, beside its configuration.
const SYMBOLS: &str = "symbols.json";

/// One directory of `kernel-config/`.
#[derive(Clone, Debug)]
pub(crate) struct KeptConfig {
    directory: Utf8PathBuf,
}

impl KeptConfig {
    pub(crate) fn new(session: &Session<'_>, key: &str) -> Self {
        Self { directory: session.work("kernel-config").join(key) }
    }

    pub(crate) fn file(&self) -> Utf8PathBuf {
        self.directory.join("config")
    }

    /// The digest of a kept configuration stands beside it. What does not have it, a disk that was full or a hand has
    /// changed: it is made anew. So is what lost its symbols.
    pub(crate) fn is_whole(&self) -> bool {
        let Ok(bytes) = fs_err::read(self.file()) else { return false };
        let said = fs_err::read_to_string(self.note());
        said.is_ok_and(|said| said == said_of(&bytes)) && self.symbols_file().is_file()
    }

    /// The configuration comes last: with it the directory is whole.
    pub(crate) fn write(&self, config: &str, symbols: &Symbols) -> Result<(), Failure> {
        fs_err::create_dir_all(&self.directory)?;
        let symbols = serde_json::to_string(symbols).expect("symbols are a map whose keys are strings");
        self.put(&self.symbols_file(), &symbols)?;
        self.put(&self.note(), &said_of(config.as_bytes()))?;
        self.put(&self.file(), config)
    }

    fn put(&self, path: &Utf8Path, text: &str) -> Result<(), Failure> {
        let temporary = self.directory.join(".new");
        let mut new = fs_err::File::create(&temporary)?;
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        Ok(fs_err::rename(&temporary, path)?)
    }

    fn note(&self) -> Utf8PathBuf {
        self.directory.join("config.sha256")
    }

    fn symbols_file(&self) -> Utf8PathBuf {
        self.directory.join(SYMBOLS)
    }
}

/// As `sha256sum --check` reads it.
fn said_of(bytes: &[u8]) -> String {
    format!("{}  config\n", sha256(bytes))
}

/// What is kept about the symbols of `configs`: first beside the file that each was read from, then in the work
/// directory, the newest first, until all of them are known.
pub(crate) fn kept_symbols(session: &Session<'_>, configs: &[(&Utf8PathBuf, &Config)]) -> Symbols {
    let mut known = Symbols::default();
    let beside = configs.iter().filter_map(|(file, _)| Some(file.parent()?.join(SYMBOLS)));
    for path in beside.chain(newest_first(session)) {
        let mut symbols = configs.iter().flat_map(|(_, config)| config.values());
        if symbols.all(|(symbol, _)| known.get(symbol).is_some()) {
            break;
        }
        // One that can not be read only makes the report say less.
        let text = fs_err::read_to_string(path).unwrap_or_default();
        known = known.or(serde_json::from_str(&text).unwrap_or_default());
    }
    known
}

fn newest_first(session: &Session<'_>) -> Vec<Utf8PathBuf> {
    let entries = session.work("kernel-config").read_dir_utf8().into_iter().flatten();
    let mut kept: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.into_path().join(SYMBOLS);
            Some((fs_err::metadata(&path).ok()?.modified().ok()?, path))
        })
        .collect();
    kept.sort();
    kept.into_iter().rev().map(|(_, path)| path).collect()
}
