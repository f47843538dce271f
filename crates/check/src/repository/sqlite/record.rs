//! A row as a database holds it.

use super::varint;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    /// A number with a fraction, or bytes.
    Other,
}

/// The columns of a row.
#[derive(Debug)]
pub(crate) struct Row(Vec<Value>);

impl Row {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let damaged = || "is damaged: a row says more than it has".to_owned();
        let (length, mut at) = varint(bytes, 0).ok_or_else(damaged)?;
        let end = usize::try_from(length).ok().filter(|end| *end <= bytes.len()).ok_or_else(damaged)?;
        let (mut values, mut content) = (Vec::new(), end);
        while at < end {
            let (kind, after) = varint(bytes, at).ok_or_else(damaged)?;
            let size = size_of(kind).ok_or_else(damaged)?;
            let stop = content.checked_add(size).ok_or_else(damaged)?;
            values.push(value(kind, bytes.get(content..stop).ok_or_else(damaged)?));
            (at, content) = (after, stop);
        }
        Ok(Self(values))
    }

    /// A column; of what was added to a table later, rows before have nothing.
    pub(crate) fn value(&self, column: usize) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// The text in a column; empty where there is none.
    pub(crate) fn text(&self, column: usize) -> &str {
        match self.value(column) {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// The number in a column.
    pub(crate) fn integer(&self, column: usize) -> Option<i64> {
        match self.value(column) {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

/// Bytes of a value of this kind.
fn size_of(kind: i64) -> Option<usize> {
    match kind {
        0 | 8 | 9 => Some(0),
        1..=4 => usize::try_from(kind).ok(),
        5 => Some(6),
        6 | 7 => Some(8),
        12.. => usize::try_from((kind - 12) / 2).ok(),
        _ => None,
    }
}

fn value(kind: i64, bytes: &[u8]) -> Value {
    match kind {
        0 => Value::Null,
        8 | 9 => Value::Integer(kind - 8),
        1..=6 => {
            let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
            let start = if negative { -1 } else { 0 };
            Value::Integer(bytes.iter().fold(start, |number, byte| (number << 8) | i64::from(*byte)))
        }
        12.. if kind % 2 == 1 => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        _ => Value::Other,
    }
}
