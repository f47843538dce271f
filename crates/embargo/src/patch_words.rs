//! What of a patch would be known again where it stands.

use std::collections::BTreeSet;

/// Shorter lines stand in any code.
const LEAST: usize = 24;

/// Letters and digits that a line must have: brackets and stars are in any code, too.
const LEAST_LETTERS: usize = 14;

/// Lines that are looked for, of one patch: the longest.
const MOST: usize = 8;

/// Its subject, and lines that it adds and that it neither keeps nor takes away elsewhere. They are told without the white
/// space around them.
pub(crate) fn words_of(patch: &str) -> Vec<String> {
    let (mut added, mut others, mut words) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut is_in_hunks = false;
    for line in patch.lines() {
        is_in_hunks |= line.starts_with("@@ ");
        let is_name = ["+++ ", "--- ", "diff ", "index ", "@@ "].iter().any(|start| line.starts_with(start));
        match line.split_at_checked(1) {
            _ if is_name => {}
            Some(("+", rest)) if is_in_hunks => drop(added.insert(rest.trim())),
            Some(("-" | " ", rest)) if is_in_hunks => drop(others.insert(rest.trim())),
            _ if !is_in_hunks => words.extend(subject(line)),
            _ => {}
        }
    }
    let is_telling = |line: &&str| {
        line.len() >= LEAST
            && line.chars().filter(char::is_ascii_alphanumeric).count() >= LEAST_LETTERS
            && !is_anywhere(line)
    };
    let mut lines: Vec<&str> = added.difference(&others).copied().filter(is_telling).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
    words.extend(lines.into_iter().take(MOST).map(str::to_owned));
    words
}

/// Comments, licences among them, and what files include: they are the same in many files, and tell of none.
fn is_anywhere(line: &str) -> bool {
    let begins = ["/*", "*", "//", "#include", "# ", ";;", "<!--", ".. "];
    // Text without any sign of code is prose inside of a comment.
    let is_code = |letter: char| "(){}[];=<>_&|".contains(letter);
    begins.iter().any(|start| line.starts_with(start)) || !line.contains(is_code)
}

/// Of a mail, without what is before it in brackets.
fn subject(line: &str) -> Option<String> {
    let text = line.strip_prefix("Subject:")?.trim();
    let text = text.rsplit_once(']').map_or(text, |(_, rest)| rest.trim());
    (text.len() >= LEAST).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_tell() {
        let patch = "Subject: [PATCH 1/2] x86: limit checks to what the guest owns\n\n+++ not yet a hunk of any kind here\n\
             --- a/x.c\n+++ b/x.c\n@@ -1,3 +1,6 @@\n \tcontext that is long enough to be taken;\n-\tmoved_elsewhere(by, this, patch);\n\
             +    moved_elsewhere(by, this, patch);\n+\tif ( guest_owns(frame) && !is_last_page(frame) )\n+}\n+/*******************************/\n\
             +#include <asm/guest/pages/of/others.h>\n+ * This program is free software; you can redistribute it\n\
             +the terms of the GNU General Public License as published by\n";
        assert_eq!(
            words_of(patch),
            ["x86: limit checks to what the guest owns", "if ( guest_owns(frame) && !is_last_page(frame) )"]
        );
    }
}
