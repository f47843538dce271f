/// What yum 3.2.29 installs beside what is there, in the place of nothing (`installonlypkgs` in its `config.py`): packages that
/// are called so or give such a name.
pub const INSTALL_ONLY: [&str; 11] = [
    "kernel",
    "kernel-bigmem",
    "kernel-enterprise",
    "kernel-smp",
    "kernel-modules",
    "kernel-debug",
    "kernel-unsupported",
    "kernel-source",
    "kernel-devel",
    "kernel-PAE",
    "kernel-PAE-debug",
];
