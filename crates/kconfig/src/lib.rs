//! Linux kernel configurations: what the project asks for, what a tree makes of it, and what Xen needs.
//!
//! A [`Fragment`] is one file of wishes; [`merge`] lays fragments over one another into a [`Request`]; the
//! tree's own configuration step ([`resolve`]) turns it into a [`Config`]; [`verify`] says which wishes were
//! lost and, with the tree's Kconfig files at hand ([`KconfigTree`]), why. A [`Contract`] is the list of values
//! without which a kernel is no dom0 or no guest; [`diff()`] compares two configurations, by the tree's
//! [`Symbols`] in its terms. **This crate knows nothing about packages.**

mod config;
mod contract;
mod diff;
mod error;
mod explain;
mod fragment;
mod request;
mod resolve;
mod set;
mod suggest;
mod symbols;
mod tree;
mod value;
mod verify;

pub use config::Config;
pub use contract::{Contract, Requirement, Role, RoleNeed, Violation};
pub use diff::{Change, ChangeKind, MenuGroup, Subject, diff, group_by_menu, render_diff};
pub use error::KconfigError;
pub use explain::{Loss, UnmetCondition};
pub use fragment::{Fragment, Setting};
pub use request::{Origin, Override, Request, Wish, merge};
pub use resolve::{Resolution, Resolver, TreeUse, resolve};
pub use set::KernelConfigs;
pub use symbols::{SymbolNote, Symbols};
pub use tree::{Definition, KconfigTree, Symbol, SymbolKind};
pub use value::Value;
pub use verify::{Lost, Unknown, unknown, verify};
