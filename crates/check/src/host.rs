//! The rules about hosts: what comes of an update or an installation there. Somebody else tries it.

use crate::{Finding, Rule, rule::rule_table};

rule_table! {
    REFUSED "EL6-HOST-001" Error
        "transaction that hosts refuse"
        "Error: Package: … Requires: …; Error: … conflicts with …; No package … available; Invalid version flag: …; rpmlib(…) is needed by …"
        "publish what is missing, or drop the requirement or the conflict that hosts can not bear";
    NEWER "EL6-HOST-002" Warning
        "package that hosts have newer already"
        "nothing is said: No Packages marked for Update"
        "publish a version and release above those that hosts have";
    TAKEN "EL6-HOST-003" Warning
        "package that is taken from hosts"
        "nothing is asked but for the whole transaction: ---> Package … will be obsoleted"
        "obsolete only what the new package does the work of, in versions below one that is named";
}

/// What an administrator would not like to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostTrouble {
    /// yum stops.
    Refused,
    /// yum keeps what is installed.
    Newer,
    /// yum removes what was installed.
    Taken,
}

impl HostTrouble {
    /// The finding of it on `host`, in one line.
    pub fn on(self, host: &str, message: impl Into<String>) -> Finding {
        let rule: &Rule = match self {
            Self::Refused => &REFUSED,
            Self::Newer => &NEWER,
            Self::Taken => &TAKEN,
        };
        Finding::new(rule, host, message)
    }
}
