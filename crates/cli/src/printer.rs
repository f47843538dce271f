//! Standard output is data, standard error is for people, and this decides what either looks like.

use std::{
    fmt::Display,
    io::IsTerminal,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use xen4centos_artifact::escape_controls;

use crate::args::ColorChoice;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// A line for each step.
    Normal,
    /// The lines of builds, too.
    Verbose,
}

/// Prints for one run of the program; can be shared by threads.
#[derive(Debug)]
pub(crate) struct Printer {
    verbosity: Verbosity,
    color: bool,
    paints_data: bool,
    bars: Option<MultiProgress>,
    lines: Mutex<()>,
    data_lost: AtomicBool,
    has_data: AtomicBool,
}

const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";
const CYAN: &str = "36";

impl Printer {
    pub(crate) fn new(verbosity: Verbosity, color: ColorChoice, no_color_set: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let painted = |is_terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !no_color_set,
        };
        let (color, paints_data) = (painted(terminal), painted(std::io::stdout().is_terminal()));
        let bars = (terminal && verbosity == Verbosity::Normal).then(MultiProgress::new);
        Self {
            verbosity,
            color,
            paints_data,
            bars,
            lines: Mutex::new(()),
            data_lost: AtomicBool::new(false),
            has_data: AtomicBool::new(false),
        }
    }

    /// Data, for a pipe or a person.
    pub(crate) fn data(&self, text: impl Display) {
        let _line = self.lines.lock();
        self.has_data.store(true, Ordering::Relaxed);
        let print = || {
            use std::io::Write;
            match writeln!(std::io::stdout(), "{text}") {
                // A reader that closed the pipe has what it wanted.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    self.data_lost.store(true, Ordering::Relaxed);
                }
                _ => {}
            }
        };
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }

    /// Whether data that people read may be painted.
    pub(crate) const fn paints_data(&self) -> bool {
        self.paints_data
    }

    /// Whether data could not be written: a full disk must not look like a short answer.
    pub(crate) fn data_lost(&self) -> bool {
        self.data_lost.load(Ordering::Relaxed)
    }

    /// Whether anything was printed for a pipe or a person.
    pub(crate) fn has_data(&self) -> bool {
        self.has_data.load(Ordering::Relaxed)
    }

    /// Data as JSON, with a final newline.
    pub(crate) fn json(&self, value: &impl serde::Serialize) {
        let text = serde_json::to_string_pretty(value).expect("the types printed have no maps with odd keys");
        self.data(text);
    }

    /// One step done or begun: `verb` stands out.
    pub(crate) fn step(&self, verb: &str, what: impl Display) {
        if self.verbosity >= Verbosity::Normal {
            self.line(&format!("{} {}", self.paint(GREEN, &format!("{verb:>12}")), tame(what)));
        }
    }

    /// Something that a person should know and that stops nothing.
    pub(crate) fn warning(&self, what: impl Display) {
        if self.verbosity >= Verbosity::Normal {
            self.mishap(what);
        }
    }

    /// Something that went wrong and stops nothing: it is said however little is to be said.
    pub(crate) fn mishap(&self, what: impl Display) {
        self.line(&format!("{} {}", self.paint(YELLOW, "warning:"), tame(what)));
    }

    /// A detail.
    pub(crate) fn detail(&self, what: impl Display) {
        if self.verbosity >= Verbosity::Verbose {
            self.line(&format!("             {}", tame(what)));
        }
    }

    /// What went wrong, and the way out.
    pub(crate) fn error(&self, what: impl Display, hint: Option<&str>) {
        self.line(&format!("{} {}", self.paint(RED, "error:"), tame(what)));
        if let Some(hint) = hint {
            self.line(&format!("{} {}", self.paint(CYAN, "hint:"), tame(hint)));
        }
    }

    /// A line that changes while something goes on; nothing where there is no terminal.
    pub(crate) fn activity(&self, verb: &str, what: impl Display) -> Activity {
        let Some(bars) = &self.bars else { return Activity(None) };
        let style = ProgressStyle::with_template("{prefix:>12.cyan} {wide_msg} {elapsed:>5}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = bars.add(ProgressBar::new_spinner().with_style(style));
        bar.set_prefix(verb.to_owned());
        bar.set_message(what.to_string());
        bar.enable_steady_tick(Duration::from_millis(200));
        Activity(Some(bar))
    }

    /// A line for a file on its way, of which `have` bytes are here; nothing where there is no terminal.
    pub(crate) fn transfer(&self, what: impl Display, have: u64, total: Option<u64>) -> Activity {
        let Some(bars) = &self.bars else { return Activity(None) };
        let template = match total {
            Some(_) => "{prefix:>12.cyan} {wide_msg} {bytes}/{total_bytes} {bytes_per_sec} {eta:>4}",
            None => "{prefix:>12.cyan} {wide_msg} {bytes} {bytes_per_sec}",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let bar = bar.with_style(style).with_prefix("Fetching").with_message(what.to_string());
        let bar = bars.add(bar.with_position(have));
        // What was here before says nothing of the speed.
        bar.reset_eta();
        // A server that stalls is seen to.
        bar.enable_steady_tick(Duration::from_millis(500));
        Activity(Some(bar))
    }

    /// `text` has colours of this printer's only.
    fn line(&self, text: &str) {
        let _line = self.lines.lock();
        match &self.bars {
            Some(bars) => bars.suspend(|| write_line(text)),
            None => write_line(text),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[1;{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// What comes from a package or a server does nothing to a terminal.
fn tame(text: impl Display) -> String {
    escape_controls(&text.to_string(), &['\n', '\t']).into_owned()
}

/// To the people. Who closed the pipe does not want to read, and that is no reason to stop.
fn write_line(text: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// A changing line; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Activity(Option<ProgressBar>);

impl Activity {
    pub(crate) fn message(&self, what: impl Display) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.to_string());
        }
    }

    /// How many bytes of a transfer are here.
    pub(crate) fn bytes(&self, have: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(have);
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_told_nothing() {
        assert_eq!(tame("größe\n\tof `a`"), "größe\n\tof `a`");
        assert_eq!(tame("a\u{1b}[2J\rb\u{9b}"), "a\\u{1b}[2J\\rb\\u{9b}");
    }
}
