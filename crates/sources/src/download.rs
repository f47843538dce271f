//! One file from one URL: as many attempts as the schedule has, each going on where the last one broke off.
//!
//! A server's word is checked before it is used: a range must begin where it was asked to, lengths must be the
//! pinned ones, and in the end only the digest counts. If a file that was put together from several answers has
//! the wrong digest, it is thrown away once and fetched whole, because the part from before may be the bad one.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use xen4centos_artifact::Sha256Digest;
use xen4centos_http::{Answer, Deadline, RequestError, Status};

use crate::{
    Event, FetchError, Outcome, Reporter,
    hashing::BLOCK,
    http::{Failure, Http, Patience},
    partial::Partial,
};

/// Signatures and keys are some kilobytes.
const SMALL: u64 = 1 << 20;

/// What is to be downloaded.
#[derive(Clone, Copy)]
pub(crate) struct Order<'a> {
    pub(crate) file: &'a str,
    pub(crate) url: &'a str,
    pub(crate) sha256: &'a Sha256Digest,
    pub(crate) size: Option<u64>,
}

pub(crate) struct Downloader<'a> {
    pub(crate) http: &'a Http<'a>,
    pub(crate) reporter: &'a dyn Reporter,
}

/// The outer error is this machine's, the inner one the server's.
type Attempted<T> = Result<Result<T, Failure>, FetchError>;

impl Downloader<'_> {
    /// Fills `partial` with the pinned bytes; returns their number.
    pub(crate) fn download(
        &self,
        order: Order<'_>,
        partial: &mut Partial,
    ) -> Result<Result<u64, Outcome>, FetchError> {
        let deadline = self.http.deadline();
        let mut furthest = partial.length()?;
        self.persist((order.file, order.url), deadline, || {
            let answer = self.attempt(order, partial, deadline)?;
            let length = partial.length()?;
            let progress = length > furthest;
            furthest = furthest.max(length);
            Ok((answer, progress))
        })
    }

    /// A file of some kilobytes, without a pin of its own.
    pub(crate) fn small(&self, file: &str, url: &str) -> Result<Result<Vec<u8>, Outcome>, FetchError> {
        let deadline = self.http.deadline();
        self.persist((file, url), deadline, || Ok((self.small_attempt(url, deadline)?, false)))
    }

    /// Repeats what may pass, by the schedule.
    fn persist<T>(
        &self,
        (file, url): (&str, &str),
        deadline: Deadline,
        mut attempt: impl FnMut() -> Result<(Result<T, Failure>, bool), FetchError>,
    ) -> Result<Result<T, Outcome>, FetchError> {
        if self.http.is_unreachable(url) {
            return Ok(Err(Outcome::Failed(
                "the host could not be reached before, not asked again".to_owned(),
            )));
        }
        let mut delays = self.http.settings.retries.delays.iter();
        loop {
            let (answer, progress) = attempt()?;
            let failure = match answer {
                Ok(value) => return Ok(Ok(value)),
                Err(failure) => failure,
            };
            if progress {
                delays = self.http.settings.retries.delays.iter();
            }
            let again = |delay: &&Duration| failure.patience != Patience::GiveUp && **delay < deadline.left();
            if let Some(delay) = delays.next().filter(again) {
                self.wait(file, url, &failure, *delay);
                continue;
            }
            if failure.patience == Patience::Unreachable {
                self.http.note_unreachable(url);
            }
            return Ok(Err(failure.outcome));
        }
    }

    fn wait(&self, file: &str, url: &str, failure: &Failure, delay: Duration) {
        let reason = failure.outcome.to_string();
        self.reporter.report(&Event::Waiting { file, url, reason: &reason, delay });
        std::thread::sleep(delay);
    }

    fn attempt(&self, order: Order<'_>, partial: &mut Partial, deadline: Deadline) -> Attempted<u64> {
        let have = partial.length()?;
        if order.size.is_some_and(|size| have > size) {
            partial.clear()?;
        }
        let mut hasher = Sha256::new();
        let mut have = partial.feed(&mut hasher)?;
        if Sha256Digest::from_bytes(hasher.clone().finalize().into()) == *order.sha256 {
            // Whole already, and where no size is pinned only the digest tells.
            return Ok(Ok(have));
        }
        let mut resumed = have > 0;
        if order.size != Some(have) {
            let mut answer = match self.http.get(order.url, have, deadline)? {
                Ok(answer) => answer,
                Err(failure) => return Ok(Err(failure)),
            };
            match whole_length(&answer, have) {
                Err(failure) => {
                    partial.clear()?;
                    return Ok(Err(failure));
                }
                Ok(length) => {
                    if let Some(found) =
                        length.filter(|&length| order.size.is_some_and(|size| size != length))
                    {
                        return Ok(Err(Failure::last(Outcome::WrongSize(found))));
                    }
                    if answer.status() == Status(200) && have > 0 {
                        partial.clear()?;
                        (hasher, have, resumed) = (Sha256::new(), 0, false);
                    }
                    self.announce(order, have, length);
                }
            }
            let body = Body { answer: &mut answer, hasher: &mut hasher, have };
            have = match self.receive(order, body, partial)? {
                Ok(have) => have,
                Err(failure) => return Ok(Err(failure)),
            };
        }
        finish(order, partial, (Sha256Digest::from_bytes(hasher.finalize().into()), have), resumed)
    }

    fn announce(&self, order: Order<'_>, have: u64, length: Option<u64>) {
        let Order { file, url, size, .. } = order;
        self.reporter.report(&Event::Started { file, url, have, total: size.or(length) });
    }

    /// Reads the body into the file. What came before a break stays there.
    fn receive(&self, order: Order<'_>, mut body: Body<'_>, partial: &mut Partial) -> Attempted<u64> {
        let most = order.size.unwrap_or(self.http.settings.most_bytes);
        let mut block = vec![0; BLOCK];
        loop {
            let count = match body.answer.next(&mut block) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) => return Ok(Err(broken(&error, body.have))),
            };
            if body.have + count as u64 > most {
                partial.clear()?;
                return Ok(Err(Failure::last(match order.size {
                    Some(_) => Outcome::WrongSize(body.have + count as u64),
                    None => Outcome::Failed(format!("goes on after {most} bytes")),
                })));
            }
            partial.append(&block[..count])?;
            body.hasher.update(&block[..count]);
            body.have += count as u64;
            self.reporter.report(&Event::Advanced { file: order.file, have: body.have });
        }
        if order.size.is_some_and(|size| body.have < size) {
            return Ok(Err(Failure::passing(format!("ended after {} bytes", body.have))));
        }
        Ok(Ok(body.have))
    }

    fn small_attempt(&self, url: &str, deadline: Deadline) -> Attempted<Vec<u8>> {
        let mut answer = match self.http.get(url, 0, deadline)? {
            Ok(answer) => answer,
            Err(failure) => return Ok(Err(failure)),
        };
        let mut bytes = Vec::new();
        let mut block = vec![0; BLOCK];
        loop {
            match answer.next(&mut block) {
                Ok(0) => return Ok(Ok(bytes)),
                Ok(count) => bytes.extend_from_slice(&block[..count]),
                Err(error) => return Ok(Err(broken(&error, bytes.len() as u64))),
            }
            if bytes.len() as u64 > SMALL {
                return Ok(Err(Failure::last(Outcome::Failed(format!("goes on after {SMALL} bytes")))));
            }
        }
    }
}

/// A body on its way into a file.
struct Body<'a> {
    answer: &'a mut Answer,
    hasher: &'a mut Sha256,
    have: u64,
}

fn broken(error: &RequestError, have: u64) -> Failure {
    match error {
        RequestError::Silent { what } | RequestError::Broken { what } => {
            Failure::passing(format!("broke off after {have} bytes: {what}"))
        }
        _ => Failure::of(error),
    }
}

/// The length of the whole file, as the answer has it. An error when the answer does not fit what is here.
fn whole_length(answer: &Answer, have: u64) -> Result<Option<u64>, Failure> {
    let length = answer.length();
    match answer.status() {
        Status(200) => return Ok(length),
        Status(416) => return Err(Failure::passing("what is here is longer than the server's file")),
        _ => {}
    }
    let header = answer.content_range().unwrap_or_default();
    match content_range(header) {
        Some((from, to, total)) if from == have && length.is_none_or(|length| length == to - from + 1) => {
            Ok(total)
        }
        _ => Err(Failure::passing(format!("answered with another range than asked for: `{header}`"))),
    }
}

/// RFC 9110, 14.4: `bytes 200-999/1000`, or `*` for an unknown length. First byte, last byte, length.
fn content_range(header: &str) -> Option<(u64, u64, Option<u64>)> {
    let (range, total) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = range.split_once('-')?;
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let total = match total {
        "*" => None,
        digits => Some(digits.parse::<u64>().ok()?),
    };
    (from <= to && total.is_none_or(|total| to < total)).then_some((from, to, total))
}

fn finish(
    order: Order<'_>,
    partial: &mut Partial,
    (found, length): (Sha256Digest, u64),
    resumed: bool,
) -> Attempted<u64> {
    if found == *order.sha256 {
        return Ok(Ok(length));
    }
    partial.clear()?;
    Ok(Err(if resumed {
        Failure::passing("what was put together from several answers is not the pinned file")
    } else {
        Failure::last(Outcome::WrongDigest(found))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_strictly() {
        assert_eq!(content_range("bytes 2-9/10"), Some((2, 9, Some(10))));
        assert_eq!(content_range("bytes 2-9/*"), Some((2, 9, None)));
        for wrong in ["", "bytes */10", "bytes 9-2/10", "bytes 2-10/10", "items 2-9/10", "bytes 2-/10"] {
            assert_eq!(content_range(wrong), None, "{wrong}");
        }
    }
}
