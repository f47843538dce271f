use camino::Utf8Path;
use xen4centos_toml_tree::{Table, Text};

use super::{own_name, value};
use crate::{Client, words};

/// Digest algorithms of RFC 4880, 9.4 that rpm can be told.
const DIGESTS: [u32; 6] = [1, 2, 8, 9, 10, 11];

/// How metadata files are compressed, by the ends of their names; `none` is for those that may be plain.
const METADATA: [&str; 5] = ["none", "gz", "bz2", "xz", "zst"];

pub(crate) fn read(root: Table<'_>, path: &Utf8Path) -> Option<Client> {
    let name = own_name(&root, path.file_stem().unwrap_or_default(), "file");
    let summary = root.required("summary").map(|text| text.value);
    let max_glibc = value(&root, root.text("max-glibc"), words::dotted_numbers);
    let max_glibcxx = value(&root, root.text("max-glibcxx"), words::dotted_numbers);
    let host_kernel = value(&root, root.text("host-kernel"), words::dotted_numbers);
    let python = value(&root, root.text("python"), words::dotted_numbers);
    let flag = |key| root.boolean(key).is_some_and(|on| on.value);
    let bytes = |key| root.number(key, 1..=u64::MAX).map(|limit| limit.value);
    let count = |key| root.number(key, 1..=u32::MAX).map(|limit| limit.value);
    let compressors = ["gzip", "bzip2", "xz", "lzma", "zstd"];
    let key_algorithms = ["rsa", "dsa", "ecdsa", "eddsa"];
    let checksums = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
    let client = Client {
        name: name.clone().unwrap_or_default(),
        summary: summary.clone().unwrap_or_default(),
        rpmlib_names: needed(&root, "rpmlib-names", |root, key| plain(root.texts(key))),
        payload_compressors: needed(&root, "payload-compressors", |root, key| known(root, key, &compressors)),
        file_digest_algorithms: needed(&root, "file-digest-algorithms", digests),
        max_glibc,
        max_glibcxx,
        host_kernel,
        python,
        sysv_init: flag("sysv-init"),
        architectures: plain(root.texts("architectures")),
        max_file_bytes: bytes("max-file-bytes"),
        max_repomd_bytes: bytes("max-repomd-bytes"),
        max_signature_header_bytes: bytes("max-signature-header-bytes"),
        max_signature_tags: count("max-signature-tags"),
        required_signature_tags: numbers(&root, "required-signature-tags"),
        signature_hash_algorithms: digests(&root, "signature-hash-algorithms"),
        signature_key_algorithms: known(&root, "signature-key-algorithms", &key_algorithms),
        min_key_bits: count("min-key-bits"),
        max_key_bits: count("max-key-bits"),
        metadata_compressors: known(&root, "metadata-compressors", &METADATA[1..]),
        database_compressors: known(&root, "database-compressors", &METADATA[1..]),
        group_compressors: known(&root, "group-compressors", &METADATA),
        updateinfo_compressors: known(&root, "updateinfo-compressors", &METADATA),
        forbidden_repository_id_parts: plain(root.texts("forbidden-repository-id-parts")),
        required_repo_settings: plain(root.texts("required-repo-settings")),
        repo_settings: plain(root.texts("repo-settings")),
        repo_variables: plain(root.texts("repo-variables")),
        forbid_metalinks: flag("forbid-metalinks"),
        strict_key_files: flag("strict-key-files"),
        metadata_checksums: known(&root, "metadata-checksums", &checksums),
        forbidden_version_characters: root
            .text("forbidden-version-characters")
            .map(|text| text.value)
            .unwrap_or_default(),
        forbid_rich_dependencies: flag("forbid-rich-dependencies"),
        forbid_weak_dependencies: flag("forbid-weak-dependencies"),
        forbid_file_triggers: flag("forbid-file-triggers"),
        forbid_scriptlet_options: flag("forbid-scriptlet-options"),
        forbid_signing_subkeys: flag("forbid-signing-subkeys"),
    };
    root.finish();
    (name.is_some() && summary.is_some()).then_some(client)
}

/// A list that must be there, as an absent one would forbid everything.
fn needed<T>(root: &Table<'_>, key: &str, read: impl Fn(&Table<'_>, &str) -> Vec<T>) -> Vec<T> {
    if !root.has(key) {
        root.missing(key, None);
    }
    read(root, key)
}

fn plain(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

fn numbers(root: &Table<'_>, key: &str) -> Vec<u32> {
    root.numbers(key).into_iter().map(|number| number.value).collect()
}

fn digests(root: &Table<'_>, key: &str) -> Vec<u32> {
    let numbers = root.numbers(key);
    for number in numbers.iter().filter(|number| !DIGESTS.contains(&number.value)) {
        let message = format!("{} is no hash algorithm of RFC 4880", number.value);
        root.problem_at(
            number,
            message,
            Some("1 MD5, 2 SHA-1, 8 SHA-256, 9 SHA-384, 10 SHA-512, 11 SHA-224"),
        );
    }
    numbers.into_iter().map(|number| number.value).collect()
}

fn known(root: &Table<'_>, key: &str, words: &[&str]) -> Vec<String> {
    let texts = root.texts(key);
    for text in texts.iter().filter(|text| !words.contains(&text.value.as_str())) {
        let hint = xen4centos_toml_tree::hint(&text.value, words);
        root.problem_at(text, format!("`{}` is not known here", text.value), hint.as_deref());
    }
    plain(texts)
}
