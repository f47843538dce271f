//! Which requirements of a package yum is told.
//!
//! Most of what rpm finds when it builds is noise for a depsolver: the package meets it itself, or it is said
//! twice, or it is a feature of rpm. yum's metadata has always been without it, and its depsolver expects that.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use foldhash::fast::RandomState;
use xen4centos_artifact::{compare_versions, header::DependencyFlags};

use crate::{Comparison, Constraint, Dependency, Order};

/// A dependency as the header has it.
#[derive(Clone, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) flags: DependencyFlags,
    pub(crate) evr: Cow<'a, str>,
}

impl Raw<'_> {
    fn comparison(&self) -> Option<Comparison> {
        self.flags.comparison().and_then(Comparison::parse)
    }

    pub(crate) fn into_dependency(self, order: Order) -> Dependency {
        let constraint = self.comparison().map(|comparison| constraint(comparison, &self.evr));
        Dependency { name: self.name.into(), constraint, order }
    }
}

/// All entries as they are; those without a name say nothing.
pub(crate) fn plain(raw: Vec<Raw<'_>>) -> Vec<Dependency> {
    raw.into_iter().filter(|raw| !raw.name.is_empty()).map(|raw| raw.into_dependency(Order::Any)).collect()
}

/// Cuts `[epoch:]version[-release]`. The release begins at the *first* dash, as createrepo_c has it; text before
/// a colon that is no number belongs to the version, as rpm has it.
fn constraint(comparison: Comparison, evr: &str) -> Constraint {
    let (epoch, rest) = match evr.split_once(':') {
        Some(("", rest)) => ("0", rest),
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ if evr.is_empty() => ("", evr),
        _ => ("0", evr),
    };
    let (version, release) = rest.split_once('-').unwrap_or((rest, ""));
    Constraint { comparison, epoch: epoch.into(), version: version.into(), release: release.into() }
}

/// Requirements, and those that are mere recommendations (`MISSINGOK`). Left out are: features of rpm; files of
/// primary.xml (`own`) that the package itself has; what it provides word for word; repetitions. Of all versions
/// of glibc only the highest is kept, and it comes last.
pub(crate) fn filter<'a>(
    own: &HashSet<&str>,
    provides: &[Raw<'a>],
    requires: Vec<Raw<'a>>,
) -> (Vec<Dependency>, Vec<Dependency>) {
    let given: HashSet<_, RandomState> =
        provides.iter().map(|raw| (raw.name.as_ref(), raw.comparison(), raw.evr.as_ref())).collect();
    // Of each name, where it was last kept.
    let mut seen: HashMap<Cow<'a, str>, usize, RandomState> =
        HashMap::with_capacity_and_hasher(requires.len(), RandomState::default());
    let mut said: Vec<(Option<Comparison>, Cow<'a, str>, Order)> = Vec::with_capacity(requires.len());
    let mut glibc: Option<Dependency> = None;
    let (mut kept, mut recommended) = (Vec::with_capacity(requires.len()), Vec::new());
    for raw in requires {
        let comparison = raw.comparison();
        if raw.name.is_empty()
            || raw.name.starts_with("rpmlib(")
            || own.contains(raw.name.as_ref())
            || given.contains(&(raw.name.as_ref(), comparison, raw.evr.as_ref()))
        {
            continue;
        }
        let order = order(raw.flags);
        if let Some(last) = seen.get(&raw.name)
            && said[*last] == (comparison, raw.evr.clone(), order)
        {
            continue;
        }
        if raw.flags.has(DependencyFlags::MISSING_OK) {
            recommended.push(raw.into_dependency(Order::Any));
            continue;
        }
        if raw.name.starts_with("libc.so.6") {
            let higher = |kept: &Dependency| compare_glibc(&kept.name, &raw.name) == Ordering::Less;
            if glibc.as_ref().is_none_or(higher) {
                glibc = Some(raw.into_dependency(order));
            }
            continue;
        }
        seen.insert(raw.name.clone(), said.len());
        said.push((comparison, raw.evr.clone(), order));
        kept.push(raw.into_dependency(order));
    }
    kept.extend(glibc);
    (kept, recommended)
}

/// `pre="1"` stands for old `PreReq`s and for what `%pre` and `%post` need.
const fn order(flags: DependencyFlags) -> Order {
    let bits = DependencyFlags::PRE_REQUISITE | DependencyFlags::SCRIPT_PRE | DependencyFlags::SCRIPT_POST;
    if flags.has(bits) { Order::Before } else { Order::Any }
}

/// Compares `libc.so.6()(64bit)`, `libc.so.6(GLIBC_2.4)(64bit)` and so on by the version in the first
/// parentheses; what has none is lower. Equal where neither has one.
fn compare_glibc(left: &str, right: &str) -> Ordering {
    match (glibc_version(left), glibc_version(right)) {
        (Some(left), Some(right)) => compare_versions(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

fn glibc_version(name: &str) -> Option<&str> {
    let (_, rest) = name.split_once('(')?;
    let (inner, _) = rest.split_once(')')?;
    inner.find(|character: char| character.is_ascii_digit()).map(|start| &inner[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw<'a>(name: &'a str, flags: u32, evr: &'a str) -> Raw<'a> {
        Raw { name: name.into(), flags: DependencyFlags(flags), evr: evr.into() }
    }

    fn check(requires: Vec<Raw<'_>>, expect: &[&str]) {
        let own = HashSet::from(["/usr/bin/own"]);
        let provides = [raw("self", 8, "1-1"), raw("bare", 0, "")];
        let (kept, _) = filter(&own, &provides, requires);
        let names: Vec<&str> = kept.iter().map(|dependency| dependency.name.as_str()).collect();
        assert_eq!(names, expect);
    }

    #[test]
    fn what_the_package_meets_itself_is_left_out() {
        check(vec![raw("rpmlib(PayloadIsXz)", 0x0100_000a, "5.2-1"), raw("/usr/bin/own", 0, "")], &[]);
        check(vec![raw("self", 8, "1-1"), raw("self", 8, "2-1"), raw("bare", 0, "")], &["self"]);
    }

    #[test]
    fn repetitions_are_left_out_unless_they_say_more() {
        check(vec![raw("a", 0, ""), raw("a", 0, "")], &["a"]);
        check(vec![raw("a", 0, ""), raw("a", 0x200, "")], &["a", "a"]);
        check(vec![raw("a", 0, ""), raw("a", 8, "1"), raw("a", 0, "")], &["a", "a", "a"]);
    }

    #[test]
    fn only_the_highest_glibc_is_kept_and_last() {
        check(
            vec![
                raw("libc.so.6()(64bit)", 0, ""),
                raw("libc.so.6(GLIBC_2.14)(64bit)", 0, ""),
                raw("libc.so.6(GLIBC_2.2.5)(64bit)", 0, ""),
                raw("libm.so.6()(64bit)", 0, ""),
            ],
            &["libm.so.6()(64bit)", "libc.so.6(GLIBC_2.14)(64bit)"],
        );
    }

    #[test]
    fn versions_are_cut() {
        let cut = |evr| {
            let cut = constraint(Comparison::Equal, evr);
            (cut.epoch, cut.version, cut.release)
        };
        let parts =
            |epoch: &str, version: &str, release: &str| (epoch.into(), version.into(), release.into());
        assert_eq!(cut("1:2-3"), parts("1", "2", "3"));
        assert_eq!(cut("2"), parts("0", "2", ""));
        assert_eq!(cut("2-3-4"), parts("0", "2", "3-4"));
        assert_eq!(cut(":2"), parts("0", "2", ""));
        assert_eq!(cut("x:2"), parts("0", "x:2", ""));
        assert_eq!(cut(""), parts("", "", ""));
    }

    proptest::proptest! {
        #[test]
        fn no_names_or_versions_make_it_panic(
            inner in proptest::collection::vec("\\PC{0,12}|[0-9.a-z~^_()-]{0,20}", 2..6),
            evr in "\\PC{0,12}|[0-9:.-]{0,12}",
        ) {
            let names: Vec<String> = inner.iter().map(|inner| format!("libc.so.6({inner})")).collect();
            let requires = names.iter().map(|name| raw(name, 8, &evr)).collect();
            filter(&HashSet::new(), &[], requires);
        }
    }
}
