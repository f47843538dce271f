//! The little of repomd.xml that must be right before readers see it: which documents it lists, and how old it
//! says it is.

use camino::{Utf8Path, Utf8PathBuf};
use quick_xml::{Reader, XmlVersion, errors::IllFormedError, events::Event};
use xen4centos_artifact::Sha256Digest;

use crate::{PublishError, files};

/// What a list of documents says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Repomd {
    pub(crate) revision: String,
    pub(crate) documents: Vec<Document>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) location: String,
    sha256: Option<Sha256Digest>,
    size: Option<u64>,
    pub(crate) timestamp: u64,
}

impl Repomd {
    pub(crate) fn read(path: &Utf8Path) -> Result<Self, PublishError> {
        let text = fs_err::read_to_string(path).map_err(PublishError::files("read", path))?;
        parse(&text)
            .map_err(|error| PublishError::Incomplete { path: path.to_owned(), what: error.to_string() })
    }

    /// Checks that every document lies under `root` as the list says.
    pub(crate) fn verify(&self, root: &Utf8Path) -> Result<(), PublishError> {
        for document in &self.documents {
            let path = root.join(&document.location);
            let wrong = |what: &str| PublishError::Incomplete { path: path.clone(), what: what.into() };
            let relative = Utf8Path::new(&document.location);
            if relative.parent() != Some(Utf8Path::new("repodata")) || relative.file_name().is_none() {
                return Err(wrong("document lies outside of repodata"));
            }
            let (size, sha256) = files::digest(&path)?;
            if document.sha256 != Some(sha256) || document.size.is_some_and(|expected| expected != size) {
                return Err(wrong("document is not the one that repomd.xml lists"));
            }
        }
        Ok(())
    }

    /// File names of the documents.
    pub(crate) fn names(&self) -> impl Iterator<Item = Utf8PathBuf> + '_ {
        self.documents
            .iter()
            .filter_map(|document| Utf8Path::new(&document.location).file_name().map(Into::into))
    }
}

fn parse(text: &str) -> Result<Repomd, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    let mut repomd = Repomd::default();
    let (mut open, mut sha256) = (String::new(), false);
    // The reader checks that what ends has begun, not that what began has ended: a list cut short.
    let mut unended = 0_usize;
    loop {
        let event = reader.read_event()?;
        match &event {
            Event::Start(_) => unended += 1,
            Event::End(_) => unended -= 1,
            Event::Eof if unended > 0 => {
                return Err(IllFormedError::MissingEndTag("repomd".to_owned()).into());
            }
            _ => {}
        }
        match event {
            Event::Start(element) | Event::Empty(element) => {
                element.local_name().as_ref().clone_into(&mut open);
                let attribute = |name| {
                    let found = element.try_get_attribute(name)?;
                    found
                        .map(|found| found.normalized_value(XmlVersion::Implicit1_0).map(String::from))
                        .transpose()
                };
                match (open.as_str(), repomd.documents.last_mut()) {
                    ("data", _) => repomd.documents.push(Document::default()),
                    ("location", Some(document)) => {
                        document.location = attribute("href")?.unwrap_or_default();
                    }
                    ("checksum", _) => sha256 = attribute("type")?.as_deref() == Some("sha256"),
                    _ => {}
                }
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                match (open.as_str(), repomd.documents.last_mut()) {
                    ("revision", None) => repomd.revision.push_str(&text),
                    ("checksum", Some(document)) if sha256 => document.sha256 = text.parse().ok(),
                    ("size", Some(document)) => document.size = text.parse().ok(),
                    ("timestamp", Some(document)) => document.timestamp = text.parse().unwrap_or(0),
                    _ => {}
                }
            }
            Event::End(_) => open.clear(),
            Event::Eof => return Ok(repomd),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_documents_and_how_old() {
        let sha256 = "3cf440866315e8085050eb0586f0447b6b47a08dbed6a72226bf5ed5d89ec567";
        let text = format!(
            "<?xml version=\"1.0\"?>\n<repomd>\n <revision>17</revision>\n <data type=\"primary\">\n\
             <checksum type=\"sha256\">{sha256}</checksum><open-checksum type=\"sha256\">0</open-checksum>\n\
             <location href=\"repodata/p.gz\"/><timestamp>16</timestamp><size>5</size></data>\n</repomd>"
        );
        let document = Document {
            location: "repodata/p.gz".into(),
            sha256: sha256.parse().ok(),
            size: Some(5),
            timestamp: 16,
        };
        assert_eq!(parse(&text).unwrap(), Repomd { revision: "17".into(), documents: vec![document] });
        assert!(parse("<a></b>").is_err());
        // Up to the last element's end every piece of the list is one that was cut short.
        let root = text.find("<repomd>").unwrap();
        for length in root + "<repomd>".len()..text.len() {
            assert!(parse(&text[..length]).is_err(), "{}", &text[..length]);
        }
        assert_eq!(parse("<repomd></repomd>").unwrap(), Repomd::default());
    }
}
