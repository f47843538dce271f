/// Which state of the project's own data a build was made from, where git keeps it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProjectState {
    /// The commit that is checked out.
    pub commit: String,
    /// Whether the files were those of the commit.
    pub work_tree: WorkTree,
}

/// Whether files of a checkout are those of its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkTree {
    /// They are.
    Clean,
    /// Some were changed, added or removed.
    Changed,
}
