//! The files of the header, as rpm's own format of archives refers to them.

use std::collections::HashMap;

use xen4centos_artifact::header::{HeaderError, RpmHeaders};

pub(crate) struct Listed {
    pub(crate) path: Vec<u8>,
    /// Bytes of the content that stands in the archive.
    pub(crate) size: u64,
}

pub(crate) fn listed(headers: &RpmHeaders) -> Result<Vec<Listed>, HeaderError> {
    let mut all: Vec<Listed> = Vec::new();
    let mut names: HashMap<u32, usize> = HashMap::new();
    for (number, file) in headers.main().files()?.enumerate() {
        let has_content = !file.is_ghost() && (file.is_regular() || file.is_link());
        all.push(Listed { path: file.path_bytes(), size: if has_content { file.size } else { 0 } });
        // Of a file with several names the last one has it.
        if has_content
            && file.is_regular()
            && file.inode != 0
            && let Some(before) = names.insert(file.inode, number)
        {
            all[before].size = 0;
        }
    }
    Ok(all)
}
