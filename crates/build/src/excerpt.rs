//! The lines of a build log that matter to whoever has to mend it: the first errors with what stands around
//! them, the last ones, and rpm's own words. Kept while the log is written, in constant memory.

use std::collections::VecDeque;

/// Lines shown before an error, where the function or the command usually stands.
const BEFORE: usize = 2;
/// Lines shown after an error: the source line and its caret.
const AFTER: usize = 3;
/// Errors shown from the beginning: in a parallel build the first is the cause and the rest follow from it.
const FIRST: usize = 6;
/// Errors shown from the end: the first may have been harmless.
const LAST: usize = 2;
/// Lines shown where no line looks like an error.
const TAIL: usize = 20;

/// What compilers, linkers, make and patch say only when they give up.
const ERRORS: [&str; 13] = [
    ": error: ",
    ": fatal error: ",
    ": Error: ",
    ": undefined reference to ",
    ": multiple definition of ",
    ": *** ",
    "No space left on device",
    "can't find file to patch",
    "hunk FAILED",
    "hunks FAILED",
    "patch: ****",
    "internal compiler error",
    "cannot find -l",
];

/// What may be said in passing: shown only where there is nothing better.
const HINTS: [&str; 4] =
    [": command not found", ": not found", "No such file or directory", "Segmentation fault"];

/// What rpm itself says; it says most of it twice, the second time below `RPM build errors:`.
const RPM_MARKS: [&str; 4] =
    ["error: ", "    Bad exit status", "    Installed (but unpackaged)", "    File not found"];

/// Collects while lines go by.
#[derive(Default)]
pub(crate) struct Excerpt {
    errors: Blocks,
    hints: Blocks,
    tail: VecDeque<String>,
    rpm: Vec<String>,
    in_rpm: bool,
}

impl Excerpt {
    pub(crate) fn line(&mut self, line: &str) {
        if line.is_empty() || line == "RPM build errors:" {
            self.errors.interrupt();
            self.hints.interrupt();
            return;
        }
        push_bounded(&mut self.tail, TAIL, line);
        self.in_rpm = is_rpms(line) || (self.in_rpm && line.starts_with("   "));
        if self.in_rpm {
            let known = |known: &String| words(known) == words(line);
            if self.rpm.len() < TAIL && !self.rpm.iter().any(known) {
                self.rpm.push(line.to_owned());
            }
            return;
        }
        let says =
            |marks: &[&str]| marks.iter().any(|mark| line.contains(mark)) && !line.ends_with("(ignored)");
        self.errors.line(line, says(&ERRORS));
        self.hints.line(line, says(&HINTS));
    }

    /// At most some 70 lines, each indented by two blanks.
    pub(crate) fn text(&self) -> String {
        let mut lines = self.errors.lines();
        // rpm only says that a section failed: what else was said is the best there is.
        if lines.is_empty() && self.rpm.iter().all(|line| line.contains("Bad exit status")) {
            lines = self.hints.lines();
            let of_rpm = |line: &&str| self.rpm.iter().any(|rpm| words(rpm) == words(line));
            let tail: Vec<&str> = self.tail.iter().map(String::as_str).filter(|line| !of_rpm(line)).collect();
            if !lines.is_empty() {
                lines.retain(|line| !tail.contains(line));
                lines.push("…");
            }
            lines.extend(tail);
        }
        if !lines.is_empty() && !self.rpm.is_empty() {
            lines.push("…");
        }
        lines.extend(self.rpm.iter().map(String::as_str));
        lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }
}

/// Marked lines with what stands around them: the first ones and the last ones.
#[derive(Default)]
struct Blocks {
    first: Vec<Block>,
    last: VecDeque<Block>,
    recent: VecDeque<String>,
    after: usize,
    skipped: bool,
}

#[derive(Default)]
struct Block {
    lines: Vec<String>,
    /// Whether lines were left out before it.
    apart: bool,
}

impl Blocks {
    fn line(&mut self, line: &str, marked: bool) {
        if marked {
            let block = self.new_block();
            block.lines.push(line.to_owned());
            self.after = AFTER;
        } else if self.after > 0 {
            self.after -= 1;
            let block = if self.last.is_empty() { self.first.last_mut() } else { self.last.back_mut() };
            if let Some(block) = block {
                block.lines.push(line.to_owned());
            }
        } else {
            self.skipped |= self.recent.len() == BEFORE;
            push_bounded(&mut self.recent, BEFORE, line);
        }
    }

    fn new_block(&mut self) -> &mut Block {
        let block =
            Block { lines: self.recent.drain(..).collect(), apart: std::mem::take(&mut self.skipped) };
        if self.first.len() < FIRST {
            self.first.push(block);
            return self.first.last_mut().expect("it was just put there");
        }
        if self.last.len() == LAST {
            self.last.pop_front();
            if let Some(oldest) = self.last.front_mut() {
                oldest.apart = true;
            }
        }
        self.last.push_back(block);
        self.last.back_mut().expect("it was just put there")
    }

    fn interrupt(&mut self) {
        self.after = 0;
    }

    fn lines(&self) -> Vec<&str> {
        let mut lines = Vec::new();
        for block in self.first.iter().chain(&self.last) {
            if block.apart && !lines.is_empty() {
                lines.push("…");
            }
            lines.extend(block.lines.iter().map(String::as_str));
        }
        lines
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

    fn noise(count: usize) -> String {
        (0..count).fold(String::new(), |log, n| log + &format!("  CC drivers/{n}.o\n"))
    }

    #[test]
    fn compiler_error_in_a_long_log() {
        let noise = noise(500);
        let log = format!(
            "{noise}sh: 1: lsb_release: not found\n{noise}kernel/module.c: In function 'apply':\nkernel/module.c:134:9: error: 'R_X' undeclared\n  134 |  case R_X:\n      \
             |       ^~~\nother\n{noise}make[2]: [x.o] Error 1 (ignored)\n{noise}make[2]: *** [scripts/Makefile.build:3: kernel/module.o] Error 1\n{noise}\
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
    fn first_and_last_of_many_errors() {
        let log = (0..50).fold(String::new(), |log, n| log + &format!("a.c:{n}: error: x\n"));
        check(
            &log,
            "  a.c:0: error: x
  a.c:1: error: x
  a.c:2: error: x
  a.c:3: error: x
  a.c:4: error: x
  a.c:5: error: x
  …
  a.c:48: error: x
  a.c:49: error: x",
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
        let log = (0..30).fold(String::new(), |log, n| log + &format!("line {n}\n"));
        let expect: Vec<String> = (10..30).map(|n| format!("  line {n}")).collect();
        check(&log, &expect.join("\n"));
    }

    #[test]
    fn hints_stand_above_the_last_lines() {
        check(
            &format!("sh: bison: not found\n{}error: Bad exit status from x (%build)\n", noise(40)),
            &format!(
                "  sh: bison: not found\n    CC drivers/0.o\n    CC drivers/1.o\n    CC drivers/2.o\n  …\n{}  …\n  error: Bad exit status from x (%build)",
                (21..40).fold(String::new(), |text, n| text + &format!("    CC drivers/{n}.o\n"))
            ),
        );
    }
}
