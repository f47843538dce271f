//! What the parser says of a package is what `rpm -qp` says.

use std::fmt::Write as _;

use camino::Utf8Path;
use xen4centos_artifact::header::{DependencyKind, FileEntry, Header, Lead, RpmHeaders, Text, tag};
use xen4centos_process::{Invocation, Tool};

/// One line per fact; `lines` below prints the same from our own reading.
const SINGLE: &str = "name %{NAME}\nepoch %{EPOCH}\nversion %{VERSION}\nrelease %{RELEASE}\narch %{ARCH}\n\
    source %{SOURCERPM}\nbuilt %{BUILDTIME}\nhost %{BUILDHOST}\nsize %{SIZE}\nlongsize %{LONGSIZE}\n\
    summary %{SUMMARY}\nlicense %{LICENSE}\nurl %{URL}\nvendor %{VENDOR}\ngroup %{GROUP}\n\
    compressor %{PAYLOADCOMPRESSOR}\nalgorithm %{FILEDIGESTALGO}\nsha1 %{SHA1HEADER}\nsha256 %{SHA256HEADER}\n";

/// Fields of a list: requirement, provide …
const LIST: &str = "[%{Aname}|%{Aflags}|%{Aversion}\n]";

const CHANGELOG: &str = "[%{CHANGELOGTIME}|%{CHANGELOGNAME}|%{CHANGELOGTEXT}\n]";

const FILES: &str = "[%{FILENAMES}|%{FILEMODES}|%{FILEFLAGS}|%{LONGFILESIZES}|%{FILEMTIMES}|%{FILEDIGESTS}|\
    %{FILELINKTOS}|%{FILEUSERNAME}|%{FILEGROUPNAME}|%{FILERDEVS}|%{FILEINODES}|%{FILEVERIFYFLAGS}\n]";

const LISTS: [(&str, DependencyKind); 8] = [
    ("REQUIRE", DependencyKind::Requires),
    ("PROVIDE", DependencyKind::Provides),
    ("CONFLICT", DependencyKind::Conflicts),
    ("OBSOLETE", DependencyKind::Obsoletes),
    ("RECOMMEND", DependencyKind::Recommends),
    ("SUGGEST", DependencyKind::Suggests),
    ("SUPPLEMENT", DependencyKind::Supplements),
    ("ENHANCE", DependencyKind::Enhances),
];

fn rpm_says(path: &Utf8Path) -> String {
    let mut format = SINGLE.to_owned();
    for (name, _) in LISTS {
        write!(format, "{name}\n{}", LIST.replace('A', name)).unwrap();
    }
    write!(format, "changelog\n{CHANGELOG}files\n{FILES}").unwrap();
    Invocation::new(Tool::Rpm, path.parent().unwrap())
        .args(["-qp", "--nosignature", "--nodigest", "--noplugins", "--qf", &format])
        .arg(path)
        .run()
        .unwrap()
        .text()
}

fn text(header: &Header, tag: u32) -> String {
    header.string(tag).unwrap().map_or_else(|| "(none)".to_owned(), |text| text.to_string())
}

fn number(number: Option<u64>) -> String {
    number.map_or_else(|| "(none)".to_owned(), |number| number.to_string())
}

fn single(headers: &RpmHeaders) -> String {
    let main = headers.main();
    let nevra = headers.nevra().unwrap();
    let epoch = number(headers.epoch().unwrap().map(u64::from));
    let lines = [
        format!("name {}", nevra.name),
        format!("epoch {epoch}"),
        format!("version {}", nevra.evr.version),
        format!("release {}", nevra.evr.release),
        format!("arch {}", text(main, tag::ARCH)),
        format!("source {}", text(main, tag::SOURCE_RPM)),
        format!("built {}", number(headers.build_time().unwrap())),
        format!("host {}", text(main, tag::BUILD_HOST)),
        format!("size {}", number(main.number(tag::SIZE).unwrap())),
        format!("longsize {}", number(headers.installed_size().unwrap())),
        format!("summary {}", text(main, tag::SUMMARY)),
        format!("license {}", text(main, tag::LICENSE)),
        format!("url {}", text(main, tag::URL)),
        format!("vendor {}", text(main, tag::VENDOR)),
        format!("group {}", text(main, tag::GROUP)),
        format!("compressor {}", text(main, tag::PAYLOAD_COMPRESSOR)),
        format!("algorithm {}", number(main.number(tag::FILE_DIGEST_ALGO).unwrap())),
        format!("sha1 {}", text(headers.signature(), tag::SIG_SHA1)),
        format!("sha256 {}", text(headers.signature(), tag::SIG_SHA256)),
    ];
    lines.map(|line| line + "\n").concat()
}

fn file_line(file: &FileEntry<'_>) -> String {
    format!(
        "{}{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n",
        file.directory,
        file.base_name,
        file.mode,
        file.flags.0,
        file.size,
        file.modified,
        file.digest,
        file.link_target,
        file.user,
        file.group,
        file.device,
        file.inode,
        file.verify_flags
    )
}

fn we_say(headers: &RpmHeaders) -> String {
    let mut lines = single(headers);
    for (name, kind) in LISTS {
        writeln!(lines, "{name}").unwrap();
        for dependency in headers.dependencies(kind).unwrap() {
            let or_none = |text: Text<'_>| text.to_string();
            writeln!(lines, "{}|{}|{}", dependency.name, dependency.flags.0, or_none(dependency.evr))
                .unwrap();
        }
    }
    lines.push_str("changelog\n");
    for entry in headers.main().changelog().unwrap() {
        writeln!(lines, "{}|{}|{}", entry.time, entry.author, entry.text).unwrap();
    }
    lines.push_str("files\n");
    lines.extend(headers.main().files().unwrap().map(|file| file_line(&file)));
    lines.trim_end_matches('\n').to_owned()
}

#[test]
fn every_fact_is_what_rpm_reads() {
    for path in crate::packages() {
        let mut file = fs_err::File::open(&path).unwrap();
        let headers = RpmHeaders::read(&mut file).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(we_say(&headers), rpm_says(&path), "{path}");
    }
}

#[test]
fn leads_follow_from_the_headers() {
    for path in crate::packages() {
        let mut file = fs_err::File::open(&path).unwrap();
        let headers = RpmHeaders::read(&mut file).unwrap();
        assert_eq!(&Lead::for_header(headers.main()), headers.lead(), "{path}");
    }
}

#[test]
fn archive_sizes_follow_from_the_files() {
    for path in crate::packages() {
        let headers = RpmHeaders::read(&mut fs_err::File::open(&path).unwrap()).unwrap();
        // A snapshot of rpm 4.12 wrote archives without names, for one month.
        if headers.text(tag::RPM_VERSION).unwrap().unwrap() != "4.11.90" {
            let computed = headers.computed_archive_size().unwrap();
            assert_eq!(Some(computed), headers.archive_size().unwrap(), "{path}");
        }
    }
}
