//! What is said of packages that are listed all the same. Who sees a later run only is to hear of it, too, so it is
//! remembered with the packages.

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    Event, Reporter,
    encode::{Input, push_count, push_text},
};

/// Something that was said of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Note {
    /// Relative to the directory that is indexed.
    relative: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Of which text characters were left out.
    Cleaned(String),
    /// What it has in common with another package, and the one of them that is not listed.
    Duplicate { nevra: String, left_out: Option<String> },
}

impl Note {
    fn of(root: &Utf8Path, event: &Event) -> Option<Self> {
        let relative = |path: &Utf8Path| path.strip_prefix(root).map(Utf8Path::to_string).ok();
        Some(match event {
            Event::Cleaned { path, field } => {
                Self { relative: relative(path)?, what: What::Cleaned(field.to_string()) }
            }
            Event::Duplicate { path, nevra, left_out } => {
                let left_out = left_out.as_deref().and_then(relative);
                Self { relative: relative(path)?, what: What::Duplicate { nevra: nevra.clone(), left_out } }
            }
            _ => return None,
        })
    }

    /// The event that it was.
    fn event(&self, root: &Utf8Path) -> Event {
        let path = root.join(&self.relative);
        match &self.what {
            What::Cleaned(field) => Event::Cleaned { path, field: Cow::Owned(field.clone()) },
            What::Duplicate { nevra, left_out } => {
                let left_out: Option<Utf8PathBuf> = left_out.as_ref().map(|left_out| root.join(left_out));
                Event::Duplicate { path, nevra: nevra.clone(), left_out }
            }
        }
    }
}

/// Says all of it again, where the packages are those that it was said of.
pub(crate) fn say_again(notes: &[Note], root: &Utf8Path, reporter: &dyn Reporter) {
    for note in notes {
        reporter.event(note.event(root));
    }
}

/// Says again what was said of one package's texts when it was read. `notes` are sorted. What it has in common with
/// others is found anew.
pub(crate) fn say_of(notes: &[Note], root: &Utf8Path, relative: &str, reporter: &dyn Reporter) {
    let start = notes.partition_point(|note| *note.relative < *relative);
    for note in notes[start..].iter().take_while(|note| note.relative == relative) {
        if matches!(note.what, What::Cleaned(_)) {
            reporter.event(note.event(root));
        }
    }
}

/// Hears of packages for somebody else, and takes notes.
pub(crate) struct Notes<'a> {
    root: &'a Utf8Path,
    reporter: &'a dyn Reporter,
    taken: Mutex<Vec<Note>>,
}

impl<'a> Notes<'a> {
    pub(crate) fn new(root: &'a Utf8Path, reporter: &'a dyn Reporter) -> Self {
        Self { root, reporter, taken: Mutex::default() }
    }

    /// Sorted: packages are read in no particular order.
    pub(crate) fn taken(&self) -> Vec<Note> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        taken.sort();
        taken.dedup();
        taken
    }
}

impl Reporter for Notes<'_> {
    fn event(&self, event: Event) {
        if let Some(note) = Note::of(self.root, &event) {
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        }
        self.reporter.event(event);
    }
}

pub(crate) fn push_notes(out: &mut Vec<u8>, notes: &[Note]) {
    push_count(out, notes.len());
    for Note { relative, what } in notes {
        push_text(out, relative);
        let (field, nevra, left_out) = match what {
            What::Cleaned(field) => (field.as_str(), "", ""),
            What::Duplicate { nevra, left_out } => {
                ("", nevra.as_str(), left_out.as_deref().unwrap_or_default())
            }
        };
        for text in [field, nevra, left_out] {
            push_text(out, text);
        }
    }
}

pub(crate) fn notes(input: &mut Input<'_>) -> Option<Vec<Note>> {
    (0..input.count()?)
        .map(|_| {
            let [relative, field, nevra, left_out] = input.texts()?;
            let what = if field.is_empty() {
                What::Duplicate { nevra, left_out: Some(left_out).filter(|path| !path.is_empty()) }
            } else {
                What::Cleaned(field)
            };
            Some(Note { relative, what })
        })
        .collect()
}
