//! An HTTP/1.1 server on loopback that misbehaves on purpose. One request per connection.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use camino::Utf8Path;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    File(Vec<u8>),
    /// So many bytes of a file; then the connection ends.
    CutAfter(Vec<u8>, usize),
    /// So many bytes of a file; then nothing, until the client has enough.
    StallAfter(Vec<u8>, usize),
    /// A file, one byte at a time.
    Trickle(Vec<u8>),
    /// Zeroes for as long as the client takes them, of no length that is told.
    Endless,
    Status(u16),
    Redirect(String),
}

pub(crate) struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// `handler` is given the path that is asked for, without the slash before it, as it stands in the request.
    pub(crate) fn start(handler: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, handler) = (Arc::clone(&stop), Arc::new(handler));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let (stopped, handler) = (Arc::clone(&stopped), Arc::clone(&handler));
                // A client that goes away in the middle is part of the game.
                std::thread::spawn(move || drop(serve(&stream.unwrap(), &stopped, &*handler)));
            }
        });
        Self { address, stop, accepting: Some(accepting) }
    }

    /// The files of a directory.
    pub(crate) fn of(root: &Utf8Path) -> Self {
        let root = root.to_owned();
        Self::start(move |path| file(&root, path))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

pub(crate) fn file(root: &Utf8Path, path: &str) -> Reply {
    fs_err::read(root.join(path)).map_or(Reply::Status(404), Reply::File)
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        self.accepting.take().unwrap().join().unwrap();
    }
}

fn serve(mut stream: &TcpStream, stop: &AtomicBool, handler: &dyn Fn(&str) -> Reply) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap()?;
    while !lines.next().unwrap()?.is_empty() {}
    let path = first.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
    let ok =
        |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let wait = || {
        std::thread::sleep(Duration::from_millis(20));
        !stop.load(Ordering::SeqCst)
    };
    match handler(&path) {
        Reply::File(bytes) => stream.write_all(&[ok(bytes.len()).as_bytes(), &bytes].concat()),
        Reply::CutAfter(bytes, count) => {
            stream.write_all(&[ok(bytes.len()).as_bytes(), &bytes[..count]].concat())
        }
        Reply::StallAfter(bytes, count) => {
            stream.write_all(&[ok(bytes.len()).as_bytes(), &bytes[..count]].concat())?;
            while wait() {}
            Ok(())
        }
        Reply::Trickle(bytes) => {
            stream.write_all(ok(bytes.len()).as_bytes())?;
            for byte in bytes {
                stream.write_all(&[byte])?;
                if !wait() {
                    break;
                }
            }
            Ok(())
        }
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            while !stop.load(Ordering::SeqCst) {
                stream.write_all(&[b'a'; 4096])?;
            }
            Ok(())
        }
        Reply::Status(status) => {
            write!(stream, "HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Reply::Redirect(to) => {
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
    }
}
