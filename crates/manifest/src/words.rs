//! What single values must look like. Each function returns what is wrong with a value, and the way out where there
//! is one.

/// What is wrong with a value, and the way out where there is one.
pub type Complaint = (String, Option<&'static str>);

/// Letters, digits and `others`, and first a letter or digit.
fn is_plain(text: &str, others: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

/// The name of a package, client or target: what rpm allows in a name, without what a shell or a path would read
/// otherwise.
pub(crate) fn name(text: &str) -> Option<Complaint> {
    if is_plain(text, "._+-") {
        return None;
    }
    Some((
        format!("`{text}` is no name: letters, digits and `.` `_` `+` `-` only, first a letter or digit"),
        None,
    ))
}

/// The name of an option or source, which templates see with `_` for `-` and `.`.
pub(crate) fn variable(text: &str) -> Option<Complaint> {
    if is_plain(text, "._-") {
        return None;
    }
    Some((
        format!("`{text}` is no name that a template can use: letters, digits and `.` `_` `-` only"),
        Some("give it a `name` of its own"),
    ))
}

/// A version or release for rpm 4.8.
pub(crate) fn version(text: &str) -> Option<Complaint> {
    let bad = text.chars().find(|c| !(c.is_ascii_alphanumeric() || "._+".contains(*c)))?;
    let hint = match bad {
        '~' => {
            "rpm on EL6 knows no `~`: it would refuse the package, and sort 1.0~rc1 after 1.0; use a release such as 0.1.rc1"
        }
        '^' => "rpm on EL6 knows no `^`; use a release such as 1.20260101git",
        '-' => "`-` separates version and release in a package's file name; use `.` or `_`",
        _ => "letters, digits and `.` `_` `+` only",
    };
    Some((format!("`{bad}` can not stand in a version or release"), Some(hint)))
}

/// The version of a changelog entry: `[EPOCH:]VERSION-RELEASE`. rpm takes what stands there as it stands, so each part
/// is held to its own rule.
pub(crate) fn changelog_version(text: &str) -> Option<Complaint> {
    let (epoch, rest) = text.split_once(':').map_or((None, text), |(epoch, rest)| (Some(epoch), rest));
    let parts = rest.split_once('-').filter(|(version, release)| !version.is_empty() && !release.is_empty());
    let digits = |epoch: &str| epoch.parse::<u32>().is_ok() && epoch.chars().all(|c| c.is_ascii_digit());
    match parts {
        Some((left, right)) if epoch.is_none_or(digits) => version(left).or_else(|| version(right)),
        _ => Some((format!("`{text}` is no [EPOCH:]VERSION-RELEASE"), Some("such as `4.2.5-38`"))),
    }
}

/// The name of an advisory: `XSA-108`, `CVE-2014-7188`, or one that a project gives itself.
pub(crate) fn advisory(text: &str) -> Option<Complaint> {
    if is_plain(text, "._:-") {
        return None;
    }
    Some((
        format!("`{text}` is no name of an advisory: letters, digits and `.` `_` `:` `-` only"),
        Some("such as `XSA-108` or `CVE-2014-7188`"),
    ))
}

/// What becomes the value of an rpm macro, in a file where a backslash or an open brace would take the next line in.
pub(crate) fn macro_text(text: &str) -> Option<Complaint> {
    let bad = text.chars().find(|c| "%\\{}".contains(*c))?;
    Some((format!("`{bad}` means something to rpm here"), Some("write it in plain words")))
}

/// A file name in rpm's SOURCES, or on the host.
pub(crate) fn file_name(text: &str) -> Option<Complaint> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._+~-".contains(c));
    if plain && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let message =
        format!("`{text}` is no file name: letters, digits and `.` `_` `+` `~` `-` only, and no directory");
    Some((message, None))
}

/// A path below a directory of the project.
pub(crate) fn inner_path(text: &str) -> Option<Complaint> {
    let bad_part = |part: &str| part.is_empty() || part == "." || part == "..";
    if text.split('/').any(bad_part) || text.contains('\\') {
        return Some((format!("`{text}` must be a plain relative path, without `..`"), None));
    }
    None
}

/// What is wrong with a URL to download from, if anything. Nothing here fetches by ftp.
pub fn download_url(text: &str) -> Option<Complaint> {
    url(text, &["https", "http"])
}

/// A URL that git clones from.
pub(crate) fn git_url(text: &str) -> Option<Complaint> {
    url(text, &["https", "http", "git", "ssh", "file"])
}

fn url(text: &str, schemes: &[&str]) -> Option<Complaint> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some((format!("`{text}` is no URL"), None));
    };
    if !schemes.contains(&scheme) {
        return Some((format!("`{scheme}` URLs are not taken here, only {}", schemes.join(", ")), None));
    }
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() && scheme != "file" {
        return Some((format!("`{text}` names no host"), None));
    }
    if scheme != "ssh" && host.contains('@') {
        return Some((
            "a URL in the tree must not carry a user or password".to_owned(),
            Some("put a private copy in the lookaside directory instead"),
        ));
    }
    if !text.chars().all(|c| c.is_ascii_graphic()) {
        return Some((format!("`{text}` has characters that must be %-quoted"), None));
    }
    None
}

/// The base URL of a channel as yum reads it.
pub(crate) fn base_url(text: &str) -> Option<Complaint> {
    if let Some(complaint) = url(text, &["https", "http", "ftp", "file"]) {
        return Some(complaint);
    }
    if !text.ends_with('/') {
        return Some((format!("`{text}` must end with `/`"), None));
    }
    let mut variables = text.split('$').skip(1);
    let unknown =
        variables.find(|rest| !["releasever", "basearch"].iter().any(|known| rest.starts_with(known)))?;
    let name: String = unknown.chars().take_while(char::is_ascii_alphanumeric).collect();
    Some((
        format!("`${name}` means nothing sure to yum on EL6"),
        Some("use $releasever and $basearch only: there, $arch is ia32e on x86_64"),
    ))
}

/// `Name <mail>`, as a changelog names its author.
pub fn changelog_author(text: &str) -> Option<Complaint> {
    let shaped = text.strip_suffix('>').and_then(|text| text.split_once(" <"));
    match shaped {
        Some((name, mail)) if !name.trim().is_empty() && mail.contains('@') && !mail.contains(['<', ' ']) => {
            None
        }
        _ => Some((format!("expected `Name <mail@host>`, found `{text}`"), None)),
    }
}

/// `a.b`, the version of a glibc symbol.
pub(crate) fn dotted_numbers(text: &str) -> Option<Complaint> {
    let good = text.split('.').all(|part| part.parse::<u32>().is_ok());
    if good { None } else { Some((format!("`{text}` is no version such as 2.12"), None)) }
}

/// The id of a repository.
pub(crate) fn repository_id(text: &str) -> Option<Complaint> {
    if let Some(complaint) = name(text) {
        return Some(complaint);
    }
    let cut = [".gz", ".bz2"].into_iter().find(|suffix| text.contains(suffix))?;
    Some((format!("yum on EL6 cuts `{cut}` out of the path of a repository's cache"), None))
}

/// The code of a rule of `check`, by its shape.
pub(crate) fn rule_code(text: &str) -> Option<Complaint> {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if text.split('-').count() > 2 && text.split('-').all(part) {
        return None;
    }
    Some((format!("`{text}` is no code of a rule"), Some("such as `EL6-PKG-032`; `check --list` shows all")))
}

/// What `%_binary_payload` takes; returns the name that RPM tag 1125 gives the compressor.
pub(crate) fn payload_compressor(text: &str) -> Option<&'static str> {
    let (flags, io) = text.split_once('.')?;
    let level = flags.strip_prefix('w')?;
    if !level.chars().all(|c| c.is_ascii_digit() || c == 'T') {
        return None;
    }
    Some(match io {
        "gzdio" => "gzip",
        "bzdio" => "bzip2",
        "xzdio" => "xz",
        "lzdio" => "lzma",
        "zstdio" => "zstd",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&str) -> Option<Complaint>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(rule(text), None, "{text}");
        }
        for text in bad {
            assert!(rule(text).is_some(), "{text}");
        }
    }

    #[test]
    fn values_that_a_path_a_shell_or_rpm_would_misread_are_refused() {
        check(name, &["xen", "centos-release-xen", "gtk2+"], &["", "../xen", "a b", "-x", ".x", "x%y"]);
        check(version, &["4.2.5", "6.el6.centos", "1_a+b"], &["4.2~rc1", "1^git", "4-2", "1:2", "%{x}"]);
        check(file_name, &["xen-4.2.5.tar.gz", "a.patch"], &["a/b", "..", "a b", "", "%x", "-rf"]);
        check(inner_path, &["keys/a.asc", "miniature"], &["/etc", "../x", "a//b", "a/../b", ""]);
        check(
            changelog_version,
            &["4.2.5-38", "10:6-6.el6.centos", "0:1_a+b-1"],
            &[
                "4.2.5",
                "-1",
                "1-",
                "1-0-1",
                "x:1-1",
                "+1:1-1",
                "1:2:1-1",
                "1.0-0%(touch x)",
                "1.0~rc1-1",
                "1-1 ",
            ],
        );
        check(
            advisory,
            &["XSA-108", "CVE-2014-7188", "xsa-108", "a:b_c.1"],
            &["", "XSA 1", "%(x)", "-1", "X\n"],
        );
        check(macro_text, &["The <people> of #1, a@b.c"], &["100%", "a\\", "${x}"]);
        check(changelog_author, &["A B <a@b.c>"], &["A B", "<a@b.c>", "A <a>", "A <a@b> <c@d>"]);
        check(dotted_numbers, &["2.12"], &["2.x", "", "2."]);
        check(repository_id, &["Xen4CentOS"], &["xen.gz", "a b"]);
    }

    #[test]
    fn urls_are_checked_by_use() {
        check(
            download_url,
            &["https://example.org/a.tar.gz", "http://[::1]:80/x"],
            &["a.tar.gz", "https:///x", "https://u:p@h/x", "file:///x", "https://h/a b", "ftp://h/x"],
        );
        check(git_url, &["file:///x", "ssh://git@h/x"], &["git@h:x"]);
        check(
            base_url,
            &["http://h/$releasever/xen4/$basearch/"],
            &["http://h/x", "http://h/$arch/", "http://h/$uuid/"],
        );
    }

    #[test]
    fn payload_names_its_compressor() {
        assert_eq!(payload_compressor("w6.xzdio"), Some("xz"));
        assert_eq!(payload_compressor("w19T8.zstdio"), Some("zstd"));
        assert_eq!(payload_compressor("xz"), None);
    }
}
