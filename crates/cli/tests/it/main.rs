//! What the program and the data of the tree do as a whole.

#![expect(clippy::unwrap_used, reason = "a failed preparation fails the test")]

mod advisories;
mod building;
mod checking;
mod claims;
mod commands;
mod el6_gate;
mod embargo;
mod explaining;
mod fetching;
mod grub_bootxen;
mod hosts;
mod importing;
mod importing_releases;
mod importing_texts;
mod index_again;
mod index_between;
mod index_dry_run;
mod index_input;
mod index_options;
mod index_readers;
mod index_refused;
mod index_told;
mod index_update;
mod indexing;
mod kernel_firmware;
mod killed;
mod made_again;
mod program;
mod proofs;
#[path = "../../../repodata/tests/reference/mod.rs"]
mod reference;
mod refusals;
mod relations;
mod release;
mod replacing;
mod repo;
mod repository;
mod security_updates;
mod tidy;
mod workshop;
