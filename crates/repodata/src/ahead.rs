//! A document is fetched, inflated and hashed on a thread of its own while its content is parsed: each takes about
//! as long as the other.

use std::{
    io::{self, BufRead, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use crate::{
    RepodataError,
    content::{BLOCK, Content},
};

/// Blocks that may wait to be parsed.
const WAITING: usize = 16;

enum Message {
    Block(Vec<u8>),
    /// All came, and it is what repomd.xml lists.
    End,
    Failed(RepodataError),
}

/// The content of a document. Its end is only told once all of it was verified.
pub(crate) struct Ahead {
    receiver: Receiver<Message>,
    block: Vec<u8>,
    at: usize,
    ended: bool,
    failure: Option<RepodataError>,
}

impl Ahead {
    pub(crate) fn start(mut content: Content) -> Result<Self, RepodataError> {
        let (sender, receiver) = sync_channel(WAITING);
        let path = content.path().to_owned();
        // Nobody waits for it: when nothing is read any more it ends at the next block.
        std::thread::Builder::new()
            .name("repodata".to_owned())
            .spawn(move || read(&mut content, &sender))
            .map_err(RepodataError::files("read", path))?;
        Ok(Self { receiver, block: Vec::new(), at: 0, ended: false, failure: None })
    }

    /// Why reading failed, which `io::Error` can not say.
    pub(crate) fn take_failure(&mut self) -> Option<RepodataError> {
        self.failure.take()
    }

    /// Why the document could not be understood: where it is not the one that repomd.xml lists, that is why, whatever was
    /// made of it.
    pub(crate) fn reason(&mut self, error: RepodataError) -> RepodataError {
        if self.failure.is_none() {
            // What comes of it is in `failure`.
            self.finish().unwrap_or_default();
        }
        self.take_failure().unwrap_or(error)
    }

    /// Reads to the end, so that all is verified.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        loop {
            let length = self.fill_buf()?.len();
            if length == 0 {
                return Ok(());
            }
            self.consume(length);
        }
    }
}

fn read(content: &mut Content, sender: &SyncSender<Message>) {
    loop {
        let mut block = vec![0; BLOCK];
        let message = match content.next(&mut block) {
            Ok(0) => content.verify().map_or_else(Message::Failed, |()| Message::End),
            Ok(length) => {
                block.truncate(length);
                Message::Block(block)
            }
            Err(error) => Message::Failed(error),
        };
        let last = !matches!(message, Message::Block(_));
        if sender.send(message).is_err() || last {
            return;
        }
    }
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.block.len() && !self.ended {
            self.ended = true;
            match self.receiver.recv() {
                Ok(Message::Block(block)) => {
                    (self.block, self.at, self.ended) = (block, 0, false);
                }
                Ok(Message::End) => {}
                Ok(Message::Failed(error)) => {
                    let text = error.to_string();
                    self.failure = Some(error);
                    return Err(io::Error::other(text));
                }
                Err(_) => return Err(io::Error::other("the thread that reads it has panicked")),
            }
        }
        Ok(&self.block[self.at..])
    }

    fn consume(&mut self, length: usize) {
        self.at += length;
    }
}

impl Read for Ahead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}
