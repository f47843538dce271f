//! What is meant by what was typed: the project, the work directory, the printer, the clock.
//!
//! The environment variables that the program reads stand in `args` (those of options) and here (`NO_COLOR`, the
//! proxies, `HOME`, `XDG_CACHE_HOME`, `XDG_RUNTIME_DIR`, `SSL_CERT_FILE`; `GNUPGHOME`, `SSH_AUTH_SOCK` and `DBUS_SESSION_BUS_ADDRESS` only to
//! hide what they name from builds), and nowhere else.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_http::{HttpSettings, Proxies, ProxyUrl};

use crate::{
    args::GlobalArgs,
    failure::{Failure, Kind},
    printer::{Printer, Verbosity},
};

/// The printer that the global options ask for.
pub(crate) fn printer(global: &GlobalArgs) -> Printer {
    let verbosity = match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    Printer::new(verbosity, global.color, environment("NO_COLOR").is_some())
}

/// Where what can be made again is kept for this user, who may have no such place. Relative paths are none.
pub(crate) fn cache_directory() -> Option<Utf8PathBuf> {
    let absolute = |name| environment(name).map(Utf8PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(".cache"));
    absolute("XDG_CACHE_HOME").or_else(home).map(|cache| cache.join("xen4centos"))
}

/// The network as the environment has it.
pub(crate) fn http() -> HttpSettings {
    let either = |lower: &str, upper: &str| environment(lower).or_else(|| environment(upper));
    // For what has none of its own.
    let all = either("all_proxy", "ALL_PROXY");
    let proxies = Proxies {
        // HTTP_PROXY in capitals can be set by a web server's client, so only CGI-safe programs may read it; we do
        // not, as curl does not.
        http: environment("http_proxy").or_else(|| all.clone()).map(ProxyUrl::new),
        https: either("https_proxy", "HTTPS_PROXY").or(all).map(ProxyUrl::new),
        no_proxy: either("no_proxy", "NO_PROXY"),
    };
    let certificates = environment("SSL_CERT_FILE").map(Utf8PathBuf::from).into_iter().collect();
    HttpSettings { proxies, certificates, ..HttpSettings::usual() }
}

/// Where the data is and where the work goes; both absolute.
#[derive(Clone, Debug)]
pub(crate) struct Directories {
    pub(crate) project: Utf8PathBuf,
    pub(crate) work: Utf8PathBuf,
}

impl Directories {
    /// From the options, or the nearest directory above this one that looks like the project.
    pub(crate) fn find(global: &GlobalArgs) -> Result<Self, Failure> {
        let here = current_directory()?;
        let project = match &global.project {
            Some(given) => here.join(given),
            None => {
                here.ancestors().find(|directory| is_project(directory)).map(Utf8Path::to_owned).ok_or_else(
                    || {
                        Failure::new(
                        Kind::Data,
                        format!(
                            "`{here}` and the directories above it have no specs/ and repo-templates/targets/"
                        ),
                    )
                    .hint(Some(
                        "run it inside the project, or name the project with --project DIR".to_owned(),
                    ))
                    },
                )?
            }
        };
        if !is_project(&project) {
            let message = format!("`{project}` has no specs/ and repo-templates/targets/");
            return Err(Failure::new(Kind::Data, message));
        }
        let work = global.work.as_ref().map_or_else(|| project.join(".xen4centos"), |work| here.join(work));
        Ok(Self { project, work })
    }
}

/// Whether there is a project: one that is named, or one around the directory that this runs in.
pub(crate) fn has_project(global: &GlobalArgs) -> Result<bool, Failure> {
    let here = current_directory()?;
    Ok(global.project.is_some() || here.ancestors().any(is_project))
}

fn is_project(directory: &Utf8Path) -> bool {
    directory.join("specs").is_dir() && directory.join("repo-templates/targets").is_dir()
}

/// The directory that relative paths of the command line are meant from.
#[expect(clippy::disallowed_methods, reason = "the ban points here: directories are resolved in the CLI")]
pub(crate) fn current_directory() -> Result<Utf8PathBuf, Failure> {
    let here = std::env::current_dir().map_err(|error| Failure::file(&error))?;
    Utf8PathBuf::from_path_buf(here)
        .map_err(|path| Failure::new(Kind::Data, format!("`{}` is not UTF-8", path.display())))
}

/// A variable of the environment, if it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the ban points here: the environment is read in the CLI")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Seconds since 1970, by the clock. Whether a key is valid is decided by it, so nothing of the environment replaces it.
#[expect(clippy::disallowed_methods, reason = "the ban points here: the clock is read in the CLI")]
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |duration| duration.as_secs())
}

/// A time for people, in UTC, from seconds since 1970.
pub(crate) fn shown_time(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|time| jiff::Timestamp::from_second(time).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.to_string())
}
