use std::collections::{BTreeMap, BTreeSet};

use xen4centos_artifact::header::{HeaderBuilder, tag};

use super::{
    identity::{Identity, Role},
    random::Random,
    short,
    words::{STEMS, WORDS},
};

const CONFIG: u32 = 1;
const DOC: u32 = 2;
const NO_REPLACE: u32 = 1 << 4;
const GHOST: u32 = 1 << 6;

/// The files of a package by their paths, in order.
#[derive(Default)]
pub(crate) struct Files(BTreeMap<String, File>);

#[derive(Clone)]
enum File {
    Directory,
    Link(String),
    Plain { flags: u32, mode: u16, class: usize },
}

const CLASSES: [&str; 6] = [
    "",
    "directory",
    "ASCII text",
    "ELF 64-bit LSB shared object, x86-64, version 1 (SYSV), dynamically linked",
    "gzip compressed data, max compression",
    "Python script, ASCII text executable",
];
const TEXT: usize = 2;
const ELF: usize = 3;
const GZIP: usize = 4;
const PYTHON: usize = 5;

const LANGUAGES: [&str; 12] = ["ar", "cs", "da", "de", "es", "fr", "it", "ja", "pl", "pt_BR", "ru", "zh_CN"];

const fn plain(flags: u32, class: usize) -> File {
    File::Plain { flags, mode: 0o10_0644, class }
}

const fn program(class: usize) -> File {
    File::Plain { flags: 0, mode: 0o10_0755, class }
}

impl Files {
    pub(crate) fn new(identity: &Identity, count: usize, random: &mut Random) -> Self {
        let mut files = Self::default();
        let documentation = format!("/usr/share/doc/{}-{}", identity.name, identity.version);
        files.add(format!("{documentation}/COPYING"), plain(DOC, TEXT));
        files.add(documentation.clone(), File::Directory);
        files.first_of_role(identity, random);
        while files.0.len() > count.max(1) {
            files.0.pop_last();
        }
        let mut serial = 0;
        while files.0.len() < count {
            files.another(identity, &documentation, serial, random);
            serial += 1;
        }
        files
    }

    pub(crate) fn is_configured(&self) -> bool {
        self.0.values().any(|file| matches!(file, File::Plain { flags, .. } if flags & CONFIG != 0))
    }

    fn add(&mut self, path: String, file: File) {
        self.0.insert(path, file);
    }

    fn first_of_role(&mut self, identity: &Identity, random: &mut Random) {
        let Identity { name, stem, version, .. } = identity;
        let lib = if identity.arch == "x86_64" { "lib64" } else { "lib" };
        match identity.role {
            Role::Main => {
                self.add(format!("/usr/bin/{name}"), program(ELF));
                self.add(format!("/usr/share/man/man1/{name}.1.gz"), plain(DOC, GZIP));
                if random.chance(60) {
                    self.add(format!("/etc/{name}.conf"), plain(CONFIG | NO_REPLACE, TEXT));
                    self.add(format!("/usr/sbin/{name}d"), program(ELF));
                    self.add(format!("/etc/rc.d/init.d/{name}"), program(TEXT));
                    self.add(format!("/etc/logrotate.d/{name}"), plain(CONFIG, TEXT));
                    self.add(format!("/var/log/{name}.log"), plain(GHOST, 0));
                    self.add(format!("/var/lib/{name}"), File::Directory);
                }
            }
            Role::Library => {
                self.add(format!("/usr/{lib}/lib{stem}.so.1.2"), program(ELF));
                self.add(format!("/usr/{lib}/lib{stem}.so.1"), File::Link(format!("lib{stem}.so.1.2")));
            }
            Role::Development => {
                self.add(format!("/usr/{lib}/lib{stem}.so"), File::Link(format!("lib{stem}.so.1.2")));
                self.add(format!("/usr/{lib}/pkgconfig/{stem}.pc"), plain(0, TEXT));
                self.add(format!("/usr/include/{stem}"), File::Directory);
            }
            Role::Python => {
                let packages = format!("/usr/lib/python2.6/site-packages/{stem}");
                self.add(format!("{packages}-{version}-py2.6.egg-info"), plain(0, TEXT));
                self.add(packages, File::Directory);
            }
            Role::Documentation => self.add(format!("/usr/share/{name}"), File::Directory),
        }
    }

    fn another(&mut self, identity: &Identity, documentation: &str, serial: usize, random: &mut Random) {
        let Identity { name, stem, .. } = identity;
        let (word, other) = (random.pick(&WORDS), random.pick(&STEMS));
        match (random.below(10), identity.role) {
            (0, _) => self.add(format!("{documentation}/{word}-{other}.txt"), plain(DOC, TEXT)),
            (1, _) => {
                let language = random.pick(&LANGUAGES);
                self.add(format!("/usr/share/locale/{language}/LC_MESSAGES/{name}.mo"), plain(0, GZIP));
            }
            (2, Role::Main) => self.add(format!("/usr/bin/{stem}-{word}"), program(ELF)),
            (2 | 3, _) => self.add(format!("/usr/share/man/man3/{stem}_{word}.3.gz"), plain(DOC, GZIP)),
            (4..9, Role::Python) => {
                let path = format!("/usr/lib/python2.6/site-packages/{stem}/{other}/{word}_{}", serial / 8);
                self.add(format!("{path}.py"), plain(0, PYTHON));
                self.add(format!("{path}.pyc"), plain(0, 0));
                self.add(format!("{path}.pyo"), plain(0, 0));
            }
            (4..9, Role::Development) => {
                let path = format!("/usr/include/{stem}/{other}/{word}_{}.h", serial / 8);
                self.add(path, plain(0, TEXT));
            }
            (9, Role::Development | Role::Documentation) => {
                let group = serial / 64;
                let directory =
                    format!("/usr/src/kernels/{}-{group}/include/{other}/{word}", identity.version);
                for part in 0..random.between(1, 4) {
                    self.add(format!("{directory}/{other}_{serial}_{part}.h"), plain(0, TEXT));
                }
                self.add(directory, File::Directory);
            }
            _ => {
                let directory = format!("/usr/share/{name}/{other}");
                let ending = random.pick(&["png", "xml", "html", "dat", "ui", "svg", "js"]);
                self.add(format!("{directory}/{word}-{serial}.{ending}"), plain(0, TEXT));
                self.add(directory, File::Directory);
            }
        }
    }

    /// Writes all tags of files. `contents` decides on what is in them, which differs after a rebuild. Returns the
    /// bytes that they take when installed, too.
    pub(crate) fn write(
        &self,
        header: HeaderBuilder,
        build_time: u32,
        contents: &mut Random,
    ) -> (HeaderBuilder, u32) {
        let directories: BTreeSet<&str> = self.0.keys().map(|path| split(path).0).collect();
        let directories: Vec<&str> = directories.into_iter().collect();
        let index = |path| short(directories.binary_search(&split(path).0).unwrap_or_default());
        let sizes: Vec<u32> = self.0.values().map(|file| file.size(contents)).collect();
        let header = header
            .strings(tag::DIR_NAMES, &directories)
            .u32s(tag::DIR_INDEXES, &self.0.keys().map(|path| index(path)).collect::<Vec<_>>())
            .strings(tag::BASE_NAMES, &self.0.keys().map(|path| split(path).1).collect::<Vec<_>>())
            .u32s(tag::FILE_SIZES, &sizes);
        let header = self.modes(header, build_time);
        (self.contents(header, contents), sizes.iter().sum())
    }

    fn modes(&self, header: HeaderBuilder, build_time: u32) -> HeaderBuilder {
        let files = || self.0.values();
        let count = self.0.len();
        let owner =
            |file: &File| if matches!(file, File::Plain { flags: GHOST, .. }) { "daemon" } else { "root" };
        let times = (0..).zip(files()).map(|(number, _)| build_time - 86_400 * (number % 300));
        let language = |path: &str| match path.strip_prefix("/usr/share/locale/") {
            Some(rest) => rest.split('/').next().unwrap_or_default().to_owned(),
            None => String::new(),
        };
        let languages: Vec<String> = self.0.keys().map(|path| language(path)).collect();
        header
            .u16s(tag::FILE_MODES, &files().map(File::mode).collect::<Vec<_>>())
            .u16s(tag::FILE_RDEVS, &vec![0; count])
            .u32s(tag::FILE_MTIMES, &times.collect::<Vec<_>>())
            .u32s(tag::FILE_FLAGS, &files().map(File::flags).collect::<Vec<_>>())
            .strings(tag::FILE_USER_NAME, &files().map(owner).collect::<Vec<_>>())
            .strings(tag::FILE_GROUP_NAME, &files().map(owner).collect::<Vec<_>>())
            .u32s(tag::FILE_VERIFY_FLAGS, &vec![u32::MAX; count])
            .u32s(tag::FILE_DEVICES, &vec![1; count])
            .u32s(tag::FILE_INODES, &(1..=short(count)).collect::<Vec<_>>())
            .strings(tag::FILE_LANGS, &languages.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn contents(&self, header: HeaderBuilder, contents: &mut Random) -> HeaderBuilder {
        let files = || self.0.values();
        let digests: Vec<String> = files().map(|file| file.digest(contents)).collect();
        let classes: Vec<usize> = files().map(File::class).collect();
        let colors: Vec<u32> = classes.iter().map(|class| if *class == ELF { 2 } else { 0 }).collect();
        let nothing = vec![0; self.0.len()];
        header
            .strings(tag::FILE_DIGESTS, &digests.iter().map(String::as_str).collect::<Vec<_>>())
            .u32s(tag::FILE_DIGEST_ALGO, &[8])
            .strings(tag::FILE_LINK_TOS, &files().map(File::target).collect::<Vec<_>>())
            .u32s(tag::FILE_COLORS, &colors)
            .u32s(tag::FILE_CLASS, &classes.iter().map(|class| short(*class)).collect::<Vec<_>>())
            .strings(tag::CLASS_DICT, &CLASSES)
            .u32s(tag::FILE_DEPENDS_X, &nothing)
            .u32s(tag::FILE_DEPENDS_N, &nothing)
    }
}

impl File {
    fn size(&self, contents: &mut Random) -> u32 {
        match self {
            Self::Directory => 4096,
            Self::Link(target) => short(target.len()),
            Self::Plain { .. } => short(contents.between(40, 9000)),
        }
    }

    fn digest(&self, contents: &mut Random) -> String {
        match self {
            Self::Plain { flags, .. } if flags & GHOST == 0 => super::hex(&contents.bytes(32)),
            _ => String::new(),
        }
    }

    const fn mode(&self) -> u16 {
        match self {
            Self::Directory => 0o4_0755,
            Self::Link(_) => 0o12_0777,
            Self::Plain { mode, .. } => *mode,
        }
    }

    const fn flags(&self) -> u32 {
        if let Self::Plain { flags, .. } = self { *flags } else { 0 }
    }

    fn class(&self) -> usize {
        match self {
            Self::Directory => 1,
            Self::Link(_) => 0,
            Self::Plain { class, .. } => *class,
        }
    }

    fn target(&self) -> &str {
        if let Self::Link(target) = self { target } else { "" }
    }
}

/// The directory with its slash, and the name.
fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |slash| slash + 1))
}
