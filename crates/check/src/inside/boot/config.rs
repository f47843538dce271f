use std::collections::BTreeMap;

/// A kernel's configuration as it is installed: values by symbol, as they are written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Config(BTreeMap<String, String>);

/// What a symbol is that is not set.
pub(super) const UNSET: &str = "n";

impl Config {
    /// Far more bytes than any has.
    pub(super) const LONGEST: usize = 4 << 20;

    /// Reads the lines of a `.config`; what is no value is passed over, as `make oldconfig` does.
    pub(super) fn read(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let values = text.lines().filter_map(|line| {
            let (symbol, value) = line.strip_prefix("CONFIG_")?.split_once('=')?;
            Some((symbol.to_owned(), value.to_owned()))
        });
        Self(values.collect())
    }

    pub(super) fn value(&self, symbol: &str) -> &str {
        self.0.get(symbol).map_or(UNSET, String::as_str)
    }

    /// The symbols that are not the same in both.
    pub(super) fn differences<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let mut symbols: Vec<_> = self.0.keys().chain(other.0.keys()).map(String::as_str).collect();
        symbols.sort_unstable();
        symbols.dedup();
        symbols.retain(|symbol| self.value(symbol) != other.value(symbol));
        symbols
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_compared() {
        let config = Config::read(b"#\n# Linux\nCONFIG_A=y\nCONFIG_B=\"x=y\"\n# CONFIG_C is not set\n");
        assert_eq!((config.value("A"), config.value("B"), config.value("C")), ("y", "\"x=y\"", "n"));
        let other = Config::read(b"CONFIG_A=m\nCONFIG_B=\"x=y\"\nCONFIG_D=1\n");
        assert_eq!(config.differences(&other), ["A", "D"]);
    }
}
