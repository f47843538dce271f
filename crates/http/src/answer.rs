use std::io::{self, Read};

use reqwest::{blocking::Response, header::CONTENT_RANGE};

use crate::{Deadline, RequestError, Status};

/// What a server answered: its head is here, its body on its way.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    deadline: Deadline,
}

impl Answer {
    pub(crate) const fn new(response: Response, deadline: Deadline) -> Self {
        Self { response, deadline }
    }

    /// The status, after all redirects.
    pub fn status(&self) -> Status {
        Status(self.response.status().as_u16())
    }

    /// Bytes of the body, where the server says so.
    pub fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// Which part of the file the body is, in the server's words.
    pub fn content_range(&self) -> Option<&str> {
        self.response.headers().get(CONTENT_RANGE)?.to_str().ok()
    }

    /// The next bytes of the body; none at its end.
    ///
    /// # Errors
    /// When the connection breaks, or nothing comes in time.
    pub fn next(&mut self, block: &mut [u8]) -> Result<usize, RequestError> {
        loop {
            self.deadline.check()?;
            match self.response.read(block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(|error| RequestError::of_body(&error)),
            }
        }
    }
}

impl Read for Answer {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(self.next(out)?)
    }
}
