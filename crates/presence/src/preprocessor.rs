//! Code that C's preprocessor leaves out whatever is defined: what stands in `#if 0`, and beside `#if 1`.

use crate::meaning::{DIRECTIVE, Token, Tokens};

/// An `#if` that is open.
#[derive(Clone, Copy)]
struct Conditional {
    /// What is between here and its next branch is compiled, as far as can be known.
    is_live: bool,
    /// A branch before was the one that is compiled.
    is_decided: bool,
    /// Its directives say nothing that is not known.
    is_constant: bool,
}

/// The tokens without those that are never compiled, and without the directives that say so.
pub(crate) fn without_dead(tokens: Tokens) -> Tokens {
    let mut open: Vec<Conditional> = Vec::new();
    let mut kept = Tokens::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        if token.text != DIRECTIVE {
            kept.extend(Some(token).filter(|_| is_live(&open)));
            continue;
        }
        let mut line = vec![token];
        while let Some(token) = rest.next_if(|token| token.text != DIRECTIVE) {
            let is_end = token.text == b"\n";
            line.push(token);
            if is_end {
                break;
            }
        }
        if follow(&mut open, &line) {
            kept.extend(line);
        }
    }
    kept
}

/// The places of tokens that are under conditions, with the places of those.
pub(crate) fn conditions(tokens: &[Token]) -> Vec<(usize, Vec<usize>)> {
    let mut open: Vec<Vec<usize>> = Vec::new();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let word = tokens.get(index + 1).map_or(&b""[..], |token| token.text.as_slice());
        match (token.text.as_slice(), word) {
            (DIRECTIVE, b"if" | b"ifdef" | b"ifndef") => open.push(vec![token.at]),
            (DIRECTIVE, b"elif" | b"else") => {
                open.last_mut().into_iter().for_each(|last| last.push(token.at));
            }
            (DIRECTIVE, b"endif") => drop(open.pop()),
            _ if open.is_empty() => {}
            _ => found.push((token.at, open.concat())),
        }
    }
    found
}

fn is_live(open: &[Conditional]) -> bool {
    open.iter().all(|conditional| conditional.is_live)
}

/// Follows a directive, and says whether it is to be kept.
fn follow(open: &mut Vec<Conditional>, line: &[Token]) -> bool {
    let word = line.get(1).map_or(&b""[..], |token| token.text.as_slice());
    let condition = || constant(line.get(2..).unwrap_or_default());
    match word {
        b"if" | b"ifdef" | b"ifndef" => {
            let known = if word == b"if" { condition() } else { None };
            let is_kept = known.is_none() && is_live(open);
            open.push(Conditional {
                is_live: known != Some(false),
                is_decided: known == Some(true),
                is_constant: known.is_some(),
            });
            is_kept
        }
        b"elif" | b"else" => {
            let known = if word == b"else" { Some(true) } else { condition() };
            let Some(last) = open.last_mut() else { return true };
            last.is_live = !last.is_decided && known != Some(false);
            if last.is_constant {
                last.is_decided |= known == Some(true);
                last.is_constant = last.is_decided || known.is_some();
            }
            let is_kept = !last.is_constant;
            is_kept && is_live(&open[..open.len() - 1])
        }
        b"endif" => {
            let is_kept = open.pop().is_none_or(|conditional| !conditional.is_constant);
            is_kept && is_live(open)
        }
        _ => is_live(open),
    }
}

/// What a condition comes to, where it needs nothing that is defined elsewhere: `0`, `(1)`, `0 && x`, `!1`.
fn constant(condition: &[Token]) -> Option<bool> {
    let words: Vec<&[u8]> = condition
        .iter()
        .map(|token| token.text.as_slice())
        .filter(|text| ![&b"("[..], b")", b"\n"].contains(text))
        .collect();
    match words[..] {
        [b"0"] | [b"!", b"1"] | [b"0", b"&", b"&", ..] => Some(false),
        [b"1"] | [b"!", b"0"] | [b"1", b"|", b"|", ..] => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::meaning::{live_lines, means_the_same};

    fn check(text: &str, live: &[usize]) {
        let found: Vec<usize> = live_lines("a.c", text.as_bytes()).into_iter().collect();
        assert_eq!(found, live, "{text}");
    }

    #[test]
    fn what_is_never_compiled_does_not_matter() {
        check("a\n#if 0\nb\n#endif\nc\n", &[0, 4]);
        check("#if 0\na\n#else\nb\n#endif\n", &[3]);
        check("#if 1\na\n#else\nb\n#endif\n", &[1]);
        check("#if 0\n#if X\na\n#endif\nb\n#endif\nc", &[6]);
        check("#ifdef X\na\n#else\nb\n#endif\n", &[0, 1, 2, 3, 4]);
        check("#if 0\na\n#elif X\nb\n#endif\n", &[2, 3, 4]);
        check("# if ( 0 ) /* no */\na\n#endif\nb\n/* c\n */\n", &[3]);
        check("#if 0 && X\na\n#endif\n#if 0 || X\nb\n#endif\n", &[3, 4, 5]);
        check("/*\n#if 0\n*/\na\n#if 0 /*\n#endif\n*/\nb\n#endif\n", &[3]);
    }

    #[test]
    fn switching_off_is_a_change_and_new_dead_code_is_none() {
        let same = |before: &str, after: &str| means_the_same("a.c", before.as_bytes(), after.as_bytes());
        assert!(same("a;\n", "a;\n#if 0\nb;\n#endif\n"));
        assert!(!same("a;\nb;\n", "a;\n#if 0\nb;\n#endif\n"));
        assert!(!same("a;\n", "#ifdef X\na;\n#endif\n"));
    }
}
