use camino::Utf8PathBuf;
use jiff::{Timestamp, civil::Date, tz::Offset};

/// A finding of `check` that a target's people know of and take, for a reason and for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The rule, such as `EL6-PKG-032`.
    pub code: String,
    /// Which package or file: its name or path, with `*` for any characters and `?` for one.
    pub subject: String,
    /// Which finding of it, likewise; all where it is left out.
    pub message: Option<String>,
    /// Why it may be so.
    pub reason: String,
    /// The last day (UTC) on which it holds.
    pub expires: Date,
    /// The file that it stands in, as messages show it.
    pub file: Utf8PathBuf,
    /// Its line, from 1.
    pub line: usize,
}

impl Waiver {
    /// Whether it no longer holds at a time in seconds since 1970.
    pub fn is_expired(&self, now: u64) -> bool {
        let day = i64::try_from(now).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        day.is_none_or(|time| Offset::UTC.to_datetime(time).date() > self.expires)
    }

    /// `FILE:LINE`
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}
