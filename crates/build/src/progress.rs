use camino::Utf8Path;

/// What happens to one package. The log has every line; this is what a person may want to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another process builds the same package; this one waits for it.
    Waiting,
    /// The same inputs were built before; nothing is done.
    Reused,
    /// The build begins; the log grows here until it ends.
    Started {
        /// The log file.
        log: &'a Utf8Path,
    },
    /// rpmbuild entered a section, such as `%build`, or `source package`.
    Phase(&'a str),
    /// A line of the log.
    Line(&'a str),
    /// rpmbuild wrote a package of this file name.
    Wrote(&'a str),
    /// The packages are complete and checked.
    Finished {
        /// How many binary packages there are.
        packages: usize,
    },
    /// The tree was prepared and looked at; nothing was built.
    Prepared,
    /// The build failed; the error has the details.
    Failed,
}

/// Hears of progress; called from several threads.
pub trait Reporter: Sync {
    /// Something happened to `package`.
    fn event(&self, package: &str, event: Event<'_>);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Reporter for Silent {
    fn event(&self, _package: &str, _event: Event<'_>) {}
}
