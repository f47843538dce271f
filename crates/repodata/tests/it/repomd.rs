//! repomd.xml with all that createrepo_c writes into it.

use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::{Checksum, Tags, read_repomd};

use crate::{Scratch, repository};

#[test]
fn tags_are_read_and_written_as_createrepo_has_them() {
    let scratch = repository(&[]);
    Invocation::new(Tool::CreaterepoC, scratch.path())
        .args(["--quiet", "--no-database", "--revision", "1 & 2", "--content", "binary-x86_64"])
        .args(["--content", "<b>", "--repo", "r", "--distro", "cpe:/o:centos:centos:6,CentOS \"6\""])
        .args(["--distro", "plain", "."])
        .run()
        .unwrap();
    let path = scratch.path().join("repodata/repomd.xml");
    let repomd = read_repomd(&path).unwrap();
    let tags = Tags {
        content: vec!["binary-x86_64".into(), "<b>".into()],
        distro: vec![(Some("cpe:/o:centos:centos:6".into()), "CentOS \"6\"".into()), (None, "plain".into())],
        repo: vec!["r".into()],
    };
    let (mut found, mut expected) = (repomd.tags.clone(), tags);
    for tags in [&mut found, &mut expected] {
        tags.content.sort();
        tags.distro.sort();
    }
    assert_eq!(found, expected);
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let theirs = fs_err::read_to_string(&path).unwrap();
    assert_eq!(lines(&repomd.to_xml()), lines(&theirs));
}

#[test]
fn headers_of_zchunk_files_are_kept() {
    let scratch = Scratch::new();
    let path = scratch.path().join("repomd.xml");
    let text = "<repomd><data type='primary_zck'><checksum type='sha256'>1</checksum>\
        <header-checksum type='sha256'>2</header-checksum><location href='repodata/p.zck'/>\
        <header-size>3</header-size></data></repomd>";
    fs_err::write(&path, text).unwrap();
    let repomd = read_repomd(&path).unwrap();
    assert_eq!(
        repomd.records[0].header_checksum,
        Some(Checksum { kind: "sha256".into(), value: "2".into() })
    );
    assert_eq!(repomd.records[0].header_size, Some(3));
    fs_err::write(&path, repomd.to_xml()).unwrap();
    assert_eq!(read_repomd(&path).unwrap(), repomd);
}
