//! One run of a command: the project, the target and channel it is about, and where things are.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_build::{
    HostRoot, NetworkPolicy, ProbeSettings, Requirement, base_requirements, requirements_of,
};
use xen4centos_manifest::{
    BuildRootKind, Channel, EffectiveOption, ManifestError, OptionSwitch, Package, Project, Target, Upstreams,
};

use crate::{
    args::{BuildArgs, GlobalArgs, TargetArgs},
    failure::{Failure, Kind},
    pipeline::{closed, journal},
    printer::Printer,
    settings::{self, Directories},
};

/// Everything that the stages are told.
pub(crate) struct Session<'a> {
    pub(crate) printer: &'a Printer,
    pub(crate) directories: Directories,
    pub(crate) project: Project,
    pub(crate) target: Target,
    pub(crate) channel: Channel,
    /// Below it lie the directories of public channels, or of private ones where this one is private.
    pub(crate) publish_root: Utf8PathBuf,
    /// The same of the others.
    other_root: Utf8PathBuf,
    /// Seconds since 1970, the same for the whole run.
    pub(crate) now: u64,
}

/// The options of each package, by package and option.
pub(crate) type Options = BTreeMap<String, BTreeMap<String, EffectiveOption>>;

impl<'a> Session<'a> {
    pub(crate) fn open(
        global: &GlobalArgs,
        target: &TargetArgs,
        printer: &'a Printer,
    ) -> Result<Self, Failure> {
        let directories = Directories::find(global)?;
        journal::demand_none(&directories)?;
        let now = settings::now();
        let project = Project::load(&directories.project, now)
            .map_err(|problems| Failure::new(Kind::Data, problems.to_string()).hint(problems.hint()))?;
        let chosen = project.target(&target.target)?.clone();
        let channel = channel(&chosen, target.channel.as_deref())?.clone();
        let here = settings::current_directory()?;
        let root = |given: &Option<Utf8PathBuf>, usual: &str| {
            given.as_ref().map_or_else(|| directories.work.join(usual), |given| here.join(given))
        };
        let (public, private) =
            (root(&target.publish_root, "publish"), root(&target.private_root, "private"));
        closed::demand_apart(&public, &private)?;
        let (publish_root, other_root) =
            if channel.private_of.is_some() { (private, public) } else { (public, private) };
        Ok(Self { printer, directories, project, target: chosen, channel, publish_root, other_root, now })
    }

    /// Whether what is published here is for nobody yet.
    pub(crate) const fn is_private(&self) -> bool {
        self.channel.private_of.is_some()
    }

    /// What packages are made for, and are published to in the end.
    pub(crate) fn public_channel(&self) -> &Channel {
        self.target.public_channel(&self.channel)
    }

    /// Below it lies the directory of a channel.
    pub(crate) fn root_of(&self, channel: &Channel) -> &Utf8Path {
        if channel.private_of.is_some() == self.is_private() { &self.publish_root } else { &self.other_root }
    }

    /// A file or directory of the work directory.
    pub(crate) fn work(&self, path: &str) -> Utf8PathBuf {
        self.directories.work.join(path)
    }

    /// The packages that were named, or all of the target, in the target's order.
    pub(crate) fn packages(&self, named: &[String]) -> Result<Vec<Package>, Failure> {
        for name in named {
            self.project.package(name)?;
            if !self.target.packages.contains(name) {
                let message = format!("target `{}` does not have the package `{name}`", self.target.name);
                let hint = format!("it has: {}", self.target.packages.join(", "));
                return Err(Failure::new(Kind::Data, message).hint(Some(hint)));
            }
        }
        let wanted = |name: &&String| named.is_empty() || named.contains(name);
        let names = self.target.packages.iter().filter(wanted);
        names.map(|name| Ok(self.project.package(name)?.clone())).collect()
    }

    /// Which options are on, and who decided.
    pub(crate) fn options(&self, packages: &[Package], build: &BuildArgs) -> Result<Options, Failure> {
        let mut switches = Vec::new();
        for (texts, on) in [(&build.with, true), (&build.without, false)] {
            for text in texts {
                let switch = OptionSwitch::parse(text, on)?;
                let package = self.project.package(&switch.package)?;
                self.project.effective_options(package, &self.target, std::slice::from_ref(&switch))?;
                switches.push(switch);
            }
        }
        let of = |package: &Package| {
            let options = self.project.effective_options(package, &self.target, &switches)?;
            Ok((package.name.clone(), options))
        };
        packages.iter().map(of).collect()
    }

    /// This machine as a build root, looked at for all that the packages need.
    pub(crate) fn host_root(
        &self,
        packages: &[Package],
        options: &Options,
        network: NetworkPolicy,
    ) -> Result<HostRoot, Failure> {
        let kind = self.target.build_root.kind;
        if kind != BuildRootKind::Host {
            let message =
                format!("{}: build root `{kind}` is not supported by this version", self.target.path);
            return Err(Failure::new(Kind::Data, message)
                .hint(Some("set kind = \"host\" and run inside the root (ci/Containerfile)".to_owned())));
        }
        let requirements: Vec<Requirement> =
            packages.iter().flat_map(|package| requirements(package, &options[&package.name])).collect();
        let cache = self.work("host-root.json");
        let settings = ProbeSettings { requirements: &requirements, cache: Some(&cache), network };
        Ok(HostRoot::probe(&settings)?)
    }

    /// Where the public key that the target's repository was last signed with is kept.
    pub(crate) fn public_key_file(&self) -> Utf8PathBuf {
        self.work("keys").join(&self.target.name).join("public.asc")
    }

    /// Whether the target's packages come from the test doubles that the project carries.
    pub(crate) fn is_miniature(&self) -> bool {
        self.target.upstreams == Upstreams::Miniature
    }
}

fn channel<'t>(target: &'t Target, name: Option<&str>) -> Result<&'t Channel, Failure> {
    match name {
        None => Ok(target.default_channel().expect("loading refuses a target without a default channel")),
        Some(name) => target.channels.get(name).ok_or_else(|| {
            ManifestError::UnknownChannel {
                target: target.name.clone(),
                name: name.to_owned(),
                known: target.channels.keys().cloned().collect(),
            }
            .into()
        }),
    }
}

/// What a build root must have for a package under these options, with what every build needs.
pub(crate) fn requirements(
    package: &Package,
    options: &BTreeMap<String, EffectiveOption>,
) -> Vec<Requirement> {
    let options = options.iter().map(|(name, option)| (name.clone(), option.on)).collect();
    base_requirements().into_iter().chain(requirements_of(package, &options)).collect()
}

impl From<ManifestError> for Failure {
    fn from(error: ManifestError) -> Self {
        let hint = error.hint();
        Self::of(Kind::Data, &error).hint(hint)
    }
}
