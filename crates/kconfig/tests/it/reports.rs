use xen4centos_kconfig::{Contract, Symbols, diff, render_diff};

use crate::{config, tree};

const CONTRACT: &str = r#"
[[require]]
symbol = "NETBACK"
role = "dom0"
values = ["y", "m"]
why = "network of guests"

[[require]]
symbol = "IPV6"
role = "both"
values = ["y", "m"]
why = "addresses"
"#;

const BEFORE: &str = "CONFIG_XEN=y\nCONFIG_NETBACK=m\nCONFIG_BRIDGE=m\nCONFIG_IPV6=y\nCONFIG_NR_CPUS=256\nCONFIG_MAX_SGE=128\nCONFIG_CRC=y\nCONFIG_XEN_BALLOON=y\n# CONFIG_ACPI is not set\n";
const AFTER: &str = "CONFIG_XEN=y\nCONFIG_BRIDGE=y\nCONFIG_IPV6=m\nCONFIG_NR_CPUS=8\nCONFIG_XEN_TMEM=y\n\n#\n# Odd things\n#\nCONFIG_ODD=m\n";

#[test]
fn differences_in_the_terms_of_the_domain() {
    let contract = Contract::parse(CONTRACT, "contract.toml".into()).unwrap();
    let changes = diff(&config(BEFORE), &config(AFTER), &contract, &Symbols::from(&tree()));
    let expect = "\
required by Xen:
  lost driver   NETBACK m -> n (Xen network back end)
    dom0 needs y or m: network of guests
General:
  new value     MAX_SGE 128 -> none
  new value     NR_CPUS 256 -> 8 (Processors)
Drivers:
  lost driver   CRC y -> n (CRC)
Drivers > Network:
  now a module  IPV6 y -> m (IPv6), required by dom0 and domU
  now built in  BRIDGE m -> y (Bridge)
Odd things:
  gained driver ODD n -> m
Xen guest support:
  lost option   XEN_BALLOON y -> n (Balloon)
  gained option XEN_TMEM n -> y (Transcendent memory)
9 changed: lost driver 2, lost option 1, now a module 1, now built in 1, new value 2, gained driver 1, gained option 1
";
    assert_eq!(render_diff(&changes), expect);
}

#[test]
fn without_the_tree_the_configuration_says_what_it_can() {
    let changes = diff(&config(BEFORE), &config(AFTER), &Contract::default(), &Symbols::default());
    let odd = changes.iter().find(|change| change.symbol == "ODD").unwrap();
    let json = serde_json::to_value(odd).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "symbol": "ODD", "kind": "gained", "subject": "driver", "before": "n", "after": "m",
            "required-by": [], "violations": [], "prompt": null, "menu": ["Odd things"],
        })
    );
}

#[test]
fn what_is_kept_of_a_tree_serves_as_the_tree_does() {
    let symbols = Symbols::from(&tree());
    let kept: Symbols = serde_json::from_str(&serde_json::to_string(&symbols).unwrap()).unwrap();
    assert_eq!(kept, symbols);
    let older: Symbols =
        serde_json::from_str(r#"{"CRC": {"driver": false}, "GONE": {"driver": true}}"#).unwrap();
    let both = kept.or(older);
    assert!(both.get("CRC").unwrap().driver && both.get("GONE").unwrap().driver);
}

#[test]
fn equal_configurations() {
    let changes = diff(&config(BEFORE), &config(BEFORE), &Contract::default(), &Symbols::default());
    assert_eq!(render_diff(&changes), "no difference\n");
}
