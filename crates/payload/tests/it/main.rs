//! Payloads as rpmbuild writes them, old and new, and damaged ones.
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod built;
mod damaged;
mod mutated;
mod real;

use std::{
    collections::BTreeMap,
    io::{BufReader, Read as _, Seek as _, SeekFrom},
};

use camino::Utf8Path;
use xen4centos_artifact::header::RpmHeaders;
use xen4centos_payload::{Payload, PayloadError};

/// The contents of all files by their paths, and the headers.
pub(crate) fn contents(path: &Utf8Path) -> (RpmHeaders, Result<BTreeMap<String, Vec<u8>>, PayloadError>) {
    let mut file = fs_err::File::open(path).unwrap();
    let headers = RpmHeaders::read(&mut BufReader::new(&mut file)).unwrap();
    file.seek(SeekFrom::Start(headers.payload_offset())).unwrap();
    let files = Payload::open(file, &headers).and_then(all);
    (headers, files)
}

/// All that is in a payload.
pub(crate) fn all(mut payload: Payload) -> Result<BTreeMap<String, Vec<u8>>, PayloadError> {
    let mut files = BTreeMap::new();
    while let Some((entry, mut content)) = payload.next_entry()? {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).map_err(PayloadError::of_content)?;
        assert_eq!(bytes.len() as u64, entry.size);
        files.insert(String::from_utf8_lossy(&entry.path).into_owned(), bytes);
    }
    Ok(files)
}
