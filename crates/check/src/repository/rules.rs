use crate::{Rule, rule::rule_table};

rule_table! {
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
    FIRST_SIGNATURE "EL6-REPO-005" Error
        "first signature of repomd.xml"
        "repomd.xml signature could not be verified for … (only the first of several signatures counts)"
        "sign with the RSA key alone, or first";
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
    DATABASE_COMPRESSION "EL6-REPO-018" Error
        "compression of a database"
        "Error: xz compression not available"
        "write databases as .gz or .bz2, or leave them out: XML is enough";
    UPDATEINFO_COMPRESSION "EL6-REPO-019" Error
        "compression of advisories"
        "yum-plugin-security reads no advisories"
        "write updateinfo.xml as .gz";
    PACKAGE_MISSING "EL6-REPO-020" Error
        "package missing"
        "[Errno 14] HTTP Error 404: Not Found; Error Downloading Packages"
        "index the directory again";
    PACKAGE_SIZE "EL6-REPO-021" Error
        "size of a package"
        "[Errno -1] Package does not match intended download"
        "if it was signed after it was indexed, index again; else fetch or build it again: it is not what was indexed";
    PACKAGE_CHECKSUM "EL6-REPO-022" Error
        "checksum of a package"
        "[Errno -1] Package does not match intended download"
        "if it was signed after it was indexed, index again; else fetch or build it again: it is not what was indexed";
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
    GROUP_COMPRESSION "EL6-REPO-029" Error
        "compression of groups"
        "Warning: No groups available in any repository"
        "write comps.xml as .gz or plain";
    ADVISORY_PACKAGE "EL6-REPO-030" Warning
        "advisory for a package that is not there"
        "nothing is said: `yum --security update` does not bring what the advisory announces"
        "publish the package, or take it out of the advisory";
    PACKAGE_ALTERED "EL6-REPO-031" Error
        "package that was altered"
        "nothing is said where only the payload was altered and the directory was indexed again; else: digests SIGNATURES NOT OK"
        "fetch or build it again, and do not sign what is there: it is not what was signed";
    DESCRIPTION "EL6-REPO-032" Error
        "what the metadata says of a package"
        "nothing is said, or a transaction that yum announced fails: it solves by the metadata, rpm by the header"
        "index the directory again";
    DOCUMENTS "EL6-REPO-033" Error
        "metadata documents that do not agree"
        "No Package matching …, for files that the list of files leaves out; nothing is said of changelogs"
        "index the directory again, and publish all its documents by one switch";
    NOT_VERIFIED "EL6-REPO-034" Warning
        "signatures that nobody verified"
        "nothing is said here: a client that has the key may refuse what this check does not"
        "name the public key with --public-key, or check a repository that ships it";
    DATABASES "EL6-REPO-035" Error
        "databases that say what the XML says"
        "nothing is said: yum reads a database where one is listed, and never the XML beside it"
        "index the directory again, and publish all its documents by one switch; or leave the databases out";
    SIGNATURE_FORM "EL6-REPO-036" Error
        "signature that is not verified here"
        "nothing is said: EL6 takes RSA signatures over SHA-1 and of version 3, too, and tags that it does not know"
        "sign it with `xen4centos sign`: what is published is held to one form, of which every byte is accounted for";
    FUTURE "EL6-REPO-037" Error
        "timestamps in the future"
        "Not using downloaded repomd.xml because it is older than what we have, for all that is published until then"
        "index the directory again, on a machine whose clock is right (`index --allow-older-revision`)";
    BOOT_INTERFACE "EL6-XEN-005" Error
        "interface of hypervisor and tools"
        "Error: Package: … Requires: xen-hypervisor-abi = …"
        "publish the tools and the hypervisor of one build together";
    BOOT_SCRIPT "EL6-XEN-020" Error
        "file that the script of boot entries names"
        "nothing is said: the kernel's boot entry is one without Xen"
        "let grub-bootxen.sh name what the packages install, and ship it in one of them";
    SIGNATURES_NOT_ASKED_FOR "EL6-REPO-040" Error
        "signatures that the .repo file does not ask for"
        "nothing is said: altered packages are installed"
        "write `gpgcheck=1` and `repo_gpgcheck=1`";
    REPOSITORY_ID "EL6-REPO-041" Error
        "id of a repository"
        "[Errno 2] No such file or directory: /var/cache/yum/… (what stands in the id is cut out of the path)"
        "give the repository an id without it";
    REPO_VARIABLE "EL6-REPO-042" Error
        "variable in a .repo file"
        "[Errno 14] HTTP Error 404: Not Found (what stands for the variable is no path)"
        "use `$releasever` and `$basearch`";
    REPO_SETTING "EL6-REPO-043" Warning
        "setting that is ignored"
        "nothing is said: yum passes over what it does not know"
        "leave the line out";
    REPO_KEY "EL6-REPO-044" Error
        "key of a .repo file"
        "You have enabled checking of packages via GPG keys … but no keys are installed"
        "write `gpgkey=file:///etc/pki/rpm-gpg/…` and ship the key in the same package";
    METALINK "EL6-REPO-045" Warning
        "metalink"
        "Error: Cannot find a valid baseurl for repo (unless hashes and `mm0:timestamp` agree with repomd.xml)"
        "write `baseurl=` or `mirrorlist=`";
    REPO_FILE "EL6-REPO-046" Error
        "content of a .repo file"
        "Config Error: File contains no section headers"
        "write `[id]` on a line of its own, and `name=` and `baseurl=` below it";
    OPEN_KEY "EL6-REPO-047" Error
        "key over an open connection"
        "nothing is said: the key of whoever answers is imported, and all that it signed is taken"
        "write `gpgkey=file:///etc/pki/rpm-gpg/…` and ship the key in the same package";
    SWITCHED_OFF "EL6-REPO-048" Error
        "repository that is not enabled"
        "No package xen available. Error: Nothing to do"
        "write `enabled=1` in the first section: installing the release package is how a host asks for it";
    NO_REPO_FILE "EL6-REPO-049" Error
        "release package without a .repo file"
        "No package xen available. Error: Nothing to do"
        "install the .repo file into /etc/yum.repos.d/";
}
