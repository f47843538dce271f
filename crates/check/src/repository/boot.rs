//! What a host boots, across packages: the scripts that make boot entries, the files that these name, and the tools'
//! idea of the hypervisor's interface.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use xen4centos_artifact::{
    Evr,
    header::{HeaderError, RpmHeaders},
};

use super::{Findings, release::read, rules};
use crate::package::UNREADABLE;

const ABI: &str = "xen-hypervisor-abi";

/// What makes boot entries.
const SCRIPT: &str = "/usr/bin/grub-bootxen.sh";

/// How the hypervisor's names begin, in packages and in scripts.
const HYPERVISOR: &str = "/boot/xen";

/// What was seen of packages.
#[derive(Debug, Default)]
pub(super) struct Boot {
    /// Paths of hypervisors and scripts that packages have.
    paths: BTreeSet<String>,
    /// The first package whose scriptlets run the script.
    caller: Option<String>,
    /// The script of each package that has one, or why it could not be read.
    scripts: Vec<(String, Result<Vec<u8>, String>)>,
    /// The newest package that provides the interface, and as what.
    provider: Option<(Evr, Vec<String>)>,
    /// The newest of each name that requires one, with its subject.
    requirers: BTreeMap<String, (Evr, String, Vec<String>)>,
}

impl Boot {
    /// Takes note of a package. What can not be read is reported by the package's own rules.
    pub(super) fn look(&mut self, subject: &str, path: &Utf8Path, headers: &RpmHeaders) {
        if !headers.is_source() {
            let _ = self.note(subject, path, headers);
        }
    }

    fn note(&mut self, subject: &str, path: &Utf8Path, headers: &RpmHeaders) -> Result<(), HeaderError> {
        let nevra = headers.nevra()?;
        let is_abi = |name: &[u8]| name == ABI.as_bytes();
        let versions = |found: Vec<String>| Some(found).filter(|found| !found.is_empty());
        let provided = headers.provides()?.filter(|one| is_abi(one.name.as_bytes()));
        if let Some(provided) = versions(provided.map(|one| one.evr.to_str_lossy().into_owned()).collect())
            && self.provider.as_ref().is_none_or(|(known, _)| *known < nevra.evr)
        {
            self.provider = Some((nevra.evr.clone(), provided));
        }
        let required = headers.requires()?.filter(|one| is_abi(one.name.as_bytes()));
        let required = required.map(|one| one.evr.to_str_lossy().into_owned());
        let known = self.requirers.get(&nevra.name);
        if let Some(required) = versions(required.filter(|evr| !evr.is_empty()).collect())
            && known.is_none_or(|(known, ..)| *known < nevra.evr)
        {
            self.requirers.insert(nevra.name, (nevra.evr, subject.to_owned(), required));
        }
        let runs = |body: &[u8]| memchr::memmem::find(body, SCRIPT.as_bytes()).is_some();
        if self.caller.is_none()
            && headers
                .main()
                .scriptlets()?
                .iter()
                .any(|one| one.body.is_some_and(|body| runs(body.as_bytes())))
        {
            self.caller = Some(subject.to_owned());
        }
        for file in headers.main().files()? {
            let base = file.base_name;
            if base.starts_with("xen") || base.as_bytes() == b"grub-bootxen.sh" {
                self.file(subject, (path, headers), file.path_lossy());
            }
        }
        Ok(())
    }

    fn file(&mut self, subject: &str, (path, headers): (&Utf8Path, &RpmHeaders), file: String) {
        if file == SCRIPT {
            let wanted = BTreeSet::from([file.clone()]);
            let script =
                read(path, headers, &wanted).map(|mut files| files.remove(SCRIPT).unwrap_or_default());
            self.scripts.push((subject.to_owned(), script));
        }
        if file == SCRIPT || file.starts_with(HYPERVISOR) {
            self.paths.insert(file);
        }
    }

    /// All that does not fit together.
    pub(super) fn check(&self, findings: &mut Findings) {
        if let Some(caller) = self.caller.as_ref().filter(|_| !self.paths.contains(SCRIPT)) {
            let message = format!("runs {SCRIPT}, which no package has");
            findings.add(&rules::BOOT_SCRIPT, caller, message);
        }
        // Without a hypervisor there is nothing to boot; the script says so by itself.
        let Some((_, interfaces)) = &self.provider else { return };
        for (subject, script) in &self.scripts {
            match script {
                Ok(script) => {
                    for name in hypervisors(&String::from_utf8_lossy(script)) {
                        if !self.paths.contains(&name) {
                            let message = format!("{SCRIPT} names {name}, which no package has");
                            findings.add(&rules::BOOT_SCRIPT, subject, message);
                        }
                    }
                }
                Err(reason) => findings.add(&UNREADABLE, subject, reason),
            }
        }
        for (_, subject, required) in self.requirers.values() {
            for required in required.iter().filter(|required| !interfaces.contains(required)) {
                let message = format!(
                    "requires {ABI} = {required}, the newest hypervisor has {}",
                    interfaces.join(", ")
                );
                findings.add(&rules::BOOT_INTERFACE, subject, message);
            }
        }
    }
}

/// The hypervisors that a script names in full.
fn hypervisors(script: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
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
                      --multiboot=/boot/xen-4.2.gz \"/boot/xen.gz\". See /boot/xen-4.gz.\n";
        let expected = ["/boot/xen-4.2.gz", "/boot/xen-4.gz", "/boot/xen.gz"];
        assert_eq!(hypervisors(script), expected.map(str::to_owned).into());
    }
}
