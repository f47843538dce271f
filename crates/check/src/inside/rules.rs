//! The rules about a payload as such.

use crate::{Rule, rule::rule_table};

rule_table! {
    DAMAGED "EL6-FILE-001" Error
        "damaged payload"
        "error: unpacking of archive failed: cpio: Bad magic; cpio: read failed - Success"
        "build or fetch the package again; what is there is not what was built";
    OTHER_FILES "EL6-FILE-002" Error
        "files of header and payload"
        "error: unpacking of archive failed on file …: cpio: Archive file not in header; or nothing, and a file is not there"
        "build the package again; header and payload are not of one build";
    CONTENT "EL6-FILE-003" Error
        "content of a file"
        "error: unpacking of archive failed on file …: cpio: Digest mismatch"
        "build or fetch the package again; what is there was altered after it was built";
}
