use std::{collections::BTreeMap, fmt, fmt::Write as _};

use camino::Utf8PathBuf;

use crate::{Fragment, Value};

/// Where a wish stands.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Origin {
    /// The fragment.
    pub file: Utf8PathBuf,
    /// Its line, from 1.
    pub line: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

/// What is asked of one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The value.
    pub value: Value,
    /// The fragment that asked last.
    pub origin: Origin,
    /// Why, in that fragment's words.
    pub reason: String,
}

/// A value of an earlier fragment that a later one replaced.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Override {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// What was asked first, and where.
    pub before: (Value, Origin),
    /// What holds, and where it is asked.
    pub after: (Value, Origin),
}

impl fmt::Display for Override {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, old_origin) = &self.before;
        let (new, new_origin) = &self.after;
        write!(formatter, "CONFIG_{}: {new} ({new_origin}) instead of {old} ({old_origin})", self.symbol)
    }
}

/// All that is asked of a kernel's configuration, over the tree's own defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    wishes: BTreeMap<String, Wish>,
    overrides: Vec<Override>,
    /// Symbols in the order in which they are first asked for, so that the text reads as the fragments do.
    order: Vec<String>,
}

/// Lays fragments over one another in the order given: the last wish about a symbol holds.
pub fn merge(fragments: &[Fragment]) -> Request {
    let mut request = Request::default();
    for fragment in fragments {
        for setting in &fragment.settings {
            let origin = Origin { file: fragment.file.clone(), line: setting.line };
            let wish = Wish { value: setting.value.clone(), origin, reason: setting.reason.clone() };
            request.add(&setting.symbol, wish);
        }
    }
    request
}

impl Request {
    fn add(&mut self, symbol: &str, wish: Wish) {
        let after = (wish.value.clone(), wish.origin.clone());
        match self.wishes.insert(symbol.to_owned(), wish) {
            None => self.order.push(symbol.to_owned()),
            Some(before) if before.value.means(&after.0) => {}
            Some(before) => {
                let before = (before.value, before.origin);
                self.overrides.push(Override { symbol: symbol.to_owned(), before, after });
            }
        }
    }

    /// What is asked of `symbol` (without `CONFIG_`).
    pub fn wish(&self, symbol: &str) -> Option<&Wish> {
        self.wishes.get(symbol)
    }

    /// All wishes, sorted by symbol.
    pub fn wishes(&self) -> impl ExactSizeIterator<Item = (&str, &Wish)> {
        self.wishes.iter().map(|(symbol, wish)| (symbol.as_str(), wish))
    }

    /// Values that a later fragment replaced by another value. No error: that is what order is for.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// The merged fragment: what is appended to the tree's own configuration. Ends with a newline, has each
    /// symbol once, and is the same for the same fragments.
    pub fn to_config_text(&self) -> String {
        let mut text = String::new();
        let mut file = None;
        for symbol in &self.order {
            let wish = &self.wishes[symbol];
            if file != Some(&wish.origin.file) {
                file = Some(&wish.origin.file);
                let name = wish.origin.file.file_name().unwrap_or_default();
                writeln!(text, "# from {name}").expect("writing to a string does not fail");
            }
            text.push_str(&wish.value.config_line(symbol));
            text.push('\n');
        }
        text
    }

    /// The request laid over `config`, a whole .config: old lines about the requested symbols are taken out,
    /// then the request is appended, so that each symbol stands once and nothing is joined to a line without
    /// a newline.
    pub(crate) fn append_to(&self, config: &str) -> String {
        let kept = config.lines().filter(|line| match crate::fragment::classify_leniently(line) {
            crate::fragment::Line::Setting(symbol, _) => !self.wishes.contains_key(symbol),
            _ => true,
        });
        let mut text: String = kept.flat_map(|line| [line, "\n"]).collect();
        text.push_str(&self.to_config_text());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fragments: &[(&str, &str)]) -> Request {
        let parse = |(file, text): &(&str, &str)| Fragment::parse(text, (*file).into()).unwrap();
        merge(&fragments.iter().map(parse).collect::<Vec<_>>())
    }

    #[test]
    fn the_last_fragment_holds_and_the_replacement_is_reported() {
        let request = request(&[
            ("c/10.config", "CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=0x10"),
            ("c/20.config", "# CONFIG_B is not set\nCONFIG_C=0x010\nCONFIG_D=\"d\""),
        ]);
        assert_eq!(
            request.to_config_text(),
            "# from 10.config\nCONFIG_A=y\n# from 20.config\n# CONFIG_B is not set\nCONFIG_C=0x010\nCONFIG_D=\"d\"\n"
        );
        let overrides: Vec<_> = request.overrides().iter().map(ToString::to_string).collect();
        assert_eq!(overrides, ["CONFIG_B: n (c/20.config:1) instead of m (c/10.config:2)"]);
    }

    #[test]
    fn laid_over_a_configuration_each_symbol_stands_once() {
        let request = request(&[("a", "CONFIG_A=y\n# CONFIG_B is not set")]);
        let laid = request.append_to("# head\n# CONFIG_A is not set\nCONFIG_B=m\nCONFIG_BB=y");
        assert_eq!(laid, "# head\nCONFIG_BB=y\n# from a\nCONFIG_A=y\n# CONFIG_B is not set\n");
    }
}
