//! A byte changed anywhere in a signed package is refused.

use std::os::unix::fs::FileExt;

use xen4centos_artifact::header::RpmHeaders;
use xen4centos_process::{Invocation, Tool};
use xen4centos_sign::verify_rpm;

use crate::workshop::{KEY, directory, rpmkeys, signed_in, trusted};

/// Verifies the signed package after `change`; returns what was said.
fn refusal(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let (_guard, top) = directory();
    let path = signed_in(&top);
    let mut bytes = fs_err::read(&path).unwrap();
    change(&mut bytes);
    fs_err::write(&path, bytes).unwrap();
    verify_rpm(&path, &trusted()).expect_err("the change is noticed").to_string()
}

#[test]
fn each_part_is_covered() {
    let said = refusal(|bytes| bytes[20] ^= 1);
    assert!(said.starts_with("the lead of"), "{said}");
    let said = refusal(|bytes| {
        let length = bytes.len();
        bytes[length - 1] ^= 1;
    });
    assert!(said.ends_with("MD5 of header and payload (tag 1004) is wrong"), "{said}");
    let said = refusal(|bytes| bytes.push(0));
    assert!(said.contains("bytes of header and payload, its signature header says"), "{said}");
    let said = refusal(|bytes| bytes.truncate(bytes.len() - 1));
    assert!(said.contains("bytes of header and payload, its signature header says"), "{said}");
    let said = refusal(|bytes| {
        let start = RpmHeaders::read(&mut &bytes[..]).unwrap().header_range().end;
        bytes[usize::try_from(start).unwrap() - 40] ^= 1;
    });
    assert!(said.contains("of the header"), "{said}");
}

#[test]
fn no_byte_is_free() {
    let (_guard, top) = directory();
    let path = signed_in(&top);
    let original = fs_err::read(&path).unwrap();
    let trusted = trusted();
    let file = fs_err::OpenOptions::new().write(true).open(&path).unwrap();
    for (at, byte) in original.iter().enumerate() {
        file.file().write_all_at(&[byte ^ 1 << (at % 8)], at as u64).unwrap();
        assert!(verify_rpm(&path, &trusted).is_err(), "byte {at} of {}", original.len());
        file.file().write_all_at(&[*byte], at as u64).unwrap();
    }
    verify_rpm(&path, &trusted).unwrap();
}

/// Of a package's bytes rpm lets pass what it neither verifies nor reads: most of the lead, tags that it then misses in the
/// signature header, the case of digits there, and the padding. All of that is computed here and compared.
#[test]
fn rpm_takes_changes_before_the_signed_header_alone() {
    let (_guard, top) = directory();
    let path = signed_in(&top);
    rpmkeys(&top, &KEY, &["-K", path.as_str()]).unwrap();
    let original = fs_err::read(&path).unwrap();
    let headers = RpmHeaders::read(&mut &original[..]).unwrap();
    let [start, payload] = [headers.header_range().start, headers.payload_offset()]
        .map(|offset| usize::try_from(offset).unwrap());
    let changed = top.join("changed.rpm");
    let accepted = |bytes: &[u8]| {
        fs_err::write(&changed, bytes).unwrap();
        assert!(verify_rpm(&changed, &trusted()).is_err());
        let database = top.join("rpmdb");
        let arguments = ["--dbpath", database.as_str(), "-K", changed.as_str()];
        Invocation::new(Tool::Rpmkeys, &top).args(arguments).run().is_ok()
    };
    let sampled = [0, 20, 70, 76, 78, 80, 95, 104, 129, 161].into_iter();
    let sampled = sampled.chain((start..payload).step_by(89)).chain((payload..original.len()).step_by(211));
    let taken: Vec<usize> = sampled
        .filter(|at| {
            let mut bytes = original.clone();
            bytes[*at] ^= 1 << (at % 8);
            accepted(&bytes)
        })
        .collect();
    // Name, architecture and reserved bytes of the lead; two tags of the signature header.
    assert_eq!(taken, [20, 70, 76, 80, 95, 129, 161]);
    assert!(!accepted(&[&original[..], &[0]].concat()));
    assert!(!accepted(&original[..original.len() - 1]));
}
