use crate::support::{Case, Files, diff};

const UPSTREAM: &str = "int guest(int index)
{
    int value;

    value = table[index];
    return value;
}

int other(int index)
{
    int value;

    value = table[index];
    return value;
}
";

fn fixed() -> String {
    UPSTREAM.replacen("    value = table", "    if (index >= SIZE)\n        return -1;\n    value = table", 1)
}

fn files(content: &str) -> Files {
    Files::from([("xen/guest.c", content.to_owned())])
}

fn fix() -> String {
    diff("xen/guest.c", UPSTREAM, &fixed())
}

#[test]
fn a_patch_that_was_applied_is_proven() {
    Case::new(&files(UPSTREAM), &files(&fixed()))
        .claims("fix.patch", &fix())
        .check("fix.patch: 1 files, 1 hunks");
}

#[test]
fn a_patch_that_was_listed_and_not_applied() {
    Case::new(&files(UPSTREAM), &files(UPSTREAM))
        .claims("fix.patch", &fix())
        .check("ADV-PATCH-003 fix.patch: `xen/guest.c` does not have its change by line 5");
}

#[test]
fn an_empty_patch() {
    for empty in ["", "From: nobody\nSubject: import\n\n", "--- a/xen/guest.c\n+++ b/xen/guest.c\n"] {
        Case::new(&files(UPSTREAM), &files(UPSTREAM))
            .claims("fix.patch", empty)
            .check("ADV-PATCH-001 fix.patch: the patch is empty");
    }
    let nothing = "--- a/xen/guest.c\n+++ b/xen/guest.c\n@@ -1,2 +1,2 @@\n int guest(int index)\n-{\n+{\n";
    Case::new(&files(UPSTREAM), &files(UPSTREAM))
        .claims("fix.patch", nothing)
        .check("ADV-PATCH-001 fix.patch: the patch is empty");
    let nothing = "--- a/xen/guest.c\n+++ b/xen/guest.c\n@@ -1,2 +1,2 @@\n int guest(int index)\n {\n";
    Case::new(&files(UPSTREAM), &files(UPSTREAM))
        .claims("fix.patch", nothing)
        .check("ADV-PATCH-001 fix.patch: the patch is empty");
}

/// The same lines stand in the file twice, and only the wrong ones were mended.
#[test]
fn the_right_lines_in_the_wrong_place() {
    let (head, tail) = UPSTREAM.split_at(UPSTREAM.find("int other").unwrap());
    let wrong = head.to_owned()
        + &tail.replacen(
            "    value = table",
            "    if (index >= SIZE)\n        return -1;\n    value = table",
            1,
        );
    Case::new(&files(UPSTREAM), &files(&wrong))
        .claims("fix.patch", &fix())
        .check("ADV-PATCH-003 fix.patch: `xen/guest.c` does not have its change by line 5");
}

#[test]
fn what_a_patch_takes_away_must_be_gone() {
    let before = UPSTREAM.replacen("    return value;", "    publish(value);\n    return value;", 1);
    let patch = diff("xen/guest.c", &before, UPSTREAM);
    Case::new(&files(&before), &files(UPSTREAM))
        .claims("fix.patch", &patch)
        .check("fix.patch: 1 files, 1 hunks");
    Case::new(&files(&before), &files(&before))
        .claims("fix.patch", &patch)
        .check("ADV-PATCH-003 fix.patch: `xen/guest.c` does not have its change by line 6");
    // Both sides at once are no fix either.
    let replaced = UPSTREAM.replacen("    return value;", "    return 0;", 1);
    let both = UPSTREAM.replacen("    return value;", "    return 0;\n    return value;", 1);
    Case::new(&files(UPSTREAM), &files(&both))
        .claims("fix.patch", &diff("xen/guest.c", UPSTREAM, &replaced))
        .check("ADV-PATCH-003 fix.patch: `xen/guest.c` does not have its change by line 7");
}

#[test]
fn what_a_spec_edits_elsewhere_is_its_own_affair() {
    let edited = fixed().replacen("int other(", "static int other(", 1) + "/* end */\n";
    Case::new(&files(UPSTREAM), &files(&edited))
        .claims("fix.patch", &fix())
        .check("fix.patch: 1 files, 1 hunks");
    let undone = fixed().replacen("return -1", "return 0", 1);
    Case::new(&files(UPSTREAM), &files(&undone))
        .claims("fix.patch", &fix())
        .check("ADV-PATCH-003 fix.patch: `xen/guest.c` does not have its change by line 6");
    let early = fixed().replacen("    if (index", "    goto out;\n    if (index", 1);
    Case::new(&files(UPSTREAM), &files(&early))
        .claims("fix.patch", &fix())
        .check("ADV-PATCH-003 fix.patch: `xen/guest.c` does not have its change by line 5");
}

#[test]
fn a_later_patch_that_says_so_may_change_the_same_lines() {
    let later = fixed().replacen("return -1", "return -EINVAL", 1);
    let patch = diff("xen/guest.c", &fixed(), &later);
    Case::new(&files(UPSTREAM), &files(&later))
        .claims("fix.patch", &fix())
        .supersedes("later.patch", &patch, "fix.patch")
        .check("fix.patch: 1 files, 1 hunks\nlater.patch: 1 files, 1 hunks");
    Case::new(&files(UPSTREAM), &files(&later))
        .claims("fix.patch", &fix())
        .lists("later.patch", &patch)
        .check("ADV-PATCH-005 fix.patch: `later.patch` takes back its change of `xen/guest.c`: `return -1;`");
    // It is listed, so it must be there, too.
    Case::new(&files(UPSTREAM), &files(&fixed()))
        .claims("fix.patch", &fix())
        .supersedes("later.patch", &patch, "fix.patch")
        .check("ADV-PATCH-003 later.patch: `xen/guest.c` does not have its change by line 6");
}

#[test]
fn a_patch_that_a_later_one_takes_back() {
    for (before, after) in [(UPSTREAM.to_owned(), fixed()), (fixed(), UPSTREAM.to_owned())] {
        let [fix, back] =
            [(&before, &after), (&after, &before)].map(|(old, new)| diff("xen/guest.c", old, new));
        Case::new(&files(&before), &files(&before))
            .claims("fix.patch", &fix)
            .lists("back.patch", &back)
            .check("ADV-PATCH-005 fix.patch: patches after it leave nothing of it");
        // Taken back and made again, as XSA-97 was.
        Case::new(&files(&before), &files(&after))
            .lists("first.patch", &fix)
            .lists("back.patch", &back)
            .claims("again.patch", &fix)
            .check("again.patch: 1 files, 1 hunks");
    }
}

/// One line of two, a line that was taken away, and code that is there and never compiled.
#[test]
fn a_line_that_a_later_patch_takes_back() {
    let check = |before: &str, fixed: &str, later: &str, expect: &str| {
        Case::new(&files(before), &files(later))
            .claims("fix.patch", &diff("xen/guest.c", before, fixed))
            .lists("later.patch", &diff("xen/guest.c", fixed, later))
            .check(expect);
    };
    let back = |line: &str| {
        format!("ADV-PATCH-005 fix.patch: `later.patch` takes back its change of `xen/guest.c`: `{line}`")
    };
    let no_return = fixed().replacen("        return -1;\n", "        ;\n", 1);
    check(UPSTREAM, &fixed(), &no_return, &back("return -1;"));
    // Two places were mended, and the second is as it was.
    let without = UPSTREAM.replace("    value = table[index];\n", "");
    let restored = without.replacen("    int value;\n\n", "    int value;\n\n    value = table[index];\n", 1);
    check(UPSTREAM, &without, &restored, &back("value = table[index];"));
    let switched_off = [
        ("#if 0\n    if (index >= SIZE)\n        return -1;\n#endif\n", "if (index >= SIZE)"),
        ("#ifdef NEVER\n    if (index >= SIZE)\n        return -1;\n#endif\n", "if (index >= SIZE)"),
        ("    /*\n    if (index >= SIZE)\n        return -1;\n    */\n", "if (index >= SIZE)"),
    ];
    let lines = "    if (index >= SIZE)\n        return -1;\n";
    for (off, line) in switched_off {
        check(UPSTREAM, &fixed(), &fixed().replace(lines, off), &back(line));
    }
    // Further to the right it is the same, and what is a comment or beside it does not matter.
    let inner = "    if (index >= SIZE)\n            return -1;\n";
    check(UPSTREAM, &fixed(), &fixed().replace(lines, inner), "fix.patch: 1 files, 1 hunks");
    let commented = fixed().replacen("    if (index", "    /* Checked. */\n    if (index", 1);
    check(UPSTREAM, &commented, &fixed(), "fix.patch: 1 files, 1 hunks");
}

#[test]
fn what_is_never_compiled_is_no_fix() {
    let dead =
        UPSTREAM.replacen("    value = table", "#if 0\n    check(index);\n#endif\n    value = table", 1);
    Case::new(&files(UPSTREAM), &files(&dead))
        .claims("fix.patch", &diff("xen/guest.c", UPSTREAM, &dead))
        .check(
            "ADV-PATCH-001 fix.patch: it changes only comments, white space, prose or what is never compiled",
        );
    // Nor what an edit of the spec switches off from further away.
    let off = fixed().replacen("    int value;\n\n    if", "#if 0\n    int value;\n\n    if", 1);
    let off = off.replacen("    return value;\n", "    return value;\n#endif\n", 1);
    for off in [off.replace("#if 0", "#ifdef NEVER"), off] {
        Case::new(&files(UPSTREAM), &files(&off))
            .claims("fix.patch", &fix())
            .check("ADV-PATCH-003 fix.patch: `xen/guest.c` does not have its change by line 5");
    }
}

#[test]
fn a_patch_that_does_not_apply() {
    let other = UPSTREAM.replace("table[index]", "list[index]");
    Case::new(&files(&other), &files(&other))
        .claims("fix.patch", &fix())
        .check("ADV-PATCH-002 fix.patch: `xen/guest.c`: does not apply: hunk in line 3 of the patch");
    Case::new(&Files::new(), &Files::new())
        .claims("fix.patch", &fix())
        .check("ADV-PATCH-002 fix.patch: `xen/guest.c`: changes a file that is not there");
}

#[test]
fn files_that_come_and_go() {
    let come = "--- /dev/null\n+++ b/new.c\n@@ -0,0 +1,2 @@\n+int one;\n+int two;\n";
    let new = Files::from([("new.c", "int one;\nint two;\n".to_owned())]);
    Case::new(&Files::new(), &new).claims("come.patch", come).check("come.patch: 1 files, 1 hunks");
    Case::new(&Files::new(), &Files::new())
        .claims("come.patch", come)
        .check("ADV-PATCH-003 come.patch: `new.c` is not there");
    let go = "--- a/new.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-int one;\n-int two;\n";
    Case::new(&new, &Files::new()).claims("go.patch", go).check("go.patch: 1 files, 1 hunks");
    Case::new(&new, &new).claims("go.patch", go).check("ADV-PATCH-003 go.patch: `new.c` is still there");
}

#[test]
fn comments_white_space_and_prose_are_no_fix() {
    let nothing =
        "ADV-PATCH-001 fix.patch: it changes only comments, white space, prose or what is never compiled";
    let cases = [
        ("a.c", "int a;\n", "int a; /* checked */\n"),
        ("a.c", "/*\n * one\n */\nint a;\n", "/*\n * two\n */\nint a;\n"),
        ("a.c", "int a;\n", "int  a ;// checked\n\n"),
        ("a.py", "a = 1\n", "# checked\na = 1   \n"),
        ("Makefile", "a:\n\tb\n", "a:\n# checked\n\tb\n"),
        ("a.ml", "let a = 1\n", "(* (* nested *) *)\nlet a =\n  1\n"),
        ("docs/a.txt", "one\n", "two\n"),
        ("README", "one\n", "two\n"),
        ("a.list", "one two\n", "one\ntwo\n"),
    ];
    for (name, before, after) in cases {
        let [upstream, tree] = [before, after].map(|text| Files::from([(name, text.to_owned())]));
        Case::new(&upstream, &tree).claims("fix.patch", &diff(name, before, after)).check(nothing);
    }
    let cases = [
        ("a.c", "x = \"/* one */\";\n", "x = \"/* two */\";\n"),
        ("a.c", "#define A\n", "#define A 1\n"),
        ("a.c", "#define A\n1\n", "#define A 1\n"),
        ("a.c", "c = 'a'; /* ' */\n", "c = 'b'; /* ' */\n"),
        ("a.py", "if a:\n    b\n    c\n", "if a:\n    b\nc\n"),
        ("a.py", "a = '#1'\n", "a = '#2'\n"),
        ("a.sh", "#!/bin/sh\n", "#!/bin/bash\n"),
        ("a.list", "one\n", "two\n"),
    ];
    for (name, before, after) in cases {
        let [upstream, tree] = [before, after].map(|text| Files::from([(name, text.to_owned())]));
        Case::new(&upstream, &tree)
            .claims("fix.patch", &diff(name, before, after))
            .check("fix.patch: 1 files, 1 hunks");
    }
}

#[test]
fn what_can_not_be_read_proves_nothing() {
    let check = |patch: &str, expect: &str| {
        Case::new(&files(UPSTREAM), &files(&fixed())).claims("fix.patch", patch).check(expect);
    };
    check("GIT binary patch\nliteral 1\n", "ADV-PATCH-004 fix.patch: line 1 is of a change of a binary file");
    check(
        "diff --git a/x b/y\nrename from x\nrename to y\n",
        "ADV-PATCH-004 fix.patch: line 2 is of a renamed file",
    );
    let cut = fix();
    let cut = &cut[..cut.len() - 20];
    check(cut, "ADV-PATCH-004 fix.patch: the hunk in line 3 ends before all of it is there");
    check(
        "--- a/../../etc/passwd\n+++ b/../../etc/passwd\n@@ -1 +1 @@\n-a\n+b\n",
        "ADV-PATCH-004 fix.patch: a name in it leads out of the tree, or is stripped away",
    );
}

#[test]
fn offsets_names_and_ends_of_files_are_those_of_patch() {
    // Ten lines were put in above since the patch was made; the old side's name is the one that counts.
    let moved = |text: &str| "// line\n".repeat(10) + text;
    let patch = fix().replace("+++ b/xen/guest.c", "+++ b/xen/guest-fixed.c\t2014-10-01 12:00:00");
    Case::new(&files(&moved(UPSTREAM)), &files(&moved(&fixed())))
        .claims("fix.patch", &patch)
        .check("fix.patch: 1 files, 1 hunks");
    let patch = "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-int a;\n\\ No newline at end of file\n+int b;\n\\ No newline at end of file\n";
    let [before, after] = ["int a;", "int b;"].map(|text| Files::from([("a.c", text.to_owned())]));
    Case::new(&before, &after).claims("fix.patch", patch).check("fix.patch: 1 files, 1 hunks");
}

/// Nothing is read through a link that a tree put in the place of a file.
#[cfg(unix)]
#[test]
fn links_are_no_files() {
    let case = Case::new(&files(UPSTREAM), &Files::from([("fixed.c", fixed())])).claims("fix.patch", &fix());
    fs_err::create_dir_all(case.tree().join("xen")).unwrap();
    fs_err::os::unix::fs::symlink("../fixed.c", case.tree().join("xen/guest.c")).unwrap();
    case.check("ADV-PATCH-003 fix.patch: `xen/guest.c` is not there");
}
