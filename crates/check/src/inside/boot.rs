//! The rules about what a host boots: a hypervisor, a kernel, and the modules, configuration and lists that belong to it.
//! Contents are judged as they come; what takes several files together, at the end.

mod config;
mod hypervisor;
mod inflate;
mod kernel;
mod kernel_image;
mod modinfo;
mod rules;

use std::collections::BTreeMap;

use camino::Utf8Path;
use xen4centos_artifact::header::FileEntry;

use super::package::Package;
use crate::{
    KernelContract, Rule,
    package::boot::{interface, is_hypervisor},
};
use config::Config;
use hypervisor::Expected;
use kernel::Kernel;
use kernel_image::KernelImage;

pub(super) use rules::all_rules;

/// Far more bytes than any list of modules has.
const LONGEST_LIST: usize = 16 << 20;

/// Releases that one package has modules for.
const MOST_KERNELS: usize = 64;

/// What of the files in a package has to do with booting.
pub(super) struct Boot<'c> {
    contract: Option<&'c KernelContract>,
    /// By release (`uname -r`).
    kernels: BTreeMap<String, Kernel>,
    found: Vec<(&'static Rule, String)>,
}

/// What a file is for, by its path; with the release of its kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'p> {
    Hypervisor,
    Image(&'p str),
    Config(&'p str),
    /// `modules.dep`
    Dependencies(&'p str),
    /// `modules.builtin`
    BuiltIn(&'p str),
    Module(&'p str),
}

/// Whether a file is held for these rules; programs and modules are anyway.
pub(super) fn is_wanted(file: &FileEntry<'_>, path: &str) -> bool {
    file.is_regular() && kind(path).is_some_and(|kind| !matches!(kind, Kind::Module(_)))
}

fn kind(path: &str) -> Option<Kind<'_>> {
    if let Some(name) = path.strip_prefix("/boot/").filter(|name| !name.contains('/')) {
        let image = name.strip_prefix("vmlinuz-").map(Kind::Image);
        return if is_hypervisor(name) {
            Some(Kind::Hypervisor)
        } else {
            image.or_else(|| name.strip_prefix("config-").map(Kind::Config))
        };
    }
    let (release, below) = path.strip_prefix("/lib/modules/")?.split_once('/')?;
    match below {
        "modules.dep" => Some(Kind::Dependencies(release)),
        "modules.builtin" => Some(Kind::BuiltIn(release)),
        _ => (Utf8Path::new(below).extension() == Some("ko")).then_some(Kind::Module(release)),
    }
}

impl<'c> Boot<'c> {
    pub(super) const fn new(contract: Option<&'c KernelContract>) -> Self {
        Self { contract, kernels: BTreeMap::new(), found: Vec::new() }
    }

    /// Takes note of a file whose content is `held`.
    pub(super) fn take(&mut self, package: &Package<'_>, path: &str, held: &[u8]) {
        match kind(path) {
            None => {}
            Some(Kind::Hypervisor) => self.hypervisor(package, path, held),
            Some(Kind::Config(_)) if held.len() > Config::LONGEST => {
                self.found.push((&rules::CONTRACT, format!("{path} is longer than any configuration")));
            }
            Some(Kind::Dependencies(_) | Kind::BuiltIn(_)) if held.len() > LONGEST_LIST => {
                self.found.push((&rules::MODULE_LIST, format!("{path} is longer than any list of modules")));
            }
            Some(Kind::Image(release)) => match KernelImage::read(held, release) {
                Ok(image) => self.kernel(release).image = Some(image),
                Err(fault) => self.found.push((&rules::KERNEL, format!("{path} {fault}"))),
            },
            Some(Kind::Config(release)) => self.kernel(release).config = Some(Config::read(held)),
            Some(Kind::Dependencies(release)) => self.kernel(release).dependencies(held),
            Some(Kind::BuiltIn(release)) => self.kernel(release).built_in(held),
            Some(Kind::Module(release)) => self.kernel(release).module(path, modinfo::vermagic(held)),
        }
    }

    /// Beyond what any package has, the last one stands for all others.
    fn kernel(&mut self, release: &str) -> &mut Kernel {
        let is_full = self.kernels.len() >= MOST_KERNELS && !self.kernels.contains_key(release);
        let release = if is_full { "…" } else { release };
        self.kernels.entry(release.to_owned()).or_default()
    }

    fn hypervisor(&mut self, package: &Package<'_>, path: &str, held: &[u8]) {
        // A package without a readable name is reported as such.
        let Ok(nevra) = package.headers.nevra() else { return };
        let interface = interface(package.headers);
        let version =
            Expected { version: &nevra.evr.version, release: &nevra.evr.release, interface: &interface };
        let fault = hypervisor::judge(held, &version);
        self.found.extend(fault.map(|(rule, fault)| (rule, format!("{path} {fault}"))));
    }

    /// All that is wrong.
    pub(super) fn finish(mut self, package: &Package<'_>) -> Vec<(&'static Rule, String)> {
        for (release, kernel) in &self.kernels {
            self.found.extend(kernel.judge((package, release), self.contract));
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_paths() {
        assert_eq!(kind("/boot/xen.gz"), Some(Kind::Hypervisor));
        assert_eq!(kind("/boot/xen-4.2.5-38.el6.gz"), Some(Kind::Hypervisor));
        assert_eq!(kind("/boot/xen-syms-4.2.5-38.el6"), None);
        assert_eq!(kind("/boot/xen-syms-4.2.5-38.el6.gz"), None);
        assert_eq!(kind("/boot/vmlinuz-3.4.113-1"), Some(Kind::Image("3.4.113-1")));
        assert_eq!(kind("/boot/config-3.4.113-1"), Some(Kind::Config("3.4.113-1")));
        assert_eq!(kind("/lib/modules/3.4/kernel/fs/a.ko"), Some(Kind::Module("3.4")));
        assert_eq!(kind("/lib/modules/3.4/modules.dep"), Some(Kind::Dependencies("3.4")));
        assert_eq!(kind("/lib/modules/3.4/kernel/modules.dep"), None);
        assert_eq!(kind("/usr/share/doc/vmlinuz-3.4"), None);
    }
}
