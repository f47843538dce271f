//! What was typed after `repo`.

use std::num::NonZeroUsize;

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};

use crate::{index_args::FormArgs, left_out_args::MergeLeftOutArgs};

#[derive(Debug, Args)]
pub(crate) struct RepoArgs {
    #[command(subcommand)]
    pub(crate) command: RepoCommand,
}

/// The commands over repositories of any origin.
#[derive(Debug, Subcommand)]
pub(crate) enum RepoCommand {
    /// List packages
    List(RepoListArgs),
    /// Find packages and show what they need and give, as `dnf repoquery` does
    Query(Box<RepoQueryArgs>),
    /// Show what differs between two repositories
    Diff(RepoDiffArgs),
    /// Write the metadata of one repository over the packages of several, which stay where they are
    Merge(Box<RepoMergeArgs>),
}

impl RepoCommand {
    /// As [`Command::wants_json`](super::Command::wants_json).
    pub(crate) const fn wants_json(&self) -> bool {
        match self {
            Self::List(args) => args.json,
            Self::Query(args) => args.json,
            Self::Diff(args) => args.json,
            Self::Merge(args) => args.json,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RepoListArgs {
    /// A directory that holds repodata/, or its file, http or https URL
    #[arg(value_name = "REPO")]
    pub(crate) repository: String,
    /// Only the newest version of each name and architecture
    #[arg(long)]
    pub(crate) latest: bool,
    /// The line of a package, with placeholders such as %{name}; %{} lists all of them
    #[arg(long, visible_aliases = ["queryformat", "qf"], value_name = "TEXT", default_value = "%{nevra}")]
    #[arg(conflicts_with = "json")]
    pub(crate) format: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is asked of a repository: all conditions must hold, of several values of one any.
#[derive(Debug, Args)]
pub(crate) struct RepoQueryArgs {
    /// A directory that holds repodata/, or its file, http or https URL
    #[arg(value_name = "REPO")]
    pub(crate) repository: String,
    /// Packages: name, name.arch, name-version, name-version-release[.arch], or globs of these, names in any case; or a path
    /// that they own [default: all]
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    /// Packages that own the path, which may be a glob
    #[arg(short, long, value_name = "PATH")]
    pub(crate) file: Vec<String>,
    /// Packages of this architecture
    #[arg(long, value_name = "ARCH", value_delimiter = ',')]
    pub(crate) arch: Vec<String>,
    /// Only the newest version of each name and architecture
    #[arg(long, conflicts_with = "latest_limit")]
    pub(crate) latest: bool,
    /// Only so many of the newest versions of each name and architecture
    #[arg(long, value_name = "NUMBER")]
    pub(crate) latest_limit: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
    /// The line of a package, with placeholders such as %{name}; %{} lists all of them
    #[arg(long, visible_aliases = ["queryformat", "qf"], value_name = "TEXT", default_value = "%{name}-%{epoch}:%{version}-%{release}.%{arch}")]
    #[arg(conflicts_with = "json")]
    pub(crate) format: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Conditions on dependencies.
#[derive(Debug, Default, Args)]
pub(crate) struct WhatArgs {
    /// Packages that provide it: `name`, `name = version`, `name >= version`, a path, or a glob
    #[arg(long, value_name = "WHAT")]
    pub(crate) whatprovides: Vec<String>,
    /// Packages that require it, or what a package of that name provides
    #[arg(long, value_name = "WHAT")]
    pub(crate) whatrequires: Vec<String>,
    /// Packages that conflict with it
    #[arg(long, value_name = "WHAT")]
    pub(crate) whatconflicts: Vec<String>,
    /// Packages that obsolete it
    #[arg(long, value_name = "WHAT")]
    pub(crate) whatobsoletes: Vec<String>,
    /// Packages that recommend it
    #[arg(long, value_name = "WHAT")]
    pub(crate) whatrecommends: Vec<String>,
    /// Packages that suggest it
    #[arg(long, value_name = "WHAT")]
    pub(crate) whatsuggests: Vec<String>,
    /// Packages that supplement it
    #[arg(long, value_name = "WHAT")]
    pub(crate) whatsupplements: Vec<String>,
    /// Packages that enhance it
    #[arg(long, value_name = "WHAT")]
    pub(crate) whatenhances: Vec<String>,
    /// Take what is asked for word for word, not as the name of a package that provides more
    #[arg(long)]
    pub(crate) exactdeps: bool,
}

/// What to show of the packages, instead of their names.
#[derive(Clone, Copy, Debug, Default, Args)]
#[group(multiple = false)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line, and clap lets one be given"
)]
pub(crate) struct ShowArgs {
    /// Show what they provide
    #[arg(long)]
    pub(crate) provides: bool,
    /// Show what they require
    #[arg(long)]
    pub(crate) requires: bool,
    /// Show what they conflict with
    #[arg(long)]
    pub(crate) conflicts: bool,
    /// Show what they obsolete
    #[arg(long)]
    pub(crate) obsoletes: bool,
    /// Show what they recommend
    #[arg(long)]
    pub(crate) recommends: bool,
    /// Show what they suggest
    #[arg(long)]
    pub(crate) suggests: bool,
    /// Show what they supplement
    #[arg(long)]
    pub(crate) supplements: bool,
    /// Show what they enhance
    #[arg(long)]
    pub(crate) enhances: bool,
    /// Show their files
    #[arg(short = 'l', long, visible_alias = "list")]
    pub(crate) files: bool,
    /// Show their changelogs
    #[arg(long)]
    pub(crate) changelog: bool,
    /// Show a summary of each
    #[arg(short, long)]
    pub(crate) info: bool,
    /// Show where they are
    #[arg(long)]
    pub(crate) location: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag that somebody types")]
#[derive(Debug, Args)]
pub(crate) struct RepoDiffArgs {
    /// The first repository: a directory that holds repodata/, or its file, http or https URL
    #[arg(value_name = "A")]
    pub(crate) before: String,
    /// The second repository
    #[arg(value_name = "B")]
    pub(crate) after: String,
    /// What is no difference, such as href,base,revision; a wrong name lists all of them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Take another time of a package file for a difference, too; copies often have other times
    #[arg(long)]
    pub(crate) file_times: bool,
    /// Show only how many packages differ, and how
    #[arg(long)]
    pub(crate) summary: bool,
    /// End with 1 where there are differences
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `mergerepo_c` can be told keeps its name.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that somebody types")]
#[derive(Debug, Args)]
pub(crate) struct RepoMergeArgs {
    /// The repositories: directories that hold repodata/, or their file, http or https URLs
    #[arg(value_name = "REPO", required_unless_present = "repo")]
    pub(crate) repositories: Vec<String>,
    /// One more repository, as mergerepo_c names them
    #[arg(short, long, value_name = "REPO")]
    pub(crate) repo: Vec<String>,
    /// The directory into which repodata/ is written; it is made if it is not there
    #[arg(long, short, visible_alias = "outputdir", value_name = "DIR", default_value = "merged_repo")]
    pub(crate) output: Utf8PathBuf,
    /// Write there even if it is one of the repositories, whose metadata is gone then
    #[arg(long)]
    pub(crate) replace_source: bool,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) places: PlacesArgs,
    /// Leave out groups
    #[arg(long, conflicts_with = "groupfile")]
    pub(crate) nogroups: bool,
    /// Leave out advisories
    #[arg(long)]
    pub(crate) noupdateinfo: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) form: FormArgs,
    #[command(flatten)]
    pub(crate) left_out: MergeLeftOutArgs,
}

/// Which packages are kept.
#[derive(Debug, Args)]
pub(crate) struct KeepArgs {
    /// Which packages are kept, where several have one name and architecture
    #[arg(long, value_name = "METHOD", default_value = "repo", conflicts_with_all = ["all", "simple"])]
    pub(crate) method: MethodArg,
    /// Keep every version; of the same version in several repositories that of the first
    #[arg(long)]
    pub(crate) all: bool,
    /// Keep all packages of all repositories, even the same version several times
    #[arg(long, conflicts_with = "all")]
    pub(crate) simple: bool,
    /// Keep only packages of these architectures, and noarch
    #[arg(long, short, value_name = "ARCH", value_delimiter = ',')]
    pub(crate) archlist: Vec<String>,
}

/// Where the metadata says that packages are.
#[derive(Debug, Args)]
pub(crate) struct PlacesArgs {
    /// List packages by the paths that they have in their own repositories, without saying where those are
    #[arg(long, conflicts_with_all = ["repo_prefix_search", "repo_prefix_replace"])]
    pub(crate) omit_baseurl: bool,
    /// What a repository's path or URL begins with, to be replaced in what clients are told
    #[arg(long, value_name = "TEXT", requires = "repo_prefix_replace")]
    pub(crate) repo_prefix_search: Option<String>,
    /// What clients are told in its place
    #[arg(long, value_name = "URL", requires = "repo_prefix_search")]
    pub(crate) repo_prefix_replace: Option<String>,
}

/// How one of several packages is chosen, by mergerepo_c's names.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum MethodArg {
    /// Those of the first repository that has any
    Repo,
    /// The newest version
    Nvr,
    /// The youngest file
    Ts,
}
