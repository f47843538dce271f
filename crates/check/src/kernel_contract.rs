/// What a kernel's configuration must hold to be Xen's control domain or its guest: the project's own list, as the
/// checks want it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelContract {
    /// One for each symbol.
    pub requirements: Vec<KernelRequirement>,
}

/// One value that a kernel needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelRequirement {
    /// Without `CONFIG_`.
    pub symbol: String,
    /// Who needs it, as the subject of a sentence: `dom0 needs`.
    pub needed_by: String,
    /// What it may be, as configurations write it: `y`, `m`; `n` where it must not be set.
    pub values: Vec<String>,
    /// The module that it gives where it is `m`, such as `xen-evtchn`.
    pub module: Option<String>,
    /// What does not work without it.
    pub why: String,
}
