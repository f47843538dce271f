//! Options of createrepo_c that `index` leaves out on purpose: who gives one is told what to use instead, and not of an
//! option that only has a name like it.

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches,
    builder::{StyledStr, UnknownArgumentValueParser},
};

/// What one is called, and how many values it takes.
type Name = (&'static str, Option<char>, usize);

/// Their names, and what to do instead.
const LEFT_OUT: [(Name, &str); 14] = [
    (("xz", None, 0), "`--general-compress-type xz` says the same; yum on CentOS 6 reads XML in gz only"),
    (("basedir", None, 1), "name the directory itself; relative paths go from where you are"),
    (("includepkg", Some('n'), 1), "list packages in a file (`--pkglist FILE`)"),
    (("split", None, 0), "media sets are not written; index each directory, or `repo merge` their metadata"),
    (
        ("read-pkgs-list", None, 1),
        "with --update, `--json` and `--verbose` name the packages that were added, replaced and removed",
    ),
    (("recycle-pkglist", None, 0), "list packages in a file (`--pkglist FILE`)"),
    (
        ("error-exit-val", None, 0),
        "a bad package stops the run with exit code 2 unless `--leave-out-bad` is given",
    ),
    (("zck", None, 0), "zchunk is not written: no client of CentOS 6 reads it"),
    (("zck-dict-dir", None, 1), "zchunk is not written: no client of CentOS 6 reads it"),
    (("deltas", None, 0), DELTAS),
    (("oldpackagedirs", None, 1), DELTAS),
    (("num-deltas", None, 1), DELTAS),
    (("max-delta-rpm-size", None, 1), DELTAS),
    (("ignore-lock", None, 0), "a killed process leaves no lock behind, so there is none to ignore"),
];

const DELTAS: &str = "delta packages are not made: leave it out";

/// All of them.
#[derive(Debug)]
pub(crate) struct LeftOutArgs;

impl Args for LeftOutArgs {
    fn augment_args(command: Command) -> Command {
        LEFT_OUT.iter().fold(command, |command, ((name, short, values), instead)| {
            let arg = Arg::new(*name).long(*name).short(*short).hide(true).value_name("VALUE");
            let instead = StyledStr::from(format!("createrepo_c's option is left out on purpose: {instead}"));
            command.arg(
                arg.action(ArgAction::Append)
                    .num_args(*values)
                    .default_missing_value("")
                    .value_parser(UnknownArgumentValueParser::suggest(instead)),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LeftOutArgs {
    /// None is ever given: clap refuses them before.
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), clap::Error> {
        Ok(())
    }
}
