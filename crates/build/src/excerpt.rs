//! The lines of a build log that matter to whoever has to mend it: the first errors with what stands around
//! them, and rpm's own last words. Kept while the log is written, in constant memory.

use std::collections::VecDeque;

/// Lines shown before an error, where the function or the command usually stands.
const BEFORE: usize = 2;
/// Lines shown after an error: the source line and its caret.
const AFTER: usize = 3;
/// Distinct errors shown; in a parallel build the first is the cause and the rest follow from it.
const ERRORS: usize = 8;
/// Lines shown where no line looks like an error.
const TAIL: usize = 20;

/// Anywhere in a line.
const MARKS: [&str; 20] = [
    ": error: ",
    ": fatal error: ",
    ": Error: ",
    ": undefined reference to ",
    ": multiple definition of ",
    " Error 1",
    " Error 2",
    " Error 127",
    ": command not found",
    ": not found",
    "No such file or directory",
    "No space left on device",
    "can't find file to patch",
    "hunk FAILED",
    "hunks FAILED",
    "patch: ****",
    "Segmentation fault",
    "internal compiler error",
    "No rule to make target",
    "cannot find -l",
];

/// What rpm itself says; it says most of it twice, the second time below `RPM build errors:`.
const RPM_MARKS: [&str; 4] =
    ["error: ", "    Bad exit status", "    Installed (but unpackaged)", "    File not found"];

/// Collects while lines go by.
#[derive(Default)]
pub(crate) struct Excerpt {
    kept: Vec<String>,
    recent: VecDeque<String>,
    tail: VecDeque<String>,
    after: usize,
    errors: usize,
    skipped: bool,
    rpm: Vec<String>,
    in_rpm: bool,
}

impl Excerpt {
    pub(crate) fn line(&mut self, line: &str) {
        if line.is_empty() || line == "RPM build errors:" {
            self.after = 0;
            return;
        }
        push_bounded(&mut self.tail, TAIL, line);
        self.in_rpm = is_rpms(line) || (self.in_rpm && line.starts_with("   "));
        if self.in_rpm {
            let known = |known: &String| words(known) == words(line);
            if self.rpm.len() < TAIL && !self.rpm.iter().any(known) {
                self.rpm.push(line.to_owned());
            }
        } else if MARKS.iter().any(|mark| line.contains(mark)) && self.errors < ERRORS {
            self.errors += 1;
            if self.skipped && !self.kept.is_empty() {
                self.kept.push("…".to_owned());
            }
            self.kept.extend(self.recent.drain(..));
            self.kept.push(line.to_owned());
            self.after = AFTER;
            self.skipped = false;
        } else if self.after > 0 {
            self.after -= 1;
            self.kept.push(line.to_owned());
        } else {
            self.skipped |= self.recent.len() == BEFORE;
            push_bounded(&mut self.recent, BEFORE, line);
        }
    }

    /// At most some 80 lines, each indented by two blanks.
    pub(crate) fn text(&self) -> String {
        let mut lines: Vec<&str> = self.kept.iter().map(String::as_str).collect();
        // rpm only says that a section failed: what was printed last is the best there is.
        let nothing_said = self.rpm.iter().all(|line| line.contains("Bad exit status"));
        if lines.is_empty() && nothing_said {
            let of_rpm = |line: &&str| self.rpm.iter().any(|rpm| words(rpm) == words(line));
            let tail = self.tail.iter().map(String::as_str);
            lines.extend(
                tail.filter(|line| !line.is_empty() && *line != "RPM build errors:" && !of_rpm(line)),
            );
        }
        if !lines.is_empty() && !self.rpm.is_empty() {
            lines.push("…");
        }
        lines.extend(self.rpm.iter().map(String::as_str));
        lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }
}

fn is_rpms(line: &str) -> bool {
    RPM_MARKS.iter().any(|mark| line.starts_with(mark))
}

/// A line without the decoration in which its two appearances differ.
fn words(line: &str) -> &str {
    line.strip_prefix("error: ").unwrap_or(line).trim()
}

fn push_bounded(queue: &mut VecDeque<String>, limit: usize, line: &str) {
    if queue.len() == limit {
        queue.pop_front();
    }
    queue.push_back(line.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(log: &str, expect: &str) {
        let mut excerpt = Excerpt::default();
        log.lines().for_each(|line| excerpt.line(line));
        assert_eq!(excerpt.text(), expect);
    }

    #[test]
    fn compiler_error_in_a_long_log() {
        let noise: String = (0..500).fold(String::new(), |log, n| log + &format!("  CC drivers/{n}.o\n"));
        let log = format!(
            "{noise}kernel/module.c: In function 'apply':\nkernel/module.c:134:9: error: 'R_X' undeclared\n  134 |  case R_X:\n      \
             |       ^~~\nother\n{noise}make[2]: *** [scripts/Makefile.build:3: kernel/module.o] Error 1\n{noise}\
             error: Bad exit status from /tmp/rpm-tmp.x (%build)\n\nRPM build errors:\n    Bad exit status from /tmp/rpm-tmp.x (%build)\n"
        );
        check(
            &log,
            "    CC drivers/499.o
  kernel/module.c: In function 'apply':
  kernel/module.c:134:9: error: 'R_X' undeclared
    134 |  case R_X:
        |       ^~~
  other
  …
    CC drivers/498.o
    CC drivers/499.o
  make[2]: *** [scripts/Makefile.build:3: kernel/module.o] Error 1
    CC drivers/0.o
    CC drivers/1.o
    CC drivers/2.o
  …
  error: Bad exit status from /tmp/rpm-tmp.x (%build)",
        );
    }

    #[test]
    fn unpackaged_files_are_named() {
        check(
            "ok\nerror: Installed (but unpackaged) file(s) found:\n   /usr/bin/x\n\nRPM build errors:\n    Installed (but unpackaged) file(s) found:\n   /usr/bin/x\n",
            "  error: Installed (but unpackaged) file(s) found:
     /usr/bin/x",
        );
    }

    #[test]
    fn without_any_mark_the_last_lines() {
        let log: String = (0..30).fold(String::new(), |log, n| log + &format!("line {n}\n"));
        let expect: Vec<String> = (10..30).map(|n| format!("  line {n}")).collect();
        check(&log, &expect.join("\n"));
    }
}
