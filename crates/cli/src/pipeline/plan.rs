//! From data to build requests: everything that happens before something is built, and nothing that builds.

use std::{collections::BTreeMap, num::NonZeroUsize};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::Sha256Digest;
use xen4centos_build::{
    BuildError, BuildRequest, BuildSource, BuildTarget, HostRoot, NetworkPolicy, OptionChoice, SourceOrigin,
    advisories_of, parse_spec,
};
use xen4centos_manifest::{Accepts, Package};
use xen4centos_render::{FileRole, RenderError, SourceFile, SpecContext, SpecInputs, asks_for};
use xen4centos_sources::{Origin, Pin, Role, VerifiedSource};

use crate::{
    args::{BuildArgs, GlobalArgs, KeyArgs, PlanArgs},
    failure::{Failure, Kind},
    pipeline::{
        closed, doubts,
        files::write_whole,
        kernel,
        keys::{AbsentKey, ShippedKey, SigningKey},
        lock::WorkLock,
        sources::{self, Found},
        user_space::TooNew,
        withheld,
    },
    printer::Printer,
    session::{Options, Session, requirements},
};

/// A package with all that its build needs.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) package: Package,
    pub(crate) request: BuildRequest,
    /// Its sources and patches, without what this program makes.
    pub(crate) verified: Vec<VerifiedSource>,
}

/// A file that this program makes and rpm takes as one more source.
struct Generated {
    name: &'static str,
    file: String,
    path: Utf8PathBuf,
    sha256: Sha256Digest,
}

/// A run that has its plan. The work directory is its own until this is dropped.
pub(crate) struct Opened<'a> {
    pub(crate) session: Session<'a>,
    pub(crate) key: Option<ShippedKey>,
    pub(crate) planned: Vec<Planned>,
    /// What has no plan, and why; empty unless the purpose is to look.
    pub(crate) refused: Vec<(String, Failure)>,
    _lock: WorkLock,
}

/// What a plan is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To say how things stand: nothing is downloaded, and a package that can not be planned stops no other.
    Look,
    /// To build, where no secret key need be.
    Build,
    /// To publish: without a key that may sign nothing is begun.
    Release,
    /// To publish what was built and signed before.
    Due,
}

impl Purpose {
    const fn publishes(self) -> bool {
        matches!(self, Self::Release | Self::Due)
    }
}

/// Opens a session and makes its plan: fetches, configures and renders what the packages need, in that order.
pub(crate) fn open<'a>(
    global: &GlobalArgs,
    args: &PlanArgs,
    purpose: Purpose,
    printer: &'a Printer,
) -> Result<Opened<'a>, Failure> {
    let session = Session::open(global, &args.target, printer)?;
    let packages = sources::packages(&session, &args.packages, &args.sources)?;
    let network = network_policy(&args.build);
    if purpose != Purpose::Build {
        demand_isolation(&session, network)?;
    }
    if purpose == Purpose::Release {
        withheld::demand_none_planned(&session, &packages)?;
    }
    if purpose.publishes() {
        closed::prepare_root(&session)?;
    }
    let lock = WorkLock::take(&session)?;
    let key = match purpose {
        Purpose::Release | Purpose::Due => Some(SigningKey::open(&session, &args.key)?.shipped),
        Purpose::Build => ShippedKey::find(&session, &args.key, AbsentKey::Make)?,
        Purpose::Look => ShippedKey::find(&session, &args.key, AbsentKey::Leave)?,
    };
    let options = session.options(&packages, &args.build)?;
    let root = session.host_root(&packages, &options, network)?;
    let too_new = TooNew::find(&session, &root);
    if let Some(too_new) = too_new.filter(|_| purpose.publishes()) {
        too_new.refuse(&packages, &options)?;
    }
    let found = match purpose {
        Purpose::Look => sources::look(&session, &args.sources, &packages, &options)?,
        _ => Found::all(sources::fetch(&session, &args.sources, &packages, &options)?),
    };
    let planner = Planner {
        session: &session,
        key: key.as_ref(),
        secrets: &args.key,
        build: &args.build,
        options: &options,
        root: &root,
        network,
    };
    let mut planned = Vec::new();
    let Found { verified, mut refused } = found;
    for package in &packages {
        if refused.iter().any(|(name, _)| *name == package.name) {
            continue;
        }
        if let Some(too_new) = too_new.filter(|_| purpose == Purpose::Look)
            && let Err(failure) = too_new.refuse(std::slice::from_ref(package), &options)
        {
            refused.push((package.name.clone(), failure));
            continue;
        }
        match planner.plan(package, &verified) {
            Ok(plan) => planned.push(plan),
            Err(failure) if purpose == Purpose::Look => refused.push((package.name.clone(), failure)),
            Err(failure) => return Err(failure),
        }
    }
    Ok(Opened { session, key, planned, refused, _lock: lock })
}

/// A build that could fetch something is not made of pinned sources.
fn demand_isolation(session: &Session<'_>, network: NetworkPolicy) -> Result<(), Failure> {
    let channel = &session.channel;
    if channel.accepts > Accepts::Pinned || network == NetworkPolicy::Isolated {
        return Ok(());
    }
    let message = format!(
        "channel `{}` of target `{}` takes no builds with the network at hand",
        channel.name, session.target.name
    );
    let hint =
        "build where a network namespace can be made (see `xen4centos doctor`), without --allow-network";
    Err(Failure::new(Kind::Refused, message).hint(Some(hint.to_owned())))
}

/// What the build root must have is there, and every option that is on can be given.
fn check_root(package: &Package, options: &Options, root: &HostRoot) -> Result<(), Failure> {
    let of_package = &options[&package.name];
    for option in package.options.values().filter(|option| of_package[&option.name].on) {
        let has = |name: &&String| root.facts().capabilities.get(*name) == Some(&true);
        let lacking: Vec<&str> = option.needs.iter().filter(|name| !has(name)).map(String::as_str).collect();
        if !lacking.is_empty() {
            let message = format!(
                "option `{0}` of `{1}` ({2}) is on, and this build root lacks {3}",
                option.name,
                package.name,
                option.summary,
                lacking.join(", ")
            );
            let hint = format!(
                "install it (`xen4centos doctor`), or leave the feature out on purpose: --without {}:{}",
                package.name, option.name
            );
            return Err(Failure::new(Kind::World, message).hint(Some(hint)));
        }
    }
    Ok(root.require(&package.name, &requirements(package, of_package))?)
}

pub(crate) fn network_policy(build: &BuildArgs) -> NetworkPolicy {
    if build.allow_network { NetworkPolicy::Allowed } else { NetworkPolicy::Isolated }
}

struct Planner<'a> {
    session: &'a Session<'a>,
    key: Option<&'a ShippedKey>,
    secrets: &'a KeyArgs,
    build: &'a BuildArgs,
    options: &'a Options,
    root: &'a HostRoot,
    network: NetworkPolicy,
}

impl Planner<'_> {
    fn plan(&self, package: &Package, verified: &[VerifiedSource]) -> Result<Planned, Failure> {
        check_root(package, self.options, self.root)?;
        let own: Vec<VerifiedSource> =
            verified.iter().filter(|source| source.package == package.name).cloned().collect();
        doubts::tell(self.session, package, &own)?;
        let template = fs_err::read_to_string(&package.template)?;
        let generated = self.generate(package, &template, &own)?;
        let (files, context) = self.context(package, &own, &generated);
        let shown = package.template.strip_prefix(&self.session.project.root).unwrap_or(&package.template);
        let spec = xen4centos_render::spec(&template, shown, &context)?;
        let mut sources: Vec<BuildSource> = own.iter().map(sources::build_source).collect();
        sources.extend(generated.iter().map(|generated| BuildSource {
            file: generated.file.clone(),
            path: generated.path.clone(),
            sha256: generated.sha256,
            origin: SourceOrigin::Generated,
            detail: String::new(),
        }));
        debug_assert!(files.len() <= sources.len(), "every SourceN is handed to the build");
        let request = self.request(package, spec.text, sources);
        self.parse(&request)?;
        Ok(Planned { package: package.clone(), request, verified: own })
    }

    fn context(
        &self,
        package: &Package,
        verified: &[VerifiedSource],
        generated: &[Generated],
    ) -> (Vec<SourceFile>, SpecContext) {
        let mut files: Vec<SourceFile> =
            verified.iter().filter(|source| source.role != Role::Patch).map(source_file).collect();
        files.extend(generated.iter().map(|generated| SourceFile {
            name: generated.name.to_owned(),
            file: generated.file.clone(),
            url: None,
            role: FileRole::Other,
        }));
        let context = SpecContext::new(&SpecInputs {
            package,
            target: &self.session.target,
            channel: self.session.public_channel(),
            root: self.root.facts(),
            options: &self.options[&package.name],
            sources: &files,
        });
        (files, context)
    }

    /// Makes those of the generated sources that the template asks for.
    fn generate(
        &self,
        package: &Package,
        template: &str,
        verified: &[VerifiedSource],
    ) -> Result<Vec<Generated>, Failure> {
        let mut generated = Vec::new();
        if asks_for(template, "kernel_config") {
            let configuration =
                kernel::configure(self.session, package, verified, self.network, self.secrets)?;
            let text = fs_err::read_to_string(&configuration.file)?;
            let file = format!("{}-{}.config", package.name, self.session.target.arch);
            generated.push(self.keep("kernel-config", file, &text)?);
        }
        if asks_for(template, "source.CentOS_Xen_repo") {
            let path = Utf8Path::new("repo-templates/CentOS-Xen.repo.tera");
            let template = fs_err::read_to_string(self.session.project.root.join(path))?;
            let (_, context) = self.context(package, verified, &[]);
            let text = xen4centos_render::text(&template, path, &context)?;
            generated.push(self.keep("CentOS-Xen.repo", "CentOS-Xen.repo".to_owned(), &text)?);
        }
        if asks_for(template, "source.signing_key") {
            let file = self.session.target.key.file.clone();
            let Some(key) = self.key else {
                return Err(no_key_to_ship(self.session, package));
            };
            generated.push(self.keep("signing-key", file, &key.armored)?);
        }
        Ok(generated)
    }

    /// Has rpm parse the spec before anything is built; once for the same inputs.
    fn parse(&self, request: &BuildRequest) -> Result<(), Failure> {
        let parsed = self.session.work("parsed").join(request.input_key().to_string());
        if parsed.is_file() {
            return Ok(());
        }
        parse_spec(request, &self.session.work("parse"))?;
        fs_err::create_dir_all(self.session.work("parsed"))?;
        fs_err::write(parsed, "")?;
        Ok(())
    }

    fn keep(&self, name: &'static str, file: String, text: &str) -> Result<Generated, Failure> {
        let sha256 = sha256(text.as_bytes());
        let directory = self.session.work("generated");
        let path = directory.join(sha256.to_string());
        if !fs_err::read(&path).is_ok_and(|kept| kept == text.as_bytes()) {
            fs_err::create_dir_all(&directory)?;
            write_whole(&path, text.as_bytes())?;
        }
        Ok(Generated { name, file, path, sha256 })
    }

    fn request(&self, package: &Package, spec: String, sources: Vec<BuildSource>) -> BuildRequest {
        let target = &self.session.target;
        let client = self.session.project.client(target);
        let options = self.options[&package.name].values().map(|option| {
            (option.name.clone(), OptionChoice { value: option.on, by: option.by.to_string() })
        });
        BuildRequest {
            package: package.name.clone(),
            evr: package.evr(&target.dist),
            spec,
            spec_file: format!("{}.spec", package.name),
            sources,
            target: BuildTarget::new(target, client),
            options: options.collect::<BTreeMap<_, _>>(),
            advisories: advisories_of(package),
            facts: self.root.facts().clone(),
            details: self.root.details().clone(),
            source_date_epoch: changelog_time(package),
            jobs: self.jobs(),
            time_limit: package.time_limit,
            network: self.network,
        }
    }

    fn jobs(&self) -> usize {
        let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.build.jobs.unwrap_or_else(processors).get()
    }
}

/// A plan needs the bytes of the key. An ephemeral one is made by the first run that builds, and not by one that looks.
fn no_key_to_ship(session: &Session<'_>, package: &Package) -> Failure {
    if session.is_miniature() {
        let message =
            format!("`{}` ships the ephemeral signing key, which the first release makes", package.name);
        return Failure::new(Kind::Data, message);
    }
    let message = format!("`{}` ships the signing key, and none is known", package.name);
    let hint = "name it with --public-key FILE, or the secret one with --key FILE or --gpg-key FINGERPRINT";
    Failure::new(Kind::Data, message).hint(Some(hint.to_owned()))
}

/// Noon of the newest entry's day, as rpm itself reads a changelog's date.
fn changelog_time(package: &Package) -> u64 {
    let date = package.changelog[0].date;
    let noon = date.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    noon.map_or(0, |noon| u64::try_from(noon.timestamp().as_second()).unwrap_or(0))
}

fn source_file(source: &VerifiedSource) -> SourceFile {
    let role = match (source.role, &source.origin) {
        (Role::UpstreamArchive, Origin::Tree { .. } | Origin::Miniature) => FileRole::UpstreamTree,
        (Role::UpstreamArchive, _) => FileRole::UpstreamArchive,
        (Role::UpstreamPatch, _) => FileRole::UpstreamPatch,
        _ => FileRole::Other,
    };
    let url = match &source.pin {
        Some(Pin::Digest { url }) => Some(url.clone()),
        _ => None,
    };
    SourceFile { name: source.name.clone(), file: source.file.clone(), url, role }
}

pub(crate) fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(bytes).into())
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        let hint = error.hint();
        Self::of(Kind::Data, &error).hint(hint)
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        let kind = match &error {
            BuildError::Spec { .. } => Kind::Data,
            BuildError::Missing { .. } => Kind::World,
            error if error.is_build_failure() => Kind::Build,
            _ => Kind::World,
        };
        let hint = error.hint();
        Self::of(kind, &error).hint(hint)
    }
}
