//! The specs that this project ships, in every extreme that their options and build roots allow.

use camino::Utf8Path;
use xen4centos_render::{FileRole, SourceFile};

use crate::{Case, Form, rpmspec};

/// Every target, from the release and from a tree, with the compilers of then and now, with all options on, all off,
/// and each alone: rpm must take the result without complaint. `takes` names options that want another one.
fn check(package: &str, generated: &[(&str, &str)], takes: &[(&str, &str)]) {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for target in ["xen4centos-6", "local"] {
        let options: Vec<String> =
            Case::of(&root, package, target).package().options.keys().cloned().collect();
        let with = |option: &str, other: &str| option == other || takes.contains(&(option, other));
        let alone =
            |option: &String| options.iter().map(|other| (other.clone(), with(option, other))).collect();
        let mut settings: Vec<Vec<(String, bool)>> = options.iter().map(alone).collect();
        settings.extend([true, false].map(|on| options.iter().map(|option| (option.clone(), on)).collect()));
        for (index, setting) in settings.iter().enumerate() {
            let mut case = Case::of(&root, package, target);
            case.form = if index % 2 == 0 { Form::Release } else { Form::Tree };
            case.gcc_major = if index % 3 == 0 { 4 } else { 12 };
            case.generated = generated
                .iter()
                .map(|(name, file)| SourceFile {
                    name: (*name).to_owned(),
                    file: (*file).to_owned(),
                    url: None,
                    role: FileRole::Other,
                })
                .collect();
            for (option, on) in setting {
                case = case.switch(option, *on);
            }
            let (parsed, complaints) = rpmspec(&case.render(), &["--parse"]);
            assert_eq!(complaints, "", "{package} for {target} with {setting:?}");
            assert!(!parsed.contains("{{"), "{parsed}");
        }
    }
}

#[test]
fn release_package() {
    check(
        "centos-release-xen",
        &[("CentOS-Xen.repo", "CentOS-Xen.repo"), ("signing-key", "RPM-GPG-KEY-Xen4CentOS")],
        &[],
    );
}

#[test]
fn kernel() {
    check("kernel", &[("kernel-config", "kernel-x86_64.config")], &[]);
}

#[test]
fn xen() {
    check("xen", &[], &[("stubdom", "qemu")]);
}

#[test]
fn repository_file() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = Utf8Path::new("repo-templates/CentOS-Xen.repo.tera");
    let template = fs_err::read_to_string(root.join(path)).unwrap();
    for target in ["xen4centos-6", "local"] {
        let case = Case::of(&root, "centos-release-xen", target);
        let text = xen4centos_render::text(&template, path, &case.context()).unwrap();
        for line in ["[Xen4CentOS]", "enabled=1", "gpgcheck=1", "repo_gpgcheck=1"] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }
}
