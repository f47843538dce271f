use xen4centos_build::{BuildError, parse_spec};

use crate::support::{Scratch, request_building};

#[test]
fn macros_of_the_target_are_expanded() {
    let scratch = Scratch::new();
    let mut request = request_building("");
    request.spec = request.spec.replace("Small.", "Small, in %{_libdir} and %{_initrddir} for %{vendor}.");
    let text = parse_spec(&request, scratch.path()).unwrap();
    assert!(text.contains("Small, in /usr/lib64 and /etc/rc.d/init.d for CentOS."), "{text}");
    assert!(text.contains("Release: 1.el6.centos.alt"), "{text}");
}

#[test]
fn spec_that_rpm_does_not_take_is_an_error_with_its_line() {
    let scratch = Scratch::new();
    let mut request = request_building("");
    request.spec = request.spec.replace("License: MIT", "Licence: MIT");
    let error = parse_spec(&request, scratch.path()).unwrap_err();
    assert!(matches!(error, BuildError::Spec { .. }));
    assert_eq!(
        error.to_string(),
        "rpm does not take the spec of `small`:\n  error: line 5: Unknown tag: Licence: MIT"
    );
}

#[test]
fn bad_macro_is_refused() {
    let scratch = Scratch::new();
    let mut request = request_building("");
    request.target.macros.insert("a b".into(), "c".into());
    assert!(matches!(parse_spec(&request, scratch.path()), Err(BuildError::Macro { .. })));
}

#[test]
fn what_a_killed_run_left_is_removed() {
    let scratch = Scratch::new();
    let left = scratch.path().join(".parsing-small/home");
    fs_err::create_dir_all(&left).unwrap();
    fs_err::write(left.join("old"), "").unwrap();
    parse_spec(&request_building(""), scratch.path()).unwrap();
    assert_eq!(scratch.path().read_dir_utf8().unwrap().count(), 0);
}
