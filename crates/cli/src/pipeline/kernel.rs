//! The kernel configuration: fragments over the tree's own default, resolved by the tree, verified, and kept under the
//! digest of all that it depends on.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Sha256Digest;
use xen4centos_build::{Isolation, NetworkPolicy};
use xen4centos_kconfig::{
    Config, KconfigError, KconfigTree, KernelConfigs, Lost, Request, Resolver, Role, Symbols, Violation,
    unknown, verify,
};
use xen4centos_manifest::{Package, Upstreams};
use xen4centos_sources::{Role as SourceRole, VerifiedSource, apply_patches, unpack};

use crate::{
    args::{KernelConfigArgs, KeyArgs},
    failure::{Failure, Kind},
    pipeline::{
        builds,
        kept_config::{KeptConfig, kept_symbols},
        sources,
    },
    session::Session,
};

/// The package whose sources are the kernel's.
pub(crate) const KERNEL: &str = "kernel";

/// Goes up when the same inputs can give another result.
const SCHEMA: u32 = 3;

/// What a kernel is made of: its release, and the package's own patches in their order, each with what it strips.
struct Tree<'a> {
    sources: &'a [VerifiedSource],
    patches: Vec<(&'a VerifiedSource, u32)>,
}

impl<'a> Tree<'a> {
    fn new(package: &Package, sources: &'a [VerifiedSource]) -> Self {
        let verified = |file: &str| {
            sources.iter().find(|source| source.role == SourceRole::Patch && source.file == file)
        };
        let patches = package.patches.iter().filter_map(|patch| Some((verified(&patch.file)?, patch.strip)));
        Self { sources, patches: patches.collect() }
    }

    /// As `%prep` makes it: a patch may bring the symbol that a fragment asks for. Returns its top directory.
    fn unpack(&self, into: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
        let top = unpack(self.sources, into)?;
        apply_patches(&self.patches, &top)?;
        Ok(top)
    }

    /// For the key.
    fn digests(&self) -> String {
        let of_release = self
            .sources
            .iter()
            .filter(|source| matches!(source.role, SourceRole::UpstreamArchive | SourceRole::UpstreamPatch));
        let release = of_release.map(|source| source.sha256.to_string());
        let patches = self.patches.iter().map(|(patch, strip)| format!("-p{strip}:{}", patch.sha256));
        release.chain(patches).collect::<Vec<_>>().join(" ")
    }
}

/// A configuration that the tree accepted and in which every wish held.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) file: Utf8PathBuf,
    pub(crate) fresh: bool,
}

/// What was asked for and does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) lost: Vec<Lost>,
    pub(crate) violations: Vec<Violation>,
}

/// What the tree made of the wishes.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Held(Configuration),
    Refused(Refusal),
}

/// A configuration with what its tree says of symbols.
struct Resolved {
    config: String,
    symbols: Symbols,
}

/// Where fragments and contract are, below the project.
pub(crate) const CONFIGS: &str = "kernel-configs";

/// The file of fragments and contract.
pub(crate) fn kernel_configs(session: &Session<'_>) -> Result<KernelConfigs, Failure> {
    let shown = Utf8Path::new(CONFIGS);
    Ok(KernelConfigs::load(&session.project.root.join(shown), shown)?)
}

/// As [`verdict`], where nothing but a configuration in which everything held will do.
pub(crate) fn configure(
    session: &Session<'_>,
    package: &Package,
    sources: &[VerifiedSource],
    network: NetworkPolicy,
    key: &KeyArgs,
) -> Result<Configuration, Failure> {
    match verdict(session, package, sources, network, key)? {
        Verdict::Held(configuration) => Ok(configuration),
        Verdict::Refused(refusal) => Err(refusal.into()),
    }
}

/// Configures the kernel of `package` from its verified `sources`, or takes what the same inputs gave before. The step
/// is code of the tree: it is held as a build is, under the same rule for the network, and sees no key.
pub(crate) fn verdict(
    session: &Session<'_>,
    package: &Package,
    sources: &[VerifiedSource],
    network: NetworkPolicy,
    key: &KeyArgs,
) -> Result<Verdict, Failure> {
    let configs = kernel_configs(session)?;
    let tree = Tree::new(package, sources);
    let request = configs.request();
    for replaced in request.overrides() {
        session.printer.detail(replaced);
    }
    let kept = KeptConfig::new(session, &input_key(&tree, &request, &configs).to_string());
    if kept.is_whole() {
        return Ok(Verdict::Held(Configuration { file: kept.file(), fresh: false }));
    }
    let name = format!("{}-{}", package.name, package.version);
    let activity = session.printer.activity("Configuring", &name);
    // The work directory's lock is held: what lies there was left by a run that was killed.
    let scratch = session.work("kernel-config").join(".work");
    remove(&scratch)?;
    fs_err::create_dir_all(&scratch)?;
    let outcome = Isolation::find(&package.name, network, &scratch, &builds::hidden(session, key)?)
        .map_err(Failure::from)
        .and_then(|isolation| resolve_in(session, &scratch, &tree, &configs, &isolation));
    remove(&scratch)?;
    drop(activity);
    let resolved = match outcome? {
        Ok(resolved) => resolved,
        Err(refusal) => return Ok(Verdict::Refused(refusal)),
    };
    kept.write(&resolved.config, &resolved.symbols)?;
    let count = request.wishes().len();
    session.printer.step("Configured", format!("{name}: {count} values asked for, all held"));
    Ok(Verdict::Held(Configuration { file: kept.file(), fresh: true }))
}

fn resolve_in(
    session: &Session<'_>,
    scratch: &Utf8Path,
    tree: &Tree<'_>,
    configs: &KernelConfigs,
    isolation: &Isolation,
) -> Result<Result<Resolved, Refusal>, Failure> {
    let request = &configs.request();
    let tree = tree.unpack(&scratch.join("tree"))?;
    let hold = |invocation| isolation.wrap(invocation);
    let resolution = Resolver::new(&tree, &scratch.join("output")).held_by(&hold).resolve(request)?;
    let kconfig = KconfigTree::load(&tree)?;
    let lost = verify(request, &resolution.config, Some(&kconfig));
    // Those that are lost say so themselves.
    let is_lost = |symbol: &str| lost.iter().any(|lost| lost.symbol == symbol);
    for misspelt in unknown(request, &kconfig).iter().filter(|unknown| !is_lost(&unknown.symbol)) {
        session.printer.warning(misspelt);
    }
    let violations = configs.contract.check_all(&resolution.config);
    if lost.is_empty() && violations.is_empty() {
        let config = fs_err::read_to_string(&resolution.file)?;
        return Ok(Ok(Resolved { config, symbols: Symbols::from(&kconfig) }));
    }
    Ok(Err(Refusal { lost, violations }))
}

impl From<Refusal> for Failure {
    fn from(Refusal { lost, violations }: Refusal) -> Self {
        let mut lines = Vec::new();
        if !lost.is_empty() {
            lines.push(format!("{} values of kernel-configs/ did not hold:", lost.len()));
            lines.extend(lost.iter().map(|lost| format!("  {lost}")));
        }
        if !violations.is_empty() {
            lines.push(format!("{} values break kernel-configs/contract.toml:", violations.len()));
            lines.extend(violations.iter().map(|violation| format!("  {violation}")));
        }
        Self::new(Kind::Refused, lines.join("\n"))
            .hint(Some("mend the fragment that asks for it, or ask for what it depends on".to_owned()))
    }
}

/// What is known about the symbols of `configs`, each with the file that it was read from: from a tree that was given,
/// from what is kept, and from the test double where it is configured. Nothing is fetched or unpacked for it.
pub(crate) fn symbols(
    session: &Session<'_>,
    args: &KernelConfigArgs,
    configs: &[(&Utf8PathBuf, &Config)],
) -> Result<Symbols, Failure> {
    let kept = kept_symbols(session, configs);
    if !session.target.packages.iter().any(|package| package == KERNEL) {
        return Ok(kept);
    }
    let packages = sources::packages(session, &[KERNEL.to_owned()], &args.sources)?;
    let options = session.options(&packages, &args.build)?;
    let settings = sources::fetch_settings(session, &args.sources, &options)?;
    if let Some(given) = settings.trees.iter().find(|tree| tree.package == KERNEL) {
        return Ok(Symbols::from(&KconfigTree::load(&given.dir)?).or(kept));
    }
    match &packages[0].miniature {
        Some(double) if settings.upstreams == Upstreams::Miniature => {
            Ok(kept.or(Symbols::from(&KconfigTree::load(double)?)))
        }
        _ => Ok(kept),
    }
}

/// Of the tree's bytes and the wishes; the host's compiler has no part in Kconfig of Linux 3.4.
fn input_key(tree: &Tree<'_>, request: &Request, configs: &KernelConfigs) -> Sha256Digest {
    let contract = format!("{:?}", configs.contract.requirements());
    let text = format!("{SCHEMA}\n{}\n{}\n{contract}", tree.digests(), request.to_config_text());
    super::plan::sha256(text.as_bytes())
}

/// The modules that a dom0 must be able to load, for the configuration that a root's kernel was built with.
pub(crate) fn dom0_modules(
    session: &Session<'_>,
    root: &Utf8Path,
    kernel: &str,
) -> Result<Vec<String>, Failure> {
    let file = root.join(format!("boot/config-{kernel}"));
    let text = fs_err::read_to_string(&file)?;
    let config =
        Config::parse(&text, &file).map_err(|problems| Failure::new(Kind::Data, problems.to_string()))?;
    let configs = kernel_configs(session)?;
    Ok(configs.contract.modules(&config, Role::Dom0).map(str::to_owned).collect())
}

fn remove(directory: &Utf8Path) -> Result<(), Failure> {
    match fs_err::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

impl From<KconfigError> for Failure {
    fn from(error: KconfigError) -> Self {
        let hint = error.hint();
        let kind = if error.is_of_the_world() { Kind::World } else { Kind::Data };
        Self::of(kind, &error).hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use xen4centos_process::ProcessError;

    use super::*;

    #[track_caller]
    fn check(error: KconfigError, expect: Kind) {
        assert_eq!(Failure::from(error).kind, expect);
    }

    #[test]
    fn what_the_world_does_is_no_wrong_data() {
        let step = |source| KconfigError::Step { step: "defconfig".into(), tree: "linux".into(), source };
        let failed = |ending: &str| {
            let (command, stderr) = ("make".to_owned(), String::new());
            step(ProcessError::Failed { command, ending: ending.to_owned(), stderr })
        };
        let read = |kind: std::io::ErrorKind| KconfigError::Read { path: "a".into(), source: kind.into() };
        check(step(ProcessError::NotInstalled { program: "make".into() }), Kind::World);
        check(step(ProcessError::TimedOut { command: "make".into(), seconds: 600 }), Kind::World);
        check(failed("was killed by signal 9 (SIGKILL)"), Kind::World);
        check(failed("exited with status 127"), Kind::World);
        check(failed("exited with status 2"), Kind::Data);
        check(read(std::io::ErrorKind::PermissionDenied), Kind::World);
        check(read(std::io::ErrorKind::InvalidData), Kind::Data);
        check(KconfigError::NotATree { path: "a".into() }, Kind::Data);
    }
}
