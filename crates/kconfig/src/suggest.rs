use xen4centos_toml_tree::distance;

/// Up to three of `names` that are nearly `wanted`, nearest first: those that say one word more (`SCSI_BFA_FC` for
/// `SCSI_BFA`), then those with a few other letters.
pub(crate) fn suggest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let limit = 1 + wanted.len() / 6;
    let one_more_word = |name: &str| {
        let more = name.strip_prefix(wanted).and_then(|rest| rest.strip_prefix('_'));
        more.is_some_and(|word| !word.contains('_'))
    };
    let mut near: Vec<_> = names
        .filter_map(|name| {
            if one_more_word(name) {
                return Some((0, name));
            }
            let comparable = name.len().abs_diff(wanted.len()) <= limit;
            let distance = comparable.then(|| distance(wanted, name))?;
            (distance <= limit).then_some((distance, name))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
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
        check("XEN_BLKDEV", &["XEN_BLKDEV_BACKEND", "XEN_BLKDEV_FRONTEND"]);
        check("SOMETHING_ELSE", &[]);
    }
}
