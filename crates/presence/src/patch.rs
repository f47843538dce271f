//! Unified diffs as `patch` reads them: what stands around the diffs (a mail, a commit message) is passed over.

/// All that a patch changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) files: Vec<FileChange>,
}

/// What a patch does to one file. Names are as they stand there, without what is to be stripped taken off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileChange {
    /// None where the file is new.
    pub(crate) old: Option<String>,
    /// None where the file goes.
    pub(crate) new: Option<String>,
    pub(crate) hunks: Vec<Hunk>,
    /// The new side has the time that stands for no file.
    pub(crate) may_go: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hunk {
    /// Line of the old side, from 1; 0 where the old side is empty.
    pub(crate) start: usize,
    pub(crate) lines: Vec<(Side, Vec<u8>)>,
    /// Its line in the patch, from 1.
    pub(crate) at: usize,
}

/// On which sides a line of a hunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Both,
    Old,
    New,
}

impl Hunk {
    /// The lines that must be there before.
    pub(crate) fn old_side(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().filter(|(side, _)| *side != Side::New).map(|(_, text)| text.as_slice())
    }
}

/// What can not be read of a patch, and in which line.
pub(crate) type Unreadable = String;

/// Reads a patch.
pub(crate) fn parse(bytes: &[u8]) -> Result<Patch, Unreadable> {
    let mut reader = Reader { lines: bytes.split_inclusive(|&byte| byte == b'\n').collect(), next: 0 };
    let mut patch = Patch::default();
    while let Some(line) = reader.peek() {
        refuse_unknown(line, reader.next + 1)?;
        if line.starts_with(b"--- ") && reader.at(1).is_some_and(|next| next.starts_with(b"+++ ")) {
            let change = reader.file_change()?;
            patch.files.push(change);
        } else {
            reader.next += 1;
        }
    }
    Ok(patch)
}

/// What `patch` would do more with than with a plain diff, or what it would not read at all.
fn refuse_unknown(line: &[u8], number: usize) -> Result<(), Unreadable> {
    let unknown = [
        (&b"GIT binary patch"[..], "a change of a binary file"),
        (b"Binary files ", "a change of a binary file"),
        (b"rename from ", "a renamed file"),
        (b"copy from ", "a copied file"),
        (b"*** ", "a context diff"),
    ];
    // A context diff begins so; a mail may have stars of its own.
    let is_context = |line: &[u8]| line.windows(6).any(|part| part == b"\t19" || part.starts_with(b"\t20"));
    match unknown.iter().find(|(start, _)| line.starts_with(start)) {
        Some((b"*** ", _)) if !is_context(line) => Ok(()),
        Some((_, what)) => Err(format!("line {number} is of {what}")),
        None => Ok(()),
    }
}

struct Reader<'p> {
    lines: Vec<&'p [u8]>,
    next: usize,
}

impl<'p> Reader<'p> {
    fn at(&self, ahead: usize) -> Option<&'p [u8]> {
        self.lines.get(self.next + ahead).copied()
    }

    fn peek(&self) -> Option<&'p [u8]> {
        self.at(0)
    }

    fn take(&mut self) -> Option<&'p [u8]> {
        let line = self.peek()?;
        self.next += 1;
        Some(line)
    }

    fn file_change(&mut self) -> Result<FileChange, Unreadable> {
        let number = self.next + 1;
        let [old, new] = [self.take(), self.take()].map(Option::unwrap_or_default);
        let (old, _) =
            header(&old[4..]).ok_or_else(|| format!("line {number} has a name that is no plain text"))?;
        let (new, may_go) = header(&new[4..])
            .ok_or_else(|| format!("line {} has a name that is no plain text", number + 1))?;
        let mut hunks = Vec::new();
        while let Some(range) = self.peek().and_then(range) {
            let hunk = self.hunk(range)?;
            hunks.push(hunk);
        }
        Ok(FileChange { old, new, hunks, may_go })
    }

    fn hunk(&mut self, range: Range) -> Result<Hunk, Unreadable> {
        let Range { start, mut old, mut new } = range;
        let at = self.next + 1;
        self.next += 1;
        let mut lines: Vec<(Side, Vec<u8>)> = Vec::new();
        while old > 0 || new > 0 {
            let broken = || format!("the hunk in line {at} ends before all of it is there");
            let line = self.take().ok_or_else(broken)?;
            let (side, text) = match line {
                // Mailers take the blank away that begins an empty line.
                b"\n" | b"\r\n" => (Side::Both, line),
                [b' ', text @ ..] => (Side::Both, text),
                [b'-', text @ ..] => (Side::Old, text),
                [b'+', text @ ..] => (Side::New, text),
                [b'\\', ..] => {
                    without_newline(&mut lines);
                    continue;
                }
                _ => return Err(broken()),
            };
            let [of_old, of_new] = [side != Side::New, side != Side::Old].map(usize::from);
            old = old.checked_sub(of_old).ok_or_else(broken)?;
            new = new.checked_sub(of_new).ok_or_else(broken)?;
            lines.push((side, text.to_vec()));
        }
        if self.peek().is_some_and(|line| line.starts_with(b"\\ ")) {
            self.next += 1;
            without_newline(&mut lines);
        }
        Ok(Hunk { start, lines, at })
    }
}

fn without_newline(lines: &mut [(Side, Vec<u8>)]) {
    if let Some((_, text)) = lines.last_mut()
        && text.ends_with(b"\n")
    {
        text.pop();
    }
}

#[derive(Clone, Copy)]
struct Range {
    start: usize,
    old: usize,
    new: usize,
}

/// `@@ -1,2 +1,3 @@`
fn range(line: &[u8]) -> Option<Range> {
    // What stands after the numbers may be of any encoding.
    let text = String::from_utf8_lossy(line);
    let rest = text.strip_prefix("@@ -")?;
    let (ranges, _) = rest.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let numbers = |text: &str| match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    };
    let ((start, old), (_, new)): ((usize, usize), (usize, usize)) = (numbers(old)?, numbers(new)?);
    Some(Range { start, old, new })
}

/// The name of a side, none for no file, and whether its time is the one that stands for no file.
fn header(rest: &[u8]) -> Option<(Option<String>, bool)> {
    let text = std::str::from_utf8(rest).ok()?.trim_end_matches(['\n', '\r']);
    let (name, time) = text.split_once('\t').unwrap_or((text, ""));
    let name = name.trim_end();
    if name.starts_with('"') || name.is_empty() {
        return None;
    }
    let is_nothing = ["1970-01-01 00:00:00", "1969-12-31 "].iter().any(|start| time.starts_with(start));
    Some(((name != "/dev/null").then(|| name.to_owned()), is_nothing))
}
