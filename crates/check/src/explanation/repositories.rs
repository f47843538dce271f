//! Repositories and the files by which hosts find them.

use super::{Long, long};

pub(super) const ALL: &[Long] = long! {
    "EL6-REPO-001" ""
        "without repomd.xml there is no repository, and every yum command of the host fails until it is disabled"
        "an index that was interrupted, or a mirror that was copied by half";
    "EL6-REPO-002" "repomd.xml over about 110 kB"
        "yum bounds what it reads before it has a checksum"
        "a list with many additional documents";
    "EL6-REPO-003" "below the table: only the *header* signature is verified at install"
        "rpm 4.8 verifies headers only: what protects the files in a package is the chain from this signature over the list of metadata to the checksums"
        "repomd.xml written again after it was signed";
    "EL6-REPO-004" "timestamps older than the cached ones"
        "a host that has seen the newer list keeps it, and asks for packages that are gone"
        "the index of a restored backup";
    "EL6-REPO-005" "several signatures in repomd.xml.asc"
        "yum looks at the first signature only; one that it can not verify is a bad signature, whatever follows"
        "`gpg -u ed25519 -u rsa --detach-sign`: the first is Ed25519";
    "EL6-REPO-010" "sqlite listed in repomd.xml but missing"
        "yum prefers databases to XML and does not fall back: what is listed must be there"
        "`primary_db` in repomd.xml, and the file was deleted to save space";
    "EL6-REPO-011" "a wrong `<size>`"
        "the stated size is the most that is downloaded"
        "a file that was compressed again after repomd.xml was written";
    "EL6-REPO-012" ""
        "each file is held to its checksum, and the next mirror is asked until there is none"
        "primary.xml.gz edited by hand";
    "EL6-REPO-013" "a wrong `<size>`"
        "yum 3.2.29 takes such a file and newer clients do not: the same repository is sound for one host and broken for another"
        "an open-checksum of an earlier run";
    "EL6-REPO-014" "XML .xz, .bz2, .zst without sqlite"
        "yum 3.2.29 opens XML as gzip, whatever its name says"
        "createrepo_c with `--general-compress-type xz`";
    "EL6-REPO-015" "checksums sha256 or sha512"
        "python 2.6 makes the digests, and it is asked for by these names"
        "createrepo_c with `--checksum sha224`";
    "EL6-REPO-016" ""
        "the parser stops at the first byte that is no XML, and yum with it"
        "a control character in a description that an indexer let through";
    "EL6-REPO-017" "no filelists"
        "primary.xml has the paths in /etc and */bin only: any other file is looked for in filelists"
        "a repository indexed without filelists";
    "EL6-REPO-018" "sqlite .xz"
        "the lzma module is no part of python 2.6; yum says so and stops"
        "createrepo_c with `--database --general-compress-type xz`";
    "EL6-REPO-019" "updateinfo .gz or .bz2"
        "yum-plugin-security reads nothing else, so `yum --security update` updates nothing"
        "updateinfo.xml.xz";
    "EL6-REPO-020" ""
        "yum plans with what is listed, and fails when it downloads"
        "a package deleted after the index was made";
    "EL6-REPO-021" ""
        "the length is looked at before the checksum is"
        "packages signed after they were indexed";
    "EL6-REPO-022" "below the table: only the *header* signature is verified at install"
        "this checksum is all that protects the files in a package on EL6"
        "packages signed after they were indexed";
    "EL6-REPO-023" ""
        "yum solves by the metadata and rpm by the header; where they differ, one of them refuses"
        "a package replaced by another build under the same name";
    "EL6-REPO-024" "hrefs with `+`, `~`, `^`, blanks; `Packages/` sub-folders"
        "mirrors copy the directory and nothing beside it"
        "`<location href=\"../xen.rpm\"/>`";
    "EL6-REPO-025" ""
        "yum keeps packages by name, version and architecture, and has one of them"
        "a rebuild put beside the first build";
    "EL6-REPO-026" ""
        "what no metadata lists is covered by no signature, and someone will install it by its URL"
        "a forgotten package in Packages/";
    "EL6-REPO-027" "comps .gz or plain"
        "`yum groupinstall` passes over members that are not there, one by one, and installs less than it says"
        "`<packagereq>xen-doc</packagereq>` without a package xen-doc";
    "EL6-REPO-028" "below the table: only the *header* signature is verified at install"
        "with gpgcheck=1 yum refuses the package after it was downloaded, and the whole transaction"
        "a package of another channel that has another key";
    "EL6-REPO-029" "comps .gz or plain"
        "the groups file is opened as gzip or as text"
        "comps.xml.xz alone";
    "EL6-REPO-030" ""
        "an advisory protects only by the package that it names"
        "an advisory for xen-4.2.5-38 in a repository that ends at xen-4.2.5-37";
    "EL6-REPO-031" "below the table: only the *header* signature is verified at install"
        "signing what is there would make it what the channel vouches for: somebody changed it, or a disk did"
        "a byte of the payload that changed on a mirror, and a directory that was indexed again";
    "EL6-REPO-032" ""
        "yum decides by the metadata what is installed with what, and reads headers only afterwards"
        "primary.xml edited so that a package obsoletes another, or written by a program that loses files";
    "EL6-REPO-033" ""
        "yum finds a package's files and changelogs in the other documents by its checksum, and reads as many packages as the document's head announces"
        "filelists.xml of an earlier run beside a new primary.xml";
    "EL6-REPO-034" ""
        "digests are compared without a key, but whoever alters a package can write those anew: only the signature tells"
        "`check xen.rpm` on a machine that never saw the channel's key";
    "EL6-REPO-035" ""
        "what hosts install is decided by the database: one of an earlier state offers packages that are gone, and hides new ones"
        "`primary.sqlite.bz2` of last week beside a new `primary.xml.gz`, both listed with the right checksums";
    "EL6-REPO-036" ""
        "whose signature it is, is not known: a form that nobody verifies here could be a stranger's"
        "`rpmsign --addsign` with a key of version 3, or `--digest-algo SHA1`";
    "EL6-REPO-037" ""
        "hosts keep the newest metadata that they saw: one list of next year keeps them from all updates until then"
        "`createrepo_c --revision 9100000000 --set-timestamp-to-revision`";
    "EL6-REPO-040" "below the table: only the *header* signature is verified at install"
        "a mirror, or anyone between it and the host, could give out altered packages: on EL6 gpgcheck covers their headers only"
        "`repo_gpgcheck=0`, or a `.repo` file without the line";
    "EL6-REPO-041" "`.gz` or `.bz2` inside a repository id"
        "yum cuts these letters out of the path of its cache, and then does not find what it stored"
        "`[xen.gz-testing]`";
    "EL6-REPO-042" "`$releasever`, `$basearch`"
        "yum puts in what it knows by these names; `$arch` is the list of all that rpm could install"
        "`baseurl=http://mirror/$arch/`";
    "EL6-REPO-043" "unknown keys in the .repo file"
        "what the line was to bring is not there, and nothing says so"
        "`priority=1` on a host without yum-plugin-priorities";
    "EL6-REPO-044" ""
        "yum imports the key of gpgkey when it meets the first signature; without it nothing of the repository is taken"
        "a `.repo` file without gpgkey";
    "EL6-REPO-045" "metalink"
        "yum compares the list of mirrors with repomd.xml, and takes neither where they disagree"
        "`metalink=https://mirrors/…` in the shipped file";
    "EL6-REPO-046" ""
        "a host with a file that yum can not read has a yum that does not start"
        "a `.repo` file that lost its `[section]` line";
    "EL6-REPO-047" ""
        "the key is what everything else is trusted by, and yum asks nobody with `-y`"
        "`gpgkey=http://mirror/RPM-GPG-KEY-Xen4CentOS-6`";
    "EL6-REPO-048" ""
        "`yum install centos-release-xen` and `yum install xen` are the whole way to a host with Xen; further sections, such as one for testing, may be off"
        "`enabled=0` left from a trial, in the only section";
    "EL6-REPO-049" ""
        "a host with the keys and no repository has nothing to take"
        "a %files list that lost its line for /etc/yum.repos.d";
};
