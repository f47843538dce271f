use similar::TextDiff;

/// A unified difference between two texts, with three lines of context; empty where they are equal.
pub fn difference(old: &str, new: &str, old_name: &str, new_name: &str) -> String {
    if old == new {
        return String::new();
    }
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(old_name, new_name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unified_form() {
        assert_eq!(
            difference("a\nb\nc\n", "a\nB\nc\n", "built", "now"),
            "--- built\n+++ now\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
        );
        assert_eq!(difference("a\n", "a\n", "built", "now"), "");
    }
}
