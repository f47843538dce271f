use std::{collections::BTreeSet, fmt};

use super::{
    lexer::Token,
    values::{Tristate, Values},
};

/// How deep parentheses and negations may nest; real trees stay below ten.
const DEPTH_LIMIT: usize = 100;

/// A dependency as Kconfig writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// A symbol, or one of the constants `y`, `m`, `n`.
    Symbol(String),
    /// A quoted constant.
    Literal(String),
    Not(Box<Self>),
    /// Empty: always true.
    And(Vec<Self>),
    Or(Vec<Self>),
    Compare(Box<Self>, Comparison, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Expression {
    /// No condition.
    pub(crate) const fn always() -> Self {
        Self::And(Vec::new())
    }

    pub(crate) fn is_always(&self) -> bool {
        matches!(self, Self::And(parts) if parts.is_empty())
    }

    /// All of `parts`, flattened.
    pub(crate) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::And(more) => flat.extend(more),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::And(flat) }
    }

    fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Or(parts) }
    }

    /// Reads all of `tokens`; `None` where they are no expression.
    pub(crate) fn parse(tokens: &[Token]) -> Option<Self> {
        let mut parser = Parser { tokens, depth: 0 };
        let expression = parser.or()?;
        parser.tokens.is_empty().then_some(expression)
    }

    pub(crate) fn evaluate(&self, values: &Values<'_>) -> Tristate {
        match self {
            Self::Symbol(name) | Self::Literal(name) => values.tristate(name),
            Self::Not(inner) => inner.evaluate(values).not(),
            Self::And(parts) => parts.iter().map(|part| part.evaluate(values)).min().unwrap_or(Tristate::Yes),
            Self::Or(parts) => parts.iter().map(|part| part.evaluate(values)).max().unwrap_or(Tristate::No),
            Self::Compare(left, comparison, right) => {
                Tristate::from(comparison.holds(&left.as_text(values), &right.as_text(values)))
            }
        }
    }

    fn as_text(&self, values: &Values<'_>) -> String {
        match self {
            Self::Symbol(name) => values.text(name),
            Self::Literal(text) => text.clone(),
            other => other.evaluate(values).to_string(),
        }
    }

    /// The smallest parts that keep the whole below `needed`: of a conjunction those that fail, of a
    /// disjunction all of it.
    pub(crate) fn unmet<'a>(&'a self, needed: Tristate, values: &Values<'_>) -> Vec<&'a Self> {
        match self {
            Self::And(parts) => parts.iter().flat_map(|part| part.unmet(needed, values)).collect(),
            other if other.evaluate(values) < needed => vec![other],
            _ => Vec::new(),
        }
    }

    /// Names of the symbols in it, sorted, without constants.
    pub(crate) fn symbols(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.collect_symbols(&mut found);
        found
    }

    fn collect_symbols<'a>(&'a self, found: &mut BTreeSet<&'a str>) {
        match self {
            Self::Symbol(name) if matches!(name.as_str(), "y" | "m" | "n") => {}
            Self::Symbol(name)
                if name.starts_with(|first: char| first.is_ascii_digit()) && name.parse::<i64>().is_ok() => {}
            Self::Symbol(name) => {
                found.insert(name);
            }
            Self::Literal(_) => {}
            Self::Not(inner) => inner.collect_symbols(found),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.collect_symbols(found)),
            Self::Compare(left, _, right) => {
                left.collect_symbols(found);
                right.collect_symbols(found);
            }
        }
    }
}

impl Comparison {
    /// Kconfig compares numbers as numbers where both sides are some, otherwise texts.
    fn holds(self, left: &str, right: &str) -> bool {
        let order = match (crate::value::number(left), crate::value::number(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left.cmp(right),
        };
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// As a Kconfig file would write it.
impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nested = |part: &Self| match part {
            Self::And(_) | Self::Or(_) => format!("({part})"),
            other => other.to_string(),
        };
        let joined = |parts: &[Self], sign: &str| parts.iter().map(nested).collect::<Vec<_>>().join(sign);
        match self {
            Self::Symbol(name) => formatter.write_str(name),
            Self::Literal(text) => write!(formatter, "\"{text}\""),
            Self::Not(inner) => write!(formatter, "!{}", nested(inner)),
            Self::And(parts) if parts.is_empty() => formatter.write_str("y"),
            Self::And(parts) => formatter.write_str(&joined(parts, " && ")),
            Self::Or(parts) => formatter.write_str(&joined(parts, " || ")),
            Self::Compare(left, comparison, right) => {
                write!(formatter, "{left}{}{right}", comparison.sign())
            }
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.first() == Some(wanted);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn or(&mut self) -> Option<Expression> {
        let mut parts = vec![self.and()?];
        while self.take(&Token::Or) {
            parts.push(self.and()?);
        }
        Some(Expression::any(parts))
    }

    fn and(&mut self) -> Option<Expression> {
        let mut parts = vec![self.not()?];
        while self.take(&Token::And) {
            parts.push(self.not()?);
        }
        Some(Expression::all(parts))
    }

    fn not(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return None;
        }
        let expression = if self.take(&Token::Not) {
            Expression::Not(Box::new(self.not()?))
        } else if self.take(&Token::Open) {
            let inner = self.or()?;
            if !self.take(&Token::Close) {
                return None;
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Some(expression)
    }

    fn comparison(&mut self) -> Option<Expression> {
        let left = self.operand()?;
        let Some(Token::Compare(comparison)) = self.tokens.first() else { return Some(left) };
        let comparison = *comparison;
        self.tokens = &self.tokens[1..];
        let right = self.operand()?;
        Some(Expression::Compare(Box::new(left), comparison, Box::new(right)))
    }

    fn operand(&mut self) -> Option<Expression> {
        let (first, rest) = self.tokens.split_first()?;
        let operand = match first {
            Token::Word(name) => Expression::Symbol(name.clone()),
            Token::Quoted(text) => Expression::Literal(text.clone()),
            _ => return None,
        };
        self.tokens = rest;
        Some(operand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, tree::lexer::tokens};

    fn parse(text: &str) -> Option<Expression> {
        Expression::parse(&tokens(text)?)
    }

    #[track_caller]
    fn check(text: &str, config: &str, expect: &str) {
        let config = Config::parse(config, ".config".into()).unwrap();
        let expression = parse(text).unwrap();
        assert_eq!(parse(&expression.to_string()), Some(expression.clone()), "printed and read again");
        let environment = std::collections::BTreeMap::from([("ARCH".to_owned(), "x86_64".to_owned())]);
        let values = Values::new(&config, &environment);
        assert_eq!(expression.evaluate(&values).to_string(), expect, "{expression}");
    }

    #[test]
    fn tristate_logic() {
        let config = "CONFIG_MODULES=y\nCONFIG_A=y\nCONFIG_B=m\nCONFIG_L=12\nCONFIG_S=\"x\"\n";
        check("A && B", config, "m");
        check("A || B", config, "y");
        check("!B", config, "m");
        check("!(A && C)", config, "y");
        check("B=m && C=n", config, "y");
        check("A!=y", config, "n");
        check("S=\"x\"", config, "y");
        check("ARCH = \"x86_64\"", config, "y");
        check("L>=2 && L < 0x10", config, "y");
        check("m && A", config, "m");
        check("m", "CONFIG_A=y\n", "n");
        check("A && B || C", config, "m");
    }

    #[test]
    fn what_is_no_expression() {
        for text in ["", "A &&", "(A", "A B", "= A", "A = ", ")"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"(".repeat(5000)), None);
        assert_eq!(parse(&"!".repeat(5000)), None);
    }
}
