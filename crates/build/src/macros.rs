//! The macros under which everything is built: those of the target, and those that make the result the same on
//! every host and every day. The host's own macro files are read first and only fill the gaps.

use std::{collections::BTreeMap, fmt::Write as _};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{BuildError, BuildRequest};

/// Stands in the packages (RPM tag 1007) in place of the machine's name. rpm before 4.14 does not know the macro.
pub(crate) const BUILD_HOST: &str = "build.xen4centos.invalid";

/// What holds for every target unless it says otherwise. rpm ignores the macros that its version does not know.
const ALWAYS: [(&str, &str); 24] = [
    ("_buildhost", BUILD_HOST),
    // Times: rpm 4.14 and later take them from SOURCE_DATE_EPOCH; 4.20 asks by the third name.
    ("use_source_date_epoch_as_buildtime", "1"),
    ("clamp_mtime_to_source_date_epoch", "1"),
    ("build_mtime_policy", "clamp_to_source_date_epoch"),
    ("source_date_epoch_from_changelog", "0"),
    ("_changelog_trimage", "0"),
    ("_changelog_trimtime", "0"),
    // The platform tag says `x86_64-redhat-linux-gnu` on CentOS.
    ("_vendor", "redhat"),
    ("_host_vendor", "redhat"),
    ("_target_platform", "%{_target_cpu}-%{_vendor}-%{_target_os}-gnu"),
    // Links below /usr/lib/.build-id would belong to several packages, and EL6 has none.
    ("_build_id_links", "none"),
    ("debug_package", "%{nil}"),
    ("_rpmfilename", "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm"),
    ("_unpackaged_files_terminate_build", "1"),
    ("_missing_doc_files_terminate_build", "1"),
    ("_default_patch_fuzz", "0"),
    ("_disable_source_fetch", "1"),
    // What CentOS 6 does to the installed files, each step by a name that a spec can set to nothing. The scripts
    // say `#!/bin/sh` and use `read -d`, on which Debian's sh gives up without compressing anything.
    ("__brp_compress", "/bin/bash %{_rpmconfigdir}/brp-compress"),
    ("__brp_strip", "/bin/bash %{_rpmconfigdir}/brp-strip %{__strip}"),
    ("__brp_strip_static_archive", "/bin/bash %{_rpmconfigdir}/brp-strip-static-archive %{__strip}"),
    ("__brp_strip_comment_note", "/bin/bash %{_rpmconfigdir}/brp-strip-comment-note %{__strip} %{__objdump}"),
    ("__arch_install_post", "%{nil}"),
    (
        "__os_install_post",
        "%{?__brp_compress}\n%{?__brp_strip}\n%{?__brp_strip_static_archive}\n%{?__brp_strip_comment_note}\n\
         %{?__brp_python_bytecompile}\n%{nil}",
    ),
    ("__spec_install_post", "%{__arch_install_post}\n%{__os_install_post}\n%{nil}"),
];

/// The macros that belong to the inputs of a build: the same on every machine and in every directory.
pub(crate) fn lasting(request: &BuildRequest) -> BTreeMap<String, String> {
    let target = &request.target;
    let digest = target.file_digest.to_string();
    let mut macros: BTreeMap<String, String> =
        ALWAYS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    // Debian's rpm has the step too, for Python 3; CentOS 6 packages carry the compiled files of its Python 2.
    let bytecompile = if request.facts.user_space == "el6" {
        "/bin/bash %{_rpmconfigdir}/brp-python-bytecompile %{__python}"
    } else {
        "%{nil}"
    };
    let of_target = [
        ("dist", target.dist.as_str()),
        ("vendor", &target.vendor),
        ("packager", &target.packager),
        ("distribution", &target.distribution),
        ("_binary_payload", &target.payload),
        ("_source_payload", SOURCE_PAYLOAD),
        ("_binary_filedigest_algorithm", &digest),
        ("_source_filedigest_algorithm", &digest),
        ("__brp_python_bytecompile", bytecompile),
    ];
    macros.extend(of_target.map(|(name, value)| (name.to_owned(), value.to_owned())));
    macros.extend(target.macros.clone());
    macros
}

/// Source packages hold upstream's compressed archives: xz over the kernel's would take minutes and gain nothing. Every
/// rpm reads gzip.
pub(crate) const SOURCE_PAYLOAD: &str = "w1.gzdio";

/// The macros of one run: where things are, as rpmbuild sees them.
pub(crate) fn passing(root: &Utf8Path, jobs: usize) -> BTreeMap<String, String> {
    let directories = [
        ("_sourcedir", "SOURCES"),
        ("_specdir", "SPECS"),
        ("_builddir", "BUILD"),
        ("_buildrootdir", "BUILDROOT"),
        ("_rpmdir", "RPMS"),
        ("_srcrpmdir", "SRPMS"),
        ("_tmppath", "tmp"),
    ];
    let mut macros: BTreeMap<String, String> = directories
        .iter()
        .map(|(name, directory)| ((*name).to_owned(), root.join(directory).into_string()))
        .collect();
    macros.insert("_topdir".to_owned(), root.to_string());
    // rpm puts the expanded spec into source packages: the shell, not rpm, fills in the number.
    macros.insert("_smp_mflags".to_owned(), "-j${RPM_BUILD_NCPUS:-1}".to_owned());
    macros.insert("_smp_build_ncpus".to_owned(), jobs.to_string());
    macros
}

/// The text of a macro file.
pub(crate) fn file_text<'a>(
    macros: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Result<String, BuildError> {
    let mut text = String::new();
    for (name, value) in macros {
        let rpm_takes_it = name.len() > 2
            && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        if !rpm_takes_it || value.lines().any(|line| line.ends_with('\\')) {
            return Err(BuildError::Macro { name: name.clone() });
        }
        let value = if value.is_empty() { "%{nil}" } else { value };
        writeln!(text, "%{name} {}", value.trim_end().replace('\n', "\\\n"))
            .expect("writing to a string does not fail");
    }
    Ok(text)
}

/// `--macros`, in the order of reading: rpm's own files, those of the distribution's maker, ours. What an
/// administrator put into /etc/rpm is left out, and so is what packages of any language put into `macros.d`: EL6 has
/// none, so no spec needs it, and a package that came or went would change what is built. What is read here is part of
/// every key (`rpm_files`). rpm skips files that are not there; 4.8 and 4.18 agree on this, on the option and on
/// `%{_target}`.
pub(crate) fn search_list(ours: &Utf8Path) -> String {
    [
        "/usr/lib/rpm/macros",
        "/usr/lib/rpm/platform/%{_target}/macros",
        "/usr/lib/rpm/fileattrs/*.attr",
        "/usr/lib/rpm/redhat/macros",
        ours.as_str(),
    ]
    .join(":")
}

/// `--rcfile`: every file named there must exist.
pub(crate) fn rc_list() -> String {
    let files = ["/usr/lib/rpm/rpmrc", "/usr/lib/rpm/redhat/rpmrc"].map(Utf8PathBuf::from);
    let there: Vec<&str> = files.iter().filter(|file| file.exists()).map(|file| file.as_str()).collect();
    there.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, expect: Option<&str>) {
        let macros = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert_eq!(file_text(&macros).ok().as_deref(), expect);
    }

    #[test]
    fn macro_file_lines() {
        check("_libdir", "/usr/lib64", Some("%_libdir /usr/lib64\n"));
        check("vendor", "", Some("%vendor %{nil}\n"));
        check("two_lines", "a\nb\n", Some("%two_lines a\\\nb\n"));
        check("ab", "rpm wants three characters", None);
        check("a b c", "", None);
        check("open_end", "a\\", None);
    }
}
