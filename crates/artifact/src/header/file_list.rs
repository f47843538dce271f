use super::{Array, Header, HeaderError, Strings, Tag, Text, entry::short, tag, text::Run};

/// The flag bits of a file (`RPMFILE_*` in rpm's rpmfiles.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FileFlags(pub u32);

impl FileFlags {
    /// `%config`
    pub const CONFIG: u32 = 1;
    /// `%doc`
    pub const DOCUMENTATION: u32 = 1 << 1;
    /// `%config(missingok)`
    pub const MISSING_OK: u32 = 1 << 3;
    /// `%config(noreplace)`
    pub const NO_REPLACE: u32 = 1 << 4;
    /// The spec in a source package.
    pub const SPEC_FILE: u32 = 1 << 5;
    /// `%ghost`: owned, not in the payload.
    pub const GHOST: u32 = 1 << 6;
    /// `%license`
    pub const LICENSE: u32 = 1 << 7;
    /// `%readme`
    pub const README: u32 = 1 << 8;
    /// `%pubkey`
    pub const PUBLIC_KEY: u32 = 1 << 11;
    /// `%artifact`
    pub const ARTIFACT: u32 = 1 << 12;

    /// Whether any of `bits` is set.
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }
}

/// One file, directory, link or device that a package owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileEntry<'a> {
    /// Its directory, with the final slash; empty in source packages.
    pub directory: Text<'a>,
    /// Its name in that directory.
    pub base_name: Text<'a>,
    /// Type and permissions, as `st_mode`.
    pub mode: u16,
    /// Configuration, documentation, ghost and so on.
    pub flags: FileFlags,
    /// Bytes.
    pub size: u64,
    /// Modification time, seconds since 1970.
    pub modified: u32,
    /// Hexadecimal digest by [`RpmHeaders::file_digest_algorithm`](super::RpmHeaders::file_digest_algorithm);
    /// empty for other things than files.
    pub digest: Text<'a>,
    /// Target of a symbolic link, otherwise empty.
    pub link_target: Text<'a>,
    /// Owner.
    pub user: Text<'a>,
    /// Group.
    pub group: Text<'a>,
    /// Device number of a device node.
    pub device: u16,
    /// Equal numbers other than 0 in one package are hard links to one file.
    pub inode: u32,
    /// What `rpm -V` compares.
    pub verify_flags: u32,
    /// ELF class: 1 for 32 bits, 2 for 64 bits, 0 for anything else.
    pub color: u32,
    /// File capabilities as text, usually empty.
    pub capabilities: Text<'a>,
    /// Language of a translated file, usually empty.
    pub language: Text<'a>,
    /// What `file` called it when the package was built, such as `ELF 64-bit LSB executable …`.
    pub class: Text<'a>,
}

impl FileEntry<'_> {
    /// Directory and name together, as bytes.
    pub fn path_bytes(&self) -> Vec<u8> {
        [self.directory.as_bytes(), self.base_name.as_bytes()].concat()
    }

    /// Directory and name together; bytes that are no UTF-8 are replaced.
    pub fn path_lossy(&self) -> String {
        format!("{}{}", self.directory.to_str_lossy(), self.base_name.to_str_lossy())
    }

    /// Whether it is a directory (`S_IFDIR`).
    pub const fn is_directory(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether it is a regular file (`S_IFREG`).
    pub const fn is_regular(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    /// Whether it is a symbolic link (`S_IFLNK`).
    pub const fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    /// Permission bits with setuid, setgid and sticky: `0o7777`.
    pub const fn permissions(&self) -> u16 {
        self.mode & 0o7777
    }

    /// Whether it is a ghost.
    pub const fn is_ghost(&self) -> bool {
        self.flags.has(FileFlags::GHOST)
    }
}

/// Real headers are larger than the paths that they stand for: a file has more facts than its name. This much more is
/// possible, and in any case what a small header may come to.
const PATHS_PER_BYTE: u64 = 8;
const PATHS_OF_SMALL_HEADERS: u64 = 64 * 1024;

/// rpm takes any list of classes, of which a file names one by its index (`rpmfilesFClass`): lists may hold what no file is.
/// So many more than files are taken before the one that is named last, so that the table stays as small as what points into it.
const CLASSES_OF_NO_FILE: usize = 1024;

/// The files of a package in the header's order. Nothing but two tables of offsets is allocated, which are no larger
/// than the numbers in the header that point into them.
#[derive(Clone, Debug)]
pub struct Files<'a> {
    names: Names<'a>,
    modes: Array<'a, u16>,
    flags: Array<'a, u32>,
    sizes: FileSizes<'a>,
    modified: Array<'a, u32>,
    digests: Strings<'a>,
    link_targets: Strings<'a>,
    users: Strings<'a>,
    groups: Strings<'a>,
    devices: Array<'a, u16>,
    inodes: Array<'a, u32>,
    verify_flags: Array<'a, u32>,
    colors: Array<'a, u32>,
    capabilities: Strings<'a>,
    languages: Strings<'a>,
    class_indexes: Array<'a, u32>,
    classes: Table<'a>,
    next: usize,
}

/// Paths come as directories, indexes and names, or whole in packages older than rpm 4.
#[derive(Clone, Debug)]
enum Names<'a> {
    Split { base_names: Strings<'a>, indexes: Array<'a, u32>, directories: Table<'a> },
    Whole(Strings<'a>),
}

/// Sizes in 32 bits, or in 64 where a file is larger than those can say.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileSizes<'a> {
    short: Array<'a, u32>,
    long: Array<'a, u64>,
}

impl<'a> FileSizes<'a> {
    pub(super) fn of(header: &'a Header) -> Result<Self, HeaderError> {
        Ok(Self { short: header.u32s(tag::FILE_SIZES)?, long: header.u64s(tag::LONG_FILE_SIZES)? })
    }

    pub(super) fn get(&self, index: usize) -> u64 {
        let short = self.short.get(index).map_or(0, u64::from);
        self.long.get(index).unwrap_or(short)
    }
}

/// Random access to an array of strings, at a cost that does not depend on their lengths.
#[derive(Clone)]
struct Table<'a> {
    run: Run<'a>,
    /// Where each string begins, and where the next one would.
    offsets: Vec<u32>,
}

impl Default for Table<'_> {
    fn default() -> Self {
        Self { run: Run::Bytes(&[]), offsets: Vec::new() }
    }
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (0..short(self.len()))
            .fold(&mut formatter.debug_list(), |list, index| list.entry(&self.get(index)))
            .finish()
    }
}

impl<'a> Table<'a> {
    /// More than `limit` strings are more than anything could point to.
    fn new(header: &'a Header, tag: Tag, limit: usize) -> Result<Self, HeaderError> {
        let found = header.strings(tag)?.len();
        if found > limit {
            return Err(length(tag, limit, found));
        }
        Self::of_first(header, tag, found)
    }

    /// Of no more than `count` strings.
    fn of_first(header: &'a Header, tag: Tag, count: usize) -> Result<Self, HeaderError> {
        let strings = header.strings(tag)?.take(count);
        let run = header.entry(tag).map_or(Run::Bytes(&[]), |entry| Run::of(entry.data));
        let mut offsets = Vec::with_capacity(count + 1);
        let mut offset = 0;
        offsets.push(offset);
        for text in strings {
            offset += short(text.len()) + 1;
            offsets.push(offset);
        }
        Ok(Self { run, offsets })
    }

    const fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    fn get(&self, index: u32) -> Option<Text<'a>> {
        let index = index as usize;
        let (start, next) = (*self.offsets.get(index)? as usize, *self.offsets.get(index + 1)? as usize);
        // Each string ends with a NUL, behind which the next one begins.
        self.run.part(start..next.checked_sub(1)?).map(Text::of)
    }
}

impl<'a> Names<'a> {
    fn new(header: &'a Header) -> Result<Self, HeaderError> {
        let base_names = header.strings(tag::BASE_NAMES)?;
        if base_names.len() == 0 {
            return Ok(Self::Whole(header.strings(tag::OLD_FILE_NAMES)?));
        }
        let indexes = header.u32s(tag::DIR_INDEXES)?;
        if indexes.len() != base_names.len() {
            return Err(length(tag::DIR_INDEXES, base_names.len(), indexes.len()));
        }
        let directories = Table::new(header, tag::DIR_NAMES, base_names.len())?;
        if let Some(highest) = indexes.iter().max()
            && highest as usize >= directories.len()
        {
            return Err(length(tag::DIR_NAMES, highest as usize + 1, directories.len()));
        }
        let own: u64 = base_names.clone().map(|name| name.len() as u64).sum();
        let found = indexes
            .iter()
            .filter_map(|index| directories.get(index))
            .fold(own, |sum, directory| sum.saturating_add(directory.len() as u64));
        let limit = PATHS_OF_SMALL_HEADERS.max(PATHS_PER_BYTE * header.as_bytes().len() as u64);
        if found > limit {
            return Err(HeaderError::Paths { found, limit });
        }
        Ok(Self::Split { base_names, indexes, directories })
    }

    fn len(&self) -> usize {
        match self {
            Self::Split { base_names: names, .. } | Self::Whole(names) => names.len(),
        }
    }

    /// Which directory the file at `index` is in; where directories have no numbers, each file is in one of its own.
    fn directory_index(&self, index: usize) -> usize {
        match self {
            Self::Split { indexes, .. } => indexes.get(index).unwrap_or(0) as usize,
            Self::Whole(_) => index,
        }
    }

    /// The next directory and name; `index` is the position of the file.
    fn next(&mut self, index: usize) -> Option<(Text<'a>, Text<'a>)> {
        match self {
            Self::Split { base_names, indexes, directories } => {
                let name = base_names.next()?;
                Some((directories.get(indexes.get(index)?)?, name))
            }
            Self::Whole(paths) => {
                let path = paths.next()?.as_bytes();
                let cut = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
                Some((Text::new(&path[..cut]), Text::new(&path[cut..])))
            }
        }
    }
}

impl<'a> Iterator for Files<'a> {
    type Item = FileEntry<'a>;

    fn next(&mut self) -> Option<FileEntry<'a>> {
        let index = self.next;
        let (directory, base_name) = self.names.next(index)?;
        self.next += 1;
        let class = self.class_indexes.get(index).and_then(|class| self.classes.get(class));
        Some(FileEntry {
            directory,
            base_name,
            mode: self.modes.get(index).unwrap_or(0),
            flags: FileFlags(self.flags.get(index).unwrap_or(0)),
            size: self.sizes.get(index),
            modified: self.modified.get(index).unwrap_or(0),
            digest: self.digests.next().unwrap_or_default(),
            link_target: self.link_targets.next().unwrap_or_default(),
            user: self.users.next().unwrap_or_default(),
            group: self.groups.next().unwrap_or_default(),
            device: self.devices.get(index).unwrap_or(0),
            inode: self.inodes.get(index).unwrap_or(0),
            verify_flags: self.verify_flags.get(index).unwrap_or(0),
            color: self.colors.get(index).unwrap_or(0),
            capabilities: self.capabilities.next().unwrap_or_default(),
            language: self.languages.next().unwrap_or_default(),
            class: class.unwrap_or_default(),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.names.len(), Some(self.names.len()))
    }
}

impl ExactSizeIterator for Files<'_> {}

/// One path of a package, with what metadata says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathEntry<'a> {
    /// Its directory, with the final slash; empty in source packages.
    pub directory: Text<'a>,
    /// Equal numbers stand for equal directories; below the number of paths, or of directories where those are more.
    pub directory_index: usize,
    /// Its name in that directory.
    pub base_name: Text<'a>,
    /// Type and permissions, as `st_mode`.
    pub mode: u16,
    /// Configuration, documentation, ghost and so on.
    pub flags: FileFlags,
}

impl PathEntry<'_> {
    /// Whether it is a directory (`S_IFDIR`).
    pub const fn is_directory(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether it is owned without being in the payload.
    pub const fn is_ghost(&self) -> bool {
        self.flags.has(FileFlags::GHOST)
    }
}

/// The paths of a package in the header's order, at a fraction of what [`Files`] costs.
#[derive(Clone, Debug)]
pub struct Paths<'a> {
    names: Names<'a>,
    modes: Array<'a, u16>,
    flags: Array<'a, u32>,
    next: usize,
}

impl<'a> Iterator for Paths<'a> {
    type Item = PathEntry<'a>;

    fn next(&mut self) -> Option<PathEntry<'a>> {
        let index = self.next;
        let (directory, base_name) = self.names.next(index)?;
        self.next += 1;
        let mode = self.modes.get(index).unwrap_or(0);
        let flags = FileFlags(self.flags.get(index).unwrap_or(0));
        let directory_index = self.names.directory_index(index);
        Some(PathEntry { directory, directory_index, base_name, mode, flags })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.names.len(), Some(self.names.len()))
    }
}

impl ExactSizeIterator for Paths<'_> {}

const fn length(tag: Tag, expected: usize, found: usize) -> HeaderError {
    HeaderError::Length { tag, expected, found }
}

impl Header {
    /// The files of the package, in the order of the header (sorted by path in what rpmbuild writes).
    ///
    /// # Errors
    /// When a tag has another type, a length that does not match the names, or an index points past its table.
    pub fn files(&self) -> Result<Files<'_>, HeaderError> {
        let files = Files {
            names: Names::new(self)?,
            modes: self.u16s(tag::FILE_MODES)?,
            flags: self.u32s(tag::FILE_FLAGS)?,
            sizes: FileSizes::of(self)?,
            modified: self.u32s(tag::FILE_MTIMES)?,
            digests: self.strings(tag::FILE_DIGESTS)?,
            link_targets: self.strings(tag::FILE_LINK_TOS)?,
            users: self.strings(tag::FILE_USER_NAME)?,
            groups: self.strings(tag::FILE_GROUP_NAME)?,
            devices: self.u16s(tag::FILE_RDEVS)?,
            inodes: self.u32s(tag::FILE_INODES)?,
            verify_flags: self.u32s(tag::FILE_VERIFY_FLAGS)?,
            colors: self.u32s(tag::FILE_COLORS)?,
            capabilities: self.strings(tag::FILE_CAPS)?,
            languages: self.strings(tag::FILE_LANGS)?,
            class_indexes: self.u32s(tag::FILE_CLASS)?,
            classes: Table::default(),
            next: 0,
        };
        files.check_lengths()?;
        if files.class_indexes.is_empty() {
            return Ok(files);
        }
        Ok(Files { classes: self.classes_of(files.class_indexes)?, ..files })
    }

    /// The classes as far as any of the indexes goes.
    fn classes_of(&self, indexes: Array<'_, u32>) -> Result<Table<'_>, HeaderError> {
        let highest = indexes.iter().max().map_or(0, |highest| highest as usize);
        let named = self.strings(tag::CLASS_DICT)?.len().min(highest + 1);
        let limit = indexes.len() + CLASSES_OF_NO_FILE;
        if named > limit {
            return Err(length(tag::CLASS_DICT, limit, named));
        }
        Table::of_first(self, tag::CLASS_DICT, named)
    }

    /// The paths of [`files`](Self::files), without what else is known of them.
    ///
    /// # Errors
    /// When a tag has another type, a length that does not match the names, or an index points past its table.
    pub fn paths(&self) -> Result<Paths<'_>, HeaderError> {
        let (modes, flags) = (self.u16s(tag::FILE_MODES)?, self.u32s(tag::FILE_FLAGS)?);
        let paths = Paths { names: Names::new(self)?, modes, flags, next: 0 };
        let expected = paths.names.len();
        for (tag, found) in [(tag::FILE_MODES, modes.len()), (tag::FILE_FLAGS, flags.len())] {
            if found != 0 && found != expected {
                return Err(length(tag, expected, found));
            }
        }
        Ok(paths)
    }
}

impl Files<'_> {
    /// A tag may be absent as a whole, never be shorter or longer than the list.
    fn check_lengths(&self) -> Result<(), HeaderError> {
        let expected = self.names.len();
        let lengths = [
            (tag::FILE_MODES, self.modes.len()),
            (tag::FILE_FLAGS, self.flags.len()),
            (tag::FILE_SIZES, self.sizes.short.len()),
            (tag::LONG_FILE_SIZES, self.sizes.long.len()),
            (tag::FILE_MTIMES, self.modified.len()),
            (tag::FILE_DIGESTS, self.digests.len()),
            (tag::FILE_LINK_TOS, self.link_targets.len()),
            (tag::FILE_USER_NAME, self.users.len()),
            (tag::FILE_GROUP_NAME, self.groups.len()),
            (tag::FILE_RDEVS, self.devices.len()),
            (tag::FILE_INODES, self.inodes.len()),
            (tag::FILE_VERIFY_FLAGS, self.verify_flags.len()),
            (tag::FILE_COLORS, self.colors.len()),
            (tag::FILE_CAPS, self.capabilities.len()),
            (tag::FILE_LANGS, self.languages.len()),
            (tag::FILE_CLASS, self.class_indexes.len()),
        ];
        match lengths.into_iter().find(|(_, found)| *found != 0 && *found != expected) {
            Some((tag, found)) => Err(length(tag, expected, found)),
            None => Ok(()),
        }
    }
}
