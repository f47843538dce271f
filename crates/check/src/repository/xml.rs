//! Just enough of an XML reader for repository metadata: it reports every element when it closes.

use std::io::BufRead;

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};

/// How deep elements may nest; metadata stays below seven.
const DEPTH_LIMIT: usize = 64;

/// An element without its children.
#[derive(Debug)]
pub(crate) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    /// An attribute by its name without prefix; empty where there is none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The text in it, without blanks around.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }
}

/// Reads a document and calls `each` with the path of names (`metadata/package/name`) and the element, whenever
/// one closes: children before their parents.
pub(crate) fn read(reader: impl BufRead, mut each: impl FnMut(&str, &Element)) -> Result<(), String> {
    let mut reader = Reader::from_reader(reader);
    let mut buffer = Vec::new();
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0_usize;
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| error.to_string())? {
            Event::Start(start) => {
                open.push(element(&start)?);
                if open.len() > DEPTH_LIMIT {
                    return Err("elements nest too deeply".to_owned());
                }
            }
            Event::Empty(start) => {
                elements += 1;
                open.push(element(&start)?);
                close(&mut open, &mut each);
            }
            Event::End(_) => {
                elements += 1;
                close(&mut open, &mut each);
            }
            Event::Text(text) => append(&mut open, &text.xml10_content()),
            Event::CData(text) => append(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = resolve(&reference).ok_or("an entity that is not predefined")?;
                append(&mut open, character.encode_utf8(&mut [0; 4]));
            }
            Event::Eof if open.is_empty() && elements > 0 => return Ok(()),
            Event::Eof => return Err("the document ends too early".to_owned()),
            _ => {}
        }
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name: start.local_name().as_ref().to_owned(), attributes, text: String::new() })
}

fn append(open: &mut [Element], text: &str) {
    if let Some(innermost) = open.last_mut() {
        innermost.text.push_str(text);
    }
}

fn close(open: &mut Vec<Element>, each: &mut impl FnMut(&str, &Element)) {
    let path = open.iter().map(|element| element.name.as_str()).collect::<Vec<_>>().join("/");
    if let Some(element) = open.pop() {
        each(&path, &element);
    }
}

fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten();
    }
    Some(match reference.xml10_content().as_ref() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_reported_when_they_close() {
        let text =
            "<?xml version=\"1.0\"?><a:m xmlns:a=\"u\"><p k=\"1 &amp; 2\"><n>x &lt; y</n><e/></p></a:m>";
        let mut found = Vec::new();
        read(text.as_bytes(), |path, element| {
            found.push(format!("{path} {} {}", element.attribute("k"), element.text()));
        })
        .unwrap();
        assert_eq!(found, ["m/p/n  x < y", "m/p/e  ", "m/p 1 & 2 ", "m  "]);
    }

    #[test]
    fn a_root_may_be_empty() {
        read("<updates/>".as_bytes(), |path, _| assert_eq!(path, "updates")).unwrap();
    }

    #[test]
    fn broken_documents() {
        for text in ["", "<a>", "<a></b>", "<a>&unknown;</a>", "no xml", &"<a>".repeat(100)] {
            assert!(read(text.as_bytes(), |_, _| {}).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(</?[a-c]/?>|&[a-z#0-9]{0,4};|<a k='[^']{0,4}'>|\\PC{0,6}){0,20}") {
            let _ = read(text.as_bytes(), |_, _| {});
        }
    }
}
