//! Names that the program itself gives to files in rpm's `SOURCES`. A file of the tree under one of them would be
//! another file's double: two `SourceN` with one name, of which rpm takes either.

use xen4centos_toml_tree::{Table, Text};

use crate::read::{package::variable_name, target::ARCHITECTURES};

/// As templates see the generated sources.
const VARIABLES: [&str; 3] = ["CentOS_Xen_repo", "signing_key", "kernel_config"];

/// The rendered repository file.
const REPOSITORY_FILE: &str = "CentOS-Xen.repo";

/// A source whose name is that of a generated one.
pub(crate) fn refuse_source_name(table: &Table<'_>, name: &Text) {
    let variable = variable_name(&name.value);
    if VARIABLES.contains(&variable.as_str()) {
        let message =
            format!("templates see `{}` as `source.{variable}`, a file that is generated", name.value);
        table.problem_at(name, message, Some("give it another `name`"));
    }
}

/// A source or patch whose file is one that the program makes. `tree` is the tarball of a tree in upstream's place.
pub(crate) fn refuse_file(table: &Table<'_>, package: &str, file: &Text, tree: Option<&str>) {
    let is_configuration =
        ARCHITECTURES.iter().any(|architecture| file.value == format!("{package}-{architecture}.config"));
    let what = match file.value.as_str() {
        REPOSITORY_FILE => "the rendered repository file",
        _ if is_configuration => "the package's kernel configuration",
        spec if spec.strip_suffix(".spec") == Some(package) => "the package's spec",
        tarball if Some(tarball) == tree => "a tree that stands in for upstream's release",
        _ => return,
    };
    let message = format!("`{}` is the file name of {what}, which is generated", file.value);
    table.problem_at(file, message, Some("give the file another name"));
}
