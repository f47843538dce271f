//! Whatever text is given, parsing ends with data or with problems.

use proptest::prelude::*;
use xen4centos_kconfig::{Config, Contract, Fragment, merge};

proptest! {
    #[test]
    fn fragments_and_configurations(text in "(CONFIG_[A-C]?=?(y|m|\"|\\\\|0x)?\n?|#[ a-zA-Z_=]{0,20}\n|\\PC{0,10}\n?){0,12}") {
        let _ = Config::parse(&text, ".config".into());
        let _ = Contract::parse(&text, "contract.toml".into());
        if let Ok(fragment) = Fragment::parse(&text, "a".into()) {
            // What is merged reads back as what was asked.
            let request = merge(&[fragment]);
            let again = Config::parse(&request.to_config_text(), "b".into()).unwrap();
            for (symbol, wish) in request.wishes() {
                prop_assert_eq!(again.value(symbol), Some(&wish.value));
            }
        }
    }
}
