//! The rules about what a host boots, as far as headers tell.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use xen4centos_artifact::header::{DependencyKind, HeaderError, RpmHeaders};

use super::{PackageRule, Subject};
use crate::{Rule, Severity};

/// What tools ask for: the hypervisor's interface.
pub(crate) const ABI: &str = "xen-hypervisor-abi";

/// Links that lead to links.
const LONGEST_CHAIN: usize = 8;

/// What boot loaders' entries name.
const BOOTED: &str = "/boot/xen.gz";

pub(super) const RULES: &[PackageRule] = &[
    PackageRule {
        rule: Rule {
            code: "EL6-XEN-001",
            severity: Severity::Error,
            title: "name by which the hypervisor is booted",
            why: "Error 15: File not found",
            way_out: "link /boot/xen.gz and its like to the image of this build, /boot/xen-VERSION-RELEASE.gz",
        },
        check: names,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-XEN-004",
            severity: Severity::Error,
            title: "interface of the hypervisor",
            why: "Requires: xen-hypervisor-abi = …; or nothing, and `xl` says: xencall interface version mismatch",
            way_out: "provide xen-hypervisor-abi beside the hypervisor, in the first two numbers of the version",
        },
        check: abi,
    },
];

/// What the package provides as the interface; or else the first two numbers of its version.
pub(crate) fn interface(headers: &RpmHeaders) -> String {
    let provided = provided(headers).ok().and_then(|provided| provided.into_iter().next());
    provided.unwrap_or_else(|| first_two(&headers.nevra().map(|nevra| nevra.evr.version).unwrap_or_default()))
}

fn provided(headers: &RpmHeaders) -> Result<Vec<String>, HeaderError> {
    let provides = headers.provides()?.filter(|provided| provided.name.as_bytes() == ABI.as_bytes());
    Ok(provides.map(|provided| provided.evr.to_str_lossy().into_owned()).collect())
}

fn first_two(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

fn abi(package: &Subject<'_>) -> Result<Vec<String>, HeaderError> {
    if package.headers.is_source() {
        return Ok(Vec::new());
    }
    let provides = package.of_kind(DependencyKind::Provides)?;
    let provides = provides.filter(|provided| provided.name.as_bytes() == ABI.as_bytes());
    let provided: Vec<String> = provides.map(|provided| provided.evr.to_str_lossy().into_owned()).collect();
    let has_hypervisor = provided.is_empty() && has_hypervisor(package)?;
    if provided.is_empty() && !has_hypervisor {
        return Ok(Vec::new());
    }
    let nevra = package.nevra()?;
    let expected = first_two(&nevra.evr.version);
    if has_hypervisor {
        return Ok(vec![format!("has a hypervisor and does not provide {ABI} = {expected}")]);
    }
    let other = provided.into_iter().filter(|provided| *provided != expected);
    Ok(other
        .map(|provided| format!("provides {ABI} = {provided}, the version is {}", nevra.evr.version))
        .collect())
}

/// Whether it has an image that is booted; one for debugging stands beside it.
fn has_hypervisor(package: &Subject<'_>) -> Result<bool, HeaderError> {
    Ok(package.installed()?.iter().filter(|file| file.directory == "/boot/").any(|file| {
        let path = file.path_lossy();
        let name = path.strip_prefix("/boot/").filter(|name| is_hypervisor(name) && !is_for_debugging(name));
        name.is_some() && file.is_regular() && !file.is_ghost()
    }))
}

fn is_for_debugging(name: &str) -> bool {
    name.ends_with("-debug.gz")
}

/// Links in `/boot` by which a hypervisor is known lead to the image of this package.
fn names(package: &Subject<'_>) -> Result<Vec<String>, HeaderError> {
    if package.headers.is_source() {
        return Ok(Vec::new());
    }
    let (mut links, mut images, mut has_booted) = (BTreeMap::new(), BTreeSet::new(), false);
    for file in package.installed()?.iter().filter(|file| file.directory == "/boot/") {
        let path = file.path_lossy();
        let Some(name) = path.strip_prefix("/boot/").filter(|name| is_hypervisor(name)) else { continue };
        has_booted |= path == BOOTED;
        if file.is_link() {
            links.insert(name.to_owned(), file.link_target.to_str_lossy().into_owned());
        } else if file.is_regular() && !file.is_ghost() {
            images.insert(name.to_owned());
        }
    }
    let mut messages = Vec::new();
    for (name, target) in &links {
        let mut end = in_boot(target);
        for _ in 0..LONGEST_CHAIN {
            let Some(next) = links.get(&end) else { break };
            end = in_boot(next);
        }
        if !images.contains(&end) {
            messages.push(format!("/boot/{name} leads to {target}, which is no image of this package"));
        }
    }
    let is_booted = images.iter().any(|image| !is_for_debugging(image));
    if !has_booted && (is_booted || !provided(package.headers)?.is_empty()) {
        messages.push(format!("has no {BOOTED}"));
    }
    let nevra = package.headers.nevra()?;
    let whole = format!("{}-{}", nevra.evr.version, nevra.evr.release);
    for image in images.iter().filter(|image| image.as_str() != "xen.gz") {
        let version = image.trim_start_matches("xen-").trim_end_matches(".gz").trim_end_matches("-debug");
        // A long release is cut at one of its dots.
        let rest = whole.strip_prefix(version);
        if rest.is_none_or(|rest| !rest.is_empty() && !rest.starts_with(['.', '-'])) {
            messages.push(format!("/boot/{image} is called by another version than {whole}"));
        }
    }
    Ok(messages)
}

/// By its name in `/boot`; symbols are none.
pub(crate) fn is_hypervisor(name: &str) -> bool {
    let is_named = name == "xen.gz" || (name.starts_with("xen-") && !name.starts_with("xen-syms-"));
    is_named && !name.contains('/') && Utf8Path::new(name).extension() == Some("gz")
}

/// The name in `/boot` that a link there leads to.
fn in_boot(target: &str) -> String {
    let plain = ["/boot/", "../boot/", "./"].iter().find_map(|start| target.strip_prefix(start));
    plain.unwrap_or(target).to_owned()
}
