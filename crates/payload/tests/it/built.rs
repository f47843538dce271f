//! Every compression of rpmbuild, hard links, and what is no file.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};

use crate::contents;

const SPEC: &str = r"
Name: files
Version: 1
Release: 1
Summary: Files
License: none
BuildArch: noarch
%description
Files.
%install
mkdir -p %{buildroot}/data/empty
cd %{buildroot}/data
for length in 0 1 2 3 4 5 100000; do head -c $length /dev/zero | tr '\0' x > file$length; done
echo once > one
ln one two
ln one three
ln -s ../elsewhere link
%files
/data
%ghost /data/ghost
";

/// Every compression of rpmbuild.
pub(crate) const PAYLOADS: [&str; 6] =
    ["w9.gzdio", "w9.bzdio", "w6.xzdio", "w6.lzdio", "w3.zstdio", "w.ufdio"];

/// A package whose payload is compressed so.
pub(crate) fn built(top: &Utf8Path, payload: &str) -> Utf8PathBuf {
    let top = top.join(payload);
    fs_err::create_dir_all(&top).unwrap();
    let spec = top.join("files.spec");
    fs_err::write(&spec, SPEC).unwrap();
    let mut rpmbuild = Invocation::new(Tool::Rpmbuild, &top).args(["-bb", "--quiet"]);
    for define in [format!("_topdir {top}"), format!("_binary_payload {payload}")] {
        rpmbuild = rpmbuild.arg("--define").arg(define);
    }
    rpmbuild.arg(&spec).run().unwrap();
    top.join("RPMS/noarch/files-1-1.noarch.rpm")
}

#[test]
fn every_compression_and_every_kind_of_file() {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    for payload in PAYLOADS {
        let (_, files) = contents(&built(top, payload));
        let files = files.unwrap_or_else(|error| panic!("{payload}: {error}"));
        let lengths: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.len())).collect();
        // The last name of a file with several has the content; which one that is, is rpm's own choice.
        let (linked, others): (Vec<_>, Vec<_>) = lengths
            .into_iter()
            .partition(|(path, _)| ["/data/one", "/data/two", "/data/three"].contains(path));
        assert_eq!(linked.iter().map(|(_, length)| length).sum::<usize>(), 5, "{payload}: {linked:?}");
        assert_eq!(linked.len(), 3);
        let expect = [
            ("/data", 0),
            ("/data/empty", 0),
            ("/data/file0", 0),
            ("/data/file1", 1),
            ("/data/file100000", 100_000),
            ("/data/file2", 2),
            ("/data/file3", 3),
            ("/data/file4", 4),
            ("/data/file5", 5),
            ("/data/link", 12),
        ];
        assert_eq!(others, expect, "{payload}");
        assert_eq!(files["/data/link"], b"../elsewhere");
    }
}
