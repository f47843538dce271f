use camino::{Utf8Path, Utf8PathBuf};

use crate::Finding;

/// One thing that was checked, and what was found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// A package, key file or repository, as it was named.
    pub path: Utf8PathBuf,
    /// All that was found, waived or not.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// The file that a finding is about, as far as it is one.
    pub(crate) fn location(&self, finding: &Finding) -> Utf8PathBuf {
        let subject = Utf8Path::new(&finding.subject);
        if self.path.file_name() == Some(subject.as_str()) {
            self.path.clone()
        } else {
            self.path.join(subject)
        }
    }
}
