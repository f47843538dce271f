use camino::Utf8Path;

/// How a module is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// By gzip, which module-init-tools 3.9 of CentOS 6 reads: its package is configured with `--enable-zlib`.
    Zipped,
    /// By something that it does not read.
    Closed,
}

impl Form {
    /// By the name of a file; nothing for what is no module.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = Utf8Path::new(path);
        let form = match path.extension()? {
            "ko" => return Some(Self::Plain),
            "gz" => Self::Zipped,
            "bz2" | "lz4" | "lzma" | "xz" | "zst" => Self::Closed,
            _ => return None,
        };
        (Utf8Path::new(path.file_stem()?).extension() == Some("ko")).then_some(form)
    }

    /// Whether modprobe finds it.
    pub(super) const fn is_read(self) -> bool {
        !matches!(self, Self::Closed)
    }
}
