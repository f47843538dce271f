use xen4centos_kconfig::{KconfigTree, unknown, verify};

use crate::{config, request, tree};

/// `asked` over a configuration that says `got`: one line of report, without the position.
#[track_caller]
fn check(asked: &str, got: &str, expect: &str) {
    let lost = verify(&request(asked), &config(got), Some(&tree()));
    let lines: Vec<_> = lost.iter().map(|lost| lost.to_string().replace("a.config:1: ", "")).collect();
    assert_eq!(lines.join("\n"), expect);
}

const BASE: &str = "CONFIG_64BIT=y\nCONFIG_X86=y\nCONFIG_MODULES=y\nCONFIG_NET=y\n";

#[test]
fn unmet_dependencies() {
    check(
        "CONFIG_XEN_TMEM=y",
        &format!("{BASE}CONFIG_XEN=y\n"),
        "CONFIG_XEN_TMEM asked y, got n: depends on CLEANCACHE || FRONTSWAP, both n (CLEANCACHE can be asked for; FRONTSWAP is no symbol of this tree)",
    );
    check(
        "CONFIG_XEN_TMEM=y",
        BASE,
        "CONFIG_XEN_TMEM asked y, got n: depends on XEN, which is n (XEN can be asked for); and on CLEANCACHE || FRONTSWAP, both n (CLEANCACHE can be asked for; FRONTSWAP is no symbol of this tree)",
    );
    check(
        "CONFIG_BRIDGE=y",
        &format!("{BASE}CONFIG_IPV6=m\nCONFIG_BRIDGE=m\n"),
        "CONFIG_BRIDGE asked y, got m: depends on IPV6 || IPV6=n, IPV6 is m",
    );
}

#[test]
fn the_cause_behind_the_cause() {
    check(
        "CONFIG_NETBACK=m",
        &format!("{BASE}CONFIG_XEN=y\nCONFIG_XEN_PCI=y\nCONFIG_SWIOTLB_XEN=y\n"),
        "CONFIG_NETBACK asked m, got n: depends on XEN_DOM0, which is n (XEN_DOM0 has no prompt and needs ACPI, which is n (ACPI can be asked for))",
    );
}

#[test]
fn no_prompt() {
    check(
        "CONFIG_XEN_DOM0=y",
        &format!("{BASE}CONFIG_XEN=y\nCONFIG_ACPI=y\n"),
        "CONFIG_XEN_DOM0 asked y, got n: has no prompt: it can only be selected or derived, from y if XEN && XEN_PCI && SWIOTLB_XEN && ACPI; that depends on XEN_PCI, which is n (XEN_PCI can be asked for); and on SWIOTLB_XEN, which is n (SWIOTLB_XEN has no prompt and needs XEN_PCI, which is n (XEN_PCI can be asked for))",
    );
}

/// What another wish keeps off is no news of the tree: the wish is named.
#[test]
fn wishes_that_contradict_each_other() {
    check(
        "CONFIG_XEN_TMEM=y\n# CONFIG_XEN is not set\nCONFIG_CLEANCACHE=y",
        &format!("{BASE}CONFIG_CLEANCACHE=y\n"),
        "CONFIG_XEN_TMEM asked y, got n: depends on XEN, which is n (XEN is switched off in a.config:2)",
    );
    // And once, though it keeps off two things.
    check(
        "CONFIG_XEN_SELFBALLOON=y\n# CONFIG_XEN is not set",
        BASE,
        "CONFIG_XEN_SELFBALLOON asked y, got n: depends on XEN, which is n (XEN is switched off in a.config:2); and on XEN_BALLOON, which is n (XEN_BALLOON depends on XEN, too)",
    );
    // A symbol without a prompt can not be asked for with any value.
    check(
        "CONFIG_XEN_DOM0=m",
        &format!(
            "{BASE}CONFIG_XEN=y\nCONFIG_XEN_PCI=y\nCONFIG_SWIOTLB_XEN=y\nCONFIG_ACPI=y\nCONFIG_XEN_DOM0=y\n"
        ),
        "CONFIG_XEN_DOM0 asked m, got y: has no prompt: it can only be selected or derived, from y if XEN && XEN_PCI && SWIOTLB_XEN && ACPI",
    );
}

#[test]
fn selected_by_others() {
    check(
        "# CONFIG_CRC is not set",
        &format!("{BASE}CONFIG_BRIDGE=m\nCONFIG_CRC=m\n"),
        "CONFIG_CRC asked n, got m: is selected by BRIDGE (m)",
    );
}

#[test]
fn choices_types_and_ranges() {
    check(
        "CONFIG_PREEMPT=y",
        &format!("{BASE}CONFIG_PREEMPT_NONE=y\n"),
        "CONFIG_PREEMPT asked y, got n: only one of the choice `Preemption` can hold, and PREEMPT_NONE does",
    );
    check(
        "CONFIG_XEN_BALLOON=m",
        &format!("{BASE}CONFIG_XEN_BALLOON=y\n"),
        "CONFIG_XEN_BALLOON asked m, got y: can not be a module: ask for y or n",
    );
    check(
        "CONFIG_NR_CPUS=4096",
        &format!("{BASE}CONFIG_NR_CPUS=8\n"),
        "CONFIG_NR_CPUS asked 4096, got 8: must lie between 2 and 512",
    );
    check(
        "CONFIG_CRC=m",
        "# CONFIG_MODULES is not set\n",
        "CONFIG_CRC asked m, got n: modules are switched off (MODULES is n)",
    );
}

#[test]
fn unknown_symbols() {
    check(
        "CONFIG_XEN_TMEN=y",
        BASE,
        "CONFIG_XEN_TMEN asked y, got n: no such symbol in this tree (did you mean XEN_TMEM?)",
    );
    // To ask that it be off holds, but is worth a remark.
    check("# CONFIG_CLEANCASH is not set", BASE, "");
    let remarks: Vec<_> = unknown(&request("# CONFIG_CLEANCASH is not set\nCONFIG_XEN=y"), &tree())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        remarks,
        ["a.config:1: CONFIG_CLEANCASH is no symbol of this tree (did you mean CLEANCACHE?)"]
    );
}

#[test]
fn what_holds_is_not_mentioned() {
    check("CONFIG_NR_CPUS=0x8", &format!("{BASE}CONFIG_NR_CPUS=8\n"), "");
    check("CONFIG_XEN=y", &format!("{BASE}CONFIG_XEN=y\n"), "");
}

#[test]
fn files_that_name_themselves_or_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = camino::Utf8Path::from_path(directory.path()).unwrap();
    let load = |text: &str| {
        fs_err::write(root.join("Kconfig"), text).unwrap();
        KconfigTree::load(root).unwrap_err().to_string()
    };
    assert_eq!(
        load("config A\n\tbool\nsource \"Kconfig\"\n"),
        "Kconfig:3: can not follow `source \"Kconfig\"`: it is being read already"
    );
    assert_eq!(
        load("source \"gone/Kconfig\"\n"),
        "Kconfig:1: can not follow `source \"gone/Kconfig\"`: entity not found"
    );
}
