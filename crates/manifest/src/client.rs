//! What a `repo-templates/clients/<name>.toml` says: what the rpm and yum of one generation of hosts take.

/// A generation of hosts. Every rule that `check` enforces is a value here, so that a new generation is a new file.
///
/// In the file the keys are those of the fields with `-` for `_`. Lists and limits that are left out do not restrict;
/// the `forbid-…` keys are false where they are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own, as in the file")]
pub struct Client {
    /// The file's stem.
    pub name: String,
    /// Which programs it stands for.
    pub summary: String,
    /// `rpmlib-names`: the `rpmlib(…)` features that a package may require, without the parentheses.
    pub rpmlib_names: Vec<String>,
    /// `payload-compressors`: `gzip`, `bzip2`, `xz`, `lzma`, `zstd` (RPM tag 1125).
    pub payload_compressors: Vec<String>,
    /// `file-digest-algorithms`: numbers of RFC 4880, 9.4 (RPM tag 5011; 1 is MD5, 2 SHA-1, 8 SHA-256).
    pub file_digest_algorithms: Vec<u32>,
    /// `max-glibc`, optional: the newest glibc symbol version that a package may require, such as `2.12`.
    pub max_glibc: Option<String>,
    /// `max-glibcxx`, optional: the same for libstdc++ (`GLIBCXX_…`), such as `3.4.13`.
    pub max_glibcxx: Option<String>,
    /// `host-kernel`, optional: the kernel that its hosts have at least, such as `2.6.32`.
    pub host_kernel: Option<String>,
    /// `python`, optional: the only Python that its hosts have, such as `2.6`.
    pub python: Option<String>,
    /// `sysv-init`: its services are scripts in `/etc/rc.d/init.d` that chkconfig reads.
    pub sysv_init: bool,
    /// `architectures`: of packages that it sees, `src` among them; empty does not restrict.
    pub architectures: Vec<String>,
    /// `max-file-bytes`, optional: size of one packaged file.
    pub max_file_bytes: Option<u64>,
    /// `max-repomd-bytes`, optional: size of repomd.xml.
    pub max_repomd_bytes: Option<u64>,
    /// `max-signature-header-bytes`, optional: size of a package's signature header.
    pub max_signature_header_bytes: Option<u64>,
    /// `max-signature-tags`, optional: number of its tags.
    pub max_signature_tags: Option<u32>,
    /// `required-signature-tags`: tags that its signature header must have.
    pub required_signature_tags: Vec<u32>,
    /// `signature-hash-algorithms`: numbers of RFC 4880, 9.4 for signatures; empty does not restrict.
    pub signature_hash_algorithms: Vec<u32>,
    /// `signature-key-algorithms`: `rsa`, `dsa`, `ecdsa`, `eddsa`; empty does not restrict.
    pub signature_key_algorithms: Vec<String>,
    /// `min-key-bits`, optional.
    pub min_key_bits: Option<u32>,
    /// `max-key-bits`, optional.
    pub max_key_bits: Option<u32>,
    /// `metadata-compressors`: `gz`, `bz2`, `xz`, `zst`; empty does not restrict.
    pub metadata_compressors: Vec<String>,
    /// `database-compressors`: those of sqlite databases, likewise.
    pub database_compressors: Vec<String>,
    /// `group-compressors`: those of comps, likewise, and `none`.
    pub group_compressors: Vec<String>,
    /// `updateinfo-compressors`: those of advisories, likewise, and `none`.
    pub updateinfo_compressors: Vec<String>,
    /// `metadata-checksums`: `sha256`, `sha512`, …; empty does not restrict.
    pub metadata_checksums: Vec<String>,
    /// `forbidden-version-characters`: such as `~^`.
    pub forbidden_version_characters: String,
    /// `forbid-rich-dependencies`: `(a if b)`.
    pub forbid_rich_dependencies: bool,
    /// `forbid-weak-dependencies`: Recommends, Suggests, Supplements, Enhances.
    pub forbid_weak_dependencies: bool,
    /// `forbid-file-triggers`
    pub forbid_file_triggers: bool,
    /// `forbid-scriptlet-options`: such as `%preun -e`.
    pub forbid_scriptlet_options: bool,
    /// `forbidden-repository-id-parts`: what an id in a `.repo` file must not have in it, such as `.gz`.
    pub forbidden_repository_id_parts: Vec<String>,
    /// `required-repo-settings`: of a shipped `.repo` file, to be switched on.
    pub required_repo_settings: Vec<String>,
    /// `repo-settings`: that it knows in a `.repo` file; empty does not restrict.
    pub repo_settings: Vec<String>,
    /// `repo-variables`: that it puts values in for there, without `$`; empty does not restrict.
    pub repo_variables: Vec<String>,
    /// `forbid-metalinks`: in a shipped `.repo` file.
    pub forbid_metalinks: bool,
    /// `strict-key-files`: it reads key files by itself, and only armour with one key and a CRC line in each block.
    pub strict_key_files: bool,
    /// `forbid-signing-subkeys`: signatures must be the primary key's.
    pub forbid_signing_subkeys: bool,
}
