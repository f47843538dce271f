//! Texts of packages as XML characters.
//!
//! Headers hold bytes, XML holds characters, and not all of those. What createrepo_c does for bytes that are no
//! UTF-8 is kept: they are taken as ISO 8859-1, which is what packages of that age mostly are.

use std::borrow::Cow;

use xen4centos_artifact::header::Text;

/// The text as characters. A text that is no UTF-8 is read as ISO 8859-1; bytes 0x80 to 0x9f and 0xa0 to 0xbf are
/// left out of it as createrepo_c leaves them out, because such texts are usually Windows-1252.
pub(crate) fn decode(text: Text<'_>) -> Cow<'_, str> {
    match text.to_str() {
        Some(text) => Cow::Borrowed(text),
        None => text
            .as_bytes()
            .iter()
            .filter(|byte| !(0x80..0xc0).contains(*byte) && allowed(char::from(**byte)))
            .map(|byte| char::from(*byte))
            .collect::<String>()
            .into(),
    }
}

/// The characters of XML 1.0 (2.2 Char). Surrogates are no `char`.
pub(crate) const fn allowed(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether all characters of the text may stand in XML. Bytes are looked at first: nearly all texts are ASCII.
pub(crate) fn is_clean(text: &str) -> bool {
    let suspicious = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0xef;
    // All bytes of a piece, without stopping at the first: that is done many at a time.
    let some = |piece: &[u8]| piece.iter().fold(false, |found, byte| found | suspicious(*byte));
    !text.as_bytes().chunks(256).any(some) || text.chars().all(allowed)
}

/// A descriptive text without the characters that XML forbids.
pub(crate) fn without_forbidden(text: Cow<'_, str>) -> String {
    if is_clean(&text) {
        text.into_owned()
    } else {
        text.chars().filter(|character| allowed(*character)).collect()
    }
}

/// What a byte is written as; nothing where it stays as it is.
type Escapes = [&'static str; 256];

const ELEMENT: Escapes = escapes(&[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'\r', "&#13;")]);

/// Readers would turn line ends and tabs in attributes into blanks.
const ATTRIBUTE: Escapes = escapes(&[
    (b'&', "&amp;"),
    (b'<', "&lt;"),
    (b'>', "&gt;"),
    (b'"', "&quot;"),
    (b'\t', "&#9;"),
    (b'\n', "&#10;"),
    (b'\r', "&#13;"),
]);

const fn escapes(pairs: &[(u8, &'static str)]) -> Escapes {
    let mut table = [""; 256];
    let mut index = 0;
    while index < pairs.len() {
        table[pairs[index].0 as usize] = pairs[index].1;
        index += 1;
    }
    table
}

/// Writes `text` as the content of an element.
pub(crate) fn push_text(out: &mut String, text: &str) {
    push(out, text, &ELEMENT);
}

/// Writes `text` as the value of an attribute.
pub(crate) fn push_attribute(out: &mut String, text: &str) {
    push(out, text, &ATTRIBUTE);
}

/// Only ASCII is ever replaced, so cutting at such a byte keeps characters whole.
fn push(out: &mut String, text: &str, escapes: &Escapes) {
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        let replacement = escapes[usize::from(byte)];
        if !replacement.is_empty() {
            out.push_str(&text[start..index]);
            out.push_str(replacement);
            start = index + 1;
        }
    }
    out.push_str(&text[start..]);
}

/// Writes a number.
pub(crate) fn push_number(out: &mut String, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend(digits[start..].iter().map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expect: &str) {
        assert_eq!(without_forbidden(decode(Text::new(bytes))), expect);
    }

    #[test]
    fn bytes_become_xml_characters() {
        check("Balíček".as_bytes(), "Balíček");
        check(b"\xdcTF-8", "ÜTF-8");
        check(b"smart \x93quotes\x94 \xe9", "smart quotes é");
        check(b"bell\x07 and tab\t", "bell and tab\t");
        check("no\u{ffff}character".as_bytes(), "nocharacter");
        // An overlong `/` is no UTF-8.
        check(b"\xc0\xaf", "À");
    }

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 7, 10, 1_447_000_000, u64::MAX] {
            let mut out = String::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string());
        }
    }

    #[test]
    fn markup_is_escaped() {
        let mut out = String::new();
        push_text(&mut out, "a<b> & \"c\"\r\n");
        assert_eq!(out, "a&lt;b&gt; &amp; \"c\"&#13;\n");
        out.clear();
        push_attribute(&mut out, "a<b> & \"c\"\t\n");
        assert_eq!(out, "a&lt;b&gt; &amp; &quot;c&quot;&#9;&#10;");
    }
}
