//! What is known of published faults, as the program tells it.

use crate::{
    program::Call,
    workshop::{ProjectCopy, project},
};

fn status(project: &camino::Utf8Path, arguments: &[&str]) -> crate::program::Run {
    Call::new(["--project", project.as_str(), "advisory", "status", "--target", "xen4centos-6"])
        .args(arguments)
        .run()
}

#[test]
fn the_matrix_says_how_each_package_stands() {
    let before = ProjectCopy::before_the_update();
    status(&project(), &["XSA-108"])
        .ends_with(0)
        .prints(["XSA-108  xen  fixed  xen-4.2.5-39.el6.centos.alt (CESA-2026:X0001); guests read"]);
    status(before.path(), &["xsa-108", "CVE-2012-5634", "XSA-64", "XSA-161"]).ends_with(0).prints([
        "XSA-33   xen  fixed         xen-4.2.5-38.el6.centos.alt (upstream 4.2.2); VT-d",
        "XSA-64   xen  not-affected  vulnerable_code_not_present; ",
        "XSA-108  xen  open          affected, upstream has fad105dd0a; guests read",
        "[CVE-2014-7188]",
        "XSA-161  -    statement     withdrawn",
    ]);
    let rows = status(&project(), &["XSA-155", "--json", "--package", "kernel"]).ends_with(0).json();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!((&rows[0]["package"], &rows[0]["status"]), (&"kernel".into(), &"open".into()));
}

#[test]
fn what_is_open_is_an_exit_code_where_that_is_asked() {
    status(&project(), &["--open", "--exit-code"]).ends_with(1).says(["Known 0 fixed, 0 not affected, "]);
    status(&project(), &["XSA-33", "--exit-code"]).ends_with(0);
    status(&project(), &["XSA-9999"]).ends_with(2).says(["nothing is known of `XSA-9999`"]);
}

#[test]
fn half_an_advisory_stops_every_command() {
    let copy = ProjectCopy::new();
    copy.write("advisories/CESA-2026-X0001.toml", "id = \"CESA-2026:X0001\"\n");
    status(copy.path(), &[]).ends_with(2).says([
        "advisories/CESA-2026-X0001.toml:1:1: the advisory has no `type`",
        "the advisory has no [[package]]",
    ]);
}
