//! Forms of patches that patch(1) takes otherwise than they look.

/// What is wrong with the form of a patch, if it is one of these.
pub fn form_problem(patch: &[u8]) -> Option<&'static str> {
    let lines = || patch.split(|byte| *byte == b'\n');
    let begins = |line: &[u8], starts: &[&str]| starts.iter().any(|start| line.starts_with(start.as_bytes()));
    let is_head = |line: &[u8]| begins(line, &["--- ", "+++ ", "@@ -"]);
    if lines().any(|line| is_head(line) && line.ends_with(b"\r")) {
        return Some("its lines end with CRLF");
    }
    let has_mode = lines().any(|line| begins(line, &["old mode ", "new mode "]));
    let has_change = lines().any(|line| begins(line, &["@@ -", "GIT binary patch", "Binary files "]));
    (has_mode && !has_change).then_some("it changes modes of files only, which patch(1) passes over")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told() {
        let plain = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n";
        assert_eq!(form_problem(plain.as_bytes()), None, "a file may have such lines");
        let windows = plain.replace('\n', "\r\n");
        assert_eq!(form_problem(windows.as_bytes()), Some("its lines end with CRLF"));
        let mode = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n";
        assert!(form_problem(mode.as_bytes()).unwrap().contains("modes of files only"));
        assert_eq!(form_problem(format!("{mode}{plain}").as_bytes()), None);
        assert_eq!(form_problem(b""), None);
    }
}
