//! Many texts in one reading.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    ops::Range,
};

use aho_corasick::AhoCorasick;

use crate::{EmbargoError, Secret, Secrets};

/// Bytes that are looked at in one go.
const CHUNK: usize = 256 * 1024;

/// Stands where a name would tell.
const MASK: &str = "…";

/// Finds secrets in bytes.
pub(crate) struct Scanner<'a> {
    secrets: Vec<&'a Secret>,
    automaton: AhoCorasick,
    /// Bytes that are looked at again with what follows: the longest secret, and one behind it.
    overlap: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(secrets: &'a Secrets) -> Result<Self, EmbargoError> {
        let secrets: Vec<&Secret> = secrets.iter().collect();
        let texts = secrets.iter().map(|secret| secret.text.as_bytes());
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(texts)
            .map_err(|error| EmbargoError::Search(error.to_string()))?;
        let overlap = secrets.iter().map(|secret| secret.text.len()).max().unwrap_or(0) + 1;
        Ok(Self { secrets, automaton, overlap })
    }

    /// What these bytes tell.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> BTreeSet<&'a Secret> {
        let mut found = BTreeSet::new();
        self.window((bytes, None), true, |secret, _| found.extend([secret]));
        found
    }

    /// A place without those of its parts that tell.
    pub(crate) fn masked(&self, place: &str) -> String {
        let mut told = Vec::new();
        self.window((place.as_bytes(), None), true, |_, range| told.push(range));
        let (mut masked, mut at) = (String::new(), 0);
        for part in place.split_inclusive([' ', '/']) {
            let end = at + part.len();
            let name = part.trim_end_matches([' ', '/']);
            let tells = told.iter().any(|range| range.start < at + name.len() && range.end > at);
            masked.push_str(if tells { MASK } else { name });
            masked.push_str(&part[name.len()..]);
            at = end;
        }
        masked
    }

    /// What is told until the reader ends; what was read before it fails is told, too.
    pub(crate) fn read(&self, mut reader: impl Read, found: &mut BTreeSet<&'a Secret>) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK + 2 * self.overlap];
        let (mut filled, mut before) = (0, None);
        loop {
            let (added, result) = fill(&mut reader, &mut buffer[filled..]);
            filled += added;
            let is_over = filled < buffer.len();
            self.window((&buffer[..filled], before), is_over, |secret, _| found.extend([secret]));
            result?;
            if is_over {
                return Ok(());
            }
            let start = filled - self.overlap;
            before = Some(buffer[start - 1]);
            buffer.copy_within(start..filled, 0);
            filled = self.overlap;
        }
    }

    /// `before` stands before the bytes. What ends with them, and is not over, is looked at again with what follows.
    fn window(
        &self,
        (bytes, before): (&[u8], Option<u8>),
        is_over: bool,
        mut tells: impl FnMut(&'a Secret, Range<usize>),
    ) {
        for one in self.automaton.find_overlapping_iter(bytes) {
            let secret = self.secrets[one.pattern().as_usize()];
            if one.end() == bytes.len() && !is_over {
                continue;
            }
            let left = one.start().checked_sub(1).map_or(before, |at| Some(bytes[at]));
            let right = bytes.get(one.end());
            let goes_on = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
            if !secret.kind.is_whole() || !(goes_on(left) || goes_on(right.copied())) {
                tells(secret, one.start()..one.end());
            }
        }
    }
}

/// As many bytes as there are, and what stopped it.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> (usize, io::Result<()>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Err(error)),
        }
    }
    (filled, Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKind;

    fn secrets(list: &[(SecretKind, &str)]) -> Secrets {
        list.iter()
            .map(|(kind, text)| Secret { kind: *kind, text: (*text).into(), advisory: "A".into() })
            .collect()
    }

    #[test]
    fn numbers_are_whole_and_case_does_not_matter() {
        let secrets =
            secrets(&[(SecretKind::Issue, "XSA-20"), (SecretKind::Words, "a page of another guest")]);
        let scanner = Scanner::new(&secrets).unwrap();
        let tells = |text: &str| scanner.bytes(text.as_bytes()).len();
        assert_eq!(tells("xsa-20: A Page of another guest"), 2);
        assert_eq!((tells("XSA-200"), tells("aXSA-20"), tells("(XSA-20)"), tells("XSA-20")), (0, 0, 1, 1));
        assert_eq!(tells("some page of another guests"), 0);
        assert_eq!(tells("a page of another guests"), 1);
    }

    #[test]
    fn places_are_named_without_what_tells() {
        let secrets = secrets(&[(SecretKind::Issue, "XSA-20"), (SecretKind::Words, "some guest")]);
        let scanner = Scanner::new(&secrets).unwrap();
        assert_eq!(scanner.masked("logs/XSA-20/fix.log"), "logs/…/fix.log");
        assert_eq!(
            scanner.masked("a.src.rpm -> xsa-20.patch -> decompressed"),
            "a.src.rpm -> … -> decompressed"
        );
        assert_eq!(scanner.masked("of some guest/é/XSA-200"), "of … …/é/XSA-200");
    }

    /// Wherever the pieces of a long reading end.
    #[test]
    fn nothing_is_lost_between_pieces() {
        let secrets =
            secrets(&[(SecretKind::Issue, "XSA-20"), (SecretKind::PatchLine, "if ( is_last ) return;")]);
        let scanner = Scanner::new(&secrets).unwrap();
        let size = CHUNK + 2 * scanner.overlap;
        for at in (size - 60..size + 10).chain(2 * size - 100..2 * size) {
            for (text, expect) in
                [(" XSA-20 ", 1), (" XSA-200", 0), ("1XSA-20 ", 0), ("if ( is_last ) return;", 1)]
            {
                let mut bytes = vec![b'.'; 3 * size];
                bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
                let mut found = BTreeSet::new();
                scanner.read(bytes.as_slice(), &mut found).unwrap();
                assert_eq!(found.len(), expect, "`{text}` at {at}");
            }
        }
    }
}
