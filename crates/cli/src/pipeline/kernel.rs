//! The kernel configuration: fragments over the tree's own default, resolved by the tree, verified, and kept under the
//! digest of all that it depends on.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Sha256Digest;
use xen4centos_build::{Isolation, NetworkPolicy};
use xen4centos_kconfig::{
    Config, KconfigError, KconfigTree, KernelConfigs, Lost, Request, Resolver, Role, Violation, unknown,
    verify,
};
use xen4centos_manifest::Package;
use xen4centos_sources::{Role as SourceRole, VerifiedSource, apply_patches, unpack};

use crate::{
    args::KeyArgs,
    failure::{Failure, Kind},
    pipeline::builds,
    session::Session,
};

/// Goes up when the same inputs can give another result.
const SCHEMA: u32 = 2;

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

/// The file of fragments and contract.
pub(crate) fn kernel_configs(session: &Session<'_>) -> Result<KernelConfigs, Failure> {
    Ok(KernelConfigs::load(&session.project.root.join("kernel-configs"))?)
}

/// Configures the kernel of `package` from its verified `sources`, or takes what the same inputs gave before. The step
/// is code of the tree: it is held as a build is, under the same rule for the network, and sees no key.
pub(crate) fn configure(
    session: &Session<'_>,
    package: &Package,
    sources: &[VerifiedSource],
    network: NetworkPolicy,
    key: &KeyArgs,
) -> Result<Configuration, Failure> {
    let configs = kernel_configs(session)?;
    let tree = Tree::new(package, sources);
    let request = configs.request();
    for replaced in request.overrides() {
        session
            .printer
            .detail(format!("{} in {} overrules {}", replaced.symbol, replaced.after.1, replaced.before.1));
    }
    let inputs = input_key(&tree, &request, &configs);
    let directory = session.work("kernel-config").join(inputs.to_string());
    let file = directory.join("config");
    if is_whole(&file) {
        return Ok(Configuration { file, fresh: false });
    }
    let activity = session.printer.activity("Configuring", format!("{}-{}", package.name, package.version));
    // The work directory's lock is held: what lies there was left by a run that was killed.
    let scratch = session.work("kernel-config").join(".work");
    remove(&scratch)?;
    fs_err::create_dir_all(&scratch)?;
    let outcome = Isolation::find(&package.name, network, &scratch, &builds::hidden(session, key)?)
        .map_err(Failure::from)
        .and_then(|isolation| resolve_in(session, &scratch, &tree, &configs, &isolation));
    let resolved = match outcome {
        Ok(text) => text,
        Err(failure) => {
            remove(&scratch)?;
            return Err(failure);
        }
    };
    remove(&scratch)?;
    drop(activity);
    keep(&file, &resolved)?;
    session.printer.step(
        "Configured",
        format!(
            "{}-{}: {} values asked for, all held",
            package.name,
            package.version,
            request.wishes().len()
        ),
    );
    Ok(Configuration { file, fresh: true })
}

/// The digest of a kept configuration stands beside it. What does not have it, a disk that was full or a hand has
/// changed: it is made anew.
fn is_whole(file: &Utf8Path) -> bool {
    let Ok(bytes) = fs_err::read(file) else { return false };
    fs_err::read_to_string(note(file)).is_ok_and(|said| said == said_of(&bytes))
}

fn note(file: &Utf8Path) -> Utf8PathBuf {
    file.with_extension("sha256")
}

/// As `sha256sum --check` reads it.
fn said_of(bytes: &[u8]) -> String {
    format!("{}  config\n", super::plan::sha256(bytes))
}

fn keep(file: &Utf8Path, text: &str) -> Result<(), Failure> {
    for (path, text) in [(note(file), said_of(text.as_bytes())), (file.to_owned(), text.to_owned())] {
        let directory = path.parent().unwrap_or(&path);
        fs_err::create_dir_all(directory)?;
        let temporary = directory.join(".new");
        let mut new = fs_err::File::create(&temporary)?;
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        fs_err::rename(&temporary, &path)?;
    }
    Ok(())
}

fn resolve_in(
    session: &Session<'_>,
    scratch: &Utf8Path,
    tree: &Tree<'_>,
    configs: &KernelConfigs,
    isolation: &Isolation,
) -> Result<String, Failure> {
    let request = &configs.request();
    let tree = tree.unpack(&scratch.join("tree"))?;
    let hold = |invocation| isolation.wrap(invocation);
    let resolution = Resolver::new(&tree, &scratch.join("output")).held_by(&hold).resolve(request)?;
    let kconfig = KconfigTree::load(&tree)?;
    for misspelt in unknown(request, &kconfig) {
        session.printer.warning(misspelt);
    }
    let lost = verify(request, &resolution.config, Some(&kconfig));
    let violations = configs.contract.check_all(&resolution.config);
    if lost.is_empty() && violations.is_empty() {
        return Ok(fs_err::read_to_string(&resolution.file)?);
    }
    Err(refusal(&lost, &violations))
}

fn refusal(lost: &[Lost], violations: &[Violation]) -> Failure {
    let mut lines = Vec::new();
    if !lost.is_empty() {
        lines.push(format!("{} values of kernel-configs/ did not hold:", lost.len()));
        lines.extend(lost.iter().map(|lost| format!("  {lost}")));
    }
    if !violations.is_empty() {
        lines.push(format!("{} values break kernel-configs/contract.toml:", violations.len()));
        lines.extend(violations.iter().map(|violation| format!("  {violation}")));
    }
    Failure::new(Kind::Refused, lines.join("\n"))
        .hint(Some("mend the fragment that asks for it, or ask for what it depends on".to_owned()))
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
