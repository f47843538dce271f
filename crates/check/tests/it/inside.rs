//! For every rule about files a package that trips it and nothing else, made by rpmbuild and gcc, and its clean twin.
//!
//! What is linked here is linked without the machine's own C library, whose symbols no CentOS 6 has.

use std::{collections::BTreeSet, fmt::Write as _};

use camino::Utf8Path;
use xen4centos_check::{check_payload, check_rpm, rules};
use xen4centos_manifest::Client;

use crate::{built::build, client::client};

/// A subpackage: its name, what is installed and listed for it, and which rule it trips in which words.
struct Case {
    name: &'static str,
    /// Lines of its preamble.
    preamble: &'static str,
    /// Shell, in the build root's directory.
    install: &'static str,
    files: &'static str,
    /// Nothing for a clean twin.
    expect: Option<(&'static str, &'static str)>,
}

const fn clean(name: &'static str, install: &'static str, files: &'static str) -> Case {
    Case { name, preamble: "", install, files, expect: None }
}

const fn poison(
    name: &'static str,
    install: &'static str,
    files: &'static str,
    code: &'static str,
    words: &'static str,
) -> Case {
    Case { name, preamble: "", install, files, expect: Some((code, words)) }
}

impl Case {
    const fn preamble(self, preamble: &'static str) -> Self {
        Self { preamble, ..self }
    }
}

/// Beside a package of the same build that has the licence.
const SIBLING: &str = "Requires: cases = 1-1";

/// What all cases can use: libraries to link with, which are in no package, and shell to compile and write.
const PRELUDE: &str = r#"
mkdir -p stubs
echo 'int old(void) { return 0; } int new(void) { return 0; }' > stubs/stub.c
stub() { # FILE SONAME PREFIX OLD NEW
    printf '%s%s { old; };\n%s%s { new; };\n' $3 $4 $3 $5 > stubs/map
    gcc -shared -fPIC -nostdlib -Wl,-soname,$2 -Wl,--version-script,stubs/map -o stubs/$1 stubs/stub.c
}
stub libc.so libc.so.6 GLIBC_ 2.2.5 2.34
stub libstdcxx.so libstdc++.so.6 GLIBCXX_ 3.4.13 3.4.29
gcc -shared -fPIC -nostdlib -Wl,-soname,libother.so.1 -o stubs/libother.so stubs/stub.c
echo 'int old(void); int use(void) { return old(); }' > stubs/old.c
echo 'int new(void); int use(void) { return new(); }' > stubs/new.c
echo 'int old(void); int x; int use(void) { return old(); } __asm__(".quad x");' > stubs/absolute.c
unsaid() { perl -0pi -e 's/\x51\xe5\x74\x64/\0\0\0\0/' $1; } # PT_GNU_STACK becomes PT_NULL.
library() { # FILE SOURCE LIBRARY OPTIONS...
    mkdir -p $(dirname .$1)
    file=.$1 source=$2 lib=$3; shift 3
    gcc -shared -fPIC -nostdlib "$@" -o $file stubs/$source.c stubs/$lib.so
}
program() { # FILE MAJOR MINOR PATCH: one that says which kernel it needs
    mkdir -p $(dirname .$1)
    printf '.section .note.ABI-tag,"a",@note\n.long 4,16,1\n.asciz "GNU"\n.long 0,%s,%s,%s\n' $2 $3 $4 > stubs/start.s
    printf '.section .note.GNU-stack,"",@progbits\n.text\n.globl _start\n_start: hlt\n' >> stubs/start.s
    gcc -nostdlib -static -o .$1 stubs/start.s
}
text() { mkdir -p $(dirname .$1); cat > .$1; }
script() { # FILE: chkconfig line, description and LSB header from the environment
    mkdir -p $(dirname .$1)
    {
        printf '%s\n' "${first-#!/bin/bash}" "${levels-# chkconfig: 2345 97 01}"
        printf '%s\n' "${description-# description: Serves.}" '### BEGIN INIT INFO' '# Provides: service'
        printf '%s\n' "${start-# Required-Start: \$syslog}" '# Required-Stop: $syslog'
        printf '%s\n' "${short-# Short-Description: Serves}" '### END INIT INFO' 'exit 0'
    } > .$1
    chmod 0755 .$1
}
"#;

fn programs() -> Vec<Case> {
    let no_auto = "AutoReq: no\nRequires: libc.so.6()(64bit)";
    let no_auto_cxx = "AutoReq: no\nRequires: libstdc++.so.6()(64bit)";
    vec![
        clean("library", "library /usr/lib64/a.so old libc", "/usr/lib64/a.so"),
        clean("old-glibc", "library /usr/lib64/b.so old libc", "/usr/lib64/b.so").preamble(no_auto),
        poison(
            "glibc",
            "library /usr/lib64/c.so new libc\nlibrary /usr/lib64/c2.so new libc",
            "/usr/lib64/c.so\n/usr/lib64/c2.so",
            "EL6-FILE-010",
            "/usr/lib64/c.so needs libc.so.6(GLIBC_2.34), the client has GLIBC_2.12, and so do 1 more",
        )
        .preamble(no_auto),
        clean("old-glibcxx", "library /usr/lib64/d.so old libstdcxx", "/usr/lib64/d.so")
            .preamble(no_auto_cxx),
        poison(
            "glibcxx",
            "library /usr/lib64/e.so new libstdcxx",
            "/usr/lib64/e.so",
            "EL6-FILE-011",
            "needs libstdc++.so.6(GLIBCXX_3.4.29), the client has GLIBCXX_3.4.13",
        )
        .preamble(no_auto_cxx),
        clean("required", "library /usr/lib64/f.so old libother", "/usr/lib64/f.so"),
        poison(
            "unrequired",
            "library /usr/lib64/g.so old libother",
            "/usr/lib64/g.so",
            "EL6-FILE-012",
            "/usr/lib64/g.so needs libother.so.1",
        )
        .preamble("AutoReq: no"),
    ]
}

fn hardening() -> Vec<Case> {
    vec![
        poison(
            "text-relocations",
            "library /usr/lib64/h.so absolute libc -Wl,-z,notext",
            "/usr/lib64/h.so",
            "EL6-FILE-013",
            "/usr/lib64/h.so changes its own code",
        ),
        poison(
            "executable-stack",
            "library /usr/lib64/i.so old libc -Wl,-z,execstack",
            "/usr/lib64/i.so",
            "EL6-FILE-014",
            "asks for an executable stack",
        ),
        poison(
            "executable-stack-alone",
            "echo 'int alone(void) { return 0; }' > stubs/alone.c; mkdir -p usr/lib64; \
             gcc -shared -fPIC -nostdlib -Wl,-z,execstack -Wl,-soname,alone.so -o usr/lib64/alone.so stubs/alone.c",
            "/usr/lib64/alone.so",
            "EL6-FILE-014",
            "asks for an executable stack",
        ),
        poison(
            "unsaid-stack",
            "library /usr/lib64/j.so old libc\nunsaid ./usr/lib64/j.so",
            "/usr/lib64/j.so",
            "EL6-FILE-014",
            "does not say that its stack is not executable",
        ),
        clean(
            "rpath",
            "library /usr/lib64/k.so old libc -Wl,-rpath,/usr/lib64/xen:$ORIGIN/../lib",
            "/usr/lib64/k.so",
        ),
        poison(
            "empty-rpath",
            "library /usr/lib64/l.so old libc -Wl,-rpath,/usr/lib64/xen:",
            "/usr/lib64/l.so",
            "EL6-FILE-015",
            "(an empty rpath)",
        ),
        poison(
            "relative-rpath",
            "library /usr/lib64/m.so old libc -Wl,-rpath,lib -Wl,--disable-new-dtags",
            "/usr/lib64/m.so",
            "EL6-FILE-015",
            "takes libraries from lib, below",
        ),
        poison(
            "open-rpath",
            "library /usr/lib64/n.so old libc -Wl,-rpath,/tmp/lib",
            "/usr/lib64/n.so",
            "EL6-FILE-015",
            "takes libraries from /tmp/lib, where anyone can put them",
        ),
    ]
}

fn machines() -> Vec<Case> {
    vec![
        poison(
            "machine",
            "library /usr/lib64/o.so old libc\nprintf '\\267' | dd of=./usr/lib64/o.so bs=1 seek=18 conv=notrunc status=none",
            "/usr/lib64/o.so",
            "EL6-FILE-016",
            "/usr/lib64/o.so is for aarch64, the package is x86_64",
        ),
        clean("old-kernel", "program /usr/bin/p 2 6 32", "/usr/bin/p"),
        poison(
            "kernel",
            "program /usr/bin/q 2 6 39",
            "/usr/bin/q",
            "EL6-FILE-017",
            "needs Linux 2.6.39, hosts have 2.6.32",
        ),
        poison(
            "no-program",
            "program /usr/bin/r 2 6 32\nhead -c 100 ./usr/bin/r > stubs/cut\ncat stubs/cut > ./usr/bin/r",
            "/usr/bin/r",
            "EL6-FILE-018",
            "/usr/bin/r begins as a program and is damaged",
        )
        .preamble("AutoReq: no"),
        clean("data-of-others", "library /usr/share/a/s.so old libc -Wl,-z,execstack", "/usr/share/a"),
    ]
}

fn traces() -> Vec<Case> {
    let debug = "printf '.section .debug_str,\"\",@progbits\\n.asciz \"/home/me/rpmbuild/BUILD/a.c\"\\n.section .note.GNU-stack,\"\",@progbits\\n' > stubs/debug.s
        gcc -c -o stubs/debug.o stubs/debug.s
        library /usr/lib64/t.so old libc stubs/debug.o";
    vec![
        clean("source-path", "echo /usr/src/a/BUILD/a.c | text /usr/share/a/source", "/usr/share/a/source"),
        clean(
            "document",
            "echo see /home/me/rpmbuild/BUILD/a | text /usr/share/doc/a/text",
            "%doc /usr/share/doc/a/text",
        ),
        poison(
            "build-path",
            "echo libdir=/home/me/rpmbuild/BUILD/a/lib | text /usr/lib64/a.la",
            "/usr/lib64/a.la",
            "EL6-FILE-020",
            "/usr/lib64/a.la has /home/me/rpmbuild/BUILD/a/lib",
        ),
        poison(
            "build-root",
            "(echo /mnt/BUILDROOT/a; echo /x/.xen4centos/b) | text /usr/lib64/b.la",
            "/usr/lib64/b.la",
            "EL6-FILE-020",
            "/usr/lib64/b.la has /mnt/BUILDROOT/a and 1 more",
        ),
        poison(
            "loaded-path",
            "echo 'const char *use(void) { return \"/builddir/build/BUILD/a.c\"; }' > stubs/path.c
            library /usr/lib64/u.so path libc",
            "/usr/lib64/u.so",
            "EL6-FILE-020",
            "/usr/lib64/u.so has /builddir/build/BUILD/a.c",
        ),
        poison(
            "debug-path",
            debug,
            "/usr/lib64/t.so",
            "EL6-FILE-021",
            "/usr/lib64/t.so has /home/me/rpmbuild/BUILD/a.c",
        ),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        poison(
            "setuid",
            "echo | text /usr/bin/su",
            "%attr(4755,root,root) /usr/bin/su",
            "EL6-FILE-030",
            "/usr/bin/su has mode 4755 and belongs to root:root",
        ),
        poison(
            "setgid",
            "echo | text /usr/bin/sg",
            "%attr(2755,root,tty) /usr/bin/sg",
            "EL6-FILE-030",
            "/usr/bin/sg has mode 2755 and belongs to root:tty",
        ),
        clean("sticky", "mkdir -p ./var/a", "%dir %attr(1777,root,root) /var/a"),
        poison(
            "open-directory",
            "mkdir -p ./var/b",
            "%dir %attr(0777,root,root) /var/b",
            "EL6-FILE-031",
            "/var/b has mode 0777",
        ),
        poison(
            "open-file",
            "echo | text /var/c",
            "%attr(0666,root,root) /var/c",
            "EL6-FILE-031",
            "/var/c has mode 0666",
        ),
        clean(
            "noreplace",
            "echo | text /etc/a.conf\necho | text /etc/sysconfig/a",
            "%config(noreplace) /etc/a.conf\n%config(noreplace) /etc/sysconfig/a",
        ),
        clean(
            "drop-in",
            "echo | text /etc/ld.so.conf.d/a.conf\necho | text /etc/bash_completion.d/a",
            "/etc/ld.so.conf.d/a.conf\n/etc/bash_completion.d/a",
        ),
        poison(
            "replaced",
            "echo | text /etc/b.conf",
            "/etc/b.conf",
            "EL6-FILE-032",
            "/etc/b.conf is no %config",
        ),
        poison(
            "saved",
            "echo | text /etc/logrotate.d/b",
            "%config /etc/logrotate.d/b",
            "EL6-FILE-032",
            "/etc/logrotate.d/b is %config only",
        ),
        clean(
            "python",
            "echo | text /usr/lib/python2.6/site-packages/a.py",
            "/usr/lib/python2.6/site-packages/a.py",
        ),
        poison(
            "python3",
            "echo | text /usr/lib/python3.11/site-packages/a.py",
            "/usr/lib/python3.11",
            "EL6-FILE-033",
            "/usr/lib/python3.11/site-packages/a.py: for Python 3.11, hosts have 2.6",
        ),
    ]
}

fn owners_and_licences() -> Vec<Case> {
    vec![
        clean("known-owner", "echo | text /var/d", "%attr(0644,daemon,adm) /var/d"),
        clean("required-owner", "echo | text /var/e", "%attr(0644,someone,root) /var/e")
            .preamble("Requires: user(someone)"),
        poison(
            "owner",
            "echo | text /var/f",
            "%attr(0644,someone,root) /var/f",
            "EL6-FILE-034",
            "files belong to the user someone",
        ),
        poison("licence", "echo | text /var/g", "/var/g", "EL6-FILE-050", "brings no licence"),
        clean("copying", "echo | text /usr/share/doc/b/COPYING.LIB", "/usr/share/doc/b/COPYING.LIB"),
        clean("tagged-licence", "echo | text /usr/lib/terms", "%license /usr/lib/terms"),
    ]
}

fn scripts() -> Vec<Case> {
    vec![
        clean("script", "script /etc/rc.d/init.d/a", "/etc/rc.d/init.d/a"),
        clean("no-service", "echo | text /etc/rc.d/init.d/functions", "/etc/rc.d/init.d/functions"),
        poison(
            "plain-script",
            "script /etc/rc.d/init.d/b\nchmod 0644 ./etc/rc.d/init.d/b",
            "/etc/rc.d/init.d/b",
            "EL6-FILE-040",
            "/etc/rc.d/init.d/b has mode 0644",
        ),
        poison(
            "chkconfig",
            "levels='# chkconfig: 2345 97' script /etc/init.d/c",
            "/etc/init.d/c",
            "EL6-FILE-041",
            "/etc/init.d/c has `# chkconfig: 2345 97`, which chkconfig does not take",
        ),
        poison(
            "no-chkconfig",
            "levels='#' script /etc/init.d/d",
            "/etc/init.d/d",
            "EL6-FILE-041",
            "/etc/init.d/d has no line `# chkconfig: LEVELS START STOP`",
        ),
        poison(
            "description",
            "printf '#!/bin/sh\\n# chkconfig: - 97 01\\nexit 0\\n' | text /etc/init.d/e\nchmod 0755 ./etc/init.d/e",
            "/etc/init.d/e",
            "EL6-FILE-042",
            "/etc/init.d/e has no line `# description:`",
        ),
        poison(
            "lsb",
            "start='#' script /etc/init.d/f",
            "/etc/init.d/f",
            "EL6-FILE-043",
            "/etc/init.d/f has no Required-Start in its LSB header",
        ),
        clean("interpreter", "first='#!/usr/bin/tclsh' script /etc/init.d/g", "/etc/init.d/g"),
        poison(
            "no-interpreter",
            "first='#!/usr/bin/tclsh' script /etc/init.d/h",
            "/etc/init.d/h",
            "EL6-FILE-044",
            "/etc/init.d/h is run by /usr/bin/tclsh, which the package does not require",
        )
        .preamble("AutoReq: no"),
    ]
}

fn cases() -> Vec<Case> {
    let all = [programs(), hardening(), machines(), traces(), headers(), owners_and_licences(), scripts()];
    all.into_iter().flatten().collect()
}

fn spec(cases: &[Case]) -> String {
    let mut preambles = String::new();
    let mut install = format!("%install\nmkdir -p %{{buildroot}}\ncd %{{buildroot}}\n{PRELUDE}");
    let mut files = "%files\n%license /usr/share/licenses/cases\n".to_owned();
    install.push_str("echo terms | text /usr/share/licenses/cases\n");
    for Case { name, preamble, install: shell, files: list, .. } in cases {
        let has_terms = ["licence", "copying", "tagged-licence"].contains(name);
        let sibling = if has_terms { "" } else { SIBLING };
        writeln!(
            preambles,
            "%package {name}\nSummary: Case\n{preamble}\n{sibling}\n%description {name}\nCase."
        )
        .unwrap();
        writeln!(install, "{shell}").unwrap();
        writeln!(files, "%files {name}\n%defattr(-,root,root,-)\n{list}").unwrap();
    }
    format!(
        "Name: cases\nVersion: 1\nRelease: 1\nSummary: Cases\nLicense: none\n%description\nCases.\n{preambles}{install}rm -rf stubs\n{files}"
    )
}

/// Nothing of the machine's own policies is done to what was made.
const DEFINES: [&str; 6] = [
    "_binary_payload w1.gzdio",
    "debug_package %{nil}",
    "_build_id_links none",
    "__os_install_post %{nil}",
    "__arch_install_post %{nil}",
    "_binaries_in_noarch_packages_terminate_build 0",
];

fn el6() -> Client {
    let mut el6 = client("el6");
    // What rpmbuild writes is not signed yet.
    el6.required_signature_tags.clear();
    el6
}

fn found(path: &Utf8Path, client: &Client) -> Vec<(&'static str, String)> {
    let mut findings = check_rpm(path, client).unwrap();
    findings.extend(check_payload(path, client, None).unwrap());
    findings.into_iter().map(|finding| (finding.code, finding.message)).collect()
}

#[test]
fn each_poison_trips_exactly_its_rule() {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let cases = cases();
    let packages = build(top, &spec(&cases), &DEFINES);
    let (el6, mut local) = (el6(), client("local"));
    local.required_signature_tags.clear();
    let of_el6 = ["010", "011", "017", "033", "040", "041", "042", "043", "044"];
    for Case { name, expect, .. } in &cases {
        let path = &packages[&format!("cases-{name}")];
        let on_el6 = found(path, &el6);
        let Some((code, words)) = expect else {
            assert_eq!(on_el6, [], "{name}");
            continue;
        };
        assert_eq!(on_el6.len(), 1, "{name}: {on_el6:#?}");
        assert_eq!(on_el6[0].0, *code, "{name}: {on_el6:#?}");
        assert!(on_el6[0].1.contains(words), "{name}: {}", on_el6[0].1);
        // Other clients are restricted by nothing that is of EL6.
        let is_of_el6 = of_el6.iter().any(|number| code.ends_with(number));
        assert_eq!(found(path, &local).is_empty(), is_of_el6, "{name}");
    }
    assert_eq!(found(&packages["cases"], &el6), []);
}

#[test]
fn no_rule_about_files_is_without_a_poison() {
    let mut poisoned: BTreeSet<_> =
        cases().iter().filter_map(|case| case.expect.map(|(code, _)| code)).collect();
    poisoned.extend(crate::payloads::POISONED);
    let all: BTreeSet<_> =
        rules().into_iter().map(|rule| rule.code).filter(|code| code.starts_with("EL6-FILE")).collect();
    assert_eq!(poisoned, all);
}
