use std::{
    collections::BTreeSet,
    io::{Cursor, Read as _},
};

use camino::Utf8Path;
use sha2::{Digest as _, Sha256};
use xen4centos_inflate::{Inflated, inflate};
use xen4centos_manifest::{Advisory, Location, Patch, Project, Standing};

use crate::{EmbargoError, Secret, SecretKind, patch_words::words_of};

/// Words of a title or description that are looked for: what is longer may be broken into lines.
const WORDS: usize = 40;

/// Fewer stand anywhere.
const LEAST_WORDS: usize = 12;

/// Bytes that a patch comes to at most, decompressed.
const MOST_TEXT: u64 = 64 * 1024 * 1024;

/// Digits by which a commit is named at least.
const COMMIT_DIGITS: usize = 12;

/// All that must not be known yet.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    list: BTreeSet<Secret>,
    /// Patches whose lines are not known: their bytes are not here.
    unknown: usize,
}

/// Bytes of a patch from outside of the tree, if they are here.
pub type Kept<'a> = dyn Fn(&Location) -> Option<Vec<u8>> + 'a;

impl Secrets {
    /// Of the advisories of `project` that are not public at `now`, in seconds since 1970. What an advisory that is public
    /// says, too, is no secret. `kept` gives patches that are not in the tree.
    ///
    /// # Errors
    /// When a patch of the project can not be read.
    pub fn of(project: &Project, now: u64, kept: &Kept<'_>) -> Result<Self, EmbargoError> {
        let (public, secret): (Vec<&Advisory>, Vec<&Advisory>) =
            project.advisories.values().partition(|advisory| advisory.is_public(now));
        let mut secrets = Self::default();
        for advisory in secret {
            secrets.add(project, advisory, kept)?;
        }
        let mut known = Self::default();
        if !secrets.is_empty() {
            for advisory in public {
                known.add(project, advisory, kept)?;
            }
        }
        let known: BTreeSet<String> = known.list.into_iter().map(|secret| secret.text).collect();
        secrets.list.retain(|secret| !known.contains(&secret.text));
        Ok(secrets)
    }

    /// Whether an advisory of `project` is not public at `now`.
    pub fn are_kept_by(project: &Project, now: u64) -> bool {
        project.advisories.values().any(|advisory| !advisory.is_public(now))
    }

    /// Those that are not among what is known anyway.
    #[must_use]
    pub fn without(mut self, known: &BTreeSet<Secret>) -> Self {
        self.list.retain(|secret| !known.contains(secret));
        self
    }

    /// How many patches there are whose lines can not be looked for, as their bytes are not here.
    pub const fn unknown_patches(&self) -> usize {
        self.unknown
    }

    /// Whether nothing is a secret.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Each of them, in an order that stays the same.
    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.list.iter()
    }

    /// The ids of the advisories that a patch tells of, whatever package has it: by what it says to answer, by its name,
    /// its digest or its commit.
    ///
    /// # Errors
    /// When a patch of the tree can not be read.
    pub fn told_by(&self, patch: &Patch) -> Result<BTreeSet<&str>, EmbargoError> {
        if self.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut own = Self::default();
        own.put(SecretKind::PatchName, &patch.file, "");
        for issue in &patch.advisories {
            own.put(kind_of(issue), issue, "");
        }
        match &patch.location {
            Location::InTree { path, .. } => own.put(SecretKind::PatchDigest, &digest_of(&read(path)?), ""),
            Location::Url(place) => own.put(SecretKind::PatchDigest, &place.sha256.to_string(), ""),
            Location::Commit(place) => own.put(SecretKind::Commit, shortened(&place.commit), ""),
            Location::Git(_) => {}
        }
        let is_own =
            |secret: &&Secret| own.list.iter().any(|one| one.text.eq_ignore_ascii_case(&secret.text));
        Ok(self.list.iter().filter(is_own).map(|secret| secret.advisory.as_str()).collect())
    }

    fn add(&mut self, project: &Project, advisory: &Advisory, kept: &Kept<'_>) -> Result<(), EmbargoError> {
        let mut put = |kind, text: &str| self.put(kind, text, &advisory.id);
        for name in names_of_advisory(&advisory.id) {
            put(SecretKind::Id, &name);
        }
        for issue in &advisory.fixes {
            for name in names_of(issue) {
                put(kind_of(issue), &name);
            }
        }
        let known = project.known.iter().filter(|known| advisory.fixes.contains(&known.id));
        let cves = known.flat_map(|known| &known.cves).chain(&advisory.cves);
        let title = phrase(&advisory.title).map(|text| (SecretKind::Title, text));
        let words = advisory.description.iter().filter_map(|text| phrase(text));
        let words = words.map(|text| (SecretKind::Words, text));
        let address = advisory.announcement.clone().map(|text| (SecretKind::Address, text));
        let cves = cves.map(|cve| (SecretKind::Cve, cve.clone()));
        for (kind, text) in cves.chain(title).chain(words).chain(address) {
            put(kind, &text);
        }
        for advised in &advisory.packages {
            let Standing::Fixed(fix) = &advised.standing else { continue };
            let Some(package) = project.packages.get(&advised.name) else { continue };
            for patch in package.patches.iter().filter(|patch| fix.patches.contains(&patch.file)) {
                self.add_patch(patch, &advisory.id, kept)?;
            }
        }
        Ok(())
    }

    fn add_patch(&mut self, patch: &Patch, advisory: &str, kept: &Kept<'_>) -> Result<(), EmbargoError> {
        self.put(SecretKind::PatchName, &patch.file, advisory);
        if let Some(text) = phrase(&patch.summary) {
            self.put(SecretKind::Words, &text, advisory);
        }
        match &patch.location {
            Location::InTree { .. } | Location::Git(_) => {}
            Location::Url(place) => {
                self.put(SecretKind::PatchDigest, &place.sha256.to_string(), advisory);
                self.put(SecretKind::Address, &place.url, advisory);
            }
            Location::Commit(place) => {
                self.put(SecretKind::Commit, shortened(&place.commit), advisory);
            }
        }
        let bytes = match &patch.location {
            Location::InTree { path, .. } => Some(read(path)?),
            location => kept(location),
        };
        match bytes {
            Some(bytes) => self.add_content(&bytes, advisory),
            None => self.unknown += 1,
        }
        Ok(())
    }

    /// As it is, and as it is decompressed.
    fn add_content(&mut self, bytes: &[u8], advisory: &str) {
        self.put(SecretKind::PatchDigest, &digest_of(bytes), advisory);
        let mut text = Vec::new();
        if let Ok(Inflated::Compressed(reader)) = inflate(Cursor::new(bytes.to_vec()))
            && reader.take(MOST_TEXT).read_to_end(&mut text).is_ok()
        {
            self.put(SecretKind::PatchDigest, &digest_of(&text), advisory);
        } else {
            bytes.clone_into(&mut text);
        }
        for line in words_of(&String::from_utf8_lossy(&text)) {
            self.put(SecretKind::PatchLine, &line, advisory);
        }
    }

    /// As it is, as it would stand in XML, and as templates have it in pages.
    fn put(&mut self, kind: SecretKind, text: &str, advisory: &str) {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let quoted = escaped.replace('"', "&quot;");
        let of_page = quoted.replace('\'', "&#x27;").replace('/', "&#x2F;");
        for text in [text.to_owned(), escaped, quoted, of_page] {
            if !text.is_empty() {
                self.list.insert(Secret { text, kind, advisory: advisory.to_owned() });
            }
        }
    }
}

fn read(path: &Utf8Path) -> Result<Vec<u8>, EmbargoError> {
    fs_err::read(path).map_err(|source| EmbargoError::Read { path: path.to_owned(), source })
}

fn digest_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn shortened(commit: &str) -> &str {
    commit.get(..COMMIT_DIGITS).unwrap_or(commit)
}

fn kind_of(issue: &str) -> SecretKind {
    if issue.starts_with("CVE-") { SecretKind::Cve } else { SecretKind::Issue }
}

/// As files and addresses have it: CSAF's documents are named by letters, digits and `_`.
fn names_of_advisory(id: &str) -> [String; 4] {
    let of_csaf = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    [id.to_owned(), id.replace(':', "-"), id.chars().map(of_csaf).collect(), id.replace(':', "%3A")]
}

/// How people and files call an issue.
fn names_of(issue: &str) -> Vec<String> {
    let mut names = vec![issue.to_owned()];
    if let Some(number) = issue.strip_prefix("XSA-") {
        names.extend(["xsa", "xsa_", "xsa ", "advisory-"].map(|start| format!("{start}{number}")));
    }
    names
}

/// The beginning of a text, at a word's end, if it is long enough to be known again.
fn phrase(text: &str) -> Option<String> {
    let end = match text.char_indices().nth(WORDS) {
        None => text.len(),
        Some((end, _)) => text[..end].rfind(' ').unwrap_or(end),
    };
    let phrase = text[..end].trim();
    (phrase.len() >= LEAST_WORDS).then(|| phrase.to_owned())
}

impl FromIterator<Secret> for Secrets {
    fn from_iter<T: IntoIterator<Item = Secret>>(secrets: T) -> Self {
        Self { list: secrets.into_iter().collect(), unknown: 0 }
    }
}
