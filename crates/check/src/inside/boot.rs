//! The rules about what a host boots: a hypervisor, a kernel, and the modules, configuration and lists that belong to it.
//! Contents are judged as they come; what takes several files together, at the end.

mod config;
mod hypervisor;
mod inflate;
mod kernel;
mod kernel_image;
mod modinfo;
mod module_form;
mod rules;

use std::collections::BTreeMap;

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
use module_form::Form;

pub(super) use rules::all_rules;

/// Far more bytes than all lists of modules of a package have.
const LONGEST_LISTS: usize = 8 << 20;

/// Far more releases than one package has modules for.
const MOST_KERNELS: usize = 64;

/// What kernels provide, whatever they are called: RHEL's name, Xen4CentOS's, and what modules of others ask for.
const KERNEL_NAMES: [&str; 3] = ["kernel", "kernel-xen", "kernel-uname-r"];

/// What of the files in a package has to do with booting.
pub(super) struct Boot<'c> {
    contract: Option<&'c KernelContract>,
    /// By release (`uname -r`).
    kernels: BTreeMap<String, Kernel>,
    /// Bytes of all lists so far.
    listed: usize,
    /// Whether there are more kernels than are looked at.
    has_more: bool,
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
    /// A module that is compressed as the client's tools read it.
    Zipped(&'p str),
    /// A module that is compressed as they do not.
    Closed(&'p str),
}

/// Whether a file is held for these rules; programs and modules are anyway.
pub(super) fn is_wanted(file: &FileEntry<'_>, path: &str) -> bool {
    file.is_regular() && kind(path).is_some_and(|kind| !matches!(kind, Kind::Module(_) | Kind::Closed(_)))
}

fn kind(path: &str) -> Option<Kind<'_>> {
    if let Some(name) = path.strip_prefix("/boot/").filter(|name| !name.contains('/')) {
        let image = name.strip_prefix("vmlinuz-").or((name == "vmlinuz").then_some("")).map(Kind::Image);
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
        _ => match Form::of(below)? {
            Form::Plain => Some(Kind::Module(release)),
            Form::Zipped => Some(Kind::Zipped(release)),
            Form::Closed => Some(Kind::Closed(release)),
        },
    }
}

impl<'c> Boot<'c> {
    pub(super) const fn new(contract: Option<&'c KernelContract>) -> Self {
        Self { contract, kernels: BTreeMap::new(), listed: 0, has_more: false, found: Vec::new() }
    }

    /// Takes note of a file whose content is `held`.
    pub(super) fn take(&mut self, package: &Package<'_>, path: &str, held: &[u8]) {
        match kind(path) {
            None => {}
            Some(Kind::Hypervisor) => self.hypervisor(package, path, held),
            Some(Kind::Config(_)) if held.len() > Config::LONGEST => {
                self.found.push((&rules::CONTRACT, format!("{path} is longer than any configuration")));
            }
            Some(Kind::Dependencies(_) | Kind::BuiltIn(_)) if !self.has_room(held.len()) => {
                self.found.push((&rules::MODULE_LIST, format!("{path} is longer than any list of modules")));
            }
            Some(Kind::Image("")) => {
                self.found
                    .push((&rules::KERNEL_RELEASE, format!("{path} does not say a release in its name")));
            }
            Some(Kind::Image(release)) => match KernelImage::read(held, release) {
                Ok(image) => self.of(release, |kernel| kernel.image = Some(image)),
                Err(fault) => self.found.push((&rules::KERNEL, format!("{path} {fault}"))),
            },
            Some(Kind::Config(release)) => {
                self.of(release, |kernel| kernel.config = Some(Config::read(held)));
            }
            Some(Kind::Dependencies(release)) => self.of(release, |kernel| kernel.dependencies(held)),
            Some(Kind::BuiltIn(release)) => self.of(release, |kernel| kernel.built_in(held)),
            Some(Kind::Module(release)) => {
                self.of(release, |kernel| kernel.module(path, modinfo::vermagic(held)));
            }
            Some(Kind::Zipped(release)) => {
                let module = inflate::gzip(held, inflate::LONGEST).unwrap_or_default();
                self.of(release, |kernel| kernel.module(path, modinfo::vermagic(&module)));
            }
            Some(Kind::Closed(release)) => self.of(release, |_| {}),
        }
    }

    /// Whether so many bytes of lists are taken, too.
    const fn has_room(&mut self, length: usize) -> bool {
        self.listed = self.listed.saturating_add(length);
        self.listed <= LONGEST_LISTS
    }

    /// Takes note of something of a kernel, of no more of them than any package has.
    fn of(&mut self, release: &str, note: impl FnOnce(&mut Kernel)) {
        if self.kernels.len() >= MOST_KERNELS && !self.kernels.contains_key(release) {
            self.has_more = true;
            return;
        }
        note(self.kernels.entry(release.to_owned()).or_default());
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
        if self.has_more {
            let message = format!("has modules or images of more than {MOST_KERNELS} releases");
            self.found.push((&rules::KERNEL_RELEASE, message));
        }
        self.found.extend(without_image(package).map(|message| (&rules::KERNEL, message)));
        self.found
    }
}

/// A kernel is known by what it has and by what it provides, so that none is passed over for a name.
fn without_image(package: &Package<'_>) -> Option<String> {
    let paths: Vec<_> = package.files.iter().map(FileEntry::path_lossy).collect();
    if package.headers.is_source() || paths.iter().any(|path| matches!(kind(path), Some(Kind::Image(_)))) {
        return None;
    }
    let list = paths.iter().find(|path| matches!(kind(path), Some(Kind::Dependencies(_) | Kind::BuiltIn(_))));
    let by = match list {
        Some(list) => format!("has {list}"),
        None => format!("provides {}", KERNEL_NAMES.iter().find(|name| package.provides(name))?),
    };
    Some(format!("{by}, and no /boot/vmlinuz-…"))
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
        assert_eq!(kind("/lib/modules/3.4/kernel/fs/a.ko.gz"), Some(Kind::Zipped("3.4")));
        assert_eq!(kind("/lib/modules/3.4/extra/a.ko.xz"), Some(Kind::Closed("3.4")));
        assert_eq!(kind("/boot/vmlinuz"), Some(Kind::Image("")));
        assert_eq!(kind("/lib/modules/3.4/modules.dep"), Some(Kind::Dependencies("3.4")));
        assert_eq!(kind("/lib/modules/3.4/kernel/modules.dep"), None);
        assert_eq!(kind("/usr/share/doc/vmlinuz-3.4"), None);
    }
}
