//! The stages, joined: what one returns is what the next one takes.

pub(crate) mod admission;
pub(crate) mod advisories;
pub(crate) mod base;
pub(crate) mod builds;
pub(crate) mod channel;
pub(crate) mod checks;
pub(crate) mod files;
pub(crate) mod history;
pub(crate) mod hosts;
pub(crate) mod journal;
pub(crate) mod kept_config;
pub(crate) mod kernel;
pub(crate) mod keys;
pub(crate) mod lineage;
pub(crate) mod lock;
pub(crate) mod mirror;
pub(crate) mod narrator;
pub(crate) mod overlay;
pub(crate) mod plan;
pub(crate) mod proofs;
pub(crate) mod rehearsal;
pub(crate) mod signing;
pub(crate) mod sources;
pub(crate) mod status;
pub(crate) mod trials;
pub(crate) mod user_space;
