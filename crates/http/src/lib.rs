//! The only door to servers: `GET` of a file, whole or from a byte on.
//!
//! - **The settings decide, and nothing else does.** Proxies, certificates and times come in through
//!   [`HttpSettings`]; reqwest's own look at the environment is switched off. The roots are built in.
//! - **https never leads to http**, and no more redirects are followed than the settings allow.
//! - **Nothing is waited for without end.** A server that is silent is given up after the idle time, and one that
//!   sends a byte now and then at the [`Deadline`], which the caller can hold several requests to.
//! - **What comes is the file**: it is not compressed on the way, so that lengths and ranges are the file's own.
//! - **No error holds a password or the URL that was asked for**: whoever prints it has that URL beside it.
//!
//! A request is made once. [`RequestError`] says whether asking again may help; who asks again, and when, is the
//! caller's affair, as is what a [`Status`] means.

mod answer;
mod client;
mod deadline;
mod error;
mod proxies;
mod settings;
mod status;

pub use answer::Answer;
pub use client::Client;
pub use deadline::Deadline;
pub use error::{HttpError, RequestError, full_text};
pub use proxies::{Proxies, ProxyUrl};
pub use settings::{HttpLimits, HttpSettings};
pub use status::Status;
