use std::fmt;

/// A reason not to believe that a patch is in a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Stable: [`Finding::PROVES_NOTHING`] and its like.
    pub code: &'static str,
    /// File name of the patch.
    pub patch: String,
    /// What is wrong: lower-case, no final period.
    pub message: String,
}

impl Finding {
    /// The patch changes nothing that runs.
    pub const PROVES_NOTHING: &'static str = "ADV-PATCH-001";
    /// The patch does not apply to upstream's tree where its turn is.
    pub const DOES_NOT_APPLY: &'static str = "ADV-PATCH-002";
    /// A change of the patch is not in the tree.
    pub const NOT_IN_TREE: &'static str = "ADV-PATCH-003";
    /// The patch has a form of which nothing can be proven.
    pub const UNREADABLE: &'static str = "ADV-PATCH-004";
    /// A later patch takes a change of it back, or all of it.
    pub const TAKEN_BACK: &'static str = "ADV-PATCH-005";

    pub(crate) fn new(code: &'static str, patch: &str, message: impl Into<String>) -> Self {
        Self { code, patch: patch.to_owned(), message: message.into() }
    }

    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self.code {
            Self::PROVES_NOTHING => {
                "take the whole patch from upstream; an advisory needs a change that runs"
            }
            Self::DOES_NOT_APPLY => "take the patch that was made for this release, or list it in its order",
            Self::NOT_IN_TREE => {
                "apply it in %prep (`{{ patch_commands }}`); what %prep edits in the same lines belongs into a patch"
            }
            Self::TAKEN_BACK => {
                "where that is meant, the later patch says so: by an `advisory` of the same issue, or by `supersedes`; else do \
                 not list both"
            }
            _ => "make a plain unified diff of it",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.code, self.patch, self.message)
    }
}
