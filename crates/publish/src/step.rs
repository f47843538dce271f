use std::{fmt, ops::ControlFlow};

/// What a publication does next. Between any two of these the process may be killed: readers then see the state
/// before or the state after, and the next publication cleans up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Remove what a killed publication left.
    Clean,
    /// Link the packages of the earlier state.
    Link,
    /// Copy the new packages.
    Add,
    /// Check the signed tree.
    Check,
    /// Write the state down to the disk.
    Sync,
    /// Write the record of the state.
    Record,
    /// Give the state its number.
    Number,
    /// Write the new link beside the old one.
    Prepare,
    /// Let readers see the new state.
    Switch,
    /// Remove states that are too old to be kept.
    Prune,
}

impl Step {
    /// All of them in their order.
    pub const ALL: [Self; 10] = [
        Self::Clean,
        Self::Link,
        Self::Add,
        Self::Check,
        Self::Sync,
        Self::Record,
        Self::Number,
        Self::Prepare,
        Self::Switch,
        Self::Prune,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Clean => "remove leftovers",
            Self::Link => "link the earlier packages",
            Self::Add => "copy the new packages",
            Self::Check => "check the signed tree",
            Self::Sync => "write the tree to disk",
            Self::Record => "record the state",
            Self::Number => "number the state",
            Self::Prepare => "prepare the switch",
            Self::Switch => "switch",
            Self::Prune => "remove old states",
        })
    }
}

/// Hears of each step before it is done, and may end the publication there: to show progress, to stop on
/// request, and in tests to die at every point.
pub trait Observer: Send + Sync {
    /// Called before `step`. After a break nothing is cleaned up, as after a kill.
    fn before(&self, step: Step) -> ControlFlow<()>;
}

/// An observer that lets everything happen.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn before(&self, _: Step) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
