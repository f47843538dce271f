//! The storage over HTTP, on this machine only: for trying a channel with a real client, and for tests.
//!
//! It serves files and nothing else: GET and HEAD, ranges (yum fetches headers by them), and dates. What is
//! published lies behind links, so paths are resolved and must stay inside the storage; hidden names are not
//! served by their own path. For the world there are real web servers.

mod request;
mod response;

use std::{
    io::{self, BufRead, BufReader, Read},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::PublishError;
use request::Request;
use response::{Response, respond};

/// Connections at a time; further ones are told to come again.
const CONNECTIONS: usize = 64;

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(15);

/// Longest head of a request, in bytes.
const HEAD_LIMIT: u64 = 16 * 1024;

/// What was asked for and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// `GET`, `HEAD` or whatever the client sent.
    pub method: String,
    /// As the client sent it.
    pub target: String,
    /// HTTP status.
    pub status: u16,
    /// Bytes of the body.
    pub bytes: u64,
}

/// Hears of every request. Called from several threads.
pub trait AccessLog: Send + Sync {
    /// One request, when its answer was sent.
    fn answered(&self, access: &Access);
}

/// A log that nobody keeps.
#[derive(Clone, Copy, Debug)]
pub struct NoLog;

impl AccessLog for NoLog {
    fn answered(&self, _: &Access) {}
}

/// A server that runs until the value is dropped or [`stop`](Self::stop) is called.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    root: Utf8PathBuf,
    log: Arc<dyn AccessLog>,
    stopped: AtomicBool,
    connections: AtomicUsize,
}

impl Server {
    /// Serves `root` on 127.0.0.1; port 0 takes any free one.
    ///
    /// # Errors
    /// When the directory is not there or the port is taken.
    pub fn start(root: &Utf8Path, port: u16, log: Arc<dyn AccessLog>) -> Result<Self, PublishError> {
        let root = root.canonicalize_utf8().map_err(PublishError::files("serve", root))?;
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let fail = |source| PublishError::Listen { address: wanted.to_string(), source };
        let listener = TcpListener::bind(wanted).map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let shared = Shared { root, log, stopped: AtomicBool::new(false), connections: AtomicUsize::new(0) };
        let shared = Arc::new(shared);
        let accepting = Arc::clone(&shared);
        let thread = std::thread::spawn(move || accepting.accept(&listener));
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, without a final slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the server ends, which it does not by itself.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // It has no way to panic; if it did, the server has ended all the same.
            thread.join().unwrap_or_default();
        }
    }

    /// Ends it; answers that are being sent are completed.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Accepting blocks; a connection wakes it.
            drop(TcpStream::connect_timeout(&self.address, PATIENCE));
            thread.join().unwrap_or_default();
        }
    }
}

/// Counts a connection for as long as it lives.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            // A client that went away before it was accepted is no matter.
            let Ok(stream) = stream else { continue };
            let before = self.connections.fetch_add(1, Ordering::Relaxed);
            let counted = Counted(Arc::clone(self));
            if before >= CONNECTIONS {
                // Nobody is left to hear of a failure to say so.
                Response::status(503).send(&stream, false).map(drop).unwrap_or_default();
                continue;
            }
            std::thread::spawn(move || {
                // An error here is the client's going away in the middle of something.
                counted.0.converse(&stream).unwrap_or_default();
            });
        }
    }

    /// Answers requests until the client or its patience ends.
    fn converse(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        loop {
            let Some(head) = read_head(&mut reader)? else { return Ok(()) };
            let request = Request::parse(&head);
            let response = match &request {
                Some(request) => respond(&self.root, request),
                None => Response::status(400),
            };
            let again = request.as_ref().is_some_and(|request| request.keep_alive)
                && !self.stopped.load(Ordering::Relaxed);
            let status = response.code();
            let bytes = response.send(stream, again)?;
            let (method, target) =
                request.map_or_else(Default::default, |request| (request.method, request.target));
            self.log.answered(&Access { method, target, status, bytes });
            if !again {
                return linger(stream);
            }
        }
    }
}

/// Takes in what the client still sends: closing before it was read would take the answer away from it.
fn linger(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    io::copy(&mut Read::take(&mut stream, 4 * HEAD_LIMIT), &mut io::sink()).map(drop)
}

/// The lines up to the empty one; `None` where the client has no further request.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut limited = reader.take(HEAD_LIMIT);
    loop {
        let start = head.len();
        if limited.read_until(b'\n', &mut head)? == 0 {
            // Cut off, or longer than is read: what was sent is no request.
            return Ok((!head.is_empty()).then(String::new));
        }
        let line = &head[start..];
        if line == b"\r\n" || line == b"\n" {
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
    }
}
