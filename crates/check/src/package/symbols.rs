use std::cmp::Ordering;

pub(crate) const GLIBC: &str = "GLIBC_";
pub(crate) const GLIBCXX: &str = "GLIBCXX_";

/// Versions of symbols above what a client has: the newest of each library only; names that are no numbers, like
/// `GLIBC_ABI_DT_RELR`, came after every limit and are kept one by one.
pub(crate) struct Symbols<'a> {
    prefix: &'static str,
    limit: &'a str,
    newest: Vec<Symbol>,
}

struct Symbol {
    library: String,
    version: String,
    shown: String,
}

impl<'a> Symbols<'a> {
    pub(crate) const fn above(prefix: &'static str, limit: &'a str) -> Self {
        Self { prefix, limit, newest: Vec::new() }
    }

    /// Takes note of `symbol`, such as `GLIBC_2.34`, if it is of this prefix and above the limit.
    pub(crate) fn add(&mut self, library: &str, symbol: &str, shown: &str) {
        // PRIVATE is what libraries of one build ask of each other; every glibc has it.
        let version = symbol.strip_prefix(self.prefix).filter(|version| *version != "PRIVATE");
        let Some(version) = version.filter(|version| compare(version, self.limit) == Ordering::Greater)
        else {
            return;
        };
        let same = |known: &&mut Symbol| {
            known.library == library && is_numeric(&known.version) && is_numeric(version)
        };
        match self.newest.iter_mut().find(same) {
            None => self.newest.push(Symbol {
                library: library.to_owned(),
                version: version.to_owned(),
                shown: shown.to_owned(),
            }),
            Some(known) if compare(version, &known.version) == Ordering::Greater => {
                version.clone_into(&mut known.version);
                shown.clone_into(&mut known.shown);
            }
            Some(_) => {}
        }
    }

    /// What is left, as it was to be shown.
    pub(crate) fn shown(self) -> impl Iterator<Item = String> {
        self.newest.into_iter().map(|symbol| symbol.shown)
    }
}

/// `libc.so.6(GLIBC_2.34)(64bit)` into `libc.so.6` and `GLIBC_2.34`.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    let (library, rest) = name.split_once('(')?;
    Some((library, rest.split(')').next()?))
}

fn is_numeric(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
}

/// Dotted numbers, part by part; a part that is no number counts as the largest one.
fn compare(left: &str, right: &str) -> Ordering {
    let parts =
        |text: &str| -> Vec<u64> { text.split('.').map(|part| part.parse().unwrap_or(u64::MAX)).collect() };
    parts(left).cmp(&parts(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbol_versions_in_names() {
        assert_eq!(split("libc.so.6(GLIBC_2.34)(64bit)"), Some(("libc.so.6", "GLIBC_2.34")));
        assert_eq!(split("libc.so.6(GLIBC_2.2.5)"), Some(("libc.so.6", "GLIBC_2.2.5")));
        assert_eq!(split("libc.so.6()(64bit)"), Some(("libc.so.6", "")));
        assert_eq!(split("bash"), None);
    }

    #[test]
    fn only_what_is_above_is_kept() {
        let check = |symbols: &[&str], expect: &[&str]| {
            let mut kept = Symbols::above(GLIBC, "2.12");
            for symbol in symbols {
                kept.add("libc.so.6", symbol, symbol);
            }
            assert_eq!(kept.shown().collect::<Vec<_>>(), expect, "{symbols:?}");
        };
        check(&["GLIBC_2.12", "GLIBC_2.2.5", "GLIBC_PRIVATE", "GLIBCXX_9", ""], &[]);
        check(&["GLIBC_2.12.1"], &["GLIBC_2.12.1"]);
        check(&["GLIBC_2.34", "GLIBC_2.38", "GLIBC_2.14"], &["GLIBC_2.38"]);
        check(&["GLIBC_2.DT", "GLIBC_ABI_DT_RELR", "GLIBC_2.34"], &["GLIBC_2.DT", "GLIBC_ABI_DT_RELR"]);
    }
}
