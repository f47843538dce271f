//! What was typed after `advisory`.

use clap::{Args, Subcommand};

use super::TargetArgs;

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
