use std::fmt;

/// The value of one symbol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Off; in a .config also every symbol that is not mentioned.
    No,
    /// A module.
    Module,
    /// Built in.
    Yes,
    /// A decimal or hexadecimal number, as written.
    Number(String),
    /// A string, without its quotes and escapes.
    Text(String),
}

impl Value {
    /// Reads what stands right of the `=` of a configuration line; `None` where that is no value.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "y" => Some(Self::Yes),
            "m" => Some(Self::Module),
            "n" => Some(Self::No),
            _ if is_number(text) => Some(Self::Number(text.to_owned())),
            _ => unquote(text).map(Self::Text),
        }
    }

    /// The value as data files (`values = ["y", "m"]`) write it: strings without quotes.
    pub fn from_plain(text: &str) -> Self {
        match text {
            "y" => Self::Yes,
            "m" => Self::Module,
            "n" => Self::No,
            _ if is_number(text) => Self::Number(text.to_owned()),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// The line of a configuration file that sets `symbol` (without `CONFIG_`) to this value.
    pub fn config_line(&self, symbol: &str) -> String {
        match self {
            Self::No => format!("# CONFIG_{symbol} is not set"),
            _ => format!("CONFIG_{symbol}={self}"),
        }
    }

    /// Whether both mean the same: numbers by their value, so that `0x01` is `0x1`.
    pub fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a == b || (number(a).is_some() && number(a) == number(b)),
            _ => self == other,
        }
    }

    /// Whether it is y or m.
    pub fn is_on(&self) -> bool {
        matches!(self, Self::Yes | Self::Module)
    }
}

/// As in a configuration file: `y`, `m`, `n`, the number, or the quoted string.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => formatter.write_str("n"),
            Self::Module => formatter.write_str("m"),
            Self::Yes => formatter.write_str("y"),
            Self::Number(number) => formatter.write_str(number),
            Self::Text(text) => {
                write!(formatter, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
        }
    }
}

impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The number that Kconfig would read.
pub(crate) fn number(text: &str) -> Option<i128> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn is_number(text: &str) -> bool {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if let Some(digits) = hexadecimal {
        return !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit())
}

/// The content of `"…"` with `\"` and `\\` resolved; `None` where the quotes do not enclose all of it.
fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?;
    let mut content = String::new();
    let mut characters = inner.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(content),
            '\\' => content.push(characters.next()?),
            character => content.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<Value>) {
        assert_eq!(Value::parse(text), expect);
        if let Some(value) = expect {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn what_a_configuration_line_can_hold() {
        check("y", Some(Value::Yes));
        check("m", Some(Value::Module));
        check("-4", Some(Value::Number("-4".to_owned())));
        check("0x1F", Some(Value::Number("0x1F".to_owned())));
        check(r#""a \"b\" \\c""#, Some(Value::Text(r#"a "b" \c"#.to_owned())));
        check(r#""""#, Some(Value::Text(String::new())));
        for bad in ["", "yes", "0x", "-", "12k", r#""open"#, r#""a" b"#, "yCONFIG_TUN=m"] {
            check(bad, None);
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let value = Value::from_plain;
        assert!(value("0x10").means(&value("0x010")));
        assert!(value("16").means(&value("0x10")));
        assert!(!value("16").means(&value("17")));
        assert!(!value("y").means(&value("m")));
    }
}
