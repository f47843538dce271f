//! The client against servers on loopback that misbehave.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is a failed test")]

mod answers;
mod https;
mod proxies;
mod server;

use std::{
    io::Read,
    time::{Duration, Instant},
};

use xen4centos_http::{Answer, Client, Deadline, HttpSettings, RequestError};

fn get(settings: &HttpSettings, url: &str) -> Result<Answer, RequestError> {
    Client::new(settings).unwrap().get(url, 0, Deadline::after(settings.limits.total))
}

/// The whole body.
fn body(mut answer: Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    answer.read_to_end(&mut bytes).unwrap();
    bytes
}

/// What an error says and all that it hides.
fn told(error: &impl std::error::Error) -> String {
    format!("{}\n{error:?}", xen4centos_http::full_text(error))
}

/// Nothing may take longer.
fn within<T>(limit: Duration, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let outcome = act();
    assert!(start.elapsed() < limit, "took {:?}", start.elapsed());
    outcome
}
