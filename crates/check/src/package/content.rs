//! Payload, files, scriptlets, architecture and version.

use xen4centos_artifact::header::{FileEntry, HeaderError, ScriptletKind, tag};

use super::{PackageRule, Subject};
use crate::{Rule, Severity, openpgp::hash_name};

type Messages = Result<Vec<String>, HeaderError>;

pub(super) const RULES: &[PackageRule] = &[
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-010",
            severity: Severity::Error,
            title: "compression of the payload",
            why: "rpmlib(PayloadIsZstd) <= 5.4.18-1 is needed by …",
            way_out: "build with the target's payload (`_binary_payload` and `_source_payload`): w6.xzdio or w9.gzdio",
        },
        check: payload_compression,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-011",
            severity: Severity::Error,
            title: "digests of files",
            why: "error: unpacking of archive failed on file …: cpio: Digest mismatch",
            way_out: "build with `_binary_filedigest_algorithm` and `_source_filedigest_algorithm` 8 (SHA-256)",
        },
        check: file_digests,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-012",
            severity: Severity::Error,
            title: "size of a file",
            why: "rpmlib(LargeFiles) <= 4.12.0-1 is needed by …",
            way_out: "split the file: rpm 4.8 stores sizes in 32 bits",
        },
        check: large_files,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-013",
            severity: Severity::Error,
            title: "architecture",
            why: "No package … available: yum sees nothing of architectures that it does not know",
            way_out: "build for the target's architecture, or noarch",
        },
        check: architecture,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-014",
            severity: Severity::Error,
            title: "characters of a version",
            why: "rpmlib(TildeInVersions) <= 4.10.0-1 is needed by …; without that line 1.0~rc1 sorts newer than 1.0",
            way_out: "write `1.0-0.1.rc1` instead of `1.0~rc1`: a release that begins with 0 sorts below the final one",
        },
        check: version_characters,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-024",
            severity: Severity::Error,
            title: "name or version that is none",
            why: "nothing is said: yum reads another name, or none, out of name-version-release.arch, and files go astray",
            way_out: "give it a name of letters, digits and `._+-`, and a version and release without `-`",
        },
        check: names,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-015",
            severity: Severity::Error,
            title: "options of a scriptlet",
            why: "rpmlib(ScriptletExpansion) <= 4.9.0-1 is needed by …",
            way_out: "write the scriptlet without `-e` and `-q`; macros are expanded when the package is built",
        },
        check: scriptlet_options,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-016",
            severity: Severity::Error,
            title: "interpreter of a scriptlet",
            why: "error: %post(…) scriptlet failed: rpm 4.8 starts absolute paths and knows `<lua>`, nothing else",
            way_out: "use `/bin/sh`, another absolute path, or `-p <lua>`",
        },
        check: interpreters,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-017",
            severity: Severity::Error,
            title: "scriptlet that never runs",
            why: "nothing is said: rpm 4.8 does not know %preuntrans and %postuntrans and passes over them",
            way_out: "do the work in %preun or %postun",
        },
        check: unknown_scriptlets,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-018",
            severity: Severity::Error,
            title: "file trigger",
            why: "nothing is said: the package is installed and the trigger never runs",
            way_out: "do the work in %post of each package concerned, or in %triggerin by package name",
        },
        check: file_triggers,
    },
];

fn payload_compression(package: &Subject<'_>) -> Messages {
    let compressor = package.headers.payload_compressor()?.to_str_lossy();
    let known = package.client.payload_compressors.iter().any(|known| *known == compressor);
    // `none` is no compressor; the header has no tag for it, or an empty one.
    if !known && !compressor.is_empty() && compressor != "none" {
        return Ok(vec![format!("the payload is compressed with {compressor}")]);
    }
    package.missing_feature("PayloadIsZstd")
}

fn file_digests(package: &Subject<'_>) -> Messages {
    let algorithm = package.headers.file_digest_algorithm()?;
    if package.client.file_digest_algorithms.contains(&algorithm) {
        return Ok(Vec::new());
    }
    Ok(vec![format!("files are digested with {}", hash_name(algorithm))])
}

fn large_files(package: &Subject<'_>) -> Messages {
    let Some(limit) = package.client.max_file_bytes else { return Ok(Vec::new()) };
    let too_large = |file: &FileEntry<'_>| {
        let text = || format!("{} has {} bytes, at most {limit} are possible", file.path_lossy(), file.size);
        (file.size > limit).then(text)
    };
    let mut messages: Vec<_> = if package.headers.is_source() {
        package.headers.main().files()?.filter_map(|file| too_large(&file)).collect()
    } else {
        package.installed()?.iter().filter_map(too_large).collect()
    };
    if messages.is_empty() {
        messages = package.missing_feature("LargeFiles")?;
    }
    Ok(messages)
}

fn architecture(package: &Subject<'_>) -> Messages {
    let architecture = package.headers.arch()?;
    let known = &package.client.architectures;
    if known.is_empty() || known.iter().any(|known| known == architecture) {
        return Ok(Vec::new());
    }
    Ok(vec![format!("architecture {architecture}")])
}

/// What separates the parts of a package's file name, or of a path, is in none of them.
fn names(package: &Subject<'_>) -> Messages {
    let nevra = package.nevra()?;
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._+~^:".contains(character);
    let evr = &nevra.evr;
    let parts =
        [("name", &nevra.name, true), ("version", &evr.version, false), ("release", &evr.release, false)];
    let is_wrong = |text: &str, may_have_dashes: bool| {
        text.is_empty()
            || text.starts_with('-')
            || !text.chars().all(|character| is_plain(character) || may_have_dashes && character == '-')
    };
    let wrong = parts.into_iter().filter(|(_, text, dashes)| is_wrong(text, *dashes));
    Ok(wrong.map(|(what, text, _)| format!("its {what} is `{}`", text.escape_debug())).collect())
}

fn version_characters(package: &Subject<'_>) -> Messages {
    let forbidden = |text: &str| text.contains(|c| package.client.forbidden_version_characters.contains(c));
    let evr = package.nevra()?.evr.version_release();
    if forbidden(&evr) {
        return Ok(vec![format!("version {evr}")]);
    }
    let mut messages = Vec::new();
    for (kind, dependency) in package.all_dependencies()? {
        if forbidden(&dependency.evr.to_str_lossy()) && !dependency.is_rich() {
            messages.push(format!("{} {dependency}", super::section(*kind)));
        }
    }
    if messages.is_empty() {
        messages = package.missing_feature("TildeInVersions")?;
        messages.extend(package.missing_feature("CaretInVersions")?);
    }
    Ok(messages)
}

fn scriptlet_options(package: &Subject<'_>) -> Messages {
    if !package.client.forbid_scriptlet_options {
        return Ok(Vec::new());
    }
    let main = package.headers.main();
    let mut messages: Vec<_> = main
        .scriptlets()?
        .into_iter()
        .filter(|scriptlet| scriptlet.flags != 0)
        .map(|scriptlet| format!("{} has options (flags {})", scriptlet.kind.section(), scriptlet.flags))
        .collect();
    if main.u32s(tag::TRIGGER_SCRIPT_FLAGS)?.iter().any(|flags| flags != 0) {
        messages.push("a trigger has options".to_owned());
    }
    if messages.is_empty() {
        messages = package.missing_feature("ScriptletExpansion")?;
    }
    Ok(messages)
}

fn interpreters(package: &Subject<'_>) -> Messages {
    let main = package.headers.main();
    let mut found = Vec::new();
    for scriptlet in main.scriptlets()? {
        let first = scriptlet.interpreter.clone().next();
        found.extend(first.map(|program| (scriptlet.kind.section(), program.to_str_lossy().into_owned())));
    }
    for program in main.strings(tag::TRIGGER_SCRIPT_PROG)? {
        found.push(("a trigger", program.to_str_lossy().into_owned()));
    }
    let lua = package.client.rpmlib_names.iter().any(|name| name == "BuiltinLuaScripts");
    let known = |program: &str| program.starts_with('/') || (program == "<lua>" && lua);
    let unknown = found.into_iter().filter(|(_, program)| !known(program));
    Ok(unknown.map(|(section, program)| format!("{section} is run by `{program}`")).collect())
}

/// What newer clients run. EL6 has no word for it, so it is judged by what else the client lacks.
fn unknown_scriptlets(package: &Subject<'_>) -> Messages {
    if !package.client.forbid_file_triggers {
        return Ok(Vec::new());
    }
    let new = [ScriptletKind::PreUnTrans, ScriptletKind::PostUnTrans];
    let scriptlets = package.headers.main().scriptlets()?.into_iter();
    Ok(scriptlets
        .filter(|scriptlet| new.contains(&scriptlet.kind))
        .map(|scriptlet| format!("{} is never run", scriptlet.kind.section()))
        .collect())
}

fn file_triggers(package: &Subject<'_>) -> Messages {
    if !package.client.forbid_file_triggers {
        return Ok(Vec::new());
    }
    let mut messages = Vec::new();
    for (tag, what) in
        [(tag::FILE_TRIGGER_NAME, "file trigger"), (tag::TRANS_FILE_TRIGGER_NAME, "transaction file trigger")]
    {
        for path in package.headers.main().strings(tag)? {
            messages.push(format!("{what} on {path} is never run"));
        }
    }
    Ok(messages)
}
