use std::collections::{BTreeMap, BTreeSet};

use super::{
    config::{Config, UNSET},
    kernel_image::{KernelImage, XEN_ENTRY, XEN_HYPERCALL_PAGE, XEN_VERSION},
    module_form::Form,
    rules,
};
use crate::{KernelContract, KernelRequirement, Rule, inside::package::Package};

type Faults = Vec<(&'static Rule, String)>;

/// What there is of a kernel in a package.
#[derive(Debug, Default)]
pub(super) struct Kernel {
    pub(super) image: Option<KernelImage>,
    pub(super) config: Option<Config>,
    /// Paths below the directory of its modules, where there is a list.
    dependencies: Option<BTreeSet<String>>,
    /// Names without `.ko`, with `_` for `-`.
    built_in: Option<BTreeSet<String>>,
    /// The first module of each, and how many more.
    vermagics: BTreeMap<Option<String>, (String, usize)>,
}

/// Names of Xen's interface that every kernel so far asks for.
const INTERFACE: &[u8] = b"xen-3.0";

/// As many are named.
const SHOWN: usize = 4;

impl Kernel {
    /// Takes note of `modules.dep`.
    pub(super) fn dependencies(&mut self, list: &[u8]) {
        let list = String::from_utf8_lossy(list);
        let words = list.lines().flat_map(|line| line.split([':', ' '])).filter(|word| !word.is_empty());
        self.dependencies = Some(words.map(str::to_owned).collect());
    }

    /// Takes note of `modules.builtin`.
    pub(super) fn built_in(&mut self, list: &[u8]) {
        let list = String::from_utf8_lossy(list);
        self.built_in = Some(list.lines().filter_map(name_of).collect());
    }

    /// Takes note of a module.
    pub(super) fn module(&mut self, path: &str, vermagic: Option<String>) {
        self.vermagics
            .entry(vermagic)
            .and_modify(|(_, more)| *more += 1)
            .or_insert_with(|| (path.to_owned(), 0));
    }

    /// All that is wrong with it as the kernel of that release.
    pub(super) fn judge(
        &self,
        (package, release): (&Package<'_>, &str),
        contract: Option<&KernelContract>,
    ) -> Faults {
        let directory = format!("/lib/modules/{release}");
        // The directory itself is the empty path.
        let below = package.files.iter().filter_map(|file| {
            let path = file.path_lossy();
            let rest = path.strip_prefix(&directory)?;
            if rest.is_empty() { Some(String::new()) } else { rest.strip_prefix('/').map(str::to_owned) }
        });
        let (modules, others): (BTreeSet<String>, BTreeSet<String>) =
            below.partition(|path| Form::of(path).is_some_and(Form::is_read));
        let closed = others.iter().find(|path| Form::of(path).is_some());
        let mut faults = self.vermagic(release);
        if let Some(path) = closed {
            faults.push((&rules::COMPRESSED, format!("{directory}/{path} is compressed")));
        } else {
            faults.extend(self.lists(release, &modules));
        }
        let Some(image) = &self.image else { return faults };
        let has_directory = !modules.is_empty() || !others.is_empty();
        faults.extend(self.release(package, (release, has_directory), image));
        faults.extend(self.embedded(release, image));
        if has_directory && closed.is_none() && self.has_modules() {
            faults.extend(missing_lists(&directory, &others));
        }
        let is_for_xen = package.provides("kernel-xen")
            || self.config.as_ref().is_some_and(|config| config.value("XEN") == "y");
        if is_for_xen || contract.is_some() {
            faults.extend(notes(release, image));
        }
        // Of modules that are not there at all enough is said.
        let is_whole = closed.is_none() && (has_directory || !self.has_modules());
        if let Some(contract) = contract.filter(|_| is_whole) {
            faults.extend(self.contract(release, contract, &modules));
        }
        faults
    }

    /// As far as is known.
    fn has_modules(&self) -> bool {
        self.config.as_ref().is_none_or(|config| config.value("MODULES") == "y")
    }

    fn vermagic(&self, release: &str) -> Faults {
        let mut faults = Vec::new();
        for (vermagic, (path, more)) in &self.vermagics {
            let fault = match vermagic {
                None => "has no version magic".to_owned(),
                Some(vermagic) if vermagic.split(' ').next() != Some(release) => {
                    format!("is for `{vermagic}`, not for {release}")
                }
                Some(_) => continue,
            };
            faults.push((&rules::VERMAGIC, format!("{path} {fault}{}", and_more(*more))));
        }
        // One kernel takes one of them.
        let fitting: Vec<_> = self
            .vermagics
            .keys()
            .flatten()
            .filter(|magic| magic.split(' ').next() == Some(release))
            .collect();
        if let [first, second, ..] = fitting[..] {
            let (path, more) = &self.vermagics[&Some(second.clone())];
            let message = format!("{path} is for `{second}`, other modules for `{first}`{}", and_more(*more));
            faults.push((&rules::VERMAGIC, message));
        }
        faults
    }

    fn lists(&self, release: &str, modules: &BTreeSet<String>) -> Faults {
        let Some(listed) = &self.dependencies else { return Vec::new() };
        // Only modules below it come with the kernel; depmod takes in others that a host gets.
        let missing: Vec<_> = listed.difference(modules).map(String::as_str).collect();
        let unlisted: Vec<_> = modules.difference(listed).map(String::as_str).collect();
        let list = format!("/lib/modules/{release}/modules.dep");
        let mut faults = Vec::new();
        if !missing.is_empty() {
            faults
                .push((&rules::MODULE_LIST, format!("{list} names {}, not in the package", some(&missing))));
        }
        if !unlisted.is_empty() {
            faults.push((&rules::MODULE_LIST, format!("{list} does not name {}", some(&unlisted))));
        }
        faults
    }

    fn release(
        &self,
        package: &Package<'_>,
        (release, has_directory): (&str, bool),
        image: &KernelImage,
    ) -> Faults {
        let mut faults = Vec::new();
        let mut add = |message: String| faults.push((&rules::KERNEL_RELEASE, message));
        if image.release != release {
            add(format!("/boot/vmlinuz-{release} calls itself {}", image.release));
        } else if image.banner.as_ref().is_some_and(|banner| banner != release) {
            let banner = image.banner.as_deref().unwrap_or_default();
            add(format!("/boot/vmlinuz-{release} has the kernel {banner} inside"));
        }
        if let Some(version) = other_version(package, release) {
            add(format!("/boot/vmlinuz-{release} is not the kernel of {version}, which the package is"));
        }
        if self.has_modules() && !has_directory {
            add(format!("/boot/vmlinuz-{release} has no /lib/modules/{release}"));
        }
        let provided: Vec<String> = provided(package, "kernel-uname-r").collect();
        if !provided.is_empty() && !provided.iter().any(|provided| provided == release) {
            add(format!("provides kernel-uname-r = {}, the kernel is {release}", provided.join(", ")));
        }
        faults
    }

    fn embedded(&self, release: &str, image: &KernelImage) -> Option<(&'static Rule, String)> {
        let differences = self.config.as_ref()?.differences(image.config.as_ref()?);
        if differences.is_empty() {
            return None;
        }
        let message =
            format!("/boot/config-{release} and the kernel differ in CONFIG_{}", some(&differences));
        Some((&rules::EMBEDDED_CONFIG, message))
    }

    fn contract(&self, release: &str, contract: &KernelContract, modules: &BTreeSet<String>) -> Faults {
        let Some(config) = &self.config else {
            return vec![(&rules::CONTRACT, format!("has no /boot/config-{release}"))];
        };
        let names: BTreeSet<String> = modules.iter().filter_map(|path| name_of(path)).collect();
        let mut faults = Vec::new();
        for requirement in &contract.requirements {
            let KernelRequirement { symbol, needed_by, values, module, why } = requirement;
            let value = config.value(symbol);
            if !values.iter().any(|allowed| allowed == value) {
                let value = if value == UNSET { "not set" } else { value };
                let wanted = values.join(" or ");
                let message = format!(
                    "/boot/config-{release}: CONFIG_{symbol} is {value}, {needed_by} {wanted}: {why}"
                );
                faults.push((&rules::CONTRACT, message));
                continue;
            }
            let Some(module) = module else { continue };
            let name = module.replace('-', "_");
            let is_module = names.contains(&name);
            let is_built_in = self.built_in.as_ref().map(|list| list.contains(&name));
            let fault = match (value, is_module, is_built_in) {
                ("m", false, _) => "has no",
                ("m", _, Some(true)) => "says in modules.builtin that the kernel has",
                ("y", true, _) => "has a",
                ("y", _, Some(false)) => "does not say in modules.builtin that the kernel has",
                _ => continue,
            };
            let message =
                format!("/lib/modules/{release} {fault} {module}.ko (CONFIG_{symbol}={value}): {why}");
            faults.push((&rules::CONTRACT_MODULE, message));
        }
        faults
    }
}

fn notes(release: &str, image: &KernelImage) -> Option<(&'static Rule, String)> {
    if image.is_closed {
        return Some((
            &rules::CLOSED,
            format!("/boot/vmlinuz-{release} is compressed in a way that is not known here"),
        ));
    }
    let fault = if image.notes.is_empty() {
        "has no notes for Xen".to_owned()
    } else if let Some((_, name)) = [(XEN_ENTRY, "an entry"), (XEN_HYPERCALL_PAGE, "a hypercall page")]
        .into_iter()
        .find(|(note, _)| !image.notes.contains_key(note))
    {
        format!("has no note of {name} for Xen")
    } else {
        let version = image.notes.get(&XEN_VERSION).map(Vec::as_slice).unwrap_or_default();
        let version = version.strip_suffix(&[0]).unwrap_or(version);
        if version == INTERFACE {
            return None;
        }
        format!("asks for the interface `{}` of Xen", String::from_utf8_lossy(version))
    };
    Some((&rules::XEN_NOTES, format!("/boot/vmlinuz-{release} {fault}")))
}

/// The versions in which a package provides a name.
fn provided<'a>(package: &Package<'a>, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let provides = package.headers.provides().ok().into_iter().flatten();
    provides
        .filter(move |provided| provided.name.as_bytes() == name.as_bytes())
        .map(|provided| provided.evr.to_str_lossy().into_owned())
}

/// `kernel/drivers/xen/xen-evtchn.ko` into `xen_evtchn`, as modprobe compares them.
fn name_of(path: &str) -> Option<String> {
    let file = path.rsplit('/').next()?;
    Some(file.strip_suffix(".gz").unwrap_or(file).strip_suffix(".ko")?.replace('-', "_"))
}

/// The version of the package, where the kernel of that release is another: `uname -r` is VERSION-RELEASE.ARCH, and a
/// variant may stand behind it.
fn other_version(package: &Package<'_>, release: &str) -> Option<String> {
    // A package without a readable name is reported as such.
    let evr = package.headers.nevra().ok()?.evr;
    let whole = format!("{}-{}", evr.version, evr.release);
    let rest = release.strip_prefix(&whole);
    let is_of_it = rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()));
    (!is_of_it).then_some(whole)
}

/// Without the one modprobe finds nothing until depmod has run, without the other never what is built in.
fn missing_lists(directory: &str, others: &BTreeSet<String>) -> Faults {
    let missing = ["modules.dep", "modules.builtin"].into_iter().filter(|list| !others.contains(*list));
    missing.map(|list| (&rules::MODULE_LIST, format!("has no {directory}/{list}"))).collect()
}

fn some(names: &[&str]) -> String {
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn and_more(more: usize) -> String {
    if more > 0 { format!(", and {more} more") } else { String::new() }
}
