//! The codes that refuse an update, beside those of `check`: what each means, why, and the way out.

/// What stops a release, a publication or an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Code {
    /// Never changes and is never given to another.
    pub code: &'static str,
    /// What is refused, in a few words.
    pub title: &'static str,
    /// Why.
    pub why: &'static str,
    /// What to do about it.
    pub way_out: &'static str,
}

/// All of them.
pub const CODES: [Code; 6] = [
    Code {
        code: "ADV-PATCH-001",
        title: "a patch that changes nothing that runs",
        why: "it is empty, or changes only comments, white space or prose: hosts that install it are told that they are safe",
        way_out: "take the whole patch from upstream; an advisory needs a change that runs",
    },
    Code {
        code: "ADV-PATCH-002",
        title: "a patch that does not apply to upstream's tree",
        why: "when its turn comes, what it changes is not there, or lies in other lines than it says",
        way_out: "take the patch that was made for this release, or list it in its order; an import takes other lines \
                  where --allow-offset names the patch",
    },
    Code {
        code: "ADV-PATCH-003",
        title: "a patch that is not in the tree that is built",
        why: "it is listed and not applied, or an edit of the spec undoes it: what %prep makes lacks a change of it",
        way_out: "apply it in %prep (`{{ patch_commands }}`); what %prep edits in the same lines belongs into a patch",
    },
    Code {
        code: "ADV-PATCH-004",
        title: "a patch of a form that proves nothing",
        why: "of renamed or binary files, modes, or lines that end with CRLF, patch(1) does not do all, or not all can be \
              looked for in the tree",
        way_out: "make a plain unified diff of it",
    },
    Code {
        code: "ADV-PATCH-005",
        title: "a patch of which a later one leaves nothing",
        why: "the tree that is built is as it was before it",
        way_out: "claim the later patch in its place, or do not list both",
    },
    Code {
        code: "ADV-PUBLIC-001",
        title: "something that may not be known yet",
        why: "a package answers an advisory whose `public` time is to come",
        way_out: "wait: `release --due` publishes what was built at that time, and not before",
    },
];

/// The one of that code, however it is written.
pub fn code(text: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.code.eq_ignore_ascii_case(text.trim()))
}
