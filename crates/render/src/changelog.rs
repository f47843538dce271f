use std::fmt::Write as _;

use xen4centos_manifest::ChangelogEntry;

/// The body of `%changelog`, newest first. rpm refuses an entry whose weekday is not that of its date, so the weekday is
/// computed; and it expands macros even here, so `%` is doubled. An entry that names its epoch keeps it.
pub fn changelog(entries: &[ChangelogEntry], epoch: u32) -> String {
    let mut text = String::new();
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let has_epoch = epoch == 0 || entry.version.contains(':');
        let epoch = if has_epoch { String::new() } else { format!("{epoch}:") };
        let date = entry.date.strftime("%a %b %d %Y");
        let author = escaped(&entry.author);
        writeln!(text, "* {date} {author} - {epoch}{}", escaped(&entry.version))
            .expect("writing to a string does not fail");
        for line in &entry.entries {
            writeln!(text, "- {}", escaped(line)).expect("writing to a string does not fail");
        }
    }
    text.trim_end().to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_computed_and_macros_are_not_expanded() {
        let entry = |date: (i16, i8, i8), version: &str, line: &str| ChangelogEntry {
            date: jiff::civil::date(date.0, date.1, date.2),
            author: "A B <a@b.invalid>".to_owned(),
            version: version.to_owned(),
            entries: vec![line.to_owned()],
        };
        let entries = [
            entry((2026, 11, 23), "4.2.5-2", "Use %{_libdir} in %files"),
            entry((2014, 9, 2), "9:4.2.5-%(touch x)", "First"),
        ];
        assert_eq!(
            changelog(&entries, 10),
            "* Mon Nov 23 2026 A B <a@b.invalid> - 10:4.2.5-2\n- Use %%{_libdir} in %%files\n\n\
             * Tue Sep 02 2014 A B <a@b.invalid> - 9:4.2.5-%%(touch x)\n- First"
        );
    }
}
