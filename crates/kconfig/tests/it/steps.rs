//! The tree's own step, with Makefiles that stand for the kernel's, and with the project's own miniature tree.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_kconfig::{
    KconfigError, KconfigTree, KernelConfigs, Resolver, TreeUse, resolve, unknown, verify,
};
use xen4centos_process::{Invocation, Tool};

use crate::{request, tree_directory};

/// What a kernel's Makefile does, for two symbols: the step takes NETBACK away unless XEN is there.
const STEPS: &str = "
defconfig:
	printf 'CONFIG_64BIT=y\\n# CONFIG_XEN is not set\\nCONFIG_NET=y' > $(OUT)/.config
oldnoconfig:
	grep -q ^CONFIG_XEN=y $(OUT)/.config || sed -i /NETBACK/d $(OUT)/.config
";

fn make_tree(directory: &Utf8Path, head: &str) -> Utf8PathBuf {
    let tree = directory.join("tree");
    fs_err::create_dir_all(tree.join("drivers")).unwrap();
    fs_err::write(tree.join("Makefile"), format!("{head}{STEPS}")).unwrap();
    fs_err::copy(tree_directory().join("Kconfig"), tree.join("Kconfig")).unwrap();
    fs_err::write(tree.join("drivers/built.o"), "object").unwrap();
    tree
}

fn listing(directory: &Utf8Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(directory).sort_by_file_name();
    entries.into_iter().map(|entry| entry.unwrap().path().display().to_string()).collect()
}

#[track_caller]
fn check(head: &str, dirty: bool, expect: TreeUse) {
    let directory = tempfile::tempdir().unwrap();
    let directory = Utf8Path::from_path(directory.path()).unwrap();
    let tree = make_tree(directory, head);
    if dirty {
        fs_err::write(tree.join(".config"), "CONFIG_OLD=y\n").unwrap();
    }
    let before = listing(&tree);
    let work = directory.join("work");

    let wishes = request("CONFIG_XEN=y\nCONFIG_NETBACK=m\n# CONFIG_NET is not set");
    for _ in 0..2 {
        let resolution = resolve(&tree, &work, &wishes).unwrap();
        assert_eq!(resolution.tree_use, expect);
        assert_eq!(verify(&wishes, &resolution.config, None), []);
        assert!(resolution.file.starts_with(&work));
    }
    let lonely = request("CONFIG_NETBACK=m");
    let resolution = resolve(&tree, &work, &lonely).unwrap();
    assert_eq!(
        verify(&lonely, &resolution.config, None)[0].to_string(),
        "a.config:1: CONFIG_NETBACK asked m, got n"
    );
    assert_eq!(listing(&tree), before, "the tree is left as it was");
}

#[test]
fn a_tree_that_can_write_elsewhere_is_used_in_place() {
    check("KBUILD_OUTPUT := $(O)\nOUT := $(O)\n", false, TreeUse::InPlace);
}

#[test]
fn a_tree_that_was_built_in_is_copied() {
    check("KBUILD_OUTPUT := $(O)\nOUT := $(or $(O),.)\n", true, TreeUse::Copied);
}

#[test]
fn a_tree_that_can_not_write_elsewhere_is_copied_without_objects() {
    check("OUT := .\n", false, TreeUse::Copied);
    let directory = tempfile::tempdir().unwrap();
    let directory = Utf8Path::from_path(directory.path()).unwrap();
    let tree = make_tree(directory, "OUT := .\n");
    let resolution = resolve(&tree, &directory.join("work"), &request("CONFIG_XEN=y")).unwrap();
    assert!(!resolution.file.with_file_name("drivers").join("built.o").exists());
}

#[test]
fn every_program_of_the_tree_is_held() {
    let directory = tempfile::tempdir().unwrap();
    let directory = Utf8Path::from_path(directory.path()).unwrap();
    let makefile = "OUT := .\nheld:\n\techo $(HELD) >> ../../steps\ndefconfig oldnoconfig: held\n";
    let tree = make_tree(directory, makefile);
    let hold = |make: Invocation| make.wrapped_by(Tool::Timeout, ["60"]).env("HELD", "held");
    let work = directory.join("work");
    Resolver::new(&tree, &work).held_by(&hold).resolve(&request("CONFIG_XEN=y")).unwrap();
    assert_eq!(fs_err::read_to_string(directory.join("steps")).unwrap(), "held\nheld\n");
}

#[test]
fn missing_make_is_told_from_a_failing_one() {
    let directory = tempfile::tempdir().unwrap();
    let directory = Utf8Path::from_path(directory.path()).unwrap();
    let tree = make_tree(directory, "OUT := .\n");
    let hold = |make: Invocation| make.wrapped_by(Tool::Setpriv, ["no-such-program"]);
    let work = directory.join("work");
    let error = Resolver::new(&tree, &work).held_by(&hold).resolve(&request("")).unwrap_err();
    assert!(error.is_of_the_world(), "{error:?}");
    assert!(error.hint().unwrap().contains("make and a C compiler"));
    fs_err::write(tree.join("Makefile"), "defconfig:\n\tno-such-program\n").unwrap();
    let error = resolve(&tree, &work, &request("")).unwrap_err();
    assert!(!error.is_of_the_world(), "{error:?}");
}

#[test]
fn failures_name_the_step_and_carry_what_make_said() {
    let directory = tempfile::tempdir().unwrap();
    let directory = Utf8Path::from_path(directory.path()).unwrap();
    let work = directory.join("work");
    let no_tree = resolve(directory, &work, &request("")).unwrap_err();
    assert!(matches!(no_tree, KconfigError::NotATree { .. }), "{no_tree}");
    let tree = make_tree(directory, "OUT := .\n");
    fs_err::write(tree.join("Makefile"), "defconfig:\n\techo no defaults here >&2; false\n").unwrap();
    let failed = resolve(&tree, &work, &request("")).unwrap_err();
    assert!(failed.to_string().starts_with("step `defconfig` of the kernel configuration failed in `"));
    let source = std::error::Error::source(&failed).unwrap().to_string();
    assert!(source.contains("no defaults here"), "{source}");
}

#[test]
fn everything_wrong_in_the_directory_is_found_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let directory = Utf8Path::from_path(directory.path()).unwrap();
    let write = |name: &str, text: &str| fs_err::write(directory.join(name), text).unwrap();
    write(
        "fragments.toml",
        "[[fragment]]\nfile = \"10.config\"\nsummary = \"a\"\n\n[[fragment]]\nfile = \"20.config\"\nsummary = \"b\"\n\n[[fragment]]\nfile = \"10.config\"\nsummary = \"c\"\n",
    );
    write("10.config", "CONFIG_A=\n");
    write("30.config", "CONFIG_B=y\n");
    write("contract.toml", "[[require]]\nsymbol = \"X\"\nrole = \"guest\"\nvalues = []\nwhy = \"\"\n");
    let error = KernelConfigs::load(directory, "D".into()).unwrap_err();
    assert_eq!(
        error.to_string().lines().collect::<Vec<_>>(),
        [
            "D/10.config:1: expected y, m, n, a number or a quoted string for `CONFIG_A`, found ``",
            "D/30.config: this fragment is not in fragments.toml",
            "D/contract.toml:3:8: `guest` is not known here",
            "D/contract.toml:4:10: `values` is empty",
            "D/contract.toml:5:7: `why` is empty",
            "D/fragments.toml:6:8: there is no file `20.config`",
            "D/fragments.toml:10:8: `10.config` is listed twice",
        ]
    );
    assert_eq!(
        error.hint().unwrap(),
        "D/30.config: list it, or delete it\n      D/contract.toml:3:8: known here: `dom0`, `domU`, `both`"
    );
}

/// A list that can not be read hides nothing, and a fragment is not called unlisted for what could not be read.
#[test]
fn broken_list_hides_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let directory = Utf8Path::from_path(directory.path()).unwrap();
    let write = |name: &str, text: &str| fs_err::write(directory.join(name), text).unwrap();
    let check = |expect: &[&str]| {
        let error = KernelConfigs::load(directory, "D".into()).unwrap_err().to_string();
        assert_eq!(error.lines().map(|line| line.split(": ").next().unwrap()).collect::<Vec<_>>(), expect);
    };
    write("10.config", "CONFIG_A=y\nCONFIG_B\n");
    write("20.config", "CONFIG_C=\n");
    write("contract.toml", "[[require]]\nsymbol = X\nrole = \"dom\"\nvalues = [\"y\"]\nwhy = \"it\"\n");
    let bad = ["D/10.config:2", "D/20.config:1", "D/contract.toml:2:10", "D/contract.toml:3:8"];
    check(&[&bad[..], &["D/fragments.toml"]].concat());
    write("fragments.toml", "[[fragment]]\nfile = \"10.config\nsummary = \"a\"\n");
    check(&[&bad[..], &["D/fragments.toml:2:18"]].concat());
    write("fragments.toml", "[[fragment]]\nfile = 10\nsumary = \"a\"\n");
    check(&[&bad[..], &["D/fragments.toml:1:1", "D/fragments.toml:2:8", "D/fragments.toml:3:1"]].concat());
    fs_err::write(directory.join("contract.toml"), b"\xff").unwrap();
    fs_err::remove_file(directory.join("fragments.toml")).unwrap();
    check(&["D/10.config:2", "D/20.config:1", "D/contract.toml", "D/fragments.toml"]);
}

#[test]
fn the_projects_own_configuration_is_sound() {
    let configs = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel-configs");
    let set = KernelConfigs::load(&configs, &configs).unwrap();
    let request = set.request();
    for requirement in set.contract.requirements() {
        if let Some(wish) = request.wish(&requirement.symbol) {
            assert!(requirement.values.contains(&wish.value), "{} {}", requirement.symbol, wish.value);
        }
    }
}

#[test]
fn the_projects_wishes_hold_in_the_miniature_tree() {
    let project = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize_utf8().unwrap();
    let set = KernelConfigs::load(&project.join("kernel-configs"), "kernel-configs".into()).unwrap();
    let request = set.request();
    let miniature = project.join("specs/kernel/miniature");
    let before = listing(&miniature);
    let work = tempfile::tempdir().unwrap();
    let resolution = resolve(&miniature, Utf8Path::from_path(work.path()).unwrap(), &request).unwrap();
    let tree = KconfigTree::load(&miniature).unwrap();
    assert_eq!(unknown(&request, &tree), []);
    assert_eq!(verify(&request, &resolution.config, Some(&tree)), []);
    assert_eq!(set.contract.check_all(&resolution.config), []);
    assert_eq!(listing(&miniature), before, "the tree is left as it was");
}
