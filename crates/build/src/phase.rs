//! Where rpmbuild is, read from its log for people to see. Nothing is decided by it.

use crate::{Event, Reporter};

/// Follows the lines of one build.
pub(crate) struct PhaseTracker<'a> {
    package: &'a str,
    reporter: &'a dyn Reporter,
    phase: String,
}

impl<'a> PhaseTracker<'a> {
    pub(crate) fn new(package: &'a str, reporter: &'a dyn Reporter) -> Self {
        Self { package, reporter, phase: String::new() }
    }

    /// Enters a phase that rpmbuild does not announce.
    pub(crate) fn enter(&mut self, phase: &str) {
        phase.clone_into(&mut self.phase);
        self.reporter.event(self.package, Event::Phase(phase));
    }

    /// The phase of the last line.
    pub(crate) fn phase(&self) -> &str {
        &self.phase
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.reporter.event(self.package, Event::Line(line));
        if let Some(phase) = announced(line) {
            self.enter(phase);
        } else if let Some(path) = line.strip_prefix("Wrote: ") {
            self.reporter.event(self.package, Event::Wrote(path.rsplit('/').next().unwrap_or(path)));
        } else if line.starts_with("Processing files: ") && self.phase != "%files" {
            self.enter("%files");
        }
    }
}

/// `Executing(%build): /bin/sh -e …` → `%build`; the final clean-up (`--clean`, `rmbuild`) is none.
fn announced(line: &str) -> Option<&str> {
    let (phase, _) = line.strip_prefix("Executing(")?.split_once("):")?;
    phase.starts_with('%').then_some(phase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_seen() {
        let mut tracker = PhaseTracker::new("xen", &crate::Silent);
        tracker.line("Executing(%build): /bin/sh -e /var/tmp/rpm-tmp.x");
        assert_eq!(tracker.phase(), "%build");
        tracker.line("Executing(rmbuild): /bin/sh -e /var/tmp/rpm-tmp.x");
        assert_eq!(tracker.phase(), "%build");
        tracker.line("Processing files: xen-4.2.5-1.x86_64");
        assert_eq!(tracker.phase(), "%files");
    }
}
