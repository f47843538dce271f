use std::{ops::Range, sync::LazyLock};

use memchr::memmem::Finder;

/// Directories that only a build has: rpmbuild's for what is to be packaged; those in which a person, mock and this
/// program build; and this program's work directory. Plain `/BUILD/` is in no list: upstream's own texts have it.
const DIRECTORIES: [&str; 5] =
    ["/BUILDROOT/", "/rpmbuild/BUILD/", "/builddir/build/BUILD/", "/mnt/BUILD/", "/.xen4centos/"];

static FINDERS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| DIRECTORIES.iter().map(Finder::new).collect());

/// What is kept of a chunk for the next one: more than the longest directory, so that a path is shown from its start.
const KEPT: usize = 256;

/// More of one file say nothing new.
const MOST: usize = 4096;

/// How much is shown of a path to either side.
const SHOWN: usize = 100;

/// Whether a path leads into a build.
pub(super) fn is_of_a_build(path: &str) -> bool {
    let path = format!("{path}/");
    DIRECTORIES.iter().any(|directory| path.contains(directory))
}

/// Where a file has paths of the build that it comes from.
#[derive(Default)]
pub(super) struct Traces {
    /// The end of what was seen, and the chunk that is looked at.
    window: Vec<u8>,
    /// Bytes before the window.
    before: u64,
    /// What is in the window of what was looked at before.
    known: usize,
    found: Vec<Trace>,
}

/// One path.
pub(super) struct Trace {
    pub(super) offset: u64,
    pub(super) path: String,
}

impl Traces {
    /// Takes the next bytes of the file.
    pub(super) fn look(&mut self, bytes: &[u8]) {
        self.window.extend_from_slice(bytes);
        for (finder, directory) in FINDERS.iter().zip(DIRECTORIES) {
            for start in finder.find_iter(&self.window) {
                // One that lies in what was known was found then.
                if start + directory.len() > self.known && self.found.len() < MOST {
                    let path = around(&self.window, start..start + directory.len());
                    self.found.push(Trace { offset: self.before + start as u64, path });
                }
            }
        }
        let gone = self.window.len().saturating_sub(KEPT);
        self.window.drain(..gone);
        self.before += gone as u64;
        self.known = self.window.len();
    }

    pub(super) fn found(&self) -> &[Trace] {
        &self.found
    }
}

/// The path that has `part` in it.
fn around(bytes: &[u8], part: Range<usize>) -> String {
    let is_of_path = |byte: &&u8| byte.is_ascii_graphic() && !b"\"'`:=,;()<>|".contains(byte);
    let before = bytes[..part.start].iter().rev().take(SHOWN).take_while(is_of_path).count();
    let after = bytes[part.end..].iter().take(SHOWN).take_while(is_of_path).count();
    String::from_utf8_lossy(&bytes[part.start - before..part.end + after]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(chunks: &[&str], expect: &[(u64, &str)]) {
        let mut traces = Traces::default();
        for chunk in chunks {
            traces.look(chunk.as_bytes());
        }
        let found: Vec<_> = traces.found().iter().map(|trace| (trace.offset, trace.path.as_str())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn paths_are_found_once_wherever_chunks_end() {
        let text = "libdir='/home/me/rpmbuild/BUILD/a/lib'";
        for cut in 0..text.len() {
            let mut traces = Traces::default();
            traces.look(&text.as_bytes()[..cut]);
            traces.look(&text.as_bytes()[cut..]);
            let offsets: Vec<_> = traces.found().iter().map(|trace| trace.offset).collect();
            assert_eq!(offsets, [16], "{cut}");
        }
        check(&[text], &[(16, "/home/me/rpmbuild/BUILD/a/lib")]);
        let far = "x".repeat(100_000);
        check(&[&far, " /mnt/BUILDROOT/a", &far[..10]], &[(100_005, "/mnt/BUILDROOT/a")]);
        check(&["/usr/src/linux BUILD /BUILD/"], &[]);
    }

    #[test]
    fn a_directory_is_of_a_build_with_and_without_its_slash() {
        assert!(is_of_a_build("/mnt/BUILD/xen/tools") && is_of_a_build("/home/me/rpmbuild/BUILD"));
        assert!(!is_of_a_build("/usr/lib64/xen") && !is_of_a_build("$ORIGIN/../BUILD"));
    }
}
