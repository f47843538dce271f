//! Waivers, and what is written for people and machines.

use camino::Utf8Path;
use serde_json::Value;
use xen4centos_check::{
    Checked, Finding, WaiverScope, Waivers, check_rpm, explain, render_junit, render_painted_report,
    render_report, rules, rules_by_family, sarif,
};
use xen4centos_manifest::Waiver;

use crate::{client::client, synthetic::Package};

/// The last second of 2026-11-23.
const NOW: u64 = 1_795_478_399;

/// A package with two errors of one rule, and a warning whose message wants to be escaped.
fn checked(path: &str) -> Checked {
    let directory = tempfile::tempdir().unwrap();
    let name = Utf8Path::new(path).file_name().unwrap();
    let file = Utf8Path::from_path(directory.path()).unwrap().join(name);
    let weak = "<b> & \"c\"";
    Package::clean()
        .requires(&["(a if b)", "(c or d)"])
        .main(|main| {
            use xen4centos_artifact::header::tag;
            main.strings(tag::RECOMMEND_NAME, &[weak])
                .strings(tag::RECOMMEND_VERSION, &[""])
                .u32s(tag::RECOMMEND_FLAGS, &[0])
        })
        .write(&file);
    Checked { path: path.into(), findings: check_rpm(&file, &client("el6")).unwrap() }
}

fn waiver(code: &str, subject: &str, message: Option<&str>, expires: &str) -> Waiver {
    Waiver {
        code: code.to_owned(),
        subject: subject.to_owned(),
        message: message.map(str::to_owned),
        reason: "nobody installs it".to_owned(),
        expires: expires.parse().unwrap(),
        file: "repo-templates/targets/here.toml".into(),
        line: 40,
    }
}

fn waived(findings: &mut [Finding], waivers: &[Waiver]) -> (Vec<String>, Vec<String>) {
    let mut waivers = Waivers::new(waivers, NOW).unwrap();
    waivers.apply(findings);
    let open = findings.iter().filter(|finding| finding.waived.is_none());
    (open.map(|finding| finding.message.clone()).collect(), waivers.unused(WaiverScope::Repository).collect())
}

#[test]
fn waivers_are_for_a_rule_a_subject_and_perhaps_a_message() {
    let all = ["requires (a if b)", "requires (c or d)", "recommends <b> & \"c\""];
    let check = |waiver: Waiver, open: &[usize]| {
        let mut findings = checked("Packages/xen-4.2.5-1.x86_64.rpm").findings;
        let (found, unused) = waived(&mut findings, std::slice::from_ref(&waiver));
        assert_eq!(found, open.iter().map(|at| all[*at]).collect::<Vec<_>>(), "{waiver:?}");
        assert_eq!(unused.is_empty(), open.len() < all.len(), "{unused:?}");
        let fails = findings.iter().filter(|finding| finding.fails()).count();
        assert_eq!(fails, open.iter().filter(|at| **at < 2).count());
    };
    let day = "2026-11-23";
    check(waiver("EL6-PKG-031", "xen-*", None, day), &[2]);
    check(waiver("EL6-PKG-031", "*", Some("*a if b*"), day), &[1, 2]);
    check(waiver("EL6-PKG-032", "xen-4.?.5-1.x86_64.rpm", None, day), &[0, 1]);
    check(waiver("EL6-PKG-030", "*", None, day), &[0, 1, 2]);
    check(waiver("EL6-PKG-031", "kernel-*", None, day), &[0, 1, 2]);
    check(waiver("EL6-PKG-031", "*", Some("requires"), day), &[0, 1, 2]);
}

#[test]
fn a_path_below_a_repository_is_known_by_its_name_too() {
    let mut findings = checked("xen-1.rpm").findings;
    for finding in &mut findings {
        finding.subject.insert_str(0, "Packages/x/");
    }
    for subject in ["xen-1.rpm", "Packages/x/xen-1.rpm", "Packages/*"] {
        let mut findings = findings.clone();
        assert_eq!(waived(&mut findings, &[waiver("EL6-PKG-031", subject, None, "2027-01-01")]).0.len(), 1);
    }
}

#[test]
fn a_waiver_that_holds_no_longer_is_an_error_with_its_place() {
    let waivers = [
        waiver("EL6-PKG-031", "xen-*", None, "2026-11-22"),
        waiver("EL6-PKG-31", "xen-*", None, "2027-01-01"),
        waiver("EL6-PKG-032", "xen-*", None, "2026-11-23"),
    ];
    let error = Waivers::new(&waivers, NOW).unwrap_err();
    let expect = "\
repo-templates/targets/here.toml:40: the waiver of EL6-PKG-031 for `xen-*` expired on 2026-11-22
repo-templates/targets/here.toml:40: there is no rule `EL6-PKG-31`";
    assert_eq!(error.to_string(), expect);
    assert_eq!(error.hint().as_deref(), Some("mend what it was for, or give it another day and say why"));
    assert!(Waivers::new(&waivers[2..], NOW).is_ok());
    assert!(Waivers::new(&waivers[2..], NOW + 1).is_err());
    // What holds is taken all the same.
    let (holding, fault) = Waivers::holding(&waivers, NOW);
    assert_eq!(fault.unwrap().to_string(), expect);
    let unused = |scope| holding.unused(scope).count();
    assert_eq!((unused(WaiverScope::Repository), unused(WaiverScope::Hosts)), (1, 0));
    assert_eq!(
        [&["xen-1.rpm"][..], &["kernel-1.rpm"]].map(|names| unused(WaiverScope::Files(names))),
        [1, 0]
    );
}

#[test]
fn people_see_what_is_waived_and_why() {
    let mut findings = checked("xen-1.rpm").findings;
    waived(&mut findings, &[waiver("EL6-PKG-031", "xen-*", None, "2027-01-01")]);
    let expect = "\
warning EL6-PKG-032 weak dependency
  xen-1.rpm: recommends <b> & \"c\"
  client:  nothing is said: Recommends, Suggests, Supplements and Enhances are ignored
  way out: use Requires for what is needed, and leave out the rest
waived EL6-PKG-031 rich dependency
  xen-1.rpm: requires (a if b)
  xen-1.rpm: requires (c or d)
  reason:  nobody installs it (until 2027-01-01, repo-templates/targets/here.toml:40)
0 errors, 1 warning, 2 waived
";
    assert_eq!(render_report(&findings), expect);
    let painted = render_painted_report(&findings);
    assert!(painted.starts_with("\x1b[1;33mwarning\x1b[0m EL6-PKG-032"), "{painted}");
    let mut plain = painted;
    for code in ["\x1b[1;33m", "\x1b[1;36m", "\x1b[1;31m", "\x1b[0m"] {
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, expect);
    let json = serde_json::to_value(&findings).unwrap();
    assert_eq!(json[0]["waived"]["expires"], "2027-01-01");
    assert!(json[2].get("waived").is_none());
}

/// What the schema of SARIF 2.1.0 requires of each object that is written here.
#[test]
fn sarif_has_what_its_schema_requires() {
    let mut all = [checked("out dir/xen-1.rpm"), checked("/srv/b.rpm")];
    waived(&mut all[1].findings, &[waiver("EL6-PKG-031", "b.rpm", None, "2027-01-01")]);
    let log = serde_json::to_value(sarif(&all)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string());
    let listed = driver["rules"].as_array().unwrap();
    assert_eq!(listed.len(), rules().len());
    for rule in listed {
        assert!(rule["id"].is_string());
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty(), "{rule}");
        }
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(["error", "warning", "note", "none"].contains(&level));
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 6);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(listed[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].as_str().unwrap().contains(".rpm: re"));
    }
    let uri = |result: &Value| {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    assert_eq!(uri(&results[0]), "out%20dir/xen-1.rpm");
    assert_eq!(uri(&results[3]), "file:///srv/b.rpm");
    assert_eq!(results[0]["suppressions"], serde_json::json!([]));
    assert_eq!(results[3]["suppressions"][0]["kind"], "external");
    assert!(
        results[3]["suppressions"][0]["justification"].as_str().unwrap().starts_with("nobody installs it")
    );
}

#[test]
fn junit_has_a_suite_for_each_thing_and_a_case_for_each_finding() {
    let mut all = [checked("a&b/xen-1.rpm"), Checked { path: "clean.rpm".into(), findings: Vec::new() }];
    waived(&mut all[0].findings, &[waiver("EL6-PKG-031", "xen-*", Some("*(c*"), "2027-01-01")]);
    let expect = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="xen4centos check" tests="4" failures="1" errors="0">
  <testsuite name="a&amp;b/xen-1.rpm" tests="3" failures="1" errors="0" skipped="1">
    <testcase classname="xen-1.rpm" name="EL6-PKG-031 rich dependency: requires (a if b)"><failure type="EL6-PKG-031" message="requires (a if b)">client: Error: Invalid version flag: if (it stops every transaction that contains the package, even with --skip-broken)&#10;way out: write plain requirements, or put the choice into a subpackage</failure></testcase>
    <testcase classname="xen-1.rpm" name="EL6-PKG-031 rich dependency: requires (c or d)"><skipped message="requires (c or d): nobody installs it (until 2027-01-01, repo-templates/targets/here.toml:40)"/></testcase>
    <testcase classname="xen-1.rpm" name="EL6-PKG-032 weak dependency: recommends &lt;b&gt; &amp; &quot;c&quot;"><system-out>warning: recommends &lt;b&gt; &amp; &quot;c&quot;&#10;client: nothing is said: Recommends, Suggests, Supplements and Enhances are ignored&#10;way out: use Requires for what is needed, and leave out the rest</system-out></testcase>
  </testsuite>
  <testsuite name="clean.rpm" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="clean.rpm" name="client el6 takes it"/>
  </testsuite>
</testsuites>
"#;
    assert_eq!(render_junit(&all, "el6"), expect);
}

#[test]
fn every_rule_is_in_one_family_and_can_be_explained() {
    let listed: usize = rules_by_family().iter().map(|(_, rules)| rules.len()).sum();
    assert_eq!(listed, rules().len());
    for rule in rules() {
        assert_eq!(explain(rule.code).unwrap().rule, rule);
    }
    let json = serde_json::to_value(explain("EL6-KEY-005").unwrap()).unwrap();
    for key in ["code", "severity", "title", "why", "way-out", "family", "row", "matters", "example"] {
        assert!(json[key].is_string(), "{key}");
    }
}

/// The table from the contract's rows to the rules.
#[test]
fn the_table_of_rows_names_rules_and_each_row_that_a_rule_has() {
    let page = fs_err::read_to_string(Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let words = page.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'));
    for code in words.filter(|word| word.starts_with("EL6-") && word.len() > 8) {
        assert!(rules().iter().any(|rule| rule.code == code), "{code} is no rule");
    }
    for rule in rules() {
        let Some(row) = explain(rule.code).unwrap().row else { continue };
        let line = page.lines().find(|line| line.starts_with(&format!("| {row} |")));
        let line = line.unwrap_or_else(|| panic!("{}: no row `{row}`", rule.code));
        assert!(line.contains(rule.code), "{line} does not name {}", rule.code);
    }
}
