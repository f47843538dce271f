use xen4centos_build::{BuildError, Conditions, Silent, prepare};
use xen4centos_process::StopFlag;

use crate::support::{Scratch, request, tree};

/// What `look` says of the tree that these commands prepare.
fn prepared(
    scratch: &Scratch,
    commands: &str,
    look: impl FnOnce(&camino::Utf8Path) -> String,
) -> Result<String, BuildError> {
    let request = request(&format!("%prep\n%setup -q -c -T\n{commands}\n\n%build\nexit 1\n\n%files\n"));
    let (builds, stop) = (scratch.builds(), StopFlag::default());
    let conditions = Conditions {
        builds: &builds,
        hidden: &[],
        reporter: &Silent,
        clock: &|| 0,
        program: "tests 1.0",
        project: &|| None,
        stop: &stop,
    };
    prepare(&request, &conditions, look)
}

#[test]
fn the_tree_is_seen_and_nothing_is_built_or_kept() {
    let scratch = Scratch::new();
    let seen = prepared(&scratch, "echo mended > file.c", |tree| {
        let file = tree.read_dir_utf8().unwrap().next().unwrap().unwrap().into_path().join("file.c");
        fs_err::read_to_string(file).unwrap()
    });
    assert_eq!(seen.unwrap(), "mended\n");
    assert_eq!(tree(&scratch.builds().join("small")), ["lock"]);
}

#[test]
fn a_preparation_that_fails_says_where() {
    let scratch = Scratch::new();
    let error = prepared(&scratch, "echo no such patch >&2; exit 1", |_| unreachable!("there is no tree"));
    let text = error.unwrap_err().to_string();
    assert!(text.contains("failed in %prep") && text.contains("no such patch"), "{text}");
}
