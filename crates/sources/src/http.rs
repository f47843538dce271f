//! Servers of sources: the client, made on first use (a run that has nothing to fetch does not pay for it), and what
//! their answers mean for the next attempt.

use std::{collections::BTreeSet, sync::Mutex};

use xen4centos_http::{Answer, Client, Deadline, RequestError, Status};

use crate::{FetchError, NetworkSettings, Outcome};

/// Asks servers.
pub(crate) struct Http<'a> {
    pub(crate) settings: &'a NetworkSettings,
    client: Mutex<Option<Client>>,
    /// Hosts that could not be reached, however often they were asked: the next file does not wait for them again.
    unreachable: Mutex<BTreeSet<String>>,
}

/// Why a request brought nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    pub(crate) patience: Patience,
}

/// Whether asking again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// The reason may pass.
    Again,
    /// The reason may pass, and is the host's: no connection came about.
    Unreachable,
    /// The answer is final.
    GiveUp,
}

impl Failure {
    pub(crate) fn passing(text: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed(text.into()), patience: Patience::Again }
    }

    pub(crate) fn last(outcome: Outcome) -> Self {
        Self { outcome, patience: Patience::GiveUp }
    }

    pub(crate) fn of(error: &RequestError) -> Self {
        let patience = match error {
            RequestError::Late { .. } | RequestError::Refused { .. } => Patience::GiveUp,
            RequestError::Unreachable { .. } => Patience::Unreachable,
            RequestError::Silent { .. } | RequestError::Broken { .. } => Patience::Again,
        };
        Self { outcome: Outcome::Failed(error.to_string()), patience }
    }
}

impl<'a> Http<'a> {
    pub(crate) fn new(settings: &'a NetworkSettings) -> Self {
        Self { settings, client: Mutex::new(None), unreachable: Mutex::new(BTreeSet::new()) }
    }

    /// Of one place, all attempts together.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.settings.http.limits.total)
    }

    /// Asks for a file from the byte `from` on. The answer has the status 200, 206 or 416.
    pub(crate) fn get(
        &self,
        url: &str,
        from: u64,
        deadline: Deadline,
    ) -> Result<Result<Answer, Failure>, FetchError> {
        Ok(match self.client()?.get(url, from, deadline) {
            Ok(answer) => accept(answer, from),
            Err(error) => Err(Failure::of(&error)),
        })
    }

    pub(crate) fn is_unreachable(&self, url: &str) -> bool {
        self.unreachable.lock().is_ok_and(|hosts| hosts.contains(host(url)))
    }

    pub(crate) fn note_unreachable(&self, url: &str) {
        if let Ok(mut hosts) = self.unreachable.lock() {
            hosts.insert(host(url).to_owned());
        }
    }

    fn client(&self) -> Result<Client, FetchError> {
        let mut slot = self.client.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let client = Client::new(&self.settings.http)?;
        *slot = Some(client.clone());
        Ok(client)
    }
}

fn accept(answer: Answer, from: u64) -> Result<Answer, Failure> {
    let Status(status) = answer.status();
    let patience = match status {
        200 => return Ok(answer),
        206 | 416 if from > 0 => return Ok(answer),
        // Request Timeout, Too Many Requests, and what ails the server.
        408 | 429 | 500..=599 => Patience::Again,
        _ => Patience::GiveUp,
    };
    Err(Failure { outcome: Outcome::Status(status), patience })
}

/// Scheme and authority: what has to answer.
fn host(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find('/').map_or(url, |end| &url[..start + end])
}
