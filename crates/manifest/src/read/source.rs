//! `[[source]]` and `[[patch]]`: where each comes from, and whether it is pinned.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_toml_tree::{Spot, Table, Text};

use super::{all_checked, checked, parsed, refuse_repeated, value};
use crate::{
    CommitLocation, DetachedSignature, GitLocation, KeyPin, Location, Patch, Role, SignedBytes, Source,
    Upstream, UrlLocation, Vouching, words,
};

/// A source as far as it could be read; names stand beside it for the checks against others.
pub(crate) struct ReadSource {
    pub(crate) source: Option<Source>,
    pub(crate) name: Option<Text>,
    pub(crate) file: Option<Text>,
    /// Whether `--source-override` can name it.
    pub(crate) comes_from_outside: bool,
    pub(crate) role: Spot<Role>,
    pub(crate) option: Option<Text>,
}

pub(crate) struct ReadPatch {
    pub(crate) patch: Option<Patch>,
    pub(crate) file: Option<Text>,
    pub(crate) supersedes: Vec<Text>,
}

/// What the sources of one package have in common.
pub(crate) struct Surroundings<'p> {
    /// `specs/<package>`.
    pub(crate) directory: &'p Utf8Path,
    pub(crate) upstream: Option<&'p Upstream>,
}

pub(crate) fn source(table: Table<'_>, around: &Surroundings<'_>) -> ReadSource {
    let role = role(&table, around);
    let is_url = table.has("url");
    let is_git = table.has("git");
    let file = file(&table, "sources");
    let name = checked(&table, table.text("name"), words::variable);
    let name = if table.has("name") { name } else { checked(&table, file.clone(), words::variable) };
    let option = table.text("option");
    let location = if is_git {
        git(&table, around)
    } else if is_url {
        url(&table, around.directory, Signing::Expected)
    } else {
        in_tree(&table, file.as_ref(), &around.directory.join("sources"))
    };
    let (line, _) = table.file().position(table.span.start);
    table.finish();
    let source = (|| {
        Some(Source {
            name: name.clone()?.value,
            file: file.clone()?.value,
            location: location?,
            role: role.value,
            option: option.clone().map(|option| option.value),
            line,
        })
    })();
    ReadSource { source, name, file, comes_from_outside: is_url || is_git, role, option }
}

pub(crate) fn patch(table: Table<'_>, around: &Surroundings<'_>) -> ReadPatch {
    let is_commit = table.has("commit") || table.has("git");
    let commit = if is_commit { commit(&table) } else { None };
    let file = match &commit {
        Some(commit) if !table.has("file") => Some(Spot {
            value: format!("{}.patch", &commit.value[..COMMIT_DIGITS]),
            span: commit.span.clone(),
        }),
        None if is_commit && !table.has("file") => None,
        _ => file(&table, "patches"),
    };
    let strip = table.number("strip", 0..=9).map_or(1, |strip| strip.value);
    let advisories = all_checked(&table, table.text_or_texts("advisory"), words::advisory);
    refuse_repeated(&table, &advisories, "advisory");
    let supersedes = all_checked(&table, table.text_or_texts("supersedes"), words::file_name);
    let summary = table.required("summary").map(|text| text.value);
    let location = if is_commit {
        change(&table, commit, around)
    } else if table.has("url") {
        url(&table, around.directory, Signing::Optional)
    } else {
        in_tree(&table, file.as_ref(), &around.directory.join("patches"))
    };
    let of_ours = !is_commit && !table.has("url");
    let miniature = table.boolean("miniature").map_or(of_ours, |miniature| miniature.value);
    let (line, _) = table.file().position(table.span.start);
    table.finish();
    let patch = (|| {
        Some(Patch {
            file: file.clone()?.value,
            location: location?,
            strip,
            advisories: advisories.into_iter().map(|advisory| advisory.value).collect(),
            supersedes: supersedes.iter().map(|file| file.value.clone()).collect(),
            summary: summary?,
            miniature,
            line,
        })
    })();
    ReadPatch { patch, file, supersedes }
}

/// Digits of a commit id in the name of its patch: enough that no two of a package's are the same.
const COMMIT_DIGITS: usize = 12;

/// The change of a commit, of the repository that is named here or of upstream's.
fn change(table: &Table<'_>, commit: Option<Text>, around: &Surroundings<'_>) -> Option<Location> {
    table.refuse("url", "beside a commit: a patch comes from one place", Some("remove `url` or `commit`"));
    let pinned = Some("the change of a commit is pinned by its id");
    for key in ["mirrors", "size", "signature", "unsigned", "directory"] {
        table.refuse(key, "is not for the change of a commit", pinned);
    }
    let upstreams = around.upstream.and_then(|upstream| upstream.git.clone());
    let url = if table.has("git") {
        value(table, table.text("git"), words::git_url)
    } else {
        if upstreams.is_none() {
            table.missing("git", Some("the commit's repository, here or in [upstream]"));
        }
        upstreams
    };
    let sha256 = parsed(table, table.text("sha256"));
    let sha256_is_good = sha256.is_some() || !table.has("sha256");
    Some(Location::Commit(CommitLocation { url: url?, commit: commit?.value, sha256 }))
        .filter(|_| sha256_is_good)
}

fn role(table: &Table<'_>, around: &Surroundings<'_>) -> Spot<Role> {
    let upstream = table.boolean("upstream");
    let patch = table.boolean("patch");
    let span = upstream.as_ref().map_or_else(|| table.span.clone(), |upstream| upstream.span.clone());
    let is_upstream = upstream.as_ref().is_some_and(|upstream| upstream.value);
    let is_patch = patch.as_ref().is_some_and(|patch| patch.value);
    if let (false, true, Some(patch)) = (is_upstream, is_patch, &patch) {
        let hint =
            "a patch of ours is a [[patch]]; `patch = true` is for one that is part of upstream's release";
        table.problem_at(patch, "`patch = true` without `upstream = true`", Some(hint));
    }
    if is_upstream && around.upstream.is_none() {
        table.file().problem(
            &span,
            "`upstream = true`, and the package has no [upstream]",
            Some("[upstream] says what the release's top directory is called".to_owned()),
        );
    }
    let value = match (is_upstream, is_patch) {
        (true, true) => Role::UpstreamPatch,
        (true, false) => Role::Upstream,
        (false, _) => Role::Extra,
    };
    Spot { value, span }
}

/// The name in SOURCES: stated, or the last segment of the URL.
fn file(table: &Table<'_>, directory: &str) -> Option<Text> {
    if table.has("file") {
        return checked(table, table.text("file"), words::file_name);
    }
    // Seen again, and complained about, where the URL itself is read.
    let url = if table.has("url") { table.text("url") } else { None };
    if let Some(url) = url {
        let path = url.value.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        if name.is_empty() || words::file_name(&name).is_some() {
            table.problem_at(
                &url,
                "no file name can be taken from the end of this URL",
                Some("state `file`"),
            );
            return None;
        }
        return Some(Spot { value: name, span: url.span });
    }
    if !table.has("url") {
        table.missing("file", Some(&format!("a file in {directory}/, or state where it comes from")));
    }
    None
}

fn in_tree(table: &Table<'_>, file: Option<&Text>, directory: &Utf8Path) -> Option<Location> {
    let versioned = "is not for a file of this tree";
    let hint = Some("the file is versioned with the tree; with `url` it would be fetched");
    for key in ["size", "mirrors", "signature", "unsigned", "commit", "directory"] {
        table.refuse(key, versioned, hint);
    }
    let sha256 = parsed(table, table.text("sha256"));
    let sha256_is_good = sha256.is_some() || !table.has("sha256");
    let file = file?;
    let path = directory.join(&file.value);
    if !path.is_file() {
        let place = directory.file_name().unwrap_or_default();
        table.problem_at(
            file,
            format!("there is no file `{}` in {place}/", file.value),
            Some("add the file, or state `url` and `sha256`"),
        );
        return None;
    }
    Some(Location::InTree { path, sha256 }).filter(|_| sha256_is_good)
}

/// Whether a download without a signature must say why.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signing {
    Expected,
    Optional,
}

fn url(table: &Table<'_>, directory: &Utf8Path, signing: Signing) -> Option<Location> {
    table.refuse("commit", "belongs to `git`, not to `url`", None);
    table.refuse("directory", "belongs to `git`, not to `url`", None);
    let url = value(table, table.text("url"), words::download_url);
    let mirrors = all_checked(table, table.texts("mirrors"), words::download_url);
    if !table.has("sha256") {
        table.missing("sha256", Some("everything that comes in is pinned; state the file's sha256"));
    }
    let sha256 = parsed(table, table.text("sha256"));
    let size = table.number("size", 1..=u64::MAX).map(|size| size.value);
    let vouching = vouching(table, directory, signing);
    Some(Location::Url(UrlLocation {
        url: url?,
        mirrors: mirrors.into_iter().map(|mirror| mirror.value).collect(),
        sha256: sha256?,
        size,
        vouching: vouching?,
    }))
}

fn vouching(table: &Table<'_>, directory: &Utf8Path, signing: Signing) -> Option<Vouching> {
    let unsigned = table.text("unsigned");
    let signature = table.table("signature");
    match (signature, unsigned) {
        (Some(signature), Some(unsigned)) => {
            table.problem_at(&unsigned, "both a signature and a reason for having none", None);
            self::signature(signature, directory).map(Vouching::Signature)
        }
        (Some(signature), None) => self::signature(signature, directory).map(Vouching::Signature),
        (None, Some(reason)) => Some(Vouching::DigestOnly { reason: reason.value }),
        (None, None) if signing == Signing::Optional => Some(Vouching::DigestOnly { reason: String::new() }),
        (None, None) => {
            if !table.has("unsigned") && !table.has("signature") {
                let hint = "add [source.signature], or say in `unsigned` why upstream gives none";
                table.missing("signature", Some(hint));
            }
            None
        }
    }
}

fn signature(table: Table<'_>, directory: &Utf8Path) -> Option<DetachedSignature> {
    let url = value(&table, table.required("url"), words::download_url);
    let fingerprint = parsed(&table, table.required("fingerprint"));
    let key_url = value(&table, table.text("key-url"), words::download_url);
    let key = key(&table, directory);
    let over = table.word(
        table.required("over"),
        &[("file", SignedBytes::File), ("uncompressed", SignedBytes::Uncompressed)],
    );
    table.finish();
    Some(DetachedSignature { url: url?, fingerprint: fingerprint?, key: key?, key_url, over: over? })
}

/// The key that signs upstream's advisories.
pub(crate) fn key_pin(table: Table<'_>, directory: &Utf8Path) -> Option<KeyPin> {
    let fingerprint = parsed(&table, table.required("fingerprint"));
    let url = value(&table, table.text("key-url"), words::download_url);
    let file = key(&table, directory);
    table.finish();
    Some(KeyPin { fingerprint: fingerprint?, file: file?, url })
}

fn key(table: &Table<'_>, directory: &Utf8Path) -> Option<Utf8PathBuf> {
    let key = checked(table, table.required("key"), words::inner_path)?;
    let path = directory.join(&key.value);
    if !path.is_file() && !table.has("key-url") {
        let hint = "add the public key to the tree, or say in `key-url` where it can be had";
        table.problem_at(&key, format!("there is no key file `{}`", key.value), Some(hint));
    }
    Some(path)
}

fn git(table: &Table<'_>, around: &Surroundings<'_>) -> Option<Location> {
    table.refuse("url", "beside `git`: a source comes from one of them", Some("remove `url` or `git`"));
    let pinned = Some("a git source is pinned by its commit");
    for key in ["mirrors", "size", "signature", "unsigned"] {
        table.refuse(key, "is not for a git source", pinned);
    }
    let url = value(table, table.text("git"), words::git_url);
    let commit = commit(table).map(|commit| commit.value);
    let sha256 = parsed(table, table.text("sha256"));
    let sha256_is_good = sha256.is_some() || !table.has("sha256");
    let stated = value(table, table.text("directory"), words::file_name);
    let directory = match (stated, around.upstream) {
        (Some(stated), _) => Some(stated),
        (None, Some(upstream)) if !table.has("directory") => Some(upstream.directory.clone()),
        (None, _) => {
            if !table.has("directory") {
                table.missing(
                    "directory",
                    Some("the top directory of the tarball that is made of the commit"),
                );
            }
            None
        }
    };
    Some(Location::Git(GitLocation { url: url?, commit: commit?, directory: directory?, sha256 }))
        .filter(|_| sha256_is_good)
}

fn commit(table: &Table<'_>) -> Option<Text> {
    let commit = table.required("commit")?;
    let is_hex = commit.value.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    if commit.value.len() == 40 && is_hex {
        return Some(commit);
    }
    let hint = "a branch, tag or short id can come to mean something else; state all 40 digits in lower case";
    table.problem_at(&commit, format!("`{}` is no full commit id", commit.value), Some(hint));
    None
}
