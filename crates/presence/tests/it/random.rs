//! Files of few different lines, so that every hunk could be in many places, changed by patches one after the other.

use proptest::{collection::vec, prelude::*};

use crate::support::{Case, Files};

const NAME: &str = "file.c";

fn line() -> impl Strategy<Value = String> {
    prop_oneof![Just("{\n"), Just("}\n"), Just("a();\n"), Just("b();\n")].prop_map(str::to_owned)
}

/// All that differs as one hunk, with three lines around it.
fn diff(name: &str, before: &str, after: &str) -> String {
    let [old, new] = [before, after].map(|text| text.lines().collect::<Vec<_>>());
    let same =
        |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(old, new)| old == new).count();
    let head = same(&mut old.iter().zip(&new));
    let rest = old.len().min(new.len()) - head;
    let tail = same(&mut old.iter().rev().zip(new.iter().rev())).min(rest);
    let (first, last) = (head.saturating_sub(3), tail.min(3));
    let [old_end, new_end] = [&old, &new].map(|side| side.len() - tail);
    let side =
        |sign: &str, lines: &[&str]| lines.iter().flat_map(|line| [sign, line, "\n"]).collect::<String>();
    let header = |lines: usize| format!("{},{lines}", if lines == 0 { first } else { first + 1 });
    let [old_range, new_range] = [old_end, new_end].map(|end| header(end + last - first));
    format!(
        "--- a/{name}\n+++ b/{name}\n@@ -{old_range} +{new_range} @@\n{}{}{}{}",
        side(" ", &old[first..head]),
        side("-", &old[head..old_end]),
        side("+", &new[head..new_end]),
        side(" ", &old[old_end..old_end + last]),
    )
}

/// Where lines go out and come in.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, Vec<String>)>> {
    vec((0..40_usize, 0..3_usize, vec(line(), 0..3)), 1..4)
}

fn edited(text: &[String], edits: &[(usize, usize, Vec<String>)]) -> Vec<String> {
    let mut text = text.to_vec();
    for (at, out, lines) in edits {
        let at = at % (text.len() + 1);
        let end = (at + out).min(text.len());
        text.splice(at..end, lines.iter().cloned());
    }
    text
}

fn files(text: &str) -> Files {
    Files::from([(NAME, text.to_owned())])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// What patches make is proven, whatever they make; a tree in which the last was not applied is not.
    #[test]
    fn patches_are_proven_where_they_were_applied(
        base in vec(line(), 1..40),
        first in edits(),
        second in edits(),
    ) {
        let one = edited(&base, &first);
        let two = edited(&one, &second);
        let [base, one, two] = [base, one, two].map(|lines| lines.concat());
        prop_assume!(base != one && one != two && base != two && !one.is_empty() && !two.is_empty());
        let patches = [diff(NAME, &base, &one), diff(NAME, &one, &two)];
        let case = |tree: &str| {
            Case::new(&files(&base), &files(tree)).lists("one.patch", &patches[0]).claims("two.patch", &patches[1])
        };
        prop_assert_eq!(case(&two).refusals(), Vec::<String>::new(), "{}", patches[1]);
        for tree in [&base, &one] {
            let refusals = case(tree).refusals();
            prop_assert!(!refusals.is_empty(), "{}\n{}\n{}", tree, patches[0], patches[1]);
        }
    }

    /// Whatever is changed in a patch's own lines is seen.
    #[test]
    fn what_differs_in_a_patchs_lines_is_seen(
        base in vec(line(), 1..40),
        edits in edits(),
        chosen in any::<prop::sample::Index>(),
    ) {
        let patched = edited(&base, &edits);
        let (old, new) = (base.concat(), patched.concat());
        prop_assume!(old != new && !new.is_empty());
        let patch = diff(NAME, &old, &new);
        let added: Vec<&str> = patch.lines().skip(2).filter(|line| line.starts_with('+')).collect();
        prop_assume!(!added.is_empty());
        // A line of its own in the place of an added one, found by its number on the new side.
        let number = new_side_number(&patch, chosen.index(added.len()));
        let mut tree = patched;
        tree[number] = "other();\n".to_owned();
        let case = Case::new(&files(&old), &files(&tree.concat())).claims("fix.patch", &patch);
        prop_assert!(!case.refusals().is_empty());
    }
}

/// The index, in the new file, of the added line of this number.
fn new_side_number(patch: &str, wanted: usize) -> usize {
    let (mut at, mut seen) = (0, 0);
    for line in patch.lines().skip(2) {
        if let Some(range) = line.strip_prefix("@@ -") {
            let new = range.split_once(" +").unwrap().1;
            let start = new.split([',', ' ']).next().unwrap();
            at = start.parse::<usize>().unwrap().saturating_sub(1);
        } else if line.starts_with('+') {
            if seen == wanted {
                return at;
            }
            (seen, at) = (seen + 1, at + 1);
        } else if line.starts_with(' ') {
            at += 1;
        }
    }
    unreachable!("there are so many added lines")
}
