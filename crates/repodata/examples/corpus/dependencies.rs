use xen4centos_artifact::header::{DependencyFlags as Flags, DependencyKind, HeaderBuilder};

use super::{
    identity::{Identity, Role},
    random::{Random, Skew},
    words::{STEMS, WORDS},
};

/// One list of dependencies.
#[derive(Default)]
pub(crate) struct Dependencies(Vec<(String, u32, String)>);

const REQUIRES: Skew = Skew { low: 14, median: 38, high: 48, power: 1 };
const PROVIDES: Skew = Skew { low: 1, median: 3, high: 60, power: 3 };

const GLIBC: [&str; 9] = ["", "2.2.5", "2.3", "2.3.4", "2.4", "2.7", "2.8", "2.11", "2.12"];

const SONAMES: [&str; 30] = [
    "libm.so.6",
    "libm.so.6(GLIBC_2.2.5)",
    "libpthread.so.0",
    "libpthread.so.0(GLIBC_2.2.5)",
    "libpthread.so.0(GLIBC_2.3.2)",
    "libdl.so.2",
    "libdl.so.2(GLIBC_2.2.5)",
    "librt.so.1",
    "libz.so.1",
    "libssl.so.10",
    "libcrypto.so.10",
    "libX11.so.6",
    "libXext.so.6",
    "libglib-2.0.so.0",
    "libgobject-2.0.so.0",
    "libgtk-x11-2.0.so.0",
    "libgdk-x11-2.0.so.0",
    "libcairo.so.2",
    "libpango-1.0.so.0",
    "libxml2.so.2",
    "libxml2.so.2(LIBXML2_2.4.30)",
    "libxml2.so.2(LIBXML2_2.6.0)",
    "libstdc++.so.6",
    "libstdc++.so.6(GLIBCXX_3.4)",
    "libstdc++.so.6(CXXABI_1.3)",
    "libgcc_s.so.1",
    "libgcc_s.so.1(GCC_3.0)",
    "libncurses.so.5",
    "libtinfo.so.5",
    "libresolv.so.2",
];

const RPMLIB: [(&str, &str); 4] = [
    ("rpmlib(CompressedFileNames)", "3.0.4-1"),
    ("rpmlib(FileDigests)", "4.6.0-1"),
    ("rpmlib(PayloadFilesHavePrefix)", "4.0-1"),
    ("rpmlib(PayloadIsXz)", "5.2-1"),
];

impl Dependencies {
    fn add(&mut self, name: impl Into<String>, flags: u32, version: impl Into<String>) {
        self.0.push((name.into(), flags, version.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn write(&self, kind: DependencyKind, header: HeaderBuilder) -> HeaderBuilder {
        let (names, flags, versions) = kind.tags();
        let name_list: Vec<&str> = self.0.iter().map(|entry| entry.0.as_str()).collect();
        let flag_list: Vec<u32> = self.0.iter().map(|entry| entry.1).collect();
        let version_list: Vec<&str> = self.0.iter().map(|entry| entry.2.as_str()).collect();
        header.strings(names, &name_list).u32s(flags, &flag_list).strings(versions, &version_list)
    }

    pub(crate) fn provides(identity: &Identity, configured: bool, random: &mut Random) -> Self {
        let mut list = Self::default();
        let (stem, bits) = (&identity.stem, identity.bits());
        if configured {
            list.add(format!("config({})", identity.name), Flags::CONFIG | Flags::EQUAL, identity.evr());
        }
        if identity.role == Role::Library {
            let brackets = if bits.is_empty() { "" } else { "()" };
            list.add(format!("lib{stem}.so.1{brackets}{bits}"), Flags::FIND_PROVIDES, "");
            list.add(format!("lib{stem}.so.1({}_1.0){bits}", stem.to_uppercase()), Flags::FIND_PROVIDES, "");
        }
        for number in 3..random.skewed(PROVIDES) {
            let word = random.pick(&WORDS);
            let name = match identity.role {
                Role::Library => format!("lib{stem}-{word}{number}.so.0{bits}"),
                Role::Development => format!("pkgconfig({stem}-{word}-{number})"),
                _ => format!("perl({}::{word}::{})", identity.source, random.pick(&STEMS)),
            };
            let version = format!("{}.{}", random.below(4), random.below(30));
            list.add(name, Flags::FIND_PROVIDES | Flags::EQUAL, version);
        }
        list.add(&identity.name, Flags::EQUAL, identity.evr());
        match identity.arch {
            "x86_64" => list.add(format!("{}(x86-64)", identity.name), Flags::EQUAL, identity.evr()),
            "i686" => list.add(format!("{}(x86-32)", identity.name), Flags::EQUAL, identity.evr()),
            _ => {}
        }
        list
    }

    /// `number` is the package's own, `count` how many there are to require.
    pub(crate) fn requires(number: usize, count: usize, configured: bool, random: &mut Random) -> Self {
        let identity = Identity::of(number);
        let mut list = Self::default();
        if configured {
            let flags = Flags::CONFIG | Flags::EQUAL;
            list.add(format!("config({})", identity.name), flags, identity.evr());
        }
        list.scriptlets(&identity, random);
        list.versions_of_libc(&identity, random);
        let main = Identity::main_of(number);
        if main.name != identity.name {
            list.add(&main.name, Flags::EQUAL, main.evr());
        }
        for (name, version) in RPMLIB {
            list.add(name, Flags::RPMLIB | Flags::LESS | Flags::EQUAL, version);
        }
        let target = random.skewed(REQUIRES);
        while list.0.len() < target {
            list.anything(&identity, count, random);
        }
        list
    }

    fn scriptlets(&mut self, identity: &Identity, random: &mut Random) {
        match identity.role {
            Role::Library => {
                self.add("/sbin/ldconfig", Flags::INTERPRETER | Flags::SCRIPT_POST, "");
                self.add("/sbin/ldconfig", Flags::INTERPRETER | Flags::SCRIPT_POSTUN, "");
            }
            Role::Main if random.chance(40) => {
                self.add("/bin/sh", Flags::INTERPRETER | Flags::SCRIPT_PRE, "");
                self.add("/bin/sh", Flags::INTERPRETER | Flags::SCRIPT_POST, "");
                self.add("/bin/sh", Flags::INTERPRETER | Flags::SCRIPT_PREUN, "");
                self.add("shadow-utils", Flags::SCRIPT_PRE, "");
                self.add("chkconfig", Flags::SCRIPT_POST, "");
            }
            Role::Python => self.add("python(abi)", Flags::FIND_REQUIRES | Flags::EQUAL, "2.6"),
            _ => self.add("/bin/sh", Flags::FIND_REQUIRES, ""),
        }
    }

    fn versions_of_libc(&mut self, identity: &Identity, random: &mut Random) {
        if identity.arch == "noarch" {
            return;
        }
        for version in &GLIBC[..random.between(2, GLIBC.len() + 1)] {
            let name = match (version.is_empty(), identity.bits()) {
                (true, "") => "libc.so.6".to_owned(),
                (true, bits) => format!("libc.so.6(){bits}"),
                (false, bits) => format!("libc.so.6(GLIBC_{version}){bits}"),
            };
            self.add(name, Flags::FIND_REQUIRES, "");
        }
        self.add("rtld(GNU_HASH)", Flags::FIND_REQUIRES, "");
    }

    fn anything(&mut self, identity: &Identity, count: usize, random: &mut Random) {
        let other = Identity::of(random.below(count));
        let library = random.pick(&SONAMES);
        let binary = identity.arch != "noarch";
        match random.below(10) {
            0..3 if binary && library.contains('(') => {
                self.add(format!("{library}{}", identity.bits()), Flags::FIND_REQUIRES, "");
            }
            0..3 if binary => {
                let brackets = if identity.bits().is_empty() { "" } else { "()" };
                self.add(format!("{library}{brackets}{}", identity.bits()), Flags::FIND_REQUIRES, "");
            }
            3..6 => self.add(&other.name, Flags::GREATER | Flags::EQUAL, other.evr()),
            6 => self.add(other.name, 0, ""),
            7 => self.add(format!("lib{}.so.1()(64bit)", other.stem), Flags::FIND_REQUIRES, ""),
            8 => {
                let program = random.pick(&["/usr/bin/perl", "/usr/bin/python", "/usr/bin/env", "/bin/bash"]);
                self.add(program, Flags::FIND_REQUIRES, "");
            }
            _ => {
                let name = format!("perl({}::{})", random.pick(&STEMS), random.pick(&WORDS));
                let version = format!("{}.{:02}", random.below(3), random.below(90));
                self.add(name, Flags::FIND_REQUIRES | Flags::GREATER | Flags::EQUAL, version);
            }
        }
    }

    /// What a few packages obsolete or conflict with.
    pub(crate) fn rivals(identity: &Identity, percent: usize, random: &mut Random) -> Self {
        let mut list = Self::default();
        if random.chance(percent) {
            for _ in 0..random.between(1, 4) {
                let name = format!("{}-{}", identity.source, random.pick(&STEMS));
                list.add(name, Flags::LESS, format!("{}-1", identity.version));
            }
        }
        list
    }
}
