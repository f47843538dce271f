//! Sources against a real HTTP server on loopback, real git, real gpg and real patch.

mod archives;
mod commits;
mod downloads;
mod https;
mod missing;
mod order;
mod proxies;
mod server;
mod signatures;
mod trees;
mod world;
