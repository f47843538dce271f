//! Options of createrepo_c and mergerepo_c that are left out on purpose: who gives one is told what to use instead, and not
//! of an option that only has a name like it.

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
    (("zck", None, 0), ZCHUNK),
    (("zck-dict-dir", None, 1), ZCHUNK),
    (("deltas", None, 0), DELTAS),
    (("oldpackagedirs", None, 1), DELTAS),
    (("num-deltas", None, 1), DELTAS),
    (("max-delta-rpm-size", None, 1), DELTAS),
    (("ignore-lock", None, 0), "a killed process leaves no lock behind, so there is none to ignore"),
];

/// Those of mergerepo_c.
const NOT_MERGED: [(Name, &str); 7] = [
    (("koji", Some('k'), 0), KOJI),
    (("blocked", Some('b'), 1), "it serves Koji's repositories; `index --excludes` leaves packages out"),
    (("pkgorigins", None, 0), KOJI),
    (("arch-expand", None, 0), "name every architecture (`--archlist`)"),
    (("noarch-repo", None, 1), KOJI),
    (("zck", None, 0), ZCHUNK),
    (("zck-dict-dir", None, 1), ZCHUNK),
];

const KOJI: &str = "it serves Koji's own repositories";
const ZCHUNK: &str = "zchunk is not written: no client of CentOS 6 reads it";
const DELTAS: &str = "delta packages are not made: leave it out";

/// Adds options that are refused, each with what to do instead.
fn refusing(command: Command, program: &str, options: &[(Name, &'static str)]) -> Command {
    options.iter().fold(command, |command, ((name, short, values), instead)| {
        let arg = Arg::new(*name).long(*name).short(*short).hide(true).value_name("VALUE");
        let instead = StyledStr::from(format!("{program}'s option is left out on purpose: {instead}"));
        command.arg(
            arg.action(ArgAction::Append)
                .num_args(*values)
                .default_missing_value("")
                .value_parser(UnknownArgumentValueParser::suggest(instead)),
        )
    })
}

/// Options that are refused, as arguments of a command.
macro_rules! left_out {
    ($(#[$doc:meta])* $name:ident, $program:literal, $options:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Args for $name {
            fn augment_args(command: Command) -> Command {
                refusing(command, $program, &$options)
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }

        impl FromArgMatches for $name {
            /// None is ever given: clap refuses them before.
            fn from_arg_matches(_: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self)
            }

            fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), clap::Error> {
                Ok(())
            }
        }
    };
}

left_out!(
    /// Of `index`.
    LeftOutArgs,
    "createrepo_c",
    LEFT_OUT
);
left_out!(
    /// Of `repo merge`.
    MergeLeftOutArgs,
    "mergerepo_c",
    NOT_MERGED
);
