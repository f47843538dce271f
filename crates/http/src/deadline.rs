use std::time::{Duration, Instant};

use crate::RequestError;

/// When something must be done. Of whoever waits for a server only this ends what comes a byte at a time.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Instant,
    total: Duration,
}

impl Deadline {
    /// So long from now on.
    pub fn after(total: Duration) -> Self {
        Self { start: Instant::now(), total }
    }

    /// What is left of it.
    pub fn left(&self) -> Duration {
        self.total.saturating_sub(self.start.elapsed())
    }

    pub(crate) fn check(&self) -> Result<(), RequestError> {
        if self.left().is_zero() { Err(RequestError::Late { total: self.total }) } else { Ok(()) }
    }
}
