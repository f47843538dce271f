//! What `index` and `repo merge` can be told of metadata, under the names that users of createrepo_c know.

use std::num::NonZeroUsize;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use xen4centos_repodata::{
    ChecksumKind, Compression, Duplicates, FileTimes, MetadataNames, Newer, Retain, demand_kind,
};

use crate::{
    failure::{Failure, Kind},
    printer::Printer,
    settings,
};

/// Clocks of machines differ by less.
const A_DAY: u64 = 86_400;

/// The metadata that is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Metadata")]
pub(crate) struct MetadataArgs {
    /// Write repodata/ into this directory instead, which must be there
    #[arg(short, long, value_name = "DIRECTORY")]
    pub(crate) outputdir: Option<Utf8PathBuf>,
    /// Read only packages that are new or have another size or time; write nothing if nothing has changed
    #[arg(long)]
    pub(crate) update: bool,
    /// With --update, know a package by its path alone
    #[arg(long, requires = "update")]
    pub(crate) skip_stat: bool,
    /// With --update, take unchanged packages from the metadata of this repository, too
    #[arg(long, value_name = "DIRECTORY", requires = "update")]
    pub(crate) update_md_path: Vec<Utf8PathBuf>,
    /// Remember packages here for --update; without --update all are read, and what is here is replaced [default with
    /// --update: xen4centos/index in the user's cache directory]
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) cachedir: Option<Utf8PathBuf>,
    /// Digest of packages and metadata: sha, sha1, sha224, sha256, sha384, sha512
    #[arg(short = 's', long, value_name = "TYPE", default_value = "sha256")]
    pub(crate) checksum: ChecksumKind,
    /// Digest of metadata, if another one
    #[arg(long, value_name = "TYPE")]
    pub(crate) repomd_checksum: Option<ChecksumKind>,
    /// List this document, such as updateinfo or modules, in place of the one of its type; those of other types stay listed
    #[arg(long, value_name = "TYPE=FILE", value_parser = addition)]
    pub(crate) add: Vec<(String, Utf8PathBuf)>,
    /// Do not list the document of this type any more, such as updateinfo
    #[arg(long, value_name = "TYPE", value_parser = removal)]
    pub(crate) remove: Vec<String>,
    /// Drop all documents that were listed and are not made from packages
    #[arg(long)]
    pub(crate) discard_additional_metadata: bool,
    /// A tag that says what the repository is
    #[arg(long, value_name = "TAG")]
    pub(crate) repo: Vec<String>,
    #[command(flatten)]
    pub(crate) form: FormArgs,
}

/// In what form metadata is written, by `index` and by `repo merge`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that somebody types")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Metadata")]
pub(crate) struct FormArgs {
    /// Write sqlite databases, too
    #[arg(short, long, overrides_with = "no_database")]
    pub(crate) database: bool,
    /// Write no sqlite databases [default]
    #[arg(long, overrides_with = "database")]
    pub(crate) no_database: bool,
    /// Compression of databases, unless --general-compress-type says it for everything [default: gz]
    #[arg(long, value_name = "TYPE")]
    pub(crate) compress_type: Option<CompressionArg>,
    /// Compression of everything; yum on CentOS 6 reads XML in gz only [default: gz]
    #[arg(long, value_name = "TYPE")]
    pub(crate) general_compress_type: Option<CompressionArg>,
    /// Groups (comps.xml) to list; `index` looks for a relative path in the directory of packages first
    #[arg(short, long, value_name = "FILE")]
    pub(crate) groupfile: Option<Utf8PathBuf>,
    /// Name files by their digest [default]
    #[arg(long, overrides_with = "simple_md_filenames")]
    pub(crate) unique_md_filenames: bool,
    /// Do not name files by their digest
    #[arg(long, overrides_with = "unique_md_filenames")]
    pub(crate) simple_md_filenames: bool,
    /// How many states that were replaced keep their files, for clients that have just read the old repomd.xml [default: 1]
    #[arg(long, value_name = "NUMBER", conflicts_with = "retain_old_md_by_age")]
    pub(crate) retain_old_md: Option<usize>,
    /// Keep files of states that were replaced, the last one among them, only as long as they are younger, such as 2h or 30d
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) retain_old_md_by_age: Option<u64>,
    /// The revision: seconds since 1970, which all documents have as their time, or any text [default: now, or one more
    /// than what is there, if that is not older]
    #[arg(long, value_name = "TEXT")]
    pub(crate) revision: Option<String>,
    /// Take a revision that is older than the metadata that is there; hosts keep the newer one until their caches are cleaned
    #[arg(long)]
    pub(crate) allow_older_revision: bool,
    /// Give the files of documents the time of the revision; in repomd.xml they have it in any case
    #[arg(long)]
    pub(crate) set_timestamp_to_revision: bool,
    /// Accepted for createrepo_c's sake: there is only one form
    #[arg(short, long)]
    pub(crate) pretty: bool,
    /// Accepted for createrepo_c's sake: that is what happens
    #[arg(long, hide = true)]
    pub(crate) keep_all_metadata: bool,
    /// Accepted for createrepo_c's sake: groups are always written in the forms that old clients read
    #[arg(long, hide = true)]
    pub(crate) compatibility: bool,
    /// Accepted for createrepo_c's sake: databases are always made beside the metadata
    #[arg(long, hide = true)]
    pub(crate) local_sqlite: bool,
    /// For which distribution the repository is: a CPE name, if there is one, and a name
    #[arg(long, value_name = "[CPE,]NAME", value_parser = distro)]
    pub(crate) distro: Vec<(Option<String>, String)>,
    /// A tag that says what the packages are, such as binary-x86_64
    #[arg(long, value_name = "TAG")]
    pub(crate) content: Vec<String>,
    /// Threads that read packages and compress metadata [default: one for each processor]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) workers: Option<NonZeroUsize>,
}

impl FormArgs {
    /// Of XML.
    pub(crate) fn compression(&self) -> Compression {
        self.general_compress_type.map_or(Compression::Gzip, Compression::from)
    }

    /// Of databases, if there are to be any. As with createrepo_c, the one for everything has the last word.
    pub(crate) fn databases(&self) -> Option<Compression> {
        let given = self.general_compress_type.or(self.compress_type);
        self.database.then(|| given.map_or(Compression::Gzip, Compression::from))
    }

    pub(crate) const fn names(&self) -> MetadataNames {
        if self.simple_md_filenames { MetadataNames::Simple } else { MetadataNames::Unique }
    }

    /// Says what files with simple names can not do.
    pub(crate) fn warn_of_names(&self, printer: &Printer) {
        let is_asked =
            self.retain_old_md.is_some_and(|states| states > 0) || self.retain_old_md_by_age.is_some();
        if self.simple_md_filenames && is_asked {
            printer.warning(
                "files that are not named by their digest are replaced by the new ones: what --retain-old-md keeps has other \
                 names only",
            );
        }
    }

    pub(crate) fn retain(&self, now: u64) -> Option<Retain> {
        let by_age = self.retain_old_md_by_age.map(|age| Retain::Since(now.saturating_sub(age)));
        by_age.or(self.retain_old_md.map(Retain::Last))
    }
}

/// The revision as it is meant.
pub(crate) struct Revision {
    pub(crate) text: String,
    /// The time of documents.
    pub(crate) timestamp: u64,
    pub(crate) newer: Newer,
    pub(crate) file_times: FileTimes,
}

impl Revision {
    pub(crate) fn of(form: &FormArgs, printer: &Printer) -> Result<Self, Failure> {
        let now = settings::now();
        let number = form.revision.as_deref().map(str::parse::<u64>).transpose().ok();
        let Some(number) = number else {
            if form.set_timestamp_to_revision {
                let text = "`--set-timestamp-to-revision` takes the time from a revision that is one";
                let hint = "give `--revision` seconds since 1970, as `date +%s` prints them".to_owned();
                return Err(Failure::new(Kind::Data, text).hint(Some(hint)));
            }
            return Ok(Self::at(form, now, Newer::Outdo));
        };
        if let Some(revision) = &form.revision {
            Self::warn_of_future(revision, printer);
        }
        let newer = if number.is_some() { Newer::Refuse } else { Newer::Outdo };
        Ok(Self::at(form, number.unwrap_or(now), newer))
    }

    /// One that was asked for, or that goes on from one that somebody asked for.
    pub(crate) fn warn_of_future(revision: &str, printer: &Printer) {
        if revision.parse::<u64>().is_ok_and(|number| number > settings::now() + A_DAY) {
            printer.warning(format!(
                "revision {revision} is a time in the future: hosts that have seen it refuse all metadata of an earlier \
                 time (`--allow-older-revision` goes back)"
            ));
        }
    }

    fn at(form: &FormArgs, timestamp: u64, newer: Newer) -> Self {
        Self {
            text: form.revision.clone().unwrap_or_else(|| timestamp.to_string()),
            timestamp,
            newer: if form.allow_older_revision { Newer::Replace } else { newer },
            file_times: if form.set_timestamp_to_revision {
                FileTimes::Timestamp
            } else {
                FileTimes::Written
            },
        }
    }
}

/// The packages that are listed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Packages")]
pub(crate) struct PackagesArgs {
    /// Leave out files whose name or path matches, such as '*-debuginfo-*'; may be repeated
    #[arg(short = 'x', long, value_name = "PATTERN")]
    pub(crate) excludes: Vec<String>,
    /// List only the packages that this file names, one path in a line, relative to the directory
    #[arg(short = 'i', long, value_name = "FILE")]
    pub(crate) pkglist: Option<Utf8PathBuf>,
    /// Leave out packages that are symbolic links
    #[arg(short = 'S', long)]
    pub(crate) skip_symlinks: bool,
    /// A URL that paths of packages are relative to
    #[arg(short = 'u', long, value_name = "URL")]
    pub(crate) baseurl: Option<String>,
    /// What stands before every path in the metadata, as in ../pool
    #[arg(long, value_name = "PREFIX")]
    pub(crate) location_prefix: Option<String>,
    /// Cut so many directories from the front of every path in the metadata
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) cut_dirs: usize,
    /// How many entries of each changelog are listed; -1 for all
    #[arg(long, value_name = "NUMBER", default_value_t = 10, allow_negative_numbers = true)]
    pub(crate) changelog_limit: i64,
    /// What to do about packages of one name, version and architecture
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub(crate) duplicated_nevra: DuplicatesArg,
    /// Leave out packages that can not be read or indexed or are not there, with a warning, instead of stopping
    #[arg(long)]
    pub(crate) leave_out_bad: bool,
}

/// Compressions by createrepo_c's names.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CompressionArg {
    Gz,
    Bz2,
    Xz,
}

impl From<CompressionArg> for Compression {
    fn from(argument: CompressionArg) -> Self {
        match argument {
            CompressionArg::Gz => Self::Gzip,
            CompressionArg::Bz2 => Self::Bzip2,
            CompressionArg::Xz => Self::Xz,
        }
    }
}

/// What becomes of duplicates.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DuplicatesArg {
    /// List all of them
    Keep,
    /// List the one that was built last
    KeepLast,
    /// Stop
    Refuse,
}

impl From<DuplicatesArg> for Duplicates {
    fn from(argument: DuplicatesArg) -> Self {
        match argument {
            DuplicatesArg::Keep => Self::Keep,
            DuplicatesArg::KeepLast => Self::KeepLast,
            DuplicatesArg::Refuse => Self::Refuse,
        }
    }
}

fn addition(text: &str) -> Result<(String, Utf8PathBuf), String> {
    match text.split_once('=') {
        Some((kind, file)) if !kind.is_empty() && !file.is_empty() => {
            demand_kind(kind).map_err(|error| error.to_string())?;
            Ok((kind.into(), file.into()))
        }
        _ => Err("expected a type and a file, as in updateinfo=updateinfo.xml".into()),
    }
}

fn removal(kind: &str) -> Result<String, String> {
    if kind.ends_with("_db") && demand_kind(kind).is_err() {
        return Err("databases are listed only where they are asked for, by `--database`".into());
    }
    if ["primary", "filelists", "other"].contains(&kind)
        || kind.ends_with("_zck") && demand_kind(kind).is_err()
    {
        return Err(format!("`{kind}` is made from the packages, and always listed"));
    }
    Ok(kind.into())
}

fn distro(text: &str) -> Result<(Option<String>, String), String> {
    let (cpe, name) = text.split_once(',').unwrap_or(("", text));
    if name.is_empty() {
        return Err("expected a name, as in cpe:/o:centos:centos:6,CentOS 6".into());
    }
    Ok(((!cpe.is_empty()).then(|| cpe.into()), name.into()))
}

/// Seconds, from a number with a unit: s, m, h, d.
fn age(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "s" | "" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("expected a number and one of s, m, h, d".into()),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a number and one of s, m, h, d".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "longer than anything".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_additions_and_distributions() {
        assert_eq!(age("90"), Ok(90));
        assert_eq!(age("2h"), Ok(7200));
        assert!(age("2 weeks").is_err() && age("h").is_err());
        assert_eq!(addition("modules=m.yaml"), Ok(("modules".into(), "m.yaml".into())));
        assert!(addition("primary=x").is_err() && addition("../x=y").is_err() && addition("x").is_err());
        assert_eq!(
            distro("cpe:/o:centos:centos:6,CentOS 6"),
            Ok((Some("cpe:/o:centos:centos:6".into()), "CentOS 6".into()))
        );
        assert_eq!(distro("CentOS"), Ok((None, "CentOS".into())));
    }
}
