//! The numbers of the tags, by the names that rpm gives them (rpm's rpmtag.h).
//!
//! A signature header has a number space of its own: its constants begin with `SIG_`, and some share their
//! number with a tag of the main header.

/// The number of a tag.
pub type Tag = u32;

macro_rules! tags {
    ($names:ident: $($(#[$documentation:meta])+ $name:ident = $number:literal;)+) => {
        $($(#[$documentation])+ pub const $name: Tag = $number;)+

        const $names: &[(Tag, &str)] = &[$(($number, stringify!($name))),+];
    };
}

/// The constant's name for a tag of a main header, such as `FILE_DIGESTS`.
pub fn name(tag: Tag) -> Option<&'static str> {
    [REGIONS, MAIN].concat().iter().find(|(number, _)| *number == tag).map(|(_, name)| *name)
}

/// The constant's name for a tag of a signature header, such as `SIG_MD5`.
pub fn signature_name(tag: Tag) -> Option<&'static str> {
    [REGIONS, SIGNATURE].concat().iter().find(|(number, _)| *number == tag).map(|(_, name)| *name)
}

/// `1030 FILE_MODES`, or the number alone.
pub(super) fn describe(tag: Tag) -> String {
    name(tag).map_or_else(|| tag.to_string(), |name| format!("{tag} {name}"))
}

tags! { REGIONS:
    /// Region of old headers.
    HEADER_IMAGE = 61;
    /// Region of a signature header.
    HEADER_SIGNATURES = 62;
    /// Region of a main header.
    HEADER_IMMUTABLE = 63;
    /// Languages of the translated strings.
    HEADER_I18N_TABLE = 100;
}

tags! { SIGNATURE:
    /// Signature header: `OpenPGP` signature over the main header (DSA, and Ed25519 too).
    SIG_DSA_HEADER = 267;
    /// Signature header: RSA signature over the main header; the one that yum on EL6 checks.
    SIG_RSA_HEADER = 268;
    /// Signature header: SHA-1 over the main header, as hexadecimal text.
    SIG_SHA1 = 269;
    /// Signature header: bytes of header and payload where they do not fit into 32 bits.
    SIG_LONG_SIZE = 270;
    /// Signature header: bytes of the uncompressed payload where they do not fit into 32 bits.
    SIG_LONG_ARCHIVE_SIZE = 271;
    /// Signature header: SHA-256 over the main header, as hexadecimal text.
    SIG_SHA256 = 273;
    /// Signature header: IMA signatures of files.
    SIG_FILE_SIGNATURES = 274;
    /// Signature header: length of the IMA signatures.
    SIG_FILE_SIGNATURE_LENGTH = 275;
    /// Signature header: fs-verity signatures of files.
    SIG_VERITY_SIGNATURES = 276;
    /// Signature header: algorithm of the fs-verity signatures.
    SIG_VERITY_SIGNATURE_ALGORITHM = 277;
    /// Signature header: `OpenPGP` signatures of rpm 6, base64.
    SIG_OPENPGP = 278;
    /// Signature header: SHA3-256 over the main header.
    SIG_SHA3_256 = 279;
    /// Signature header: space kept free for a later signature (rpm 6).
    SIG_RESERVED = 999;
    /// Signature header: bytes of main header and payload. The number is [`NAME`]'s in a main header.
    SIG_SIZE = 1000;
    /// Signature header: RSA signature over main header and payload. The number is [`RELEASE`]'s in a main header.
    SIG_PGP = 1002;
    /// Signature header: MD5 over main header and payload, 16 bytes. The number is [`SUMMARY`]'s in a main header.
    SIG_MD5 = 1004;
    /// Signature header: DSA signature over main header and payload.
    SIG_GPG = 1005;
    /// Signature header: bytes of the uncompressed payload.
    SIG_PAYLOAD_SIZE = 1007;
    /// Signature header: space kept free for a later signature (rpm 4.14 and newer).
    SIG_RESERVED_SPACE = 1008;
}

tags! { MAIN:
    /// Name.
    NAME = 1000;
    /// Version.
    VERSION = 1001;
    /// Release.
    RELEASE = 1002;
    /// Epoch, 32 bits; absent means 0.
    EPOCH = 1003;
    /// One line, translated.
    SUMMARY = 1004;
    /// Paragraphs, translated.
    DESCRIPTION = 1005;
    /// Seconds since 1970.
    BUILD_TIME = 1006;
    /// Where it was built.
    BUILD_HOST = 1007;
    /// Bytes of the installed files.
    SIZE = 1009;
    /// Distribution.
    DISTRIBUTION = 1010;
    /// Vendor.
    VENDOR = 1011;
    /// Licence.
    LICENSE = 1014;
    /// Packager.
    PACKAGER = 1015;
    /// Group, translated.
    GROUP = 1016;
    /// Source files of a source package.
    SOURCE = 1018;
    /// Patches of a source package.
    PATCH = 1019;
    /// Home page.
    URL = 1020;
    /// Operating system.
    OS = 1021;
    /// Architecture; in source packages that of the machine that built it.
    ARCH = 1022;
    /// Scriptlet before installation.
    PRE_IN = 1023;
    /// Scriptlet after installation.
    POST_IN = 1024;
    /// Scriptlet before removal.
    PRE_UN = 1025;
    /// Scriptlet after removal.
    POST_UN = 1026;
    /// Whole paths, in packages older than rpm 4.
    OLD_FILE_NAMES = 1027;
    /// Bytes of each file.
    FILE_SIZES = 1028;
    /// Type and permissions of each file.
    FILE_MODES = 1030;
    /// Device numbers.
    FILE_RDEVS = 1033;
    /// Modification times.
    FILE_MTIMES = 1034;
    /// Digest of each file, hexadecimal; empty for other things than files.
    FILE_DIGESTS = 1035;
    /// Targets of symbolic links.
    FILE_LINK_TOS = 1036;
    /// Configuration, documentation, ghost and so on.
    FILE_FLAGS = 1037;
    /// Owners.
    FILE_USER_NAME = 1039;
    /// Groups.
    FILE_GROUP_NAME = 1040;
    /// File name of the source package; absent in source packages.
    SOURCE_RPM = 1044;
    /// What `rpm -V` compares.
    FILE_VERIFY_FLAGS = 1045;
    /// Bytes of the uncompressed payload.
    ARCHIVE_SIZE = 1046;
    /// Provided names.
    PROVIDE_NAME = 1047;
    /// Flags of the requirements.
    REQUIRE_FLAGS = 1048;
    /// Required names.
    REQUIRE_NAME = 1049;
    /// Versions of the requirements.
    REQUIRE_VERSION = 1050;
    /// Sources that were left out of a source package.
    NO_SOURCE = 1051;
    /// Patches that were left out of a source package.
    NO_PATCH = 1052;
    /// Flags of the conflicts.
    CONFLICT_FLAGS = 1053;
    /// Names of the conflicts.
    CONFLICT_NAME = 1054;
    /// Versions of the conflicts.
    CONFLICT_VERSION = 1055;
    /// Architectures that it is not built for.
    EXCLUDE_ARCH = 1059;
    /// Systems that it is not built for.
    EXCLUDE_OS = 1060;
    /// Architectures that it is only built for.
    EXCLUSIVE_ARCH = 1061;
    /// Systems that it is only built for.
    EXCLUSIVE_OS = 1062;
    /// Version of the rpm that built it.
    RPM_VERSION = 1064;
    /// Trigger scripts.
    TRIGGER_SCRIPTS = 1065;
    /// Packages that triggers watch.
    TRIGGER_NAME = 1066;
    /// Their versions.
    TRIGGER_VERSION = 1067;
    /// Their flags.
    TRIGGER_FLAGS = 1068;
    /// Which script each trigger runs.
    TRIGGER_INDEX = 1069;
    /// Script of `rpm -V`.
    VERIFY_SCRIPT = 1079;
    /// Times of the changelog's entries.
    CHANGELOG_TIME = 1080;
    /// Their authors and versions.
    CHANGELOG_NAME = 1081;
    /// Their texts.
    CHANGELOG_TEXT = 1082;
    /// Interpreter of the scriptlet before installation.
    PRE_IN_PROG = 1085;
    /// Interpreter of the scriptlet after installation.
    POST_IN_PROG = 1086;
    /// Interpreter of the scriptlet before removal.
    PRE_UN_PROG = 1087;
    /// Interpreter of the scriptlet after removal.
    POST_UN_PROG = 1088;
    /// Obsoleted names.
    OBSOLETE_NAME = 1090;
    /// Interpreter of the verify script.
    VERIFY_SCRIPT_PROG = 1091;
    /// Interpreters of the trigger scripts.
    TRIGGER_SCRIPT_PROG = 1092;
    /// Build host and time.
    COOKIE = 1094;
    /// Device on which each file lay.
    FILE_DEVICES = 1095;
    /// Inode of each file; equal ones are hard links.
    FILE_INODES = 1096;
    /// Language of each file.
    FILE_LANGS = 1097;
    /// Directories that may be relocated.
    PREFIXES = 1098;
    /// Flags of the provides.
    PROVIDE_FLAGS = 1112;
    /// Versions of the provides.
    PROVIDE_VERSION = 1113;
    /// Flags of the obsoletes.
    OBSOLETE_FLAGS = 1114;
    /// Versions of the obsoletes.
    OBSOLETE_VERSION = 1115;
    /// Which directory each file is in.
    DIR_INDEXES = 1116;
    /// Last path segment of each file.
    BASE_NAMES = 1117;
    /// Directories, each with its final slash.
    DIR_NAMES = 1118;
    /// Compiler flags.
    OPT_FLAGS = 1122;
    /// Where its sources are kept.
    DIST_URL = 1123;
    /// `cpio`.
    PAYLOAD_FORMAT = 1124;
    /// `gzip`, `bzip2`, `xz`, `lzma` or `zstd`.
    PAYLOAD_COMPRESSOR = 1125;
    /// Level of the compression.
    PAYLOAD_FLAGS = 1126;
    /// Architecture, vendor and system.
    PLATFORM = 1132;
    /// ELF class of each file.
    FILE_COLORS = 1140;
    /// Which class each file is of.
    FILE_CLASS = 1141;
    /// Classes, as `file` names them.
    CLASS_DICT = 1142;
    /// First dependency of each file.
    FILE_DEPENDS_X = 1143;
    /// Number of dependencies of each file.
    FILE_DEPENDS_N = 1144;
    /// Dependencies of files.
    DEPENDS_DICT = 1145;
    /// MD5 of the source package.
    SOURCE_PKG_ID = 1146;
    /// Scriptlet before the transaction.
    PRE_TRANS = 1151;
    /// Scriptlet after the transaction.
    POST_TRANS = 1152;
    /// Its interpreter.
    PRE_TRANS_PROG = 1153;
    /// Its interpreter.
    POST_TRANS_PROG = 1154;
    /// Dist tag.
    DIST_TAG = 1155;
    /// Bytes of each file, 64 bits; replaces [`FILE_SIZES`] from 4 GiB on.
    LONG_FILE_SIZES = 5008;
    /// Bytes of the installed files, 64 bits.
    LONG_SIZE = 5009;
    /// Capabilities of each file.
    FILE_CAPS = 5010;
    /// Algorithm of the file digests, by RFC 4880 9.4; absent means 1, MD5.
    FILE_DIGEST_ALGO = 5011;
    /// Where to report problems.
    BUG_URL = 5012;
    /// Flags of the scriptlet before installation.
    PRE_IN_FLAGS = 5020;
    /// Flags of the scriptlet after installation.
    POST_IN_FLAGS = 5021;
    /// Flags of the scriptlet before removal.
    PRE_UN_FLAGS = 5022;
    /// Flags of the scriptlet after removal.
    POST_UN_FLAGS = 5023;
    /// Flags of the scriptlet before the transaction.
    PRE_TRANS_FLAGS = 5024;
    /// Flags of the scriptlet after the transaction.
    POST_TRANS_FLAGS = 5025;
    /// Flags of the verify script.
    VERIFY_SCRIPT_FLAGS = 5026;
    /// Flags of the trigger scripts.
    TRIGGER_SCRIPT_FLAGS = 5027;
    /// Version control.
    VCS = 5034;
    /// Names that only order the transaction.
    ORDER_NAME = 5035;
    /// Their versions.
    ORDER_VERSION = 5036;
    /// Their flags.
    ORDER_FLAGS = 5037;
    /// Recommended names.
    RECOMMEND_NAME = 5046;
    /// Their versions.
    RECOMMEND_VERSION = 5047;
    /// Their flags.
    RECOMMEND_FLAGS = 5048;
    /// Suggested names.
    SUGGEST_NAME = 5049;
    /// Their versions.
    SUGGEST_VERSION = 5050;
    /// Their flags.
    SUGGEST_FLAGS = 5051;
    /// Supplemented names.
    SUPPLEMENT_NAME = 5052;
    /// Their versions.
    SUPPLEMENT_VERSION = 5053;
    /// Their flags.
    SUPPLEMENT_FLAGS = 5054;
    /// Enhanced names.
    ENHANCE_NAME = 5055;
    /// Their versions.
    ENHANCE_VERSION = 5056;
    /// Their flags.
    ENHANCE_FLAGS = 5057;
    /// `utf-8` where rpm checked it.
    ENCODING = 5062;
    /// Scripts of file triggers.
    FILE_TRIGGER_SCRIPTS = 5066;
    /// Their interpreters.
    FILE_TRIGGER_SCRIPT_PROG = 5067;
    /// Their flags.
    FILE_TRIGGER_SCRIPT_FLAGS = 5068;
    /// Path prefixes that file triggers watch.
    FILE_TRIGGER_NAME = 5069;
    /// Which script each file trigger runs.
    FILE_TRIGGER_INDEX = 5070;
    /// Unused.
    FILE_TRIGGER_VERSION = 5071;
    /// When file triggers run.
    FILE_TRIGGER_FLAGS = 5072;
    /// Scripts of file triggers that run once a transaction.
    TRANS_FILE_TRIGGER_SCRIPTS = 5076;
    /// Their interpreters.
    TRANS_FILE_TRIGGER_SCRIPT_PROG = 5077;
    /// Their flags.
    TRANS_FILE_TRIGGER_SCRIPT_FLAGS = 5078;
    /// Path prefixes that they watch.
    TRANS_FILE_TRIGGER_NAME = 5079;
    /// Which script each of them runs.
    TRANS_FILE_TRIGGER_INDEX = 5080;
    /// IMA signatures.
    FILE_SIGNATURES = 5090;
    /// Digest of the compressed payload.
    PAYLOAD_DIGEST = 5092;
    /// Its algorithm.
    PAYLOAD_DIGEST_ALGO = 5093;
    /// Module.
    MODULARITY_LABEL = 5096;
    /// Digest of the uncompressed payload.
    PAYLOAD_DIGEST_ALT = 5097;
    /// The spec, parsed.
    SPEC = 5099;
    /// Scriptlet before a transaction that removes it.
    PRE_UN_TRANS = 5103;
    /// Scriptlet after a transaction that removes it.
    POST_UN_TRANS = 5104;
    /// Its interpreter.
    PRE_UN_TRANS_PROG = 5105;
    /// Its interpreter.
    POST_UN_TRANS_PROG = 5106;
    /// Its flags.
    PRE_UN_TRANS_FLAGS = 5107;
    /// Its flags.
    POST_UN_TRANS_FLAGS = 5108;
    /// Format version of packages of rpm 6.
    RPM_FORMAT = 5114;
}
