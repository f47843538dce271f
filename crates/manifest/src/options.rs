//! Which options of a package are on, and who decided it.

use std::{collections::BTreeMap, fmt};

use crate::{LocalSettings, ManifestError, Package, Source, Target};

/// An option as it stands for one build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveOption {
    /// As `package.toml` writes it.
    pub name: String,
    /// Whether the feature is built.
    pub on: bool,
    /// Who decided last.
    pub by: SwitchedBy,
}

/// Who decided about an option; the later one wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwitchedBy {
    /// The default of `package.toml`.
    Package,
    /// The target of that name.
    Target(String),
    /// `xen4centos.local.toml`.
    Local,
    /// An option of the command line.
    CommandLine,
    /// Another option of the package, which it requires and which is off.
    Option(String),
}

/// An option switched on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionSwitch {
    /// The package.
    pub package: String,
    /// The option, as `package.toml` writes it.
    pub option: String,
    /// Which way.
    pub on: bool,
}

impl OptionSwitch {
    /// Reads `PACKAGE:OPTION`, as the command line has it.
    ///
    /// # Errors
    /// [`ManifestError::SwitchShape`]; whether package and option exist is seen by [`crate::Project::effective_options`].
    pub fn parse(text: &str, on: bool) -> Result<Self, ManifestError> {
        match text.split_once(':') {
            Some((package, option)) if !package.is_empty() && !option.is_empty() => {
                Ok(Self { package: package.to_owned(), option: option.to_owned(), on })
            }
            _ => Err(ManifestError::SwitchShape { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for SwitchedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package => formatter.write_str("default"),
            Self::Target(name) => write!(formatter, "target {name}"),
            Self::Local => formatter.write_str("xen4centos.local.toml"),
            Self::CommandLine => formatter.write_str("command line"),
            Self::Option(name) => write!(formatter, "option {name}, which is off"),
        }
    }
}

/// Defaults, then the target, then this machine, then the command line.
pub(crate) fn effective(
    package: &Package,
    target: &Target,
    local: &LocalSettings,
    switches: &[OptionSwitch],
) -> Result<BTreeMap<String, EffectiveOption>, ManifestError> {
    let default = |name: &String, on| EffectiveOption { name: name.clone(), on, by: SwitchedBy::Package };
    let mut result: BTreeMap<String, EffectiveOption> = package
        .options
        .values()
        .map(|option| (option.name.clone(), default(&option.name, option.default)))
        .collect();
    let by_target = SwitchedBy::Target(target.name.clone());
    for (switched, by) in [(&target.options, by_target), (&local.options, SwitchedBy::Local)] {
        for (name, on) in switched.get(&package.name).into_iter().flatten() {
            switch(&mut result, package, (name, *on), by.clone())?;
        }
    }
    for change in switches.iter().filter(|change| change.package == package.name) {
        switch(&mut result, package, (&change.option, change.on), SwitchedBy::CommandLine)?;
    }
    follow_requirements(&mut result, package);
    Ok(result)
}

/// Somebody who only repeats what holds already has decided nothing.
/// Switches off what is nothing without an option that is off, until nothing more follows.
fn follow_requirements(options: &mut BTreeMap<String, EffectiveOption>, package: &Package) {
    let missing = |options: &BTreeMap<String, EffectiveOption>, name: &String| {
        let requires = &package.options.get(name)?.requires;
        requires.iter().find(|required| !options.get(*required).is_some_and(|option| option.on)).cloned()
    };
    loop {
        let on = options.values().filter(|option| option.on).map(|option| option.name.clone());
        let off: Vec<(String, String)> =
            on.filter_map(|name| Some((name.clone(), missing(options, &name)?))).collect();
        if off.is_empty() {
            return;
        }
        for (name, required) in off {
            if let Some(option) = options.get_mut(&name) {
                option.on = false;
                option.by = SwitchedBy::Option(required);
            }
        }
    }
}

fn switch(
    options: &mut BTreeMap<String, EffectiveOption>,
    package: &Package,
    (name, on): (&str, bool),
    by: SwitchedBy,
) -> Result<(), ManifestError> {
    let Some(option) = options.get_mut(name) else {
        return Err(ManifestError::UnknownOption {
            package: package.name.clone(),
            name: name.to_owned(),
            known: package.options.keys().cloned().collect(),
        });
    };
    if option.on != on {
        option.on = on;
        option.by = by;
    }
    Ok(())
}

/// The sources that a build with these options needs, in order.
pub fn sources_needed<'a>(
    package: &'a Package,
    options: &BTreeMap<String, EffectiveOption>,
) -> Vec<&'a Source> {
    let is_on = |name: &String| options.get(name).is_some_and(|option| option.on);
    package.sources.iter().filter(|source| source.option.as_ref().is_none_or(is_on)).collect()
}
