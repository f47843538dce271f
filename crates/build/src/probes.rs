//! The named capabilities of a build root and what each of them takes: data, so that a new one is a new line.

/// What must be there for a capability to be there.
pub(crate) enum Takes {
    /// All of these programs.
    Commands(&'static [&'static str]),
    /// All of these headers.
    Headers(&'static [&'static str]),
}

/// Capabilities that come straight from programs or headers; `python2` and `network` are worked out in `host`.
pub(crate) const CAPABILITIES: [(&str, Takes); 27] = [
    ("bzip2", Takes::Headers(&["bzlib.h"])),
    ("cpio", Takes::Commands(&["cpio"])),
    // as86 and ld86 (bin86) and bcc: rombios and vgabios are 16-bit code.
    ("dev86", Takes::Commands(&["as86", "ld86", "bcc"])),
    ("elfutils", Takes::Headers(&["libelf.h", "elfutils/libdw.h"])),
    ("glib2", Takes::Headers(&["glib-2.0/glib.h"])),
    // The compiler reads it only for -m32: hvmloader and the 32-bit firmware need it.
    ("glibc32", Takes::Headers(&["gnu/stubs-32.h"])),
    ("gettext", Takes::Commands(&["msgfmt"])),
    ("iasl", Takes::Commands(&["iasl"])),
    ("latex", Takes::Commands(&["latex"])),
    ("libaio", Takes::Headers(&["libaio.h"])),
    // perf of Linux 3.4 needs only this much of elfutils.
    ("libelf", Takes::Headers(&["libelf.h"])),
    ("ncurses", Takes::Headers(&["ncurses.h"])),
    ("newt", Takes::Headers(&["newt.h"])),
    ("ocaml", Takes::Commands(&["ocamlc", "ocamlopt", "ocamldep"])),
    ("openssl", Takes::Headers(&["openssl/md5.h"])),
    ("pciutils", Takes::Headers(&["pci/pci.h"])),
    ("perl", Takes::Commands(&["perl"])),
    ("pod2text", Takes::Commands(&["pod2text", "pod2man"])),
    ("python3", Takes::Commands(&["python3"])),
    ("sdl", Takes::Headers(&["SDL/SDL.h"])),
    ("slang", Takes::Headers(&["slang.h"])),
    ("texinfo", Takes::Commands(&["makeinfo"])),
    ("udevadm", Takes::Commands(&["udevadm"])),
    ("uuid", Takes::Headers(&["uuid/uuid.h"])),
    ("xz", Takes::Headers(&["lzma.h"])),
    ("yajl", Takes::Headers(&["yajl/yajl_gen.h"])),
    ("zlib", Takes::Headers(&["zlib.h"])),
];

/// Python 2 has its header in a directory of its own version; without it xend and pygrub do not compile.
pub(crate) const PYTHON2_HEADERS: [&str; 2] = ["python2.7/Python.h", "python2.6/Python.h"];
