//! Files in, problems with their places out.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_toml_tree::{File, Problem, Problems, Table, Text};

/// What is said of a text that is read so.
fn check(text: &str, read: impl FnOnce(&Table<'_>), expect: &[&str]) {
    let file = File::new(text.to_owned(), "a.toml".into());
    let tree = file.parse();
    let root = file.root(&tree, "the file");
    read(&root);
    root.finish();
    assert_eq!(file.is_sound(), expect.is_empty(), "{text}");
    let problems = file.into_problems();
    let told: Vec<String> = problems
        .iter()
        .map(|problem| match &problem.hint {
            Some(hint) => format!("{problem} ({hint})"),
            None => problem.to_string(),
        })
        .collect();
    assert_eq!(told, expect, "{text}");
}

fn plain(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

#[test]
fn values_are_handed_out_by_type() {
    let text = "name = \"xen\"\non = true\ncount = 0x10\nday = 2013-06-20\nwords = [\"a\", \"b\"]\nnumbers = [1, 2]\n\
                [one]\nx = \"1\"\n[[many]]\nx = \"2\"\n[named.a]\nx = \"3\"\n";
    let read = |root: &Table<'_>| {
        assert_eq!(root.required("name").unwrap().value, "xen");
        assert_eq!(root.word(root.text("name"), &[("kernel", 1), ("xen", 2)]), Some(2));
        assert!(root.boolean("on").unwrap().value);
        assert_eq!(root.number("count", 1..=20_u32).unwrap().value, 16);
        assert_eq!(root.date_text("day").unwrap().value, "2013-06-20");
        assert_eq!(plain(root.required_texts("words")), ["a", "b"]);
        assert_eq!(plain(root.text_or_texts("words")), ["a", "b"]);
        assert_eq!(plain(root.text_or_texts("name")), ["xen"]);
        assert_eq!(root.numbers("numbers")[1].value, 2);
        let mut below = vec![root.required_table("one").unwrap()];
        below.extend(root.required_tables("many"));
        below.extend(root.named_tables("named").into_iter().map(|(name, table)| {
            assert_eq!(name.value, "a");
            table
        }));
        let found: Vec<_> = below.iter().filter_map(|table| table.text("x")).collect();
        assert_eq!(plain(found), ["1", "2", "3"]);
        assert_eq!(
            (root.text("none").is_none(), root.texts("none").len(), root.has("none")),
            (true, 0, false)
        );
        for table in below {
            table.finish();
        }
    };
    check(text, read, &[]);
}

#[test]
fn wrong_values_are_named_with_their_places() {
    let text = "name = 1\n\tempty = \" \"\nlines = [\"ö\", \"a\\nb\"]\ncount = 30\nwords = [\"a\", 2]\nlist = []\ntable = []\n";
    let read = |root: &Table<'_>| {
        assert!(root.required("name").is_none() && root.required("empty").is_none());
        assert!(plain(root.texts("lines")) == ["ö"] && root.number("count", 1..=20_u32).is_none());
        assert_eq!(plain(root.texts("words")), ["a"], "what is right stays");
        assert!(root.required_texts("list").is_empty() && root.table("table").is_none());
    };
    let expect = [
        "a.toml:1:8: `name` must be a string, this is the number 1",
        "a.toml:2:10: `empty` is empty",
        "a.toml:3:15: `lines` must be one line without control characters",
        "a.toml:4:9: `count` must be at least 1 and at most 20",
        "a.toml:5:15: `words` must be a list of strings, this is the number 2",
        "a.toml:6:8: `list` is empty",
        "a.toml:7:9: `table` must be a table, this is a list",
    ];
    check(text, read, &expect);
}

#[test]
fn what_must_be_there_is_missed_and_nothing_else_may_be() {
    let read = |root: &Table<'_>| {
        root.required("version");
        root.required_texts("words");
        root.required_table("part");
        root.required_tables("list");
        root.refuse("old", "is gone", Some("use `new`"));
        root.refuse("older", "is gone", None);
    };
    let expect = [
        "a.toml:1:1: the file has no `version`",
        "a.toml:1:1: the file has no `words`",
        "a.toml:1:1: the file has no `part`",
        "a.toml:1:1: the file has no [[list]]",
        "a.toml:2:1: `old` is gone (use `new`)",
        "a.toml:1:1: unknown key `verison` in the file (did you mean `version`?)",
    ];
    check("verison = 1\nold = 1\n", read, &expect);
    let read = |root: &Table<'_>| {
        root.word(root.text("role"), &[("dom0", 0), ("domU", 1)]);
    };
    check("role = \"dom1\"\n", read, &["a.toml:1:8: `dom1` is not known here (did you mean `dom0`?)"]);
    check("role = \"x\"\n", read, &["a.toml:1:8: `x` is not known here (known here: `dom0`, `domU`)"]);
}

#[test]
fn nothing_follows_from_an_error_of_syntax() {
    let file = File::new("a = 1\nname = \"x\nb = 2\n".to_owned(), "a.toml".into());
    let tree = file.parse();
    let root = file.root(&tree, "the file");
    root.required("version");
    root.text("a");
    root.text("name");
    assert!(file.is_broken());
    let problems = file.into_problems();
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines.iter().filter(|line| **line == 2).count(), 1, "{problems:?}");
    assert!(problems.iter().all(|problem| !problem.message.contains("has no")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.message.contains("must be a string")), "{problems:?}");
}

#[test]
fn files_are_shown_from_the_root_on() {
    let directory = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(directory.path()).unwrap();
    fs_err::write(root.join("a.toml"), "a = 1\n").unwrap();
    let file = File::read(&root.join("a.toml"), root);
    assert_eq!((file.shown.as_path(), file.is_broken()), (Utf8Path::new("a.toml"), false));
    let file = File::read(&root.join("none.toml"), root);
    assert!(file.is_broken() && !file.is_sound());
    let problems = file.into_problems();
    assert!(problems[0].to_string().starts_with("none.toml:1:1: can not be read: "), "{}", problems[0]);
}

#[test]
fn problems_are_told_once_by_place() {
    let of = |file: &str, line| Problem::of_line(file.into(), line, "it").hint("way");
    let problems = vec![of("b", 2), of("a", 3), of("b", 0), of("b", 2)];
    let problems = Problems::none_or(problems, ()).unwrap_err();
    assert_eq!(problems.to_string(), "a:3: it\nb: it\nb:2: it");
    assert_eq!(Problems::none_or(Vec::new(), 1), Ok(1));
    let exact = Problem { column: 4, ..of("a", 3) };
    assert_eq!((exact.place(), exact.file), ("a:3:4".to_owned(), Utf8PathBuf::from("a")));
}
