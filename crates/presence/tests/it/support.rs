use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_presence::{Expected, Finding, Listed, Proof};

/// Files by name.
pub(crate) type Files = BTreeMap<&'static str, String>;

pub(crate) struct Case {
    directory: tempfile::TempDir,
    patches: Vec<Listed>,
}

impl Case {
    /// Upstream's files, and the tree as `%prep` left it.
    pub(crate) fn new(upstream: &Files, tree: &Files) -> Self {
        let case = Self { directory: tempfile::tempdir().unwrap(), patches: Vec::new() };
        for (root, files) in [("upstream", upstream), ("tree", tree)] {
            fs_err::create_dir_all(case.root().join(root)).unwrap();
            for (name, content) in files {
                let path = case.root().join(root).join(name);
                fs_err::create_dir_all(path.parent().unwrap()).unwrap();
                fs_err::write(path, content).unwrap();
            }
        }
        case
    }

    pub(crate) fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.directory.path()).unwrap()
    }

    pub(crate) fn tree(&self) -> Utf8PathBuf {
        self.root().join("tree")
    }

    pub(crate) fn claims(mut self, file: &str, content: &str) -> Self {
        self.patches.push(listed(file, content, true));
        self
    }

    pub(crate) fn lists(mut self, file: &str, content: &str) -> Self {
        self.patches.push(listed(file, content, false));
        self
    }

    /// A claimed patch that says that it takes changes of earlier ones back.
    pub(crate) fn supersedes(mut self, file: &str, content: &str, earlier: &str) -> Self {
        self.patches.push(Listed { takes_back: vec![earlier.to_owned()], ..listed(file, content, true) });
        self
    }

    /// One line for each proof or finding.
    pub(crate) fn check(&self, expect: &str) {
        let lines: Vec<String> = match self.proven() {
            Ok(proofs) => proofs
                .iter()
                .map(|proof| format!("{}: {} files, {} hunks", proof.patch, proof.files, proof.hunks))
                .collect(),
            Err(findings) => findings.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(lines.join("\n"), expect);
    }

    /// What speaks against it.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.proven().err().into_iter().flatten().map(|finding| finding.to_string()).collect()
    }

    fn proven(&self) -> Result<Vec<Proof>, Vec<Finding>> {
        let expected = Expected::new(&self.root().join("upstream"), &self.patches).unwrap();
        expected.prove(&self.tree()).unwrap()
    }
}

fn listed(file: &str, content: &str, is_claimed: bool) -> Listed {
    let content = content.as_bytes().to_vec();
    Listed { file: file.to_owned(), strip: 1, content, is_claimed, takes_back: Vec::new() }
}

/// A patch of one file by a diff program of our own, with three lines around every change.
pub(crate) fn diff(name: &str, before: &str, after: &str) -> String {
    let (old, new) = (format!("a/{name}"), format!("b/{name}"));
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&old, &new)
        .to_string()
}
