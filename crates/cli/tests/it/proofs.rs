//! What an advisory claims, looked for in the trees that real specs prepare from the miniature upstreams.

use camino::Utf8PathBuf;

use crate::program::Run;
use crate::workshop::{ProjectCopy, Work, project};

const PACKAGE: &str = "specs/xen/package.toml";
const PATCH: &str = "specs/xen/patches/xsa108.patch";

const ADVISORY: &str = r#"id = "CESA-2026:X0001"
title = "xen: MSRs of the x2APIC"
type = "security"
severity = "important"
fixes = ["XSA-108"]
public = 2026-11-23T12:00:00Z
reboot = true
description = ["A guest could read what was not its own."]

[[package]]
name = "xen"
fixed-in = "4.2.5-39"
patches = ["xsa108.patch"]
"#;

/// Stops at a line of the miniature hypervisor that a spec does not edit.
const FIX: &str = "\
--- a/xen/hypervisor.c
+++ b/xen/hypervisor.c
@@ -14,6 +14,7 @@ void copy_pair(struct pair *to, const struct pair *from)
 
 void start(void)
 {
+    copy_pair(0, 0);
     for (;;)
         ;
 }
";

/// A project with release 39 of xen, which has a patch of this content, and an advisory that names it.
pub(crate) fn announced(patch: &str) -> ProjectCopy {
    let copy = ProjectCopy::before_the_update();
    copy.write(PATCH, patch);
    copy.edit(PACKAGE, "release = \"38\"", "release = \"39\"");
    let text = fs_err::read_to_string(copy.path().join(PACKAGE)).unwrap();
    let (before, after) = text.split_once("[[changelog]]\n").unwrap();
    let update = "[[patch]]\nfile = \"xsa108.patch\"\nadvisory = \"XSA-108\"\nsummary = \"x2APIC reads\"\n\n\
                  [[changelog]]\ndate = \"2026-11-23\"\nauthor = \"Nobody <nobody@localhost>\"\n\
                  version = \"4.2.5-39\"\nentries = [\"XSA-108\"]\n\n";
    copy.write(PACKAGE, &format!("{before}{update}[[changelog]]\n{after}"));
    copy.write("advisories/CESA-2026-X0001.toml", ADVISORY);
    copy
}

pub(crate) fn fix() -> String {
    let source = project().join("specs/xen/miniature/xen/hypervisor.c");
    let text = fs_err::read_to_string(source).unwrap();
    let start = text.lines().position(|line| line == "void start(void)").unwrap();
    FIX.replace("@@ -14,6 +14,7 @@", &format!("@@ -{start},6 +{start},7 @@"))
}

fn build(work: &Work) -> Run {
    work.run(&["build", "xen", "--without", "xen:docs", "--without", "xen:tools", "--json"])
}

#[test]
fn a_patch_that_is_in_the_tree_is_proven_once() {
    let copy = announced(&fix());
    let work = Work::new(copy.path());
    let run = build(&work).ends_with(0).says(["Proven xen: 1 patches (1 hunks) are in its tree"]);
    let result = Utf8PathBuf::from(run.json()[0]["directory"].as_str().unwrap());
    let proof = fs_err::read_to_string(result.join("proof.json")).unwrap();
    assert!(proof.contains("\"xsa108.patch\""), "{proof}");
    let again = build(&work).ends_with(0);
    assert!(!again.stderr.contains("Proven"), "{}", again.stderr);

    // Another machine that publishes it asks for the proof.
    let publish = ["publish", result.as_str(), "--dry-run"];
    work.run(&publish).ends_with(0);
    fs_err::remove_file(result.join("proof.json")).unwrap();
    work.run(&publish).ends_with(4).says(["ADV-PATCH-003", "has no proof that `xsa108.patch` is in it"]);
}

/// The release that announced XSA-156 with an empty commit.
#[test]
fn an_empty_patch_stops_the_release() {
    for empty in ["From: nobody\nSubject: Import XSA-108\n\n", "\n"] {
        let copy = announced(empty);
        let work = Work::new(copy.path());
        work.run(&["release"]).ends_with(4).says([
            "`xen` claims what its prepared tree does not show",
            "ADV-PATCH-001 xsa108.patch: the patch is empty (claimed by CESA-2026:X0001, XSA-108)",
            "hint: take the whole patch from upstream",
        ]);
        assert!(!work.path().join("publish").exists(), "nothing is published");
    }
}

/// The release that shipped XSA-96's patch and did not apply it.
#[test]
fn a_patch_that_is_listed_and_not_applied_stops_the_release() {
    let copy = announced(&fix());
    copy.edit(
        "specs/xen/xen.spec.tera",
        "{{ patch_commands }}\n",
        "if false; then\n{{ patch_commands }}\nfi\n",
    );
    let work = Work::new(copy.path());
    for command in [&["release"][..], &["build", "xen", "--without", "xen:tools"]] {
        work.run(command).ends_with(4).says([
            "ADV-PATCH-003 xsa108.patch: `xen/hypervisor.c` does not have its change by line ",
            "hint: apply it in %prep",
        ]);
    }
}

/// What was built before anybody claimed something of it is not taken for proven.
#[test]
fn a_claim_that_comes_after_the_build_is_held_to_it() {
    let copy = announced(&fix());
    copy.edit(PACKAGE, "advisory = \"XSA-108\"\n", "");
    let advisory = copy.path().join("advisories/CESA-2026-X0001.toml");
    fs_err::remove_file(&advisory).unwrap();
    let patch_commands = "{{ patch_commands }}\n";
    copy.edit("specs/xen/xen.spec.tera", patch_commands, &format!("if false; then\n{patch_commands}fi\n"));
    let work = Work::new(copy.path());
    assert_eq!(build(&work).ends_with(0).json()[0]["fresh"], true);
    // An issue is answered by a patch that says so; a CVE beside it need not be.
    fs_err::write(advisory, ADVISORY.replace("fixes = [\"XSA-108\"]", "cves = [\"CVE-2026-0001\"]")).unwrap();
    build(&work).ends_with(4).says(["ADV-PATCH-003 xsa108.patch", "(claimed by CESA-2026:X0001)"]);
}

#[test]
fn a_change_that_the_spec_undoes_stops_the_release() {
    let copy = announced(&fix());
    copy.edit(
        "specs/xen/xen.spec.tera",
        "{{ patch_commands }}\n",
        "{{ patch_commands }}\nsed -i -e '/copy_pair(0, 0)/d' xen/hypervisor.c\n",
    );
    build(&Work::new(copy.path())).ends_with(4).says(["ADV-PATCH-003 xsa108.patch: `xen/hypervisor.c`"]);
}

#[test]
fn comments_are_no_fix() {
    let copy = announced(&fix().replace("    copy_pair(0, 0);", "    /* Mended. */"));
    build(&Work::new(copy.path())).ends_with(4).says([
        "ADV-PATCH-001 xsa108.patch: it changes only comments, white space, prose or what is never compiled",
    ]);
}

/// The same for `build` and `release`, and before anything is built.
#[test]
fn a_patch_that_does_not_apply_stops_everything() {
    let copy = announced(&fix().replace(" void start(void)", " void begin(void)"));
    let work = Work::new(copy.path());
    for command in [&["release"][..], &["build", "xen", "--without", "xen:tools"]] {
        let run = work.run(command).ends_with(4).says([
            "ADV-PATCH-002 xsa108.patch: `xen/hypervisor.c`: does not apply: hunk in line 3 of the patch (claimed by",
            "hint: take the patch that was made for this release",
        ]);
        assert!(!run.stderr.contains("Building"), "{}", run.stderr);
    }
}

/// A later patch takes the fix back, and is nobody's claim.
#[test]
fn a_later_patch_that_takes_the_fix_back_stops_the_release() {
    let copy = announced(&fix());
    let off = fix().replace(
        " void start(void)\n {\n+    copy_pair(0, 0);\n     for (;;)\n",
        " void start(void)\n {\n+#if 0\n     copy_pair(0, 0);\n+#endif\n     for (;;)\n",
    );
    let off = off.replace(",6 +", ",7 +").replace(",7 @@", ",9 @@");
    copy.write("specs/xen/patches/off.patch", &off);
    let listed = "summary = \"x2APIC reads\"\n";
    let entry = format!("{listed}\n[[patch]]\nfile = \"off.patch\"\nsummary = \"later\"\n");
    copy.edit(PACKAGE, listed, &entry);
    let work = Work::new(copy.path());
    build(&work).ends_with(4).says([
        "ADV-PATCH-005 xsa108.patch: `off.patch` takes back its change of `xen/hypervisor.c`: `copy_pair(0, 0);`",
        "hint: where that is meant, the later patch says so",
    ]);
    copy.edit(PACKAGE, "file = \"off.patch\"\n", "file = \"off.patch\"\nsupersedes = \"xsa108.patch\"\n");
    build(&work).ends_with(0);
}
