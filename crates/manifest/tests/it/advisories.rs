use insta::assert_snapshot;
use xen4centos_manifest::{KnownState, NotAffected, Project, Severity, Standing};

use crate::{Copy, NOW};

const FILE: &str = "advisories/CESA-2026-X0001.toml";
const KNOWN: &str = "advisories/known/faults.toml";

const HELLO: &str = "specs/hello/package.toml";

const GOOD: &str = r#"id = "CESA-2026:X0001"
title = "hello: greetings are checked"
type = "security"
severity = "important"
fixes = ["XSA-10"]
cves = ["CVE-2026-0002"]
references = ["https://example.org/10"]
credits = ["A Finder of Faults"]
public = 2026-11-23T12:00:00Z
reboot = false
description = ["A guest could greet others.", "It no longer can."]

[[package]]
name = "hello"
fixed-in = "2.10-3"
patches = ["two.patch"]

[[package]]
name = "base"
not-affected = "component_not_present"
"#;

const MORE_ISSUES: &str = r#"[[issue]]
id = "XSA-12"
title = "only of the base"
in.base = { component = "greeter", state = "affected" }

[[issue]]
id = "XSA-13"
title = "nobody has looked"
in.hello = { component = "greeter", state = "under_investigation" }
"#;

const ISSUES: &str = r#"[[issue]]
id = "XSA-10"
title = "greetings are not checked"
cves = ["CVE-2026-0001"]
in.hello = { component = "greeter", state = "affected", commits = ["0123456789"] }
in.base = { component = "greeter", state = "not_affected", reason = "component_not_present" }

[[issue]]
id = "XSA-9"
title = "earlier"
in.hello = { component = "greeter", state = "fixed", released-in = "2.9" }

[[issue]]
id = "CVE-2026-0009"
title = "only said"
statement = "no code is wrong"
"#;

fn announced() -> Copy {
    let copy = Copy::new();
    copy.write(FILE, GOOD);
    copy.write(KNOWN, ISSUES);
    copy.write("advisories/known/more.toml", MORE_ISSUES);
    copy.edit(HELLO, "strip = 0\n", "strip = 0\nadvisory = \"XSA-10\"\n");
    copy
}

/// Problems of the announcing project after edits of one file.
fn check(file: &str, edits: &[(&str, &str)]) -> String {
    let copy = announced();
    for (from, to) in edits {
        copy.edit(file, from, to);
    }
    copy.problems()
}

#[test]
fn an_advisory_and_what_is_known_are_read() {
    let copy = announced();
    let project = Project::load(&copy.root(), NOW).unwrap_or_else(|problems| panic!("{problems}"));
    let advisory = &project.advisories["CESA-2026:X0001"];
    assert_eq!((advisory.severity, advisory.reboot), (Some(Severity::Important), false));
    assert_eq!(advisory.public.to_string(), "2026-11-23T12:00:00Z");
    let Standing::Fixed(fix) = &advisory.packages[0].standing else { panic!("a fix") };
    assert_eq!((fix.version.as_str(), fix.release.as_str()), ("2.10", "3"));
    assert_eq!(fix.patches, ["two.patch"]);
    assert_eq!(advisory.packages[1].standing, Standing::NotAffected(NotAffected::ComponentNotPresent));
    let ids: Vec<&str> = project.known.iter().map(|issue| issue.id.as_str()).collect();
    assert_eq!(ids, ["CVE-2026-0009", "XSA-9", "XSA-10", "XSA-12", "XSA-13"]);
    assert_eq!(project.known[2].packages["hello"].state, KnownState::Affected);
}

#[test]
fn a_release_alone_is_one_of_this_version() {
    assert_eq!(check(FILE, &[("\"2.10-3\"", "\"3\"")]), "no problem");
}

#[test]
fn half_an_advisory() {
    let copy = announced();
    copy.write(FILE, "id = \"CESA-2026:X0001\"\ntype = \"security\"\n\n[[package]]\nname = \"hello\"\n");
    assert_snapshot!(copy.problems());
    copy.write(FILE, "id = \"CESA-2026:X0001\"\ntype = \"security\"\n");
    assert_snapshot!(copy.problems());
}

#[test]
fn values_that_mean_nothing() {
    assert_snapshot!(check(
        FILE,
        &[
            ("\"CESA-2026:X0001\"", "\"RHSA-2026:0001\""),
            ("\"important\"", "\"high\""),
            ("[\"XSA-10\"]", "[\"XSA-10\", \"XSA-11\", \"xsa-9\"]"),
            ("CVE-2026-0002", "CVE-26-2"),
            ("12:00:00Z", "12:00:00+01:00"),
            ("\"two.patch\"", "\"tow.patch\", \"0123456789\""),
            ("component_not_present", "component-not-present"),
        ]
    ));
}

#[test]
fn an_id_is_that_of_its_file_and_its_kind() {
    assert_snapshot!(check(FILE, &[("CESA-2026:X0001", "CESA-2026:X0002")]));
    assert_snapshot!(check(FILE, &[("\"security\"", "\"bugfix\"")]));
    let copy = announced();
    copy.write("advisories/CESA-2026-x0001.toml", GOOD);
    assert_snapshot!(copy.problems());
}

#[test]
fn a_fix_is_newer_than_what_it_replaces() {
    assert_snapshot!(check(
        FILE,
        &[("fixed-in = \"2.10-3\"", "fixed-in = \"2.10-3\"\nreplaces = \"2.10-4\"")]
    ));
    assert_snapshot!(check(FILE, &[("fixed-in = \"2.10-3\"", "fixed-in = \"2.10-4\"")]));
    assert_snapshot!(check(FILE, &[("patches = [\"two.patch\"]", "released-in = \"2.11\"")]));
}

#[test]
fn a_fix_of_what_has_no_fault() {
    assert_snapshot!(check(
        KNOWN,
        &[("state = \"affected\"", "state = \"not_affected\", reason = \"component_not_present\"")]
    ));
    assert_snapshot!(check(
        FILE,
        &[("fixed-in = \"2.10-3\"\npatches = [\"two.patch\"]", "not-affected = \"component_not_present\"")]
    ));
}

#[test]
fn what_is_known_is_checked() {
    assert_snapshot!(check(
        KNOWN,
        &[
            ("id = \"XSA-9\"", "id = \"XSA-10\""),
            ("in.base", "in.bass"),
            (", released-in = \"2.9\"", ", reason = \"component_not_present\", note = \"\""),
            ("0123456789", "012345678g"),
            ("statement = \"no code is wrong\"\n", ""),
        ]
    ));
}

/// Two of three issues had a patch.
#[test]
fn each_issue_has_a_patch_that_names_it() {
    let also = ("[\"XSA-10\"]", "[\"XSA-10\", \"XSA-9\"]");
    assert_snapshot!(check(FILE, &[also]));
    // One patch can answer several, and another one follows up on it.
    let answers_both = |advisory: &str| {
        let copy = announced();
        copy.edit(FILE, also.0, also.1);
        copy.edit(FILE, "[\"two.patch\"]", "[\"two.patch\", \"one.patch\"]");
        copy.edit(HELLO, "advisory = \"XSA-10\"", advisory);
        copy.edit(HELLO, "advisory = \"XSA-1\"\n", "");
        copy.problems()
    };
    assert_eq!(answers_both("advisory = [\"XSA-9\", \"CVE-2026-0001\"]"), "no problem");
    assert_snapshot!(answers_both("advisory = []"));
}

/// The patch of another issue counted for it.
#[test]
fn a_patch_for_something_else_is_no_fix() {
    assert_snapshot!(check(FILE, &[("[\"two.patch\"]", "[\"two.patch\", \"one.patch\"]")]));
    let bugfix = [
        ("CESA", "CEBA"),
        (
            "\"security\"\nseverity = \"important\"\nfixes = [\"XSA-10\"]\ncves = [\"CVE-2026-0002\"]",
            "\"bugfix\"",
        ),
    ];
    let copy = announced();
    fs_err::rename(copy.root().join(FILE), copy.root().join("advisories/CEBA-2026-X0001.toml")).unwrap();
    for (from, to) in bugfix {
        copy.edit("advisories/CEBA-2026-X0001.toml", from, to);
    }
    assert_snapshot!(copy.problems());
}

#[test]
fn what_is_known_contradicts() {
    let fixes = |ids: &str| ("[\"XSA-10\"]", format!("[{ids}]"));
    let released = |ids: &str, release: &str| {
        let (from, to) = fixes(ids);
        let released = format!("released-in = \"{release}\"");
        check(FILE, &[(from, &to), ("patches = [\"two.patch\"]", &released)])
    };
    assert_snapshot!(released("\"XSA-10\"", "2.10"));
    assert_snapshot!(released("\"XSA-9\"", "2.8"));
    assert_snapshot!(released("\"XSA-12\"", "2.10"));
    assert_snapshot!(released("\"CVE-2026-0009\"", "2.10"));
    assert_eq!(released("\"XSA-9\", \"XSA-13\"", "2.10"), "no problem");
    let base = "\"base\"\nnot-affected = \"component_not_present\"";
    let (from, to) = fixes("\"XSA-9\"");
    let as_well = "\"base\"\nfixed-in = \"6-1.el6\"\nreleased-in = \"6\"";
    assert_snapshot!(check(
        FILE,
        &[(from, &to), ("patches = [\"two.patch\"]", "released-in = \"2.10\""), (base, as_well)]
    ));
}

#[test]
fn only_an_earlier_patch_can_be_superseded() {
    assert_eq!(check(HELLO, &[("strip = 0\n", "strip = 0\nsupersedes = \"one.patch\"\n")]), "no problem");
    assert_snapshot!(check(
        HELLO,
        &[("strip = 0\n", "strip = 0\nsupersedes = [\"two.patch\", \"tow.patch\"]\n")]
    ));
}

#[test]
fn a_cve_of_a_known_issue_is_no_way_around_it() {
    assert_snapshot!(check(FILE, &[("fixes = [\"XSA-10\"]\n", ""), ("CVE-2026-0002", "CVE-2026-0001")]));
    assert_eq!(check(FILE, &[("CVE-2026-0002", "CVE-2026-0001")]), "no problem");
}
