use super::{Header, HeaderError, Text, tag};

/// One entry of `%changelog`, newest first in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changelog<'a> {
    /// Seconds since 1970; rpm stores noon of the day, UTC.
    pub time: u32,
    /// Author, address, and often the version.
    pub author: Text<'a>,
    /// The lines.
    pub text: Text<'a>,
}

impl Header {
    /// The changelog in the header's order.
    ///
    /// # Errors
    /// When a tag has another type, or the three arrays differ in length.
    pub fn changelog(&self) -> Result<impl ExactSizeIterator<Item = Changelog<'_>> + Clone, HeaderError> {
        let times = self.u32s(tag::CHANGELOG_TIME)?;
        let authors = self.strings(tag::CHANGELOG_NAME)?;
        let mut texts = self.strings(tag::CHANGELOG_TEXT)?;
        for (tag, found) in [(tag::CHANGELOG_TIME, times.len()), (tag::CHANGELOG_TEXT, texts.len())] {
            if found != authors.len() {
                return Err(HeaderError::Length { tag, expected: authors.len(), found });
            }
        }
        Ok(authors.enumerate().map(move |(index, author)| Changelog {
            time: times.get(index).unwrap_or(0),
            author,
            text: texts.next().unwrap_or_default(),
        }))
    }
}
