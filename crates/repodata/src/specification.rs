use xen4centos_artifact::{Nevra, matches_glob};

/// Packages by what people call them: `name`, `name.arch`, `name-version`, `name-version-release` or
/// `name-[epoch:]version-release.arch`; each part may be a glob.
#[derive(Clone, Debug)]
pub struct Specification {
    /// What it may mean. Of several meanings the first that some package has is meant, as dnf has it.
    meanings: Vec<Meaning>,
    case: Case,
    /// What was typed.
    text: String,
}

/// Whether letters of names must be of the same case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Same,
    Any,
}

#[derive(Clone, Debug, Default)]
struct Meaning {
    name: String,
    epoch: Option<String>,
    version: Option<String>,
    release: Option<String>,
    arch: Option<String>,
}

impl Meaning {
    fn matches(&self, nevra: &Nevra, case: Case) -> bool {
        let part = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| matches_glob(pattern, text))
        };
        let is_named = match case {
            Case::Same => matches_glob(&self.name, &nevra.name),
            Case::Any => matches_glob(&self.name.to_lowercase(), &nevra.name.to_lowercase()),
        };
        is_named
            && part(&self.version, &nevra.evr.version)
            && part(&self.release, &nevra.evr.release)
            && part(&self.arch, &nevra.arch)
            && part(&self.epoch, &nevra.evr.epoch.to_string())
    }
}

impl Specification {
    /// Takes what somebody typed. What fits nothing matches nothing. As dnf has it, the case of a name does not matter; that
    /// of versions and architectures does.
    pub fn parse(text: &str) -> Self {
        Self::with_case(text, Case::Any)
    }

    /// A package that dependencies are looked for of, where dnf minds the case.
    pub(crate) fn of_dependencies(text: &str) -> Self {
        Self::with_case(text, Case::Same)
    }

    fn with_case(text: &str, case: Case) -> Self {
        let arch =
            text.rsplit_once('.').filter(|(rest, arch)| !rest.is_empty() && !arch.contains(['-', ':']));
        let with_arch = |meaning: Meaning, arch: &str| Meaning { arch: Some(arch.to_owned()), ..meaning };
        let name = |name: &str| Meaning { name: name.to_owned(), ..Meaning::default() };
        let meanings = [
            arch.and_then(|(rest, arch)| versioned(rest, true).map(|meaning| with_arch(meaning, arch))),
            arch.map(|(rest, arch)| with_arch(name(rest), arch)),
            Some(name(text)),
            versioned(text, true),
            versioned(text, false),
        ];
        Self { meanings: meanings.into_iter().flatten().collect(), case, text: text.to_owned() }
    }

    /// The path that it can be, too, or a glob of paths, as dnf has it.
    pub(crate) fn path(&self) -> Option<&str> {
        Some(self.text.as_str()).filter(|text| text.starts_with('/') || text.starts_with("*/"))
    }

    /// How good a name for the package this is: 0 is the best.
    pub(crate) fn rank(&self, nevra: &Nevra) -> Option<usize> {
        self.meanings.iter().position(|meaning| meaning.matches(nevra, self.case))
    }
}

/// `name-[epoch:]version-release`, or the same without a release.
fn versioned(text: &str, has_release: bool) -> Option<Meaning> {
    let (rest, release) = if has_release {
        let (rest, release) = text.rsplit_once('-')?;
        (rest, Some(release.to_owned()))
    } else {
        (text, None)
    };
    let (name, version) = rest.rsplit_once('-')?;
    let (epoch, version) = match version.split_once(':') {
        Some((epoch, version)) => (Some(epoch.to_owned()), version),
        None => (None, version),
    };
    let meaning =
        Meaning { name: name.to_owned(), epoch, version: Some(version.to_owned()), release, arch: None };
    (!name.is_empty() && !version.is_empty()).then_some(meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<usize>) {
        let nevra = "foo-bar-7:1.2-3.el6.noarch".parse().unwrap();
        assert_eq!(Specification::parse(text).rank(&nevra).is_some(), expect.is_some(), "{text}");
    }

    #[test]
    fn packages_have_many_names() {
        for yes in [
            "foo-bar",
            "Foo-BAR",
            "FOO*-1.2-3.el6",
            "foo-bar.noarch",
            "foo-bar-1.2",
            "foo-bar-7:1.2",
            "foo-bar-1.2-3.el6",
            "foo-bar-1.2-3.el6.noarch",
            "foo-bar-7:1.2-3.el6.noarch",
            "foo*",
            "f?o-b*-*-3.*.noarch",
            "*",
        ] {
            check(yes, Some(0));
        }
        for no in [
            "foo",
            "foo-bar.i386",
            "foo-bar-1.3",
            "foo-bar-6:1.2-3.el6.noarch",
            "",
            "-",
            "foo-bar-1.2-3",
            "foo-bar.NOARCH",
            "foo-bar-1.2-3.EL6",
        ] {
            check(no, None);
        }
    }
}
