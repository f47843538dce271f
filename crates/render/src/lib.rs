//! Text → text: spec templates, repository files, changelogs, differences.
//!
//! Templates are tera with its usual delimiters, and RPM's own syntax passes through them; where the two collide, a
//! lint names the line before anything is rendered. An undefined variable is an error, and so is one that the template
//! sets and never looks at, and an option or patch that the manifest declares and the template never looks at: it would
//! be a promise that nobody keeps.
//!
//! **This crate knows nothing about files, processes or the network.**

mod changelog;
mod context;
mod difference;
mod engine;
mod error;
mod lint;
mod references;
mod scope;
mod spec;
mod tags;
mod text;
mod vocabulary;

pub use changelog::changelog;
pub use context::{FileRole, SourceFile, SpecContext, SpecInputs};
pub use difference::difference;
pub use error::{LintFinding, RenderError, UnusedDeclaration};
pub use spec::{asks_for, spec};
pub use text::{document, text};
