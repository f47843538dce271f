//! The project's own data in this crate's terms.

use std::collections::BTreeMap;

use camino::Utf8Path;
use xen4centos_build::{BuildTarget, Needed, parse_spec, requirements_of};
use xen4centos_manifest::Project;

use crate::support::{Scratch, request_building};

fn project() -> Project {
    Project::load(&Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), u64::MAX).unwrap()
}

#[test]
fn target_of_the_project_reaches_rpm() {
    let project = project();
    let target = &project.targets["xen4centos-6"];
    let scratch = Scratch::new();
    let mut request = request_building("");
    request.target = BuildTarget::new(target, &project.clients[&target.client]);
    assert!(
        request.target.rpmlib.contains("PayloadIsXz") && !request.target.rpmlib.contains("PayloadIsZstd")
    );
    request.spec =
        request.spec.replace("Small.", "%{_libdir} %{_initrddir} %{_localstatedir} %{_binary_payload}");
    let text = parse_spec(&request, scratch.path()).unwrap();
    assert!(text.contains("/usr/lib64 /etc/rc.d/init.d /var w6.xzdio"), "{text}");
}

#[test]
fn needs_of_an_option_count_only_when_it_is_on() {
    let project = project();
    for package in project.packages.values() {
        let off = requirements_of(package, &BTreeMap::new());
        let all_on = package.options.keys().map(|name| (name.clone(), true)).collect();
        let on = requirements_of(package, &all_on);
        assert_eq!(on.len(), package.needs.len());
        assert_eq!(off.len(), package.needs.iter().filter(|need| need.option.is_none()).count());
        assert!(on.iter().all(|requirement| match &requirement.what {
            Needed::Command(name) | Needed::Header(name) => !name.is_empty(),
        }));
    }
}
