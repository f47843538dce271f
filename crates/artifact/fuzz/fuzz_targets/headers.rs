//! Any bytes are read as a package or refused; whatever was read can be asked for everything.

#![no_main]

use libfuzzer_sys::fuzz_target;
use xen4centos_artifact::header::{DependencyKind, Header, Lead, RpmHeaders};

fuzz_target!(|bytes: &[u8]| {
    let sized = RpmHeaders::read_sized(&mut &bytes[..], bytes.len() as u64);
    let streamed = RpmHeaders::read(&mut &bytes[..]);
    assert_eq!(sized.is_ok(), streamed.is_ok());
    let Ok(headers) = sized else { return };
    assert!(headers.payload_offset() <= bytes.len() as u64);
    drop((headers.nevra(), headers.computed_archive_size(), headers.archive_size()));
    drop(Lead::for_header(headers.main()));
    ask(headers.signature());
    ask(headers.main());
});

fn ask(header: &Header) {
    for entry in header.entries() {
        drop(header.number(entry.tag));
        if let Ok(strings) = header.strings(entry.tag) {
            assert_eq!(strings.len(), strings.count());
        }
    }
    for kind in DependencyKind::ALL {
        if let Ok(list) = header.dependencies(kind) {
            list.for_each(|dependency| drop(dependency.to_string()));
        }
    }
    if let Ok(entries) = header.changelog() {
        entries.for_each(drop);
    }
    drop(header.scriptlets());
    if let Ok(files) = header.files() {
        files.for_each(|file| drop(file.path_bytes()));
    }
}
