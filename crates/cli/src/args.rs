//! What was typed. What is meant by it (defaults, files, the target's own settings) is worked out in `settings`.

mod advisory;
mod repo;

use std::num::NonZeroUsize;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    index_args::{MetadataArgs, PackagesArgs},
    left_out_args::LeftOutArgs,
};
pub(crate) use advisory::{
    AdvisoryAnnounceArgs, AdvisoryArgs, AdvisoryCommand, AdvisoryImportArgs, AdvisoryLeaksArgs,
    AdvisoryStatusArgs, FormArg, SeverityArg,
};
pub(crate) use repo::{
    KeepArgs, MethodArg, PlacesArgs, RepoArgs, RepoCommand, RepoDiffArgs, RepoListArgs, RepoMergeArgs,
    RepoQueryArgs, ShowArgs,
};

/// Builds the Xen4CentOS 6 repository: Xen 4.2, its Linux 3.4 kernel and centos-release-xen, from spec templates to a
/// signed yum repository.
///
/// The main job is `xen4centos release`. Every stage of it can be run alone, and each does only what is out of date.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  where `--exit-code` asks: repositories differ (`repo diff`), something is open (`advisory status`)
  2  what was given is wrong: arguments, manifests, templates, pins
  3  a package did not build
  4  a check refused: what was made would not serve its clients
  5  the world failed: network, disk, a missing program; run the same command again";

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalArgs {
    /// The tree with specs/, kernel-configs/ and repo-templates/ [default: this directory or the nearest above it]
    #[arg(long, global = true, value_name = "DIR", env = "XEN4CENTOS_PROJECT")]
    pub(crate) project: Option<Utf8PathBuf>,
    /// Where sources, builds, keys and channels are kept [default: .xen4centos in the project]
    #[arg(long, global = true, value_name = "DIR", env = "XEN4CENTOS_WORK")]
    pub(crate) work: Option<Utf8PathBuf>,
    /// Say more: the lines of a build as they come
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Say only what went wrong
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Colour
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: ColorChoice,
}

/// When to colour what people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job: fetch, configure, build, sign, check, index and publish what is out of date
    Release(ReleaseArgs),
    /// Show what is out of date, and why
    Status(StatusArgs),
    /// Show what this machine lacks, and how to get it
    Doctor(DoctorArgs),
    /// Fetch and verify pinned sources and patches
    Fetch(FetchArgs),
    /// Render spec templates and have rpmspec parse them
    Render(RenderArgs),
    /// Configure the kernel and verify the result, or compare two configurations
    KernelConfig(KernelConfigArgs),
    /// Build source and binary packages
    Build(BuildCommandArgs),
    /// Sign packages, or make a signing key
    Sign(SignArgs),
    /// Write the metadata of a directory of packages
    Index(Box<IndexArgs>),
    /// List, query, compare and merge repositories of any origin
    Repo(RepoArgs),
    /// Show how the packages stand to published faults, and take in what mends them
    Advisory(AdvisoryArgs),
    /// Check packages or a repository against what its clients take
    Check(CheckArgs),
    /// Publish a directory of signed packages into a channel, or go back to an earlier state
    Publish(PublishArgs),
    /// Show where a published package comes from, and whether every step of that holds
    Explain(ExplainArgs),
    /// Serve the published channels on this machine's loopback address
    Serve(ServeArgs),
    /// Install from a published channel into an empty root, with dnf and all signature checks
    InstallTest(InstallTestArgs),
    /// Boot the channel's hypervisor and kernel under qemu, as dom0, to user space
    BootTest(BootTestArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

impl Command {
    /// Whether a program reads what is printed, and expects JSON.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Release(args) => args.json,
            Self::Status(args) => args.json,
            Self::Doctor(args) => args.json,
            Self::Fetch(args) => args.json,
            Self::Render(args) => args.json,
            Self::KernelConfig(args) => args.json,
            Self::Build(args) => args.json,
            Self::Sign(args) => args.json,
            Self::Index(args) => args.json,
            Self::Repo(args) => args.command.wants_json(),
            Self::Check(args) => args.json || args.format == ReportFormat::Json,
            Self::Publish(args) => args.json,
            Self::Explain(args) => args.json,
            Self::Advisory(args) => args.command.wants_json(),
            Self::InstallTest(args) => args.json,
            Self::BootTest(args) => args.json,
            Self::Serve(_) | Self::Completions(_) => false,
        }
    }
}

/// Which repository.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TargetArgs {
    /// The target: a file of repo-templates/targets/, without .toml
    #[arg(long, short, value_name = "NAME", env = "XEN4CENTOS_TARGET", default_value = "local")]
    pub(crate) target: String,
    /// The channel of the target [default: the one that the target marks as default]
    #[arg(long, short, value_name = "NAME", env = "XEN4CENTOS_CHANNEL")]
    pub(crate) channel: Option<String>,
    /// The directory under which channels are published [default: publish/ in the work directory]
    #[arg(long, value_name = "DIR", env = "XEN4CENTOS_PUBLISH")]
    pub(crate) publish_root: Option<Utf8PathBuf>,
    /// The directory under which private channels are published, for its owner alone [default: private/ in the work directory]
    #[arg(long, value_name = "DIR", env = "XEN4CENTOS_PRIVATE")]
    pub(crate) private_root: Option<Utf8PathBuf>,
}

/// Where sources come from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SourceArgs {
    /// Use no network: what is not in the store or the lookaside directory is missing
    #[arg(long)]
    pub(crate) offline: bool,
    /// A directory of source files by name, looked through before any mirror [default: lookaside/ in the work
    /// directory]
    #[arg(long, value_name = "DIR", env = "XEN4CENTOS_LOOKASIDE")]
    pub(crate) lookaside: Option<Utf8PathBuf>,
    /// A base URL that has the source files by name, tried before upstream; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Vec<String>,
    /// Use a file in place of the source of that name; recorded, and refused by channels that take pinned sources only
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) source_override: Vec<String>,
    /// Use an unpacked tree in place of a package's upstream release; recorded, and refused likewise
    #[arg(long, value_name = "PACKAGE=DIR")]
    pub(crate) source_tree: Vec<String>,
}

/// How packages are built.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct BuildArgs {
    /// Switch an option of a package on (see `status`)
    #[arg(long, value_name = "PACKAGE:OPTION")]
    pub(crate) with: Vec<String>,
    /// Switch an option of a package off
    #[arg(long, value_name = "PACKAGE:OPTION")]
    pub(crate) without: Vec<String>,
    /// How many processes a build may run [default: the processors of this machine]
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Build even where the machine can not cut builds off from the network; recorded
    #[arg(long)]
    pub(crate) allow_network: bool,
}

/// With which key.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct KeyArgs {
    /// An armoured secret RSA key [default: for targets over the miniature upstreams, one made on first use]; `sign
    /// --key new` makes one
    #[arg(long, value_name = "FILE", env = "XEN4CENTOS_KEY", conflicts_with = "gpg_key")]
    pub(crate) key: Option<Utf8PathBuf>,
    /// The file whose first line is the key's passphrase
    #[arg(long, value_name = "FILE", env = "XEN4CENTOS_PASSPHRASE_FILE")]
    pub(crate) passphrase_file: Option<Utf8PathBuf>,
    /// Sign through gpg (agent, smart card) with the primary key of this fingerprint
    #[arg(long, value_name = "FINGERPRINT", env = "XEN4CENTOS_GPG_KEY")]
    pub(crate) gpg_key: Option<String>,
    /// The armoured public key that hosts are given, where the secret one is elsewhere [default: the one beside the
    /// secret key]
    #[arg(long, value_name = "FILE", env = "XEN4CENTOS_PUBLIC_KEY")]
    pub(crate) public_key: Option<Utf8PathBuf>,
    /// gpg's home directory [default: gpg's own]
    #[arg(long, value_name = "DIR", env = "GNUPGHOME")]
    pub(crate) gpg_home: Option<Utf8PathBuf>,
}

/// Which packages, from what, how and for whom: what a plan is made of.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// The packages [default: all of the target]
    pub(crate) packages: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Publish what was built before and whose advisories are public by now; name what is not due, and build nothing
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) due: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    /// The packages [default: all of the target]
    pub(crate) packages: Vec<String>,
    /// Show what would be fetched, and fetch nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Show what changed since each package was last built
    #[arg(long, conflicts_with = "output")]
    pub(crate) diff: bool,
    /// Write the specs into this directory instead of printing them
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<Utf8PathBuf>,
    /// Print the result as JSON: the specs' text, or where they were written, or with --diff their difference
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KernelConfigArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    /// Compare two configurations instead, in the terms of Xen hosts; what is a driver is known from a kernel that was
    /// configured before, or from the one of --source-tree
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    pub(crate) diff: Option<Vec<Utf8PathBuf>>,
    /// Write the configuration to this file instead of printing where it is
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<Utf8PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BuildCommandArgs {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// Show what would be built, and build nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) key_args: KeyArgs,
    /// Verify signatures instead, with this armoured public key
    #[arg(long, value_name = "PUBLIC KEY")]
    pub(crate) verify: Option<Utf8PathBuf>,
    /// Where signed packages go [default: beside the unsigned one, in signed/]; with `--key new` where the new key goes
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<Utf8PathBuf>,
    /// Packages, or directories of packages, or (with --verify) a repository
    pub(crate) packages: Vec<Utf8PathBuf>,
    /// Show what would be signed, and sign nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    /// The directory whose packages are indexed, and those of all directories below it; repodata/ is written into it
    pub(crate) directory: Utf8PathBuf,
    /// Show which packages would be listed, and write nothing; they are read, so that bad ones are told
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) metadata: MetadataArgs,
    #[command(flatten)]
    pub(crate) packages: PackagesArgs,
    #[command(flatten)]
    pub(crate) left_out: LeftOutArgs,
    /// Sign repomd.xml, too, with the target's key
    #[arg(long, help_heading = "Signing")]
    pub(crate) sign: bool,
    #[command(flatten, next_help_heading = "Signing")]
    pub(crate) target: TargetArgs,
    #[command(flatten, next_help_heading = "Signing")]
    pub(crate) key: KeyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Packages, key files, directories of packages, or repositories, by path or URL [default: the published channel]
    pub(crate) paths: Vec<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The armoured public key that must have signed them [default: the target's]
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<Utf8PathBuf>,
    /// What hosts have beside a repository: a list of names or packages, or a directory or URL with repodata; again for more
    /// [default: the target's]
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["list", "explain", "hosts"])]
    pub(crate) base: Vec<String>,
    /// What the repository takes the place of, a directory or URL with repodata: packages must be newer than those there, or
    /// the same; again for more
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["list", "explain"])]
    pub(crate) published: Vec<String>,
    /// Leave the files in packages out, and of a repository the checksums of whole packages: what headers and metadata tell is
    /// checked
    #[arg(long, conflicts_with_all = ["list", "explain"])]
    pub(crate) headers_only: bool,
    /// Say what hosts would get of the repositories, directories or URLs: DIR has a recorded package list of each, *.txt
    #[arg(long, value_name = "DIR", conflicts_with_all = ["list", "explain", "headers_only", "public_key"])]
    pub(crate) hosts: Option<Utf8PathBuf>,
    /// Another repository that those hosts have enabled, a directory or URL
    #[arg(long, value_name = "REPOSITORY", requires = "hosts")]
    pub(crate) also: Vec<String>,
    /// List the rules
    #[arg(long, conflicts_with = "explain")]
    pub(crate) list: bool,
    /// Say all there is to say about a rule
    #[arg(long, value_name = "CODE", conflicts_with = "paths")]
    pub(crate) explain: Option<String>,
    /// How findings are reported
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", conflicts_with_all = ["list", "explain"])]
    pub(crate) format: ReportFormat,
    /// Print the result as JSON, as --format json does
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// For whom findings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// People
    Text,
    /// Programs
    Json,
    /// Code scanning services: SARIF 2.1.0
    Sarif,
    /// CI systems: XML as junit has it
    Junit,
}

#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Directories of signed packages to add
    pub(crate) directories: Vec<Utf8PathBuf>,
    /// List the states that were published
    #[arg(long, conflicts_with = "roll_back")]
    pub(crate) history: bool,
    /// Publish the packages of an earlier state again
    #[arg(long, value_name = "STATE")]
    pub(crate) roll_back: Option<u64>,
    /// Show what would be published, and publish nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The package: a name, which means the newest of it, or as much of its NEVRA as is known
    pub(crate) package: String,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8642)]
    pub(crate) port: u16,
    /// Serve private channels, where --channel names one: all of them, to every user of this machine
    #[arg(long)]
    pub(crate) private: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InstallTestArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The repository, a directory, instead of the target's channel
    #[arg(long, value_name = "DIR", requires = "public_key")]
    pub(crate) repository: Option<Utf8PathBuf>,
    /// The armoured public key [default: the target's]
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<Utf8PathBuf>,
    /// The root to install into; it must be absent or empty [default: a directory that is removed at the end]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<Utf8PathBuf>,
    /// The packages to install after the release package [default: kernel and xen]
    pub(crate) packages: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BootTestArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// A root that has the packages installed, or a repository directory [default: the target's channel]
    pub(crate) directory: Option<Utf8PathBuf>,
    /// The armoured public key, for a repository [default: the target's]
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<Utf8PathBuf>,
    /// The kernel to boot, as `uname -r` prints it [default: the newest]
    #[arg(long, value_name = "RELEASE")]
    pub(crate) kernel: Option<String>,
    /// The memory of the machine, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub(crate) memory: u32,
    /// The processor that qemu emulates
    #[arg(long, value_name = "MODEL", default_value = "max")]
    pub(crate) cpu: String,
    /// When to give up, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) time_limit: u64,
    /// Where to keep the serial log [default: boot-test/ in the work directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<Utf8PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn definition_is_sound() {
        super::Cli::command().debug_assert();
    }
}
