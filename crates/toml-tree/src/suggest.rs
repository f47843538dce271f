//! "did you mean": the known name that is nearest to what was typed.

/// More than these are no help to anybody.
const LISTED: usize = 24;

/// A hint that names the nearest known word, or lists them when none is near: all, or of many those that are least far.
pub fn hint(typed: &str, known: &[impl AsRef<str>]) -> Option<String> {
    if let Some(near) = nearest(typed, known) {
        return Some(format!("did you mean `{near}`?"));
    }
    if known.len() > LISTED {
        let mut far: Vec<_> =
            known.iter().map(|name| (distance(typed, name.as_ref()), name.as_ref())).collect();
        far.sort_unstable();
        let few: Vec<String> = far.iter().take(5).map(|(_, name)| format!("`{name}`")).collect();
        return Some(format!("the nearest of the {} known here: {}", known.len(), few.join(", ")));
    }
    let names: Vec<String> = known.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    if names.is_empty() { None } else { Some(format!("known here: {}", names.join(", "))) }
}

/// At most one wrong letter in three, and a swap of neighbours counts as one.
fn nearest<'a>(typed: &str, known: &'a [impl AsRef<str>]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (distance(typed, name.as_ref()), name.as_ref()))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(typed.chars().count()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be changed, added, left out or swapped with their neighbours to make one of the other (optimal
/// string alignment).
pub fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let same = usize::from(left[i - 1] != right[j - 1]);
                let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + same);
                if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, known: &[&str], expect: Option<&str>) {
        assert_eq!(hint(typed, known).as_deref(), expect);
    }

    #[test]
    fn near_words_are_offered_and_far_ones_listed() {
        check("verison", &["name", "version"], Some("did you mean `version`?"));
        check("sha265", &["sha256", "size"], Some("did you mean `sha256`?"));
        check("colour", &["name", "version"], Some("known here: `name`, `version`"));
        check("x", &[], None);
        let many: Vec<String> = (10..60).map(|number| format!("{number}.patch")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let few = "`10.patch`, `11.patch`, `12.patch`, `13.patch`, `14.patch`";
        check("xsa1-unstable", &many, Some(&format!("the nearest of the 50 known here: {few}")));
    }
}
