//! A byte changed anywhere in a signed package is refused.

use xen4centos_artifact::header::RpmHeaders;
use xen4centos_sign::verify_rpm;

use crate::workshop::{directory, signed_in, trusted};

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
    let headers = RpmHeaders::read(&mut &original[..]).unwrap();
    let payload = usize::try_from(headers.payload_offset()).unwrap();
    for at in (0..payload).chain((payload..original.len()).step_by(97)) {
        let mut bytes = original.clone();
        bytes[at] ^= 1 << (at % 8);
        fs_err::write(&path, &bytes).unwrap();
        assert!(verify_rpm(&path, &trusted()).is_err(), "byte {at} of {}", original.len());
    }
}
