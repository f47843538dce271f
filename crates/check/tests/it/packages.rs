use std::collections::BTreeSet;

use camino::Utf8Path;
use xen4centos_artifact::header::{HeaderBuilder, tag};
use xen4centos_check::{check_rpm, render_report, rules};

use crate::{
    client::client,
    synthetic::{Package, signature_packet},
};

/// The rule that must be tripped, the words of its message, and what spoils a clean package.
type Poison = (&'static str, &'static str, fn(Package) -> Package);

fn file_of(size: u64) -> impl FnOnce(HeaderBuilder) -> HeaderBuilder {
    move |main| {
        main.strings(tag::BASE_NAMES, &["disk.img"])
            .strings(tag::DIR_NAMES, &["/var/"])
            .u32s(tag::DIR_INDEXES, &[0])
            .u64s(tag::LONG_FILE_SIZES, &[size])
    }
}

fn weak(main: HeaderBuilder, name: &str) -> HeaderBuilder {
    main.strings(tag::RECOMMEND_NAME, &[name])
        .strings(tag::RECOMMEND_VERSION, &[""])
        .u32s(tag::RECOMMEND_FLAGS, &[0])
}

/// A signature header with all that must be there but `absent`.
fn without(absent: u32) -> HeaderBuilder {
    let rsa = signature_packet(1, 8);
    let mut header = HeaderBuilder::new();
    for tag in [268, 269, 273, 1000, 1002, 1004].into_iter().filter(|tag| *tag != absent) {
        header = match tag {
            269 => header.string(tag, &"0".repeat(40)),
            273 => header.string(tag, &"0".repeat(64)),
            1000 => header.u32s(tag, &[1000]),
            _ => header.bytes(tag, &rsa),
        };
    }
    header
}

const POISONS: &[Poison] = &[
    ("EL6-PKG-001", "tag 1000 NAME holds", |package| package.main(|main| main.u32s(tag::NAME, &[1]))),
    ("EL6-PKG-010", "the payload is compressed with zstd", |package| {
        package.main(|main| main.string(tag::PAYLOAD_COMPRESSOR, "zstd"))
    }),
    ("EL6-PKG-010", "requires rpmlib(PayloadIsZstd)", |package| package.requires(&["rpmlib(PayloadIsZstd)"])),
    ("EL6-PKG-011", "files are digested with SHA-224", |package| {
        package.main(|main| main.u32s(tag::FILE_DIGEST_ALGO, &[11]))
    }),
    ("EL6-PKG-012", "/var/disk.img has 4294967296 bytes", |package| package.main(file_of(1 << 32))),
    ("EL6-PKG-012", "requires rpmlib(LargeFiles)", |package| package.requires(&["rpmlib(LargeFiles)"])),
    ("EL6-PKG-013", "architecture x86_64_v2", |package| {
        package.main(|main| main.string(tag::ARCH, "x86_64_v2"))
    }),
    ("EL6-PKG-014", "version 4.2.5~rc1-1.el6.centos.alt", |package| {
        package.main(|main| main.string(tag::VERSION, "4.2.5~rc1"))
    }),
    ("EL6-PKG-014", "version 4.2.5-1^git1", |package| {
        package.main(|main| main.string(tag::RELEASE, "1^git1"))
    }),
    ("EL6-PKG-014", "requires xen-libs = 4.2.5~rc1", |package| {
        package
            .requires(&["xen-libs"])
            .main(|main| main.strings(tag::REQUIRE_VERSION, &["4.2.5~rc1"]).u32s(tag::REQUIRE_FLAGS, &[8]))
    }),
    ("EL6-PKG-014", "requires rpmlib(CaretInVersions)", |package| {
        package.requires(&["rpmlib(CaretInVersions)"])
    }),
    ("EL6-PKG-024", "its name is `../x`", |package| package.main(|main| main.string(tag::NAME, "../x"))),
    ("EL6-PKG-024", "its version is ``", |package| package.main(|main| main.string(tag::VERSION, ""))),
    ("EL6-PKG-024", "its release is `1-0`", |package| package.main(|main| main.string(tag::RELEASE, "1-0"))),
    ("EL6-PKG-015", "%post has options (flags 1)", |package| {
        package.main(|main| main.u32s(tag::POST_IN_FLAGS, &[1]))
    }),
    ("EL6-PKG-015", "a trigger has options", |package| {
        package.main(|main| main.u32s(tag::TRIGGER_SCRIPT_FLAGS, &[0, 2]))
    }),
    ("EL6-PKG-016", "%post is run by `<python>`", |package| {
        package.main(|main| main.strings(tag::POST_IN_PROG, &["<python>"]))
    }),
    ("EL6-PKG-016", "a trigger is run by `sh`", |package| {
        package.main(|main| main.strings(tag::TRIGGER_SCRIPT_PROG, &["/bin/sh", "sh"]))
    }),
    ("EL6-PKG-017", "%preuntrans is never run", |package| {
        package.main(|main| main.string(tag::PRE_UN_TRANS, "true"))
    }),
    ("EL6-PKG-018", "file trigger on /usr/lib64 is never run", |package| {
        package.main(|main| main.strings(tag::FILE_TRIGGER_NAME, &["/usr/lib64"]))
    }),
    ("EL6-PKG-018", "transaction file trigger on /etc is never run", |package| {
        package.main(|main| main.strings(tag::TRANS_FILE_TRIGGER_NAME, &["/etc"]))
    }),
    ("EL6-PKG-020", "lacks 268 (RSA signature of the header)", |package| package.signature(|_| without(268))),
    ("EL6-PKG-020", "lacks 269 (SHA-1 of the header)", |package| package.signature(|_| without(269))),
    ("EL6-PKG-020", "lacks 273 (SHA-256 of the header)", |package| package.signature(|_| without(273))),
    ("EL6-PKG-020", "lacks 1000 (size)", |package| package.signature(|_| without(1000))),
    ("EL6-PKG-020", "lacks 1002 (RSA signature of header and payload)", |package| {
        package.signature(|_| without(1002))
    }),
    ("EL6-PKG-020", "lacks 1004 (MD5 of header and payload)", |package| package.signature(|_| without(1004))),
    ("EL6-PKG-021", "at most 8192 are read", |package| {
        package.signature(|signature| signature.bytes(tag::SIG_RESERVED_SPACE, &[0; 8000]))
    }),
    ("EL6-PKG-021", "has 33 tags, at most 32 are read", |package| {
        package.signature(|signature| (2000..2026).fold(signature, |header, tag| header.u32s(tag, &[0])))
    }),
    ("EL6-PKG-022", "signature 268 is over SHA-224", |package| {
        package.signature(|signature| signature.bytes(tag::SIG_RSA_HEADER, &signature_packet(1, 11)))
    }),
    ("EL6-PKG-022", "signature 1002 is made by a key of the kind eddsa", |package| {
        package.signature(|signature| signature.bytes(tag::SIG_PGP, &signature_packet(22, 8)))
    }),
    ("EL6-PKG-022", "signature 267 is made by a key of the kind dsa", |package| {
        package.signature(|signature| signature.bytes(tag::SIG_DSA_HEADER, &signature_packet(17, 8)))
    }),
    ("EL6-PKG-022", "signature 268 is no whole OpenPGP signature", |package| {
        package.signature(|signature| signature.bytes(tag::SIG_RSA_HEADER, &[0; 8]))
    }),
    ("EL6-PKG-022", "signature 268 is no whole OpenPGP signature", |package| {
        let cut = signature_packet(1, 8).split_last().unwrap().1.to_vec();
        package.signature(|signature| signature.bytes(tag::SIG_RSA_HEADER, &cut))
    }),
    ("EL6-PKG-022", "signature 1002 is no whole OpenPGP signature", |package| {
        // A number of more bits than there are.
        let mut long = signature_packet(1, 8);
        long[13] = 9;
        package.signature(|signature| signature.bytes(tag::SIG_PGP, &long))
    }),
    ("EL6-PKG-023", "SHA-256 of its header is another one", |package| {
        package.signature(|signature| signature.string(tag::SIG_SHA256, &"1".repeat(64)))
    }),
    ("EL6-PKG-030", "requires rpmlib(DynamicBuildRequires)", |package| {
        package.requires(&["rpmlib(DynamicBuildRequires)"])
    }),
    ("EL6-PKG-031", "requires (bash if xen)", |package| package.requires(&["(bash if xen)"])),
    ("EL6-PKG-031", "conflicts with (bash if xen)", |package| {
        package.main(|main| {
            main.strings(tag::CONFLICT_NAME, &["(bash if xen)"])
                .strings(tag::CONFLICT_VERSION, &[""])
                .u32s(tag::CONFLICT_FLAGS, &[0])
        })
    }),
    ("EL6-PKG-031", "recommends (bash if xen)", |package| package.main(|main| weak(main, "(bash if xen)"))),
    ("EL6-PKG-031", "requires rpmlib(RichDependencies)", |package| {
        package.requires(&["rpmlib(RichDependencies)"])
    }),
    ("EL6-PKG-032", "recommends bash", |package| package.main(|main| weak(main, "bash"))),
    ("EL6-PKG-033", "requires libc.so.6(GLIBC_2.34)(64bit), the client has GLIBC_2.12", |package| {
        package.requires(&["libc.so.6(GLIBC_2.14)(64bit)", "libc.so.6(GLIBC_2.34)(64bit)"])
    }),
    ("EL6-PKG-033", "requires libc.so.6(GLIBC_ABI_DT_RELR)(64bit), the client has GLIBC_2.12", |package| {
        package.requires(&["libc.so.6(GLIBC_2.4)(64bit)", "libc.so.6(GLIBC_ABI_DT_RELR)(64bit)"])
    }),
    (
        "EL6-PKG-034",
        "requires libstdc++.so.6(GLIBCXX_3.4.29)(64bit), the client has GLIBCXX_3.4.13",
        |package| package.requires(&["libstdc++.so.6(GLIBCXX_3.4.29)(64bit)"]),
    ),
];

#[track_caller]
fn check(package: &Package, expect: &[(&str, &str)]) {
    let directory = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(directory.path()).unwrap().join("a.rpm");
    package.write(&path);
    let findings = check_rpm(&path, &client("el6")).unwrap();
    let found: Vec<_> = findings.iter().map(|finding| (finding.code, finding.message.as_str())).collect();
    assert_eq!(found.len(), expect.len(), "{expect:?}\n{found:#?}");
    for ((code, message), (expected_code, words)) in found.iter().zip(expect) {
        assert_eq!(code, expected_code, "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_clean_package_passes() {
    check(&Package::clean(), &[]);
    check(&Package::clean().main(file_of((1 << 32) - 1)), &[]);
    // Source packages of any machine.
    check(&Package::clean().main(|_| source_header("mips")), &[]);
}

fn source_header(arch: &str) -> HeaderBuilder {
    HeaderBuilder::new()
        .string(tag::NAME, "clean")
        .string(tag::VERSION, "1")
        .string(tag::RELEASE, "1")
        .string(tag::ARCH, arch)
        .u32s(tag::FILE_DIGEST_ALGO, &[8])
        .strings(tag::REQUIRE_NAME, &["libc.so.6(GLIBC_2.34)(64bit)"])
}

#[test]
fn each_poison_trips_exactly_its_rule() {
    for (code, words, spoil) in POISONS {
        check(&spoil(Package::clean()), &[(code, words)]);
    }
}

#[test]
fn a_name_that_is_no_version_hides_no_version() {
    let symbols = ["ABI_DT_RELR", "2.34", "2.38", "ABI_DT_X86_64_PLT", "PRIVATE"];
    let requirements = symbols.map(|symbol| format!("libc.so.6(GLIBC_{symbol})(64bit)"));
    let package = Package::clean().requires(&requirements.each_ref().map(String::as_str));
    let code = "EL6-PKG-033";
    check(&package, &[(code, "GLIBC_ABI_DT_RELR"), (code, "GLIBC_2.38"), (code, "GLIBC_ABI_DT_X86_64_PLT")]);
}

#[test]
fn no_rule_about_packages_is_without_a_poison() {
    let poisoned: BTreeSet<_> = POISONS.iter().map(|(code, ..)| *code).collect();
    let all: BTreeSet<_> =
        rules().into_iter().map(|rule| rule.code).filter(|code| code.starts_with("EL6-PKG")).collect();
    assert_eq!(poisoned, all);
}

#[test]
fn what_is_no_package_is_a_finding_and_what_is_no_file_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(directory.path()).unwrap().join("a.rpm");
    let bytes = Package::clean().to_bytes();
    for length in [0, 50, 200, bytes.len() - 1] {
        fs_err::write(&path, &bytes[..length]).unwrap();
        let findings = check_rpm(&path, &client("el6")).unwrap();
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["EL6-PKG-001"]);
    }
    fs_err::remove_file(&path).unwrap();
    assert!(check_rpm(&path, &client("el6")).is_err());
}

#[test]
fn the_report_is_grouped_and_the_findings_are_data() {
    let directory = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(directory.path()).unwrap().join("xen-4.2.5-1.x86_64.rpm");
    Package::clean().requires(&["(a if b)", "(c or d)"]).main(|main| weak(main, "bash")).write(&path);
    let findings = check_rpm(&path, &client("el6")).unwrap();
    let expect = "\
error EL6-PKG-031 rich dependency
  xen-4.2.5-1.x86_64.rpm: requires (a if b)
  xen-4.2.5-1.x86_64.rpm: requires (c or d)
  client:  Error: Invalid version flag: if (it stops every transaction that contains the package, even with --skip-broken)
  way out: write plain requirements, or put the choice into a subpackage
warning EL6-PKG-032 weak dependency
  xen-4.2.5-1.x86_64.rpm: recommends bash
  client:  nothing is said: Recommends, Suggests, Supplements and Enhances are ignored
  way out: use Requires for what is needed, and leave out the rest
2 errors, 1 warning
";
    assert_eq!(render_report(&findings), expect);
    assert_eq!(render_report(&[]), "nothing found\n");
    let json = serde_json::to_value(&findings[2]).unwrap();
    assert_eq!(json["code"], "EL6-PKG-032");
    assert_eq!(json["severity"], "warning");
    assert_eq!(json["subject"], "xen-4.2.5-1.x86_64.rpm");
    assert!(json["way-out"].is_string() && json["why"].is_string());
}
