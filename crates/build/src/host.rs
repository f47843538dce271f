//! This machine as a build root: which compiler, which tools, which headers.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::BuildRootFacts;
use xen4centos_process::{Invocation, ProcessError, Stdin, Tool};

use crate::{
    BuildError, Needed, NetworkPolicy, Requirement, RootDetails, files,
    probes::{CAPABILITIES, PYTHON2_HEADERS, Takes},
    rpm_files::Places,
    witness::{self, Witnesses},
};

/// Directories that hold programs; the same list as the search path of every child process.
const PROGRAM_DIRECTORIES: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Where a compiler for x86_64 looks; only to notice that a header came or went.
const HEADER_DIRECTORIES: [&str; 3] = ["/usr/local/include", "/usr/include/x86_64-linux-gnu", "/usr/include"];

/// Files that name the distribution, the older kind last.
const RELEASE_FILES: [&str; 3] = ["/etc/os-release", "/usr/lib/os-release", "/etc/redhat-release"];

/// Number of the cache file's format.
const CACHE_SCHEMA: u32 = 3;

/// What to look for, and where to keep the answers.
#[derive(Clone, Debug)]
pub struct ProbeSettings<'a> {
    /// Programs and headers that packages need, besides those that capabilities take.
    pub requirements: &'a [Requirement],
    /// The file that keeps the answers until something that was looked at changes; none: ask every time.
    pub cache: Option<&'a Utf8Path>,
    /// Shown to templates as the capability `network`.
    pub network: NetworkPolicy,
}

/// What this machine can do as a build root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRoot {
    facts: BuildRootFacts,
    details: RootDetails,
    commands: BTreeMap<String, bool>,
    headers: BTreeMap<String, bool>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Cache {
    schema: u32,
    witnesses: Witnesses,
    facts: BuildRootFacts,
    details: RootDetails,
    commands: BTreeMap<String, bool>,
    headers: BTreeMap<String, bool>,
}

/// The names that are asked for.
struct Asked {
    commands: BTreeSet<String>,
    headers: BTreeSet<String>,
}

impl HostRoot {
    /// Finds out about this machine, or reads what was found out before when nothing has changed since.
    ///
    /// # Errors
    /// When a program is there and can not be run, or the cache can not be written. Programs that are not there
    /// are no error: their version is empty.
    pub fn probe(settings: &ProbeSettings<'_>) -> Result<Self, BuildError> {
        let asked = Asked::new(settings.requirements);
        if let Some(known) = settings.cache.and_then(|path| read_cache(path, &asked)) {
            return Ok(known.with_network(settings.network));
        }
        let rpm = Places::of_this_machine();
        let witnesses = asked.witnesses(&rpm);
        let root = ask(&asked, &rpm)?;
        if let Some(path) = settings.cache {
            files::write(path, &root.to_cache(witnesses))?;
        }
        Ok(root.with_network(settings.network))
    }

    /// What templates and provenance see.
    pub fn facts(&self) -> &BuildRootFacts {
        &self.facts
    }

    /// What builds see besides.
    pub fn details(&self) -> &RootDetails {
        &self.details
    }

    /// Those of `requirements` that are not met here; they must be among those that were probed for.
    pub fn missing(&self, requirements: &[Requirement]) -> Vec<Requirement> {
        let met = |requirement: &&Requirement| match &requirement.what {
            Needed::Command(name) => self.commands.get(name) == Some(&true),
            Needed::Header(name) => self.headers.get(name) == Some(&true),
        };
        requirements.iter().filter(|requirement| !met(requirement)).cloned().collect()
    }

    /// [`missing`](Self::missing) as an error for the build of `package`.
    ///
    /// # Errors
    /// When anything is missing.
    pub fn require(&self, package: &str, requirements: &[Requirement]) -> Result<(), BuildError> {
        let missing = self.missing(requirements);
        if missing.is_empty() {
            Ok(())
        } else {
            Err(BuildError::Missing { package: package.to_owned(), missing })
        }
    }

    fn to_cache(&self, witnesses: Witnesses) -> Vec<u8> {
        let Self { facts, details, commands, headers } = self.clone();
        files::json(&Cache { schema: CACHE_SCHEMA, witnesses, facts, details, commands, headers })
    }

    fn with_network(mut self, policy: NetworkPolicy) -> Self {
        self.facts.capabilities.insert("network".to_owned(), policy == NetworkPolicy::Allowed);
        self
    }
}

impl Asked {
    fn new(requirements: &[Requirement]) -> Self {
        let mut asked = Self { commands: BTreeSet::new(), headers: BTreeSet::new() };
        for name in ["gcc", "ld", "ldconfig", "make", "rpmbuild", "python", "python2", "python3"] {
            asked.commands.insert(name.to_owned());
        }
        asked.headers.extend(PYTHON2_HEADERS.map(str::to_owned));
        for (_, takes) in &CAPABILITIES {
            match takes {
                Takes::Commands(names) => asked.commands.extend(names.iter().map(|&name| name.to_owned())),
                Takes::Headers(names) => asked.headers.extend(names.iter().map(|&name| name.to_owned())),
            }
        }
        for requirement in requirements {
            match &requirement.what {
                Needed::Command(name) => asked.commands.insert(name.clone()),
                Needed::Header(name) => asked.headers.insert(name.clone()),
            };
        }
        asked
    }

    /// Everything whose coming, going or changing can change an answer.
    fn witnesses(&self, rpm: &Places) -> Witnesses {
        let programs = PROGRAM_DIRECTORIES
            .iter()
            .flat_map(|directory| self.commands.iter().map(move |name| Utf8Path::new(directory).join(name)));
        let headers = HEADER_DIRECTORIES
            .iter()
            .flat_map(|directory| self.headers.iter().map(move |name| Utf8Path::new(directory).join(name)));
        let releases = RELEASE_FILES.iter().map(Utf8PathBuf::from);
        programs
            .chain(headers)
            .chain(releases)
            .chain(rpm.files.iter().chain(&rpm.directories).cloned())
            .map(|path| {
                let seen = witness::look(&path);
                (path.into_string(), seen)
            })
            .collect()
    }
}

/// A cache that can not be read, or that answers other questions, is no cache.
fn read_cache(path: &Utf8Path, asked: &Asked) -> Option<HostRoot> {
    let cache: Cache = serde_json::from_slice(&fs_err::read(path).ok()?).ok()?;
    let answers = |names: &BTreeSet<String>, known: &BTreeMap<String, bool>| {
        names.iter().all(|name| known.contains_key(name))
    };
    let usable = cache.schema == CACHE_SCHEMA
        && answers(&asked.commands, &cache.commands)
        && answers(&asked.headers, &cache.headers)
        && witness::unchanged(&cache.witnesses);
    let Cache { facts, details, commands, headers, .. } = cache;
    usable.then_some(HostRoot { facts, details, commands, headers })
}

fn ask(asked: &Asked, rpm: &Places) -> Result<HostRoot, BuildError> {
    let commands: BTreeMap<String, bool> =
        asked.commands.iter().map(|name| (name.clone(), program(name).is_some())).collect();
    let has = |name: &str| commands.get(name) == Some(&true);
    let version = |tool: Tool, arguments: &[&str]| {
        if has(tool.program()) { ask_version(tool, arguments) } else { Ok(String::new()) }
    };
    let gcc_version = version(Tool::Gcc, &["-dumpfullversion", "-dumpversion"])?;
    let gcc_major = gcc_version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    let headers = ask_headers(&asked.headers, gcc_major);
    let mut facts = BuildRootFacts {
        kind: "host".to_owned(),
        user_space: user_space(),
        gcc_major,
        gcc_version,
        binutils_version: version(Tool::Ld, &["--version"])?,
        make_version: version(Tool::Make, &["--version"])?,
        // Its configuration is not needed for its version and takes longer to read than all the rest here.
        rpm_version: version(Tool::Rpmbuild, &["--rcfile=/dev/null", "--macros=/dev/null", "--version"])?,
        python2: python2(&has),
        python3: if has("python3") { "python3".to_owned() } else { String::new() },
        capabilities: BTreeMap::new(),
    };
    for (name, takes) in &CAPABILITIES {
        let there = match takes {
            Takes::Commands(names) => names.iter().all(|name| has(name)),
            Takes::Headers(names) => names.iter().all(|name| headers[*name]),
        };
        facts.capabilities.insert((*name).to_owned(), there);
    }
    let python2 = !facts.python2.is_empty() && PYTHON2_HEADERS.iter().any(|name| headers[*name]);
    facts.capabilities.insert("python2".to_owned(), python2);
    let libc_version = if has("ldconfig") { ask_libc()? } else { String::new() };
    let details = RootDetails { libc_version, rpm_files: rpm.digests()? };
    Ok(HostRoot { facts, details, commands, headers })
}

/// The first file of that name that may be executed.
fn program(name: &str) -> Option<Utf8PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    PROGRAM_DIRECTORIES.iter().map(|directory| Utf8Path::new(directory).join(name)).find(|path| {
        fs_err::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    })
}

/// The first word of the first line that begins with a digit and has a dot: `GNU ld (GNU Binutils for Debian)
/// 2.40`, `RPM version 4.8.0`, `GNU ld version 2.20.51.0.2-5.48.el6 20100205`.
fn ask_version(tool: Tool, arguments: &[&str]) -> Result<String, BuildError> {
    let output = Invocation::new(tool, "/")
        .args(arguments)
        .run()
        .map_err(|source| BuildError::Probe { tool: tool.to_string(), source: Box::new(source) })?;
    Ok(version_in(&output.text()).to_owned())
}

/// `ldconfig (Debian GLIBC 2.36-9+deb12u14) 2.36`, `ldconfig (GNU libc) 2.12`: the last word, as the other is changed by every
/// update of the distribution.
fn ask_libc() -> Result<String, BuildError> {
    let output = Invocation::new(Tool::Ldconfig, "/")
        .arg("--version")
        .run()
        .map_err(|source| BuildError::Probe { tool: Tool::Ldconfig.to_string(), source: Box::new(source) })?;
    Ok(last_version_in(&output.text()).to_owned())
}

fn last_version_in(text: &str) -> &str {
    let first_line = text.lines().next().unwrap_or_default();
    first_line.split_whitespace().next_back().unwrap_or_default()
}

fn version_in(text: &str) -> &str {
    let first_line = text.lines().next().unwrap_or_default();
    first_line
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.'))
        .unwrap_or_default()
}

/// CentOS 6 calls its Python 2 `python`; elsewhere that name may be anything.
fn python2(has: &dyn Fn(&str) -> bool) -> String {
    let is_2 = || {
        let test = "import sys; sys.exit(sys.version_info[0] != 2)";
        Invocation::new(Tool::Python, "/").args(["-c", test]).run().is_ok()
    };
    if has("python2") {
        "python2".to_owned()
    } else if has("python") && is_2() {
        "python".to_owned()
    } else {
        String::new()
    }
}

/// gcc 5 and later answer for all headers in one call; older ones take one call each. Where the compiler fails,
/// no header counts as there: a package that needs one is refused with the compiler's package in the hint.
fn ask_headers(names: &BTreeSet<String>, gcc_major: u32) -> BTreeMap<String, bool> {
    let (askable, nonsense): (Vec<&String>, Vec<&String>) =
        names.iter().partition(|name| is_header_name(name));
    let there: BTreeSet<String> = match gcc_major {
        0 => BTreeSet::new(),
        1..=4 => askable
            .iter()
            .filter(|name| preprocess(&format!("#include <{name}>\n")).is_ok())
            .map(|&name| name.clone())
            .collect(),
        _ => ask_at_once(&askable),
    };
    let answer = |name: &String| (name.clone(), there.contains(name));
    askable
        .iter()
        .map(|name| answer(name))
        .chain(nonsense.into_iter().map(|name| (name.clone(), false)))
        .collect()
}

fn ask_at_once(names: &[&String]) -> BTreeSet<String> {
    let lines = names
        .iter()
        .enumerate()
        .map(|(index, name)| format!("#if __has_include(<{name}>)\nxen4centos_header {index}\n#endif\n"));
    let answer = preprocess(&lines.collect::<String>()).unwrap_or_default();
    answer
        .lines()
        .filter_map(|line| line.strip_prefix("xen4centos_header "))
        .filter_map(|index| names.get(index.trim().parse::<usize>().ok()?))
        .map(|name| (*name).clone())
        .collect()
}

fn preprocess(text: &str) -> Result<String, ProcessError> {
    let stdin = Stdin::Bytes(text.as_bytes().to_vec());
    let output = Invocation::new(Tool::Gcc, "/").args(["-E", "-P", "-x", "c", "-"]).stdin(stdin).run()?;
    Ok(output.text())
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "/._+-".contains(character))
}

/// `el6` on CentOS 6 and its kin, otherwise the id and version of os-release, such as `debian12`.
fn user_space() -> String {
    let text = |path: &str| fs_err::read_to_string(path).unwrap_or_default();
    let [os_release, usr_os_release, redhat_release] = RELEASE_FILES.map(text);
    name_user_space(if os_release.is_empty() { &usr_os_release } else { &os_release }, &redhat_release)
}

fn name_user_space(os_release: &str, redhat_release: &str) -> String {
    if redhat_release.split_whitespace().any(|word| word == "6" || word.starts_with("6."))
        && os_release.is_empty()
    {
        return "el6".to_owned();
    }
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches(['"', '\'']).to_owned()
    };
    let name = value("ID") + &value("VERSION_ID");
    if name.is_empty() { "unknown".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        assert_eq!(version_in("GNU ld (GNU Binutils for Debian) 2.40\nCopyright"), "2.40");
        assert_eq!(version_in("GNU ld version 2.20.51.0.2-5.48.el6 20100205"), "2.20.51.0.2-5.48.el6");
        assert_eq!(version_in("RPM version 4.8.0"), "4.8.0");
        assert_eq!(version_in("12.2.0"), "12.2.0");
        assert_eq!(version_in(""), "");
        assert_eq!(last_version_in("ldconfig (Debian GLIBC 2.36-9+deb12u14) 2.36\nCopyright"), "2.36");
        assert_eq!(last_version_in("ldconfig (GNU libc) 2.12\n"), "2.12");
    }

    #[test]
    fn distributions_are_named() {
        assert_eq!(name_user_space("", "CentOS release 6.10 (Final)\n"), "el6");
        assert_eq!(name_user_space("ID=debian\nVERSION_ID=\"12\"\n", ""), "debian12");
        assert_eq!(
            name_user_space("ID=\"centos\"\nVERSION_ID=\"7\"\n", "CentOS Linux release 7.9\n"),
            "centos7"
        );
        assert_eq!(name_user_space("", ""), "unknown");
    }

    #[test]
    fn both_ways_of_asking_for_headers_agree() {
        let names = ["stdio.h", "no/such-header.h", "sys/types.h", "evil.h>\n#error <"].map(str::to_owned);
        let names = BTreeSet::from(names);
        let at_once = ask_headers(&names, 12);
        assert_eq!(at_once, ask_headers(&names, 4));
        assert_eq!(at_once.values().filter(|there| **there).count(), 2);
        assert!(ask_headers(&names, 0).values().all(|there| !there));
    }
}
