use super::expression::Comparison;

/// One word or sign of a Kconfig line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Quoted(String),
    And,
    Or,
    Not,
    Open,
    Close,
    Compare(Comparison),
}

/// A line of a Kconfig file with its continuations, and what its indentation says about help texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogicalLine {
    /// Number of its first line, from 1.
    pub(crate) line: usize,
    /// Without continuation marks.
    pub(crate) text: String,
}

/// The lines of a file without help texts: a help text ends before the first line that is indented less than
/// its own first line.
pub(crate) fn logical_lines(text: &str) -> Vec<LogicalLine> {
    let mut lines = text.lines().enumerate().peekable();
    let mut found = Vec::new();
    while let Some((index, first)) = lines.next() {
        let mut text = first.to_owned();
        while text.ends_with('\\') {
            text.pop();
            let Some((_, more)) = lines.next() else { break };
            text.push_str(more);
        }
        let trimmed = text.trim();
        if matches!(trimmed, "help" | "---help---") {
            let mut indentation = None;
            while let Some((_, line)) = lines.peek() {
                let blank = line.trim().is_empty();
                let depth = depth(line);
                if !blank && depth < *indentation.get_or_insert(depth.max(1)) {
                    break;
                }
                lines.next();
            }
        } else if !trimmed.is_empty() && !trimmed.starts_with('#') {
            found.push(LogicalLine { line: index + 1, text: trimmed.to_owned() });
        }
    }
    found
}

/// Columns before the first character; a tabulator goes to the next multiple of 8.
fn depth(line: &str) -> usize {
    let mut column = 0;
    for character in line.chars() {
        match character {
            ' ' => column += 1,
            '\t' => column = (column / 8 + 1) * 8,
            _ => break,
        }
    }
    column
}

/// The words and signs of a line up to a comment; `None` where something in it has no place there.
pub(crate) fn tokens(line: &str) -> Option<Vec<Token>> {
    let mut rest = line;
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Some(found) };
        let (token, length) = match first {
            '#' => return Some(found),
            '"' | '\'' => {
                let (text, length) = quoted(rest, first)?;
                (Token::Quoted(text), length)
            }
            _ if is_word(first) => {
                let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
            _ => sign(rest)?,
        };
        found.push(token);
        rest = &rest[length..];
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '/' | '.' | '$' | ',')
}

fn sign(rest: &str) -> Option<(Token, usize)> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Unequal};
    let signs = [
        ("&&", Token::And),
        ("||", Token::Or),
        ("!=", Token::Compare(Unequal)),
        ("<=", Token::Compare(LessOrEqual)),
        (">=", Token::Compare(GreaterOrEqual)),
        ("<", Token::Compare(Less)),
        (">", Token::Compare(Greater)),
        ("=", Token::Compare(Equal)),
        ("!", Token::Not),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    signs.into_iter().find(|(text, _)| rest.starts_with(text)).map(|(text, token)| (token, text.len()))
}

/// The text between quotes, and the length with them.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => text.push(characters.next()?.1),
            _ if character == quote => return Some((text, index + 1)),
            _ => text.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_texts_and_comments_are_left_out() {
        let text = "config A\n\tbool \"a\" # remark\n\thelp\n\t  config NOT\n\n\t    deeper\n\n# remark\nconfig B\n\tdepends on A && \\\n\t\tC\n---help---\nconfig D\n";
        let lines: Vec<_> = logical_lines(text).into_iter().map(|line| (line.line, line.text)).collect();
        let lines: Vec<_> = lines.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(
            lines,
            [
                (1, "config A"),
                (2, "bool \"a\" # remark"),
                (9, "config B"),
                (10, "depends on A && \t\tC"),
                (13, "config D")
            ]
        );
    }

    #[test]
    fn words_and_signs() {
        let word = |text: &str| Token::Word(text.to_owned());
        assert_eq!(
            tokens("bool \"it's \\\"so\\\"\" if !A!=y # why").unwrap(),
            [
                word("bool"),
                Token::Quoted("it's \"so\"".to_owned()),
                word("if"),
                Token::Not,
                word("A"),
                Token::Compare(Comparison::Unequal),
                word("y")
            ]
        );
        assert_eq!(tokens("bool \"open"), None);
        assert_eq!(tokens("A & B"), None);
    }
}
