use crate::{Rule, Severity};

macro_rules! rules {
    ($($name:ident $code:literal $severity:ident $title:literal $why:literal $way_out:literal;)+) => {
        $(pub(super) const $name: Rule = Rule {
            code: $code,
            severity: Severity::$severity,
            title: $title,
            why: $why,
            way_out: $way_out,
        };)+

        const ALL: &[Rule] = &[$($name),+];
    };
}

pub(crate) fn all_rules() -> impl Iterator<Item = &'static Rule> {
    ALL.iter()
}

rules! {
    REPOMD "EL6-REPO-001" Error
        "repomd.xml"
        "Cannot retrieve repository metadata (repomd.xml) for repository"
        "index the directory again";
    REPOMD_SIZE "EL6-REPO-002" Error
        "size of repomd.xml"
        "Downloaded more than max size for repomd.xml"
        "list fewer metadata files";
    REPOMD_SIGNATURE "EL6-REPO-003" Error
        "signature of repomd.xml"
        "repomd.xml signature could not be verified for …"
        "sign the repository with the channel's key; do it after indexing, never before";
    TIMESTAMP "EL6-REPO-004" Error
        "timestamp before the published one"
        "Not using downloaded repomd.xml because it is older than what we have"
        "index again with the present time";
    METADATA_MISSING "EL6-REPO-010" Error
        "metadata file missing"
        "[Errno 256] No more mirrors to try (there is no fall-back from sqlite to XML)"
        "index the directory again; publish by one switch";
    METADATA_SIZE "EL6-REPO-011" Error
        "size of a metadata file"
        "Downloaded more than max size"
        "index the directory again";
    METADATA_CHECKSUM "EL6-REPO-012" Error
        "checksum of a metadata file"
        "Metadata file does not match checksum"
        "index the directory again; do not edit what is indexed";
    OPEN_CHECKSUM "EL6-REPO-013" Error
        "checksum of an uncompressed metadata file"
        "yum 3.2.29 does not notice; dnf refuses the file"
        "index the directory again";
    METADATA_COMPRESSION "EL6-REPO-014" Error
        "compression of a metadata file"
        "Parsing primary.xml error: Start tag expected; Error: xz compression not available"
        "write metadata as .gz";
    CHECKSUM_KIND "EL6-REPO-015" Error
        "kind of a checksum"
        "Error: could not verify with an unknown checksum type"
        "use sha256";
    METADATA_CONTENT "EL6-REPO-016" Error
        "content of a metadata file"
        "Parsing primary.xml error"
        "index the directory again";
    REQUIRED_METADATA "EL6-REPO-017" Error
        "metadata that every client needs"
        "Error: requested datatype primary not available; without filelists: No Match for argument: /path"
        "index the directory again with primary and filelists";
    PACKAGE_MISSING "EL6-REPO-020" Error
        "package missing"
        "[Errno 14] HTTP Error 404: Not Found; Error Downloading Packages"
        "index the directory again";
    PACKAGE_SIZE "EL6-REPO-021" Error
        "size of a package"
        "[Errno -1] Package does not match intended download"
        "sign packages before they are indexed, then index again";
    PACKAGE_CHECKSUM "EL6-REPO-022" Error
        "checksum of a package"
        "[Errno -1] Package does not match intended download"
        "sign packages before they are indexed, then index again";
    PACKAGE_NAME "EL6-REPO-023" Error
        "package that is not what its metadata says"
        "Transaction Check Error, or another version than yum announced"
        "index the directory again";
    PACKAGE_HREF "EL6-REPO-024" Error
        "location outside of the repository"
        "a mirror has no such file"
        "keep packages below the directory that is indexed";
    PACKAGE_TWICE "EL6-REPO-025" Error
        "package listed twice"
        "one of the two is taken, which one is chance"
        "keep one file of each name, version and architecture";
    UNLISTED "EL6-REPO-026" Error
        "file that is not listed"
        "nothing is said: no client sees it, and no signature covers it"
        "remove it, or index the directory again";
    GROUP_MEMBER "EL6-REPO-027" Warning
        "group member that is not there"
        "Warning: Group … does not have any packages"
        "take it out of comps, or publish the package";
    PACKAGE_SIGNATURE "EL6-REPO-028" Error
        "signature of a package"
        "Package … is not signed; Public key for … is not installed"
        "sign it with the channel's key";
}
