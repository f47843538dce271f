//! Packages made with rpmbuild that have what metadata can say, ordinary and odd.

use std::{fmt::Write as _, sync::OnceLock};

use camino::Utf8PathBuf;
use xen4centos_process::{Invocation, Tool};

use super::{Scratch, files};

const MAIN: &str = r#"
Name: everything
Epoch: 7
Version: 1.2
Release: 3.el6
Summary: Tom & Jerry's "quoted" <summary> – größer
License: GPLv2 & MIT
Group: System/Base
URL: http://example.org/?a=1&b=2
Vendor: Ünïcode & Söhne
Packager: A <a@example.org>
BuildArch: noarch
Source0: data.txt
BuildRequires: bash >= 3
Provides: virtual = 2:1-1, plain, everything-compat = %{version}
Requires: plain
Requires: everything-compat = %{version}
Requires: other >= 1.0-2, other >= 1.0-2, other < 3:4, /usr/bin/own-tool, /opt/data/own-data, /bin/sh
Requires: libc.so.6()(64bit), libc.so.6(GLIBC_2.2.5)(64bit), libc.so.6(GLIBC_2.14)(64bit), libm.so.6()(64bit)
Requires(pre): shadow-utils, grep = 1
Requires(post): chkconfig
Requires(preun): chkconfig
Requires(postun): initscripts
Requires(pretrans): lua-thing
Requires(posttrans): late-thing
Requires(verify): verify-thing
Conflicts: enemy < 2, foe
Obsoletes: older <= 1:0.9-1, oldest
Recommends: nice-to-have > 1
Suggests: maybe
Supplements: (langpacks and everything)
Enhances: something = 4
OrderWithRequires: before-us

%description
First paragraph with trailing blank. 
	A tab, an ampersand & a <tag>.

Second – „größer“.

%package -n libstuff++-devel
Summary: development
Version: 2~rc1
Requires: everything = 7:1.2-3.el6
Requires: (a or b)
%description -n libstuff++-devel

%package empty
Summary: has no files
%description empty
No files.

%prep
%build
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc/init.d %{buildroot}/usr/lib %{buildroot}/opt/data/sub "%{buildroot}/opt/with blank"
touch %{buildroot}/usr/bin/own-tool %{buildroot}/etc/config %{buildroot}/usr/lib/sendmail %{buildroot}/opt/data/own-data
touch "%{buildroot}/opt/with blank/a&b<c>.txt" %{buildroot}/opt/größe %{buildroot}/opt/data/sub/carbin %{buildroot}/etc/ghost
ln -s own-tool %{buildroot}/usr/bin/link
mkdir -p %{buildroot}/usr/include/sbin; touch %{buildroot}/usr/include/sbin/x.h

%pre
true
%post -p /sbin/ldconfig
%preun
true
%postun -p /usr/bin/python3

%files
%dir /opt/data
/opt/data/own-data
/opt/data/sub
"/opt/with blank"
/opt/größe
/usr/bin/own-tool
/usr/bin/link
%config(noreplace) /etc/config
%dir /etc/init.d
%ghost /etc/ghost
%ghost %dir /var/run/ghostly
/usr/lib/sendmail

%files -n libstuff++-devel
%doc /usr/include/sbin
%files empty

%changelog
"#;

/// A changelog longer than metadata keeps, with several entries of one day.
fn changelog() -> String {
    let mut text = String::new();
    for (day, version) in [(23, 14), (23, 13), (23, 12), (20, 11), (19, 10)] {
        writeln!(text, "* {} Nov {day} 2015 Päck & Co <p@example.org> - 1.{version}-1", weekday(day))
            .unwrap();
        writeln!(text, "- entry {version}: <fixed> a \"thing\" & more\n- second line\n").unwrap();
    }
    for day in (1..9).rev() {
        writeln!(text, "* {} Nov {day} 2015 P <p@example.org>\n- day {day}\n", weekday(day)).unwrap();
    }
    text
}

/// 1 November 2015 was a Sunday.
fn weekday(day: usize) -> &'static str {
    ["Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"][day % 7]
}

/// The packages, source package included. Built once for all tests.
pub(crate) fn packages() -> &'static [Utf8PathBuf] {
    static BUILT: OnceLock<(Scratch, Vec<Utf8PathBuf>)> = OnceLock::new();
    &BUILT
        .get_or_init(|| {
            let scratch = Scratch::new();
            let packages = build(&scratch, &(MAIN.trim_start().to_owned() + &changelog()));
            (scratch, packages)
        })
        .1
}

fn build(scratch: &Scratch, spec: &str) -> Vec<Utf8PathBuf> {
    let packages: Vec<Utf8PathBuf> =
        build_packages(scratch, spec).into_iter().map(|(_, path)| path).collect();
    assert_eq!(packages.len(), 4, "{packages:?}");
    packages
}

/// The packages of a spec, by their file names.
pub(crate) fn build_packages(scratch: &Scratch, spec: &str) -> Vec<(String, Utf8PathBuf)> {
    let top = scratch.path();
    fs_err::write(top.join("data.txt"), "data").unwrap();
    fs_err::write(top.join("fixture.spec"), spec).unwrap();
    Invocation::new(Tool::Rpmbuild, top)
        .args(["-ba", "--quiet", "--nodeps", "fixture.spec"])
        .args(["--define", &format!("_topdir {top}"), "--define", &format!("_sourcedir {top}")])
        .args(["--define", &format!("_rpmdir {top}/out"), "--define", &format!("_srcrpmdir {top}/out/src")])
        .args(["--define", "_build_name_fmt %%{ARCH}/%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm"])
        .run()
        .unwrap();
    let packages = [files(&top.join("out/noarch")), files(&top.join("out/src"))].concat();
    packages.into_iter().map(|path| (path.file_name().unwrap().to_owned(), path)).collect()
}
