use std::{collections::BTreeMap, fmt};

use camino::Utf8Path;
use xen4centos_toml_tree::{File, Problems, Table};

use crate::{Config, Value};

/// What a kernel is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The control domain.
    Dom0,
    /// A guest.
    DomU,
}

impl Role {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Dom0, Self::DomU];
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Dom0 => "dom0",
            Self::DomU => "domU",
        })
    }
}

/// Which roles need something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum RoleNeed {
    /// The control domain.
    #[serde(rename = "dom0")]
    Dom0,
    /// Guests.
    #[serde(rename = "domU")]
    DomU,
    /// Both.
    #[serde(rename = "both")]
    Both,
}

impl RoleNeed {
    /// As the contract writes them.
    const WORDS: [(&str, Self); 3] = [("dom0", Self::Dom0), ("domU", Self::DomU), ("both", Self::Both)];

    /// Whether it concerns `role`.
    pub fn concerns(self, role: Role) -> bool {
        matches!((self, role), (Self::Both, _) | (Self::Dom0, Role::Dom0) | (Self::DomU, Role::DomU))
    }

    /// The verb after it: `dom0 needs`, `dom0 and domU need`.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Dom0 | Self::DomU => "needs",
            Self::Both => "need",
        }
    }
}

impl fmt::Display for RoleNeed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Dom0 => "dom0",
            Self::DomU => "domU",
            Self::Both => "dom0 and domU",
        })
    }
}

/// One value without which a kernel can not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// Who needs it.
    pub role: RoleNeed,
    /// What it may be.
    pub values: Vec<Value>,
    /// The module that it gives where it is `m`, such as `xen-evtchn`.
    pub module: Option<String>,
    /// What does not work without it.
    pub why: String,
}

impl Requirement {
    fn is_met_by(&self, config: &Config) -> bool {
        let found = config.value_or_no(&self.symbol);
        self.values.iter().any(|value| value.means(found))
    }

    /// The allowed values: `y or m`.
    fn wanted(&self) -> String {
        self.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }
}

/// A value that breaks the contract.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// The symbol, without `CONFIG_`.
    pub symbol: String,
    /// Who needs it.
    pub role: RoleNeed,
    /// What it may be: `y or m`.
    pub wanted: String,
    /// What it is.
    pub found: Value,
    /// What does not work.
    pub why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { symbol, role, wanted, found, why } = self;
        write!(formatter, "CONFIG_{symbol} is {found}, {role} {} {wanted}: {why}", role.verb())
    }
}

/// The list of values that dom0 and guests need: data (`kernel-configs/contract.toml`), checked and not hoped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    requirements: Vec<Requirement>,
}

impl Contract {
    /// Reads contract.toml: `[[require]]` tables with `symbol`, `role` (dom0, domU, both), `values`, `why` and
    /// optionally `module`.
    ///
    /// # Errors
    /// All that is wrong, with lines.
    pub fn parse(text: &str, file: &Utf8Path) -> Result<Self, Problems> {
        let file = File::new(text.to_owned(), file.to_owned());
        let tree = file.parse();
        let root = file.root(&tree, "the file");
        let mut lines = BTreeMap::new();
        let tables = root.required_tables("require");
        let requirements = tables.into_iter().filter_map(|table| requirement(table, &mut lines)).collect();
        root.finish();
        drop(tree);
        Problems::none_or(file.into_problems(), Self { requirements })
    }

    /// All requirements in the order of the file.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The modules that `role` loads, where `config` makes them modules: what a boot test loads.
    pub fn modules<'a>(&'a self, config: &'a Config, role: Role) -> impl Iterator<Item = &'a str> {
        self.requirements
            .iter()
            .filter(move |requirement| requirement.role.concerns(role))
            .filter(|requirement| *config.value_or_no(&requirement.symbol) == Value::Module)
            .filter_map(|requirement| requirement.module.as_deref())
    }

    /// What `config` lacks to be a kernel for `role`, in the order of the contract.
    pub fn check(&self, config: &Config, role: Role) -> Vec<Violation> {
        self.violations(config, |requirement| requirement.role.concerns(role))
    }

    /// What `config` lacks for any role.
    pub fn check_all(&self, config: &Config) -> Vec<Violation> {
        self.violations(config, |_| true)
    }

    /// Who needs a symbol.
    pub(crate) fn roles(&self, symbol: &str) -> impl Iterator<Item = RoleNeed> {
        let of_symbol = self.requirements.iter().filter(move |requirement| requirement.symbol == symbol);
        of_symbol.map(|requirement| requirement.role)
    }

    /// What is wrong with one symbol of `config`.
    pub(crate) fn check_symbol(&self, config: &Config, symbol: &str) -> Vec<Violation> {
        self.violations(config, |requirement| requirement.symbol == symbol)
    }

    fn violations(&self, config: &Config, concerns: impl Fn(&Requirement) -> bool) -> Vec<Violation> {
        self.requirements
            .iter()
            .filter(|requirement| concerns(requirement) && !requirement.is_met_by(config))
            .map(|requirement| Violation {
                symbol: requirement.symbol.clone(),
                role: requirement.role,
                wanted: requirement.wanted(),
                found: config.value_or_no(&requirement.symbol).clone(),
                why: requirement.why.clone(),
            })
            .collect()
    }
}

/// Reads one `[[require]]`; `lines` says where a symbol was required before.
fn requirement(table: Table<'_>, lines: &mut BTreeMap<(String, String), usize>) -> Option<Requirement> {
    let symbol = table.required("symbol");
    let role = table.required("role");
    let values = table.required_texts("values");
    let module = table.text("module");
    let why = table.required("why");
    if let Some(symbol) = symbol.as_ref().filter(|symbol| symbol.value.starts_with("CONFIG_")) {
        table.problem_at(symbol, format!("write `{}` without `CONFIG_`", symbol.value), None);
    }
    if let (Some(symbol), Some(role)) = (&symbol, &role) {
        let (line, _) = table.file().position(symbol.span.start);
        if let Some(first) = lines.insert((symbol.value.clone(), role.value.clone()), line) {
            let message = format!("`{}` is required twice, first in line {first}", symbol.value);
            table.problem_at(symbol, message, None);
        }
    }
    let role = table.word(role, &RoleNeed::WORDS);
    table.finish();
    Some(Requirement {
        symbol: symbol?.value,
        role: role?,
        values: values.iter().map(|value| Value::from_plain(&value.value)).collect(),
        module: module.map(|module| module.value),
        why: why?.value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = r#"
[[require]]
symbol = "XEN_DOM0"
role = "dom0"
values = ["y"]
why = "without it the kernel refuses to be the control domain"

[[require]]
symbol = "XEN_DEV_EVTCHN"
role = "dom0"
values = ["y", "m"]
module = "xen-evtchn"
why = "xenstored and xl open /dev/xen/evtchn"

[[require]]
symbol = "XEN_BLKDEV_FRONTEND"
role = "domU"
values = ["y", "m"]
module = "xen-blkfront"
why = "disks of guests"
"#;

    fn config(text: &str) -> Config {
        Config::parse(text, ".config".into()).unwrap()
    }

    #[test]
    fn each_role_is_checked_for_its_own() {
        let contract = Contract::parse(CONTRACT, "contract.toml".into()).unwrap();
        let config = config("CONFIG_XEN_DEV_EVTCHN=m\n# CONFIG_XEN_BLKDEV_FRONTEND is not set\n");
        let found: Vec<_> = contract.check(&config, Role::Dom0).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["CONFIG_XEN_DOM0 is n, dom0 needs y: without it the kernel refuses to be the control domain"]
        );
        assert_eq!(contract.check(&config, Role::DomU)[0].wanted, "y or m");
        assert_eq!(contract.check_all(&config).len(), 2);
        assert_eq!(contract.modules(&config, Role::Dom0).collect::<Vec<_>>(), ["xen-evtchn"]);
    }

    #[test]
    fn bad_contracts_are_refused_with_their_lines() {
        let twice = format!(
            "{CONTRACT}\n[[require]]\nsymbol = \"XEN_DOM0\"\nrole = \"dom0\"\nvalues = []\nwhy = \"\"\n\
             [[require]]\nsymbl = \"XEN\"\nrole = \"guest\"\nvalues = [1]\nwhy = \"it\"\n"
        );
        let problems = Contract::parse(&twice, "contract.toml".into()).unwrap_err();
        assert_eq!(
            problems.to_string(),
            "contract.toml:23:10: `XEN_DOM0` is required twice, first in line 3\n\
             contract.toml:25:10: `values` is empty\n\
             contract.toml:26:7: `why` is empty\n\
             contract.toml:27:1: [[require]] has no `symbol`\n\
             contract.toml:28:1: unknown key `symbl` in [[require]]\n\
             contract.toml:29:8: `guest` is not known here\n\
             contract.toml:30:11: `values` must be a list of strings, this is the number 1"
        );
        assert_eq!(problems.0[4].hint.as_deref(), Some("did you mean `symbol`?"));
        // What can not be read is not called missing.
        let broken =
            format!("{CONTRACT}\n[[require]]\nsymbol = \"A\"\nrole = dom0\"\n[[require]]\nrole = \"all\"\n");
        let problems = Contract::parse(&broken, "contract.toml".into()).unwrap_err();
        let lines: Vec<_> = problems.0.iter().map(|problem| problem.line).collect();
        assert!(lines.contains(&24) && lines.contains(&26), "{problems}");
    }
}
