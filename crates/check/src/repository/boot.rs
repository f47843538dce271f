//! What a host boots, across packages: the scripts that make boot entries, the files that these name, and the tools'
//! idea of the hypervisor's interface.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use xen4centos_artifact::{
    Evr,
    header::{DependencyKind, HeaderError, RpmHeaders},
};

use super::{Findings, release::read, rules};
use crate::{
    Provision,
    package::{UNREADABLE, boot::ABI},
};

/// What makes boot entries.
const SCRIPT: &str = "/usr/bin/grub-bootxen.sh";

/// How the hypervisor's names begin, in packages and in scripts.
const HYPERVISOR: &str = "/boot/xen";

/// What was seen of packages: the newest of each name, which is what hosts get.
#[derive(Debug, Default)]
pub(super) struct Boot(BTreeMap<String, Seen>);

/// One of them.
#[derive(Debug)]
struct Seen {
    evr: Evr,
    subject: String,
    /// Of the hypervisor's interface.
    provided: Vec<Provision>,
    required: Vec<Provision>,
    obsoletes: Vec<Provision>,
    /// Hypervisors and scripts.
    paths: BTreeSet<String>,
    /// Whether its scriptlets run the script.
    calls: bool,
    /// The script, or why it could not be read.
    script: Option<Result<Vec<u8>, String>>,
}

impl Boot {
    /// Takes note of a package. What can not be read is reported by the package's own rules.
    pub(super) fn look(&mut self, subject: &str, path: &Utf8Path, headers: &RpmHeaders) {
        if let (false, Ok(nevra)) = (headers.is_source(), headers.nevra())
            && self.0.get(&nevra.name).is_none_or(|known| known.evr < nevra.evr)
            && let Ok(seen) = Seen::of(subject, (path, headers), nevra.evr)
        {
            self.0.insert(nevra.name, seen);
        }
    }

    /// All that does not fit together.
    pub(super) fn check(&self, findings: &mut Findings) {
        let is_obsoleted = |name: &str, seen: &Seen| {
            let itself = Provision::exactly(name, seen.evr.to_string());
            let by = |other: &Seen| {
                other.obsoletes.iter().any(|entry| entry.name == name && entry.overlaps(&itself))
            };
            self.0.iter().any(|(other, seen)| other != name && by(seen))
        };
        let standing: Vec<&Seen> =
            self.0.iter().filter(|(name, seen)| !is_obsoleted(name, seen)).map(|(_, seen)| seen).collect();
        let has = |path: &str| standing.iter().any(|seen| seen.paths.contains(path));
        if let Some(caller) = standing.iter().find(|seen| seen.calls && !has(SCRIPT)) {
            let message = format!("runs {SCRIPT}, which no package has");
            findings.add(&rules::BOOT_SCRIPT, &caller.subject, message);
        }
        // Without a hypervisor there is nothing to boot; the script says so by itself.
        let provided: Vec<&Provision> = standing.iter().flat_map(|seen| &seen.provided).collect();
        if provided.is_empty() {
            return;
        }
        for seen in &standing {
            match &seen.script {
                None => {}
                Some(Ok(script)) => {
                    let names = hypervisors(&String::from_utf8_lossy(script)).into_iter();
                    for name in names.filter(|name| !has(name)) {
                        let message = format!("{SCRIPT} names {name}, which no package has");
                        findings.add(&rules::BOOT_SCRIPT, &seen.subject, message);
                    }
                }
                Some(Err(reason)) => findings.add(&UNREADABLE, &seen.subject, reason),
            }
            for required in &seen.required {
                if !provided.iter().any(|provided| provided.overlaps(required)) {
                    let there: Vec<_> = provided.iter().map(ToString::to_string).collect();
                    let message =
                        format!("requires {required}, the newest hypervisor has {}", there.join(", "));
                    findings.add(&rules::BOOT_INTERFACE, &seen.subject, message);
                }
            }
        }
    }
}

impl Seen {
    fn of(subject: &str, (path, headers): (&Utf8Path, &RpmHeaders), evr: Evr) -> Result<Self, HeaderError> {
        let list = |kind, is_wanted: fn(&[u8]) -> bool| -> Result<Vec<Provision>, HeaderError> {
            let all = headers.dependencies(kind)?.filter(|one| is_wanted(one.name.as_bytes()));
            Ok(all.map(Provision::from).collect())
        };
        let is_abi = |name: &[u8]| name == ABI.as_bytes();
        let runs = |body: &[u8]| memchr::memmem::find(body, SCRIPT.as_bytes()).is_some();
        let scriptlets = headers.main().scriptlets()?;
        let mut paths = BTreeSet::new();
        for file in headers.main().files()? {
            if file.base_name.starts_with("xen") || file.base_name.as_bytes() == b"grub-bootxen.sh" {
                paths.insert(file.path_lossy());
            }
        }
        paths.retain(|path| path == SCRIPT || path.starts_with(HYPERVISOR));
        let script = paths.contains(SCRIPT).then(|| {
            let files = read(path, headers, &BTreeSet::from([SCRIPT.to_owned()]));
            files.map(|mut files| files.remove(SCRIPT).unwrap_or_default())
        });
        Ok(Self {
            evr,
            subject: subject.to_owned(),
            provided: list(DependencyKind::Provides, is_abi)?,
            required: list(DependencyKind::Requires, is_abi)?,
            obsoletes: list(DependencyKind::Obsoletes, |_| true)?,
            paths,
            calls: scriptlets.iter().any(|one| one.body.is_some_and(|body| runs(body.as_bytes()))),
            script,
        })
    }
}

/// The hypervisors that a script names in full.
fn hypervisors(script: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let code = |line: &'_ str| {
        let remark = line.trim_start().starts_with('#').then_some(0).or_else(|| line.find(" #"));
        line[..remark.unwrap_or(line.len())].to_owned()
    };
    let script: String = script.lines().map(|line| code(line) + "\n").collect();
    for (start, _) in script.match_indices(HYPERVISOR) {
        let rest = &script[start..];
        let is_part = |character: char| character.is_ascii_alphanumeric() || "/._-".contains(character);
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let is_whole = !rest[end..].starts_with(['$', '*', '?', '[', '{']);
        let name = rest[..end].trim_end_matches('.');
        if is_whole && Utf8Path::new(name).extension() == Some("gz") {
            found.insert(name.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hypervisors_are_found_in_scripts() {
        let script = "hypervisor=$root/boot/xen.gz\n# not /boot/xen-$version.gz, nor /boot/xen*.gz or /boot/xen-syms-4\n\
                      --multiboot=/boot/xen-4.2.gz \"/boot/xen.gz\" # see /boot/xen-4.gz\n\t# /boot/xen-5.gz\n";
        let expected = ["/boot/xen-4.2.gz", "/boot/xen.gz"];
        assert_eq!(hypervisors(script), expected.map(str::to_owned).into());
    }
}
