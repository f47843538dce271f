use super::{random::Random, words::STEMS};

/// What a package is called. It follows from the number alone, so that packages can require one another.
pub(crate) struct Identity {
    pub(crate) name: String,
    /// What all packages of one source share, as identifiers and libraries spell it.
    pub(crate) stem: String,
    pub(crate) source: String,
    pub(crate) epoch: Option<u32>,
    pub(crate) version: String,
    pub(crate) release: String,
    pub(crate) arch: &'static str,
    pub(crate) role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Main,
    Library,
    Development,
    Documentation,
    Python,
}

/// Packages of one source.
const FAMILY: usize = 3;

const FAMILIES: [[(&str, Role); FAMILY]; 4] = [
    [("", Role::Main), ("-libs", Role::Library), ("-devel", Role::Development)],
    [("", Role::Main), ("-devel", Role::Development), ("-doc", Role::Documentation)],
    [("", Role::Main), ("-common", Role::Documentation), ("-python", Role::Python)],
    [("", Role::Main), ("-server", Role::Main), ("-libs", Role::Library)],
];

impl Identity {
    pub(crate) fn of(number: usize) -> Self {
        let family = number / FAMILY;
        let mut random = Random::new(0x1d ^ ((family as u64) << 20));
        let (first, second) = (family % STEMS.len(), family / STEMS.len());
        let serial = match second / STEMS.len() {
            0 => String::new(),
            serial => serial.to_string(),
        };
        let stem = format!("{}{}{serial}", STEMS[first], STEMS[(first + 7 * second) % STEMS.len()]);
        let prefix = random.pick(&["", "", "", "", "lib", "lib", "python-", "perl-", "php-", "rubygem-"]);
        let source = format!("{prefix}{stem}");
        let (suffix, role) = FAMILIES[random.below(FAMILIES.len())][number % FAMILY];
        let script = matches!(prefix, "python-" | "perl-" | "php-" | "rubygem-");
        let arch = match role {
            Role::Documentation => "noarch",
            _ if script && random.chance(70) => "noarch",
            _ if random.chance(3) => "i686",
            _ => "x86_64",
        };
        let role = if prefix == "python-" && role == Role::Main { Role::Python } else { role };
        Self {
            name: format!("{source}{suffix}"),
            version: format!("{}.{}.{}", random.below(8), random.below(30), random.below(12)),
            release: format!("{}.el6{}", random.between(1, 40), random.pick(&["", "", "", ".1", ".2", "_9"])),
            epoch: random.chance(8).then(|| random.pick(&[&1, &1, &2, &4]).to_owned()),
            stem,
            source,
            arch,
            role,
        }
    }

    /// The first package of the same source.
    pub(crate) fn main_of(number: usize) -> Self {
        Self::of(number - number % FAMILY)
    }

    pub(crate) fn evr(&self) -> String {
        let epoch = self.epoch.map_or_else(String::new, |epoch| format!("{epoch}:"));
        format!("{epoch}{}-{}", self.version, self.release)
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}-{}-{}.{}.rpm", self.name, self.version, self.release, self.arch)
    }

    pub(crate) fn source_rpm(&self) -> String {
        format!("{}-{}-{}.src.rpm", self.source, self.version, self.release)
    }

    /// The suffix of libraries of this architecture.
    pub(crate) fn bits(&self) -> &'static str {
        if self.arch == "x86_64" { "(64bit)" } else { "" }
    }
}
