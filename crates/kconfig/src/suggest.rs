/// Up to three of `names` that are nearly `wanted`, nearest first.
pub(crate) fn suggest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let limit = 1 + wanted.len() / 6;
    let mut near: Vec<_> = names
        .filter(|name| name.len().abs_diff(wanted.len()) <= limit)
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// How many letters must be changed, added or left out to make one of the other (Levenshtein's distance).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let names = ["XEN_BLKDEV_FRONTEND", "XEN_BLKDEV_BACKEND", "XEN_NETDEV_FRONTEND", "XEN"];
        let check = |wanted: &str, expect: &[&str]| {
            assert_eq!(suggest(wanted, names.iter().copied()), expect, "{wanted}");
        };
        check("XEN_BLKDEV_FRONTED", &["XEN_BLKDEV_FRONTEND", "XEN_NETDEV_FRONTEND"]);
        check("XENN", &["XEN"]);
        check("SOMETHING_ELSE", &[]);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
