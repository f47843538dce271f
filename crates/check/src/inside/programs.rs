//! The rules about programs and libraries, and about what a build leaves in files.

use std::collections::BTreeSet;

use object::elf::{EM_386, EM_X86_64};
use xen4centos_artifact::header::{FileEntry, FileFlags};

use super::{
    contents::{Contents, ELF_MAGIC},
    elf::{Elf, Stack},
    package::Package,
    traces::{Trace, is_of_a_build},
};
use crate::{
    Rule,
    package::symbols::{GLIBC, GLIBCXX, Symbols},
    rule::rule_table,
};

rule_table! {
    GLIBC_OF_PROGRAM "EL6-FILE-010" Error
        "glibc that a program needs and its package does not require"
        "…: /lib64/libc.so.6: version `GLIBC_…' not found (required by …)"
        "build user space in a CentOS 6 build root, and let rpm find the requirements (no `AutoReq: no`)";
    GLIBCXX_OF_PROGRAM "EL6-FILE-011" Error
        "libstdc++ that a program needs and its package does not require"
        "…: /usr/lib64/libstdc++.so.6: version `GLIBCXX_…' not found (required by …)"
        "build in a CentOS 6 build root, and let rpm find the requirements (no `AutoReq: no`)";
    LIBRARY "EL6-FILE-012" Warning
        "library that a program needs and its package does not require"
        "…: error while loading shared libraries: …: cannot open shared object file: No such file or directory"
        "let rpm find the requirements (no `AutoReq: no`), or require the library by its name";
    TEXT_RELOCATIONS "EL6-FILE-013" Error
        "text relocations"
        "…: cannot restore segment prot after reloc: Permission denied (SELinux: execmod)"
        "compile what goes into a library with -fPIC, and assembly without absolute addresses";
    EXECUTABLE_STACK "EL6-FILE-014" Error
        "executable stack"
        "…: cannot enable executable stack as shared object requires: Permission denied (SELinux: execstack)"
        "link with -Wl,-z,noexecstack; assembly needs `.section .note.GNU-stack,\"\",@progbits`";
    SEARCH_PATH "EL6-FILE-015" Error
        "directory that a program takes libraries from"
        "nothing is said: whoever can write to the directory decides what runs"
        "link without -rpath, or with the directory where the library is installed (chrpath -d removes it)";
    MACHINE "EL6-FILE-016" Error
        "program for another machine"
        "cannot execute binary file; wrong ELF class"
        "build for the package's architecture; data for other machines belongs below /usr/share or /lib/firmware";
    KERNEL "EL6-FILE-017" Error
        "kernel that a program needs"
        "FATAL: kernel too old"
        "build user space in a CentOS 6 build root; glibc writes the kernel that it was made for into each program";
    NO_PROGRAM "EL6-FILE-018" Warning
        "program that can not be looked into"
        "cannot execute binary file; invalid ELF header"
        "build it again; as data it belongs below /usr/share";
    BUILD_PATH "EL6-FILE-020" Error
        "path of the build"
        "nothing is said: the file names a directory that no host has, or that anyone can make there"
        "install with DESTDIR, and take the directory out of what is written (-ffile-prefix-map, sed on scripts and .la files)";
    BUILD_PATH_FOR_DEBUGGERS "EL6-FILE-021" Warning
        "path of the build in debugging information"
        "nothing is said: debuggers look for sources where no host has them"
        "strip the program, or compile with -fdebug-prefix-map";
}

/// Rules about the build root rather than about single files: what one program of a package has, all have.
pub(super) const OF_THE_BUILD_ROOT: [&Rule; 3] = [&GLIBC_OF_PROGRAM, &GLIBCXX_OF_PROGRAM, &KERNEL];

/// A program, where it is and in what.
struct Program<'a> {
    package: &'a Package<'a>,
    elf: &'a Elf,
}

type ProgramCheck = fn(&Program<'_>) -> Vec<String>;

const CHECKS: &[(&Rule, ProgramCheck)] = &[
    (&GLIBC_OF_PROGRAM, glibc),
    (&GLIBCXX_OF_PROGRAM, glibcxx),
    (&LIBRARY, libraries),
    (&TEXT_RELOCATIONS, text_relocations),
    (&EXECUTABLE_STACK, stack),
    (&SEARCH_PATH, search_paths),
    (&MACHINE, machine),
    (&KERNEL, kernel),
];

/// Where programs are data: firmware, parts of other systems, debugging information, what is still to be built.
const DATA: [&str; 5] =
    ["/lib/firmware/", "/usr/lib/firmware/", "/usr/lib/debug/", "/usr/share/", "/usr/src/"];

/// All that is wrong with a file that is a program, or that has traces of the build.
pub(super) fn judge(
    package: &Package<'_>,
    (file, path): (&FileEntry<'_>, &str),
    contents: &Contents,
) -> Vec<(&'static Rule, String)> {
    let is_elf = contents.held.starts_with(ELF_MAGIC);
    let elf = is_elf.then(|| Elf::read(&contents.held)).flatten();
    let mut found = Vec::new();
    if is_elf && !DATA.iter().any(|directory| path.starts_with(directory)) {
        match elf.as_ref().filter(|_| !contents.is_cut) {
            Some(elf) => {
                let program = Program { package, elf };
                for (rule, check) in CHECKS {
                    let messages = check(&program).into_iter();
                    found.extend(messages.map(|message| (*rule, message)));
                }
            }
            None if contents.is_cut => found.push((&NO_PROGRAM, "is too large".to_owned())),
            None => found.push((&NO_PROGRAM, "begins as a program and is damaged".to_owned())),
        }
    }
    // Documents can tell how to build.
    if !file.flags.has(FileFlags::DOCUMENTATION | FileFlags::LICENSE | FileFlags::README) {
        found.extend(traces(elf.as_ref(), path, contents.traces.found()));
    }
    found
}

/// The first trace of each kind, and how many there are.
fn traces(elf: Option<&Elf>, path: &str, traces: &[Trace]) -> Vec<(&'static Rule, String)> {
    // What a debugger loads is nothing else.
    let is_unloaded = |trace: &&Trace| {
        path.starts_with("/usr/lib/debug/") || elf.is_some_and(|elf| elf.is_unloaded(trace.offset))
    };
    let (aside, loaded): (Vec<_>, Vec<_>) = traces.iter().partition(is_unloaded);
    let message = |traces: &[&Trace]| match traces {
        [] => None,
        [one] => Some(format!("has {}", one.path)),
        [first, more @ ..] => Some(format!("has {} and {} more", first.path, more.len())),
    };
    let rules = [(&BUILD_PATH, message(&loaded)), (&BUILD_PATH_FOR_DEBUGGERS, message(&aside))];
    rules.into_iter().filter_map(|(rule, message)| Some((rule, message?))).collect()
}

fn glibc(program: &Program<'_>) -> Vec<String> {
    symbols(program, GLIBC, program.package.client.max_glibc.as_deref())
}

fn glibcxx(program: &Program<'_>) -> Vec<String> {
    symbols(program, GLIBCXX, program.package.client.max_glibcxx.as_deref())
}

/// Versions above `limit` that the package does not require: those that it does are its own rules'.
fn symbols(program: &Program<'_>, prefix: &'static str, limit: Option<&str>) -> Vec<String> {
    let Some(limit) = limit else { return Vec::new() };
    let mut newest = Symbols::above(prefix, limit);
    for (library, version) in &program.elf.versions {
        let shown = format!("{library}({version})");
        let is_required = program.package.requires.iter().any(|name| name.starts_with(&shown));
        if !is_required {
            newest.add(library, version, &shown);
        }
    }
    newest.shown().map(|name| format!("needs {name}, the client has {prefix}{limit}")).collect()
}

fn libraries(program: &Program<'_>) -> Vec<String> {
    let package = program.package;
    let suffix = if program.elf.is_64_bit { "()(64bit)" } else { "" };
    let is_required = |library: &String| {
        let of_a_version = format!("{library}(");
        package.requires.contains(&format!("{library}{suffix}"))
            || package.requires.iter().any(|name| name.starts_with(&of_a_version))
    };
    // The dynamic loader comes with libc.
    let needed: BTreeSet<_> =
        program.elf.needed.iter().filter(|name| !name.starts_with("ld-linux")).collect();
    let missing = needed.into_iter().filter(|name| !is_required(name) && !package.own_names.contains(*name));
    missing.map(|name| format!("needs {name}")).collect()
}

fn text_relocations(program: &Program<'_>) -> Vec<String> {
    let bad = program.elf.has_text_relocations;
    bad.then(|| "changes its own code when it is loaded".to_owned()).into_iter().collect()
}

fn stack(program: &Program<'_>) -> Vec<String> {
    let elf = program.elf;
    // What runs without an operating system has a stack of its own; who asks for one to be executed from asks the loader.
    if !(elf.is_user_space() || elf.is_shared() && elf.stack == Stack::Executable) {
        return Vec::new();
    }
    let is_x86 = [EM_386.0, EM_X86_64.0].contains(&elf.machine);
    match elf.stack {
        Stack::Executable => vec!["asks for an executable stack".to_owned()],
        Stack::Unsaid if is_x86 => vec!["does not say that its stack is not executable".to_owned()],
        Stack::Unsaid | Stack::Plain => Vec::new(),
    }
}

/// Directories in which anyone can make what the loader takes.
const OF_ANYONE: [&str; 4] = ["/tmp", "/var/tmp", "/dev/shm", "/home"];

fn search_paths(program: &Program<'_>) -> Vec<String> {
    let mut messages = Vec::new();
    for path in program.elf.search_paths.iter().flat_map(|paths| paths.split(':')) {
        let from_itself = path.starts_with("$ORIGIN") || path.starts_with("${ORIGIN}");
        let is_in = |directory: &str| {
            path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if path.is_empty() {
            messages
                .push("takes libraries from the directory that it is started in (an empty rpath)".to_owned());
        } else if is_of_a_build(path) {
            messages.push(format!("takes libraries from the build's {path}"));
        } else if OF_ANYONE.iter().any(|directory| is_in(directory)) {
            messages.push(format!("takes libraries from {path}, where anyone can put them"));
        } else if !path.starts_with('/') && !from_itself {
            messages.push(format!("takes libraries from {path}, below the directory that it is started in"));
        }
    }
    messages
}

fn machine(program: &Program<'_>) -> Vec<String> {
    let machine = program.elf.machine;
    let known: &[u16] = match program.package.arch.as_str() {
        // It runs both, and boots as the older one.
        "x86_64" => &[EM_X86_64.0, EM_386.0],
        "i386" | "i486" | "i586" | "i686" => &[EM_386.0],
        "noarch" => &[],
        // What other machines run is not known here.
        _ => return Vec::new(),
    };
    if known.contains(&machine) {
        return Vec::new();
    }
    let name = match machine {
        3 => "i386".to_owned(),
        40 => "ARM".to_owned(),
        62 => "x86_64".to_owned(),
        183 => "aarch64".to_owned(),
        number => format!("ELF machine {number}"),
    };
    vec![format!("is for {name}, the package is {}", program.package.arch)]
}

fn kernel(program: &Program<'_>) -> Vec<String> {
    let Some(host) = &program.package.client.host_kernel else { return Vec::new() };
    let Some(needed) = program.elf.kernel else { return Vec::new() };
    let parts: Vec<u32> = host.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect();
    if needed.as_slice() <= parts.as_slice() {
        return Vec::new();
    }
    let [major, minor, patch] = needed;
    vec![format!("needs Linux {major}.{minor}.{patch}, hosts have {host}")]
}
