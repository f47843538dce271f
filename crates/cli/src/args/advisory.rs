//! What was typed after `advisory`.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};

use super::{SourceArgs, TargetArgs};

#[derive(Debug, Args)]
pub(crate) struct AdvisoryArgs {
    #[command(subcommand)]
    pub(crate) command: AdvisoryCommand,
}

/// The commands over security advisories.
#[derive(Debug, Subcommand)]
pub(crate) enum AdvisoryCommand {
    /// Show how each package stands to every known fault: fixed in which release, not affected and why, or open
    Status(AdvisoryStatusArgs),
    /// Take patches that answer issues into a package: a plan, or with --apply the new files
    Import(Box<AdvisoryImportArgs>),
    /// Write the mail, the page and the CSAF document that announce a published advisory
    Announce(AdvisoryAnnounceArgs),
    /// Search what was put out for all that tells of advisories which are not public yet
    Leaks(AdvisoryLeaksArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AdvisoryLeaksArgs {
    /// Files and directories: logs, pages, repositories [default: all that was published into public channels]
    pub(crate) paths: Vec<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Print the result as JSON, with the advisories' ids
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AdvisoryAnnounceArgs {
    /// The advisory, such as CESA-2026:X0001
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// What is printed
    #[arg(long, value_enum, value_name = "FORM", default_value = "mail")]
    pub(crate) form: FormArg,
    /// Write all forms into this directory instead
    #[arg(long, short, value_name = "DIR", conflicts_with = "form")]
    pub(crate) output: Option<Utf8PathBuf>,
    /// Print the data that they are made of as JSON
    #[arg(long, conflicts_with_all = ["form", "output"])]
    pub(crate) json: bool,
}

/// How an announcement looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormArg {
    /// A mail, as plain text
    Mail,
    /// A page
    Html,
    /// CSAF 2.0, for programs
    Csaf,
}

impl AdvisoryCommand {
    /// As [`Command::wants_json`](super::Command::wants_json).
    pub(crate) const fn wants_json(&self) -> bool {
        match self {
            Self::Status(args) => args.json,
            Self::Announce(args) => args.json,
            Self::Leaks(args) => args.json,
            Self::Import(_) => false,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct AdvisoryStatusArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// XSAs or CVEs, such as XSA-108 or CVE-2014-7188 [default: all that are known]
    #[arg(value_name = "ISSUE")]
    pub(crate) issues: Vec<String>,
    /// Only this package; may be repeated
    #[arg(long, short, value_name = "NAME")]
    pub(crate) package: Vec<String>,
    /// Only what is open
    #[arg(long)]
    pub(crate) open: bool,
    /// End with exit code 1 when something of what is shown is open
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AdvisoryImportArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    /// What the update answers: XSAs or CVEs, such as XSA-108
    #[arg(value_name = "ISSUE", required_unless_present_any = ["finish", "abandon"])]
    pub(crate) issues: Vec<String>,
    #[command(flatten)]
    pub(crate) upstream: UpstreamTextArgs,
    /// A patch, by file or URL, a commit of upstream's by its whole id, or with --from a name of upstream's list; may be
    /// repeated, in the order of application. Where its name does not have the number of one issue, the issue stands before it,
    /// and where it is for another package, that
    #[arg(long, value_name = "[PACKAGE:][ISSUE=]PATCH")]
    #[arg(required_unless_present_any = ["finish", "abandon", "from", "upstream_release"])]
    pub(crate) patch: Vec<String>,
    /// A newer release of upstream's that mends them; may be repeated, for several packages
    #[arg(long, value_name = "[PACKAGE:]VERSION")]
    pub(crate) upstream_release: Vec<String>,
    /// The sha256 that a patch must have, or the file of a release; one for each, in the same order, the releases last. Commits,
    /// and what upstream's text lists, have none
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: Vec<String>,
    /// Leading directories of the patches' names that are stripped
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) strip: u32,
    /// A patch of which hunks may lie in other lines than it says; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) allow_offset: Vec<String>,
    /// The source package of patches that name none [default: the one that the issues are about]
    #[arg(long, short, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// The new release of a package; may be repeated, for several [default: the present one, its last number raised; 1 with
    /// --upstream-release]
    #[arg(long, value_name = "[PACKAGE:]RELEASE")]
    pub(crate) release: Vec<String>,
    /// Take another patch for what is fixed already
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) announcement: AnnouncementArgs,
    /// Write the files
    #[arg(long)]
    pub(crate) apply: bool,
    #[command(flatten)]
    pub(crate) stopped: StoppedImportArgs,
}

/// What upstream says itself.
#[derive(Clone, Debug, Args)]
pub(crate) struct UpstreamTextArgs {
    /// Where upstream's advisory-NNN.txt is, and the patches that it lists: a directory, or a URL such as
    /// `https://xenbits.xen.org/xsa`. Title, CVEs, credits and digests are those of the text, and, without --patch, the patches
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) from: Option<String>,
    /// Take a text that upstream did not sign
    #[arg(long, requires = "from")]
    pub(crate) unsigned: bool,
}

/// What the advisory and the changelog say.
#[derive(Clone, Debug, Args)]
pub(crate) struct AnnouncementArgs {
    /// How urgent it is
    #[arg(long, value_enum, default_value = "important", value_name = "WORD")]
    pub(crate) severity: SeverityArg,
    /// Who writes the changelog entry, `Name <mail>` [default: who wrote the newest one]
    #[arg(long, value_name = "AUTHOR")]
    pub(crate) author: Option<String>,
    /// One line for lists [default: what is known of the issues]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// A paragraph that says what was wrong; may be repeated [default: what is known of the issues]
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Vec<String>,
    /// Who found it; may be repeated [default: whom upstream's text names]
    #[arg(long, value_name = "NAME")]
    pub(crate) credit: Vec<String>,
    /// When it may be known, such as 2026-12-01T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) public: Option<String>,
    /// Hosts need not boot to have the fix
    #[arg(long)]
    pub(crate) no_reboot: bool,
}

/// What becomes of an import that was stopped in the middle.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct StoppedImportArgs {
    /// Finish writing what an earlier --apply was stopped in
    #[arg(long, conflicts_with_all = ["issues", "patch", "apply", "from"])]
    pub(crate) finish: bool,
    /// Take back what an earlier --apply was stopped in has written
    #[arg(long, conflicts_with_all = ["issues", "patch", "apply", "from", "finish"])]
    pub(crate) abandon: bool,
}

/// How urgent a security update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityArg {
    Low,
    Moderate,
    Important,
    Critical,
}
