//! Steps through a document element by element, and believes nothing of it: what a document can make its reader hold
//! is bounded whatever stands in it.
//!
//! A start tag is kept in one place that is used again for the next, so that an element costs no allocation but for
//! the texts that are taken out of it. Names are compared without the prefix of their namespace.

use std::{borrow::Cow, io, io::BufRead, ops::Range};

use camino::{Utf8Path, Utf8PathBuf};
use quick_xml::{Reader, events::Event};

use crate::{RepodataError, moderation, text::allowed};

/// Bytes of one tag or of the text between two. The longest texts of real packages have some hundred kilobytes.
const TOKEN_LIMIT: usize = 8 * 1024 * 1024;

/// Elements in one another. Metadata has six, updateinfo seven.
const DEPTH_LIMIT: usize = 64;

/// Attributes of one element. The most that metadata has are six.
const ATTRIBUTE_LIMIT: usize = 64;

/// Bytes that the element of one package may take: as many as are written.
const ITEM_LIMIT: u64 = moderation::LIMIT;

/// A reader that ends where a token takes more than its share.
struct Metered<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> io::Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let bytes = self.inner.fill_buf()?;
        if self.left == 0 && !bytes.is_empty() {
            let what = format!("a tag or text of more than {TOKEN_LIMIT} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(&bytes[..bytes.len().min(self.left)])
    }

    fn consume(&mut self, length: usize) {
        self.left -= length;
        self.inner.consume(length);
    }
}

/// A start tag.
#[derive(Default)]
struct Tag {
    /// All between `<` and `>`.
    content: String,
    /// The name without its prefix.
    name: Range<usize>,
    /// Names without their prefixes, and values as they stand there.
    attributes: Vec<(Range<usize>, Range<usize>)>,
}

impl Tag {
    /// Takes over a tag; `Err` says what is wrong with it.
    fn set(&mut self, content: &str, name_length: usize) -> Result<(), &'static str> {
        self.content.clear();
        self.content.push_str(content);
        self.name = local(content, 0..name_length);
        self.attributes.clear();
        let bytes = content.as_bytes();
        let mut at = name_length;
        loop {
            let blank = blanks(bytes, at);
            at += blank;
            if at == bytes.len() {
                return Ok(());
            }
            if blank == 0 {
                return Err("no blank before an attribute");
            }
            at = self.attribute(content, at)?;
        }
    }

    /// Takes the attribute that begins at `at`; returns where it ends.
    fn attribute(&mut self, content: &str, at: usize) -> Result<usize, &'static str> {
        let bytes = content.as_bytes();
        let is_end = |byte: &u8| *byte == b'=' || byte.is_ascii_whitespace();
        let key = at..at + bytes[at..].iter().position(is_end).ok_or("an attribute without a value")?;
        let equals = key.end + blanks(bytes, key.end);
        let quote = equals + 1 + blanks(bytes, equals + 1);
        if key.is_empty() || bytes.get(equals) != Some(&b'=') {
            return Err("an attribute without a value");
        }
        let Some(&delimiter @ (b'"' | b'\'')) = bytes.get(quote) else {
            return Err("the value of an attribute without quotes");
        };
        let rest = &bytes[quote + 1..];
        let length = rest
            .iter()
            .position(|byte| *byte == delimiter)
            .ok_or("the value of an attribute without an end")?;
        if rest[..length].contains(&b'<') {
            return Err("`<` in the value of an attribute");
        }
        let repeated =
            |(other, _): &(Range<usize>, Range<usize>)| content[other.clone()] == content[key.clone()];
        if self.attributes.iter().any(repeated) {
            return Err("an attribute twice");
        }
        if self.attributes.len() == ATTRIBUTE_LIMIT {
            return Err("too many attributes");
        }
        self.attributes.push((key, quote + 1..quote + 1 + length));
        Ok(quote + 2 + length)
    }

    fn value(&self, name: &str) -> Option<&str> {
        let is_it = |(key, _): &&(Range<usize>, Range<usize>)| {
            let key = &self.content[key.clone()];
            key == name || (key.ends_with(name) && key[..key.len() - name.len()].ends_with(':'))
        };
        self.attributes.iter().find(is_it).map(|(_, value)| &self.content[value.clone()])
    }
}

/// How many blanks stand at `at`.
fn blanks(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The part behind the colon.
fn local(content: &str, range: Range<usize>) -> Range<usize> {
    let start = content[range.clone()].find(':').map_or(range.start, |colon| range.start + colon + 1);
    start..range.end
}

/// Steps through a document element by element.
pub(crate) struct Xml<R> {
    path: Utf8PathBuf,
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
    tag: Tag,
    depth: usize,
    /// Where the present item must have ended.
    item_end: u64,
}

/// What a step came to.
enum Step {
    Start,
    End,
    Eof,
    Other,
}

impl<R: BufRead> Xml<R> {
    pub(crate) fn new(path: &Utf8Path, reader: R) -> Self {
        let mut reader = Reader::from_reader(Metered { inner: reader, left: 0 });
        reader.config_mut().expand_empty_elements = true;
        let (buffer, tag) = (Vec::new(), Tag::default());
        Self { path: path.to_owned(), reader, buffer, tag, depth: 0, item_end: u64::MAX }
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        &mut self.reader.get_mut().inner
    }

    /// An error of this document.
    pub(crate) fn wrong(&self, what: impl Into<String>) -> RepodataError {
        RepodataError::Content { path: self.path.clone(), what: what.into() }
    }

    /// Makes an error of one in reading.
    pub(crate) fn failed(&self, error: io::Error) -> RepodataError {
        RepodataError::files("read", &self.path)(error)
    }

    /// How many bytes of the document were read.
    pub(crate) fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// Where the last start tag began in `document`, which is what is read. No value of an attribute has a `<`.
    pub(crate) fn tag_start(&self, document: &[u8]) -> usize {
        let read = document.get(..self.position()).unwrap_or(document);
        read.iter().rposition(|byte| *byte == b'<').unwrap_or(0)
    }

    /// From here on an item is read, such as a package: it may be only so large.
    pub(crate) fn begin_item(&mut self) {
        self.item_end = self.reader.buffer_position() + ITEM_LIMIT;
    }

    fn event(&mut self) -> Result<Event<'_>, RepodataError> {
        self.buffer.clear();
        self.reader.get_mut().left = TOKEN_LIMIT;
        self.reader.config_mut().trim_text_start = false;
        let (path, reader) = (&self.path, &mut self.reader);
        match reader.read_event_into(&mut self.buffer) {
            Ok(event) => Ok(event),
            Err(source) => Err(bad(path, reader.error_position(), source)),
        }
    }

    fn step(&mut self) -> Result<Step, RepodataError> {
        if self.reader.buffer_position() > self.item_end {
            return Err(self.wrong(format!("a package of more than {ITEM_LIMIT} bytes")));
        }
        self.buffer.clear();
        self.reader.get_mut().left = TOKEN_LIMIT;
        // Half of all events would be the indentation.
        self.reader.config_mut().trim_text_start = true;
        let step = match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::Start(start)) => {
                let fault = self.tag.set(&start, start.name().as_ref().len()).err();
                if let Some(what) = fault {
                    return Err(self.wrong(format!("{what} in the element `{}`", self.shown())));
                }
                self.depth += 1;
                Step::Start
            }
            Ok(Event::End(_)) => {
                self.depth = self.depth.saturating_sub(1);
                Step::End
            }
            Ok(Event::Eof) => Step::Eof,
            Ok(_) => Step::Other,
            Err(source) => return Err(bad(&self.path, self.reader.error_position(), source)),
        };
        if self.depth > DEPTH_LIMIT {
            return Err(self.wrong(format!("more than {DEPTH_LIMIT} elements in one another")));
        }
        Ok(step)
    }

    /// The root element, which must have this name.
    pub(crate) fn root(&mut self, name: &str) -> Result<(), RepodataError> {
        if !self.child()? {
            return Err(self.wrong(format!("no element `{name}`")));
        }
        if self.name() == name {
            return Ok(());
        }
        Err(self.wrong(format!("expected the element `{name}`, found `{}`", self.shown())))
    }

    /// Steps into the next child of the element that is open; `false` at its end. Text between is no matter.
    pub(crate) fn child(&mut self) -> Result<bool, RepodataError> {
        loop {
            match self.step()? {
                Step::Start => return Ok(true),
                Step::End => return Ok(false),
                Step::Eof if self.depth == 0 => return Ok(false),
                Step::Eof => return Err(self.early_end()),
                Step::Other => {}
            }
        }
    }

    fn early_end(&self) -> RepodataError {
        self.wrong(format!("document ends inside of an element, the last of which is `{}`", self.shown()))
    }

    /// The name of the last start tag, without its prefix.
    pub(crate) fn name(&self) -> &str {
        &self.tag.content[self.tag.name.clone()]
    }

    /// The same for an error: names can be long.
    fn shown(&self) -> String {
        self.name().chars().take(60).collect()
    }

    /// An attribute of the last start tag.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<Cow<'_, str>>, RepodataError> {
        let Some(value) = self.tag.value(name) else { return Ok(None) };
        let is_special = |byte: u8| matches!(byte, b'&' | b'\t' | b'\n' | b'\r');
        if !value.bytes().any(is_special) {
            return Ok(Some(Cow::Borrowed(value)));
        }
        self.unescaped(value).map(|text| Some(Cow::Owned(text)))
    }

    /// The same as a string of its own; empty where there is none.
    pub(crate) fn owned_attribute(&self, name: &str) -> Result<String, RepodataError> {
        Ok(self.attribute(name)?.map(Cow::into_owned).unwrap_or_default())
    }

    /// A value with its entities resolved, and its line ends and tabs as blanks, as XML has it.
    fn unescaped(&self, value: &str) -> Result<String, RepodataError> {
        let mut text = String::with_capacity(value.len());
        let mut rest = value;
        while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            let Some(behind) = rest.strip_prefix('&') else {
                text.push(' ');
                rest = rest.strip_prefix("\r\n").unwrap_or(&rest[1..]);
                continue;
            };
            let (entity, after) = behind.split_once(';').ok_or_else(|| self.unknown(behind))?;
            let character = resolve(entity).ok_or_else(|| self.unknown(entity))?;
            text.push(character);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    fn unknown(&self, entity: &str) -> RepodataError {
        self.wrong(format!("unknown entity `{}`", entity.chars().take(60).collect::<String>()))
    }

    /// Passes over all that is in the element that was stepped into last.
    pub(crate) fn skip(&mut self) -> Result<(), RepodataError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            if matches!(self.step()?, Step::Eof) {
                return Err(self.early_end());
            }
        }
        Ok(())
    }

    /// All text in the element that was stepped into last.
    pub(crate) fn text(&mut self) -> Result<String, RepodataError> {
        let mut text = String::new();
        loop {
            if text.len() > TOKEN_LIMIT {
                return Err(self.wrong(format!("a text of more than {TOKEN_LIMIT} bytes")));
            }
            let wrong = match self.event()? {
                Event::Text(part) => {
                    text.push_str(&part.xml10_content());
                    continue;
                }
                Event::CData(part) => {
                    text.push_str(&part.xml10_content());
                    continue;
                }
                Event::GeneralRef(reference) => match resolve(&reference) {
                    Some(character) => {
                        text.push(character);
                        continue;
                    }
                    None => Err(reference.chars().take(60).collect::<String>()),
                },
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(text);
                }
                Event::Start(start) => {
                    let name: String = start.local_name().as_ref().chars().take(60).collect();
                    Ok(format!("unexpected element `{name}`"))
                }
                Event::Eof => return Err(self.early_end()),
                _ => continue,
            };
            return Err(match wrong {
                Ok(what) => self.wrong(what),
                Err(entity) => self.unknown(&entity),
            });
        }
    }

    pub(crate) fn number(&self, text: &str) -> Result<u64, RepodataError> {
        text.trim()
            .parse()
            .map_err(|_| self.wrong(format!("not a number: `{}`", text.chars().take(60).collect::<String>())))
    }

    /// An attribute that is a number; 0 where there is none.
    pub(crate) fn number_attribute(&self, name: &str) -> Result<u64, RepodataError> {
        self.attribute(name)?.map_or(Ok(0), |text| self.number(&text))
    }

    pub(crate) fn number_of(&mut self) -> Result<u64, RepodataError> {
        let text = self.text()?;
        self.number(&text)
    }
}

fn bad(path: &Utf8Path, position: u64, source: quick_xml::Error) -> RepodataError {
    match source {
        quick_xml::Error::Io(source) => {
            let source = io::Error::new(source.kind(), source.to_string());
            RepodataError::Files { act: "read", path: path.to_owned(), source }
        }
        source => RepodataError::Xml { path: path.to_owned(), position, source: Box::new(source) },
    }
}

/// The character of an entity or of a reference by number. None of a document's own entities is ever expanded.
fn resolve(entity: &str) -> Option<char> {
    Some(match entity {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = entity.strip_prefix('#')?;
            let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
            let is_digit = |character: char| character.is_digit(radix);
            let number = digits.chars().all(is_digit).then(|| u32::from_str_radix(digits, radix).ok())??;
            char::from_u32(number).filter(|character| allowed(*character))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The attributes of the root, or the error.
    fn check(document: &str, expect: &str) {
        let mut xml = Xml::new(Utf8Path::new("x"), document.as_bytes());
        let found = xml.child().and_then(|_| {
            let value = |name| xml.attribute(name).map(|value| value.unwrap_or_default().into_owned());
            Ok(format!("{}|{}|{}", xml.name(), value("a")?, value("base")?))
        });
        let found = found.unwrap_or_else(|error| error.to_string());
        assert!(found.contains(expect), "{document}: {found}");
    }

    #[test]
    fn tags_are_taken_apart() {
        check("<e a='1' xml:base=\"x\"/>", "e|1|x");
        check("<p:e\n a = '\"&amp;&#65;&#x42;\t\r\n.' />", "e|\"&AB  .|");
        check("<e ab='1' b:a='2'/>", "e|2|");
        check("<e a='1' a='2'/>", "twice");
        check("<e a=1/>", "without quotes");
        check("<e a/>", "without a value");
        check("<e a='1'b='2'/>", "no blank");
        check("<e a='<'/>", "`<` in the value");
        check("<e a='&x;'/>", "unknown entity `x`");
        check("<e a='&#0;'/>", "unknown entity");
        check("<e a='&#+65;'/>", "unknown entity");
        check("<e a='&amp'/>", "unknown entity");
        check("<e ='1'/>", "without a value");
    }

    #[test]
    fn depth_and_tokens_are_bounded() {
        let run = |document: &[u8]| {
            let mut xml = Xml::new(Utf8Path::new("x"), document);
            xml.child().and_then(|_| xml.skip()).err().map(|error| {
                let chain = std::error::Error::source(&error).map(ToString::to_string);
                format!("{error} {}", chain.unwrap_or_default())
            })
        };
        assert_eq!(run(b"<a><b/></a>"), None);
        assert!(run("<a>".repeat(100_000).as_bytes()).unwrap().contains("in one another"));
        let long = format!("<a b='{}'/>", "x".repeat(TOKEN_LIMIT));
        assert!(run(long.as_bytes()).unwrap().contains("tag or text"));
        assert!(run(b"<a><b>").unwrap().contains("document ends"));
    }
}
