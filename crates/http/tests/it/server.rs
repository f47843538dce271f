//! An HTTP/1.1 server that misbehaves on purpose, for the tests of all crates that ask servers. One thread per
//! connection, one request per connection, and nothing in it waits for longer than [`LONGEST`].

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use xen4centos_http::{HttpLimits, HttpSettings, Proxies};

/// Settings of a client that waits for nothing long.
pub(crate) fn impatient() -> HttpSettings {
    HttpSettings {
        proxies: Proxies::none(),
        certificates: Vec::new(),
        limits: HttpLimits {
            connect: Duration::from_secs(2),
            idle: Duration::from_millis(300),
            total: Duration::from_secs(20),
            redirects: 3,
        },
    }
}

const LONGEST: Duration = Duration::from_secs(5);

/// What a client asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// How many requests for this target came before.
    pub(crate) earlier: usize,
}

impl Request {
    /// The first byte of `Range: bytes=N-`.
    fn from(&self) -> Option<usize> {
        self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What the server does with it.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A file, or the part of it that is asked for.
    File(Vec<u8>),
    /// A file, whole, whatever part is asked for.
    Whole(Vec<u8>),
    /// A file, without saying how long it is.
    Unsized(Vec<u8>),
    /// The part that is asked for, but only so many bytes of it; then the connection ends.
    CutAfter(Vec<u8>, usize),
    /// The part that is asked for, but only so many bytes of it; then nothing, until the client has enough.
    StallAfter(Vec<u8>, usize),
    /// A file, one byte at a time, for longer than anybody should wait.
    Trickle(Vec<u8>),
    /// Zeroes for as long as the client takes them, of no length that is told.
    Endless,
    /// This `Content-Range` and these bytes.
    Part(&'static str, Vec<u8>),
    Status(u16),
    Redirect(String),
}

pub(crate) struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (log, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log_too, stop_too) = (Arc::clone(&log), Arc::clone(&stop));
        let handler = Arc::new(handler);
        let accepting = std::thread::spawn(move || {
            let mut connections = Vec::new();
            for stream in listener.incoming() {
                if stop_too.load(Ordering::SeqCst) {
                    break;
                }
                let (log, stop, handler) =
                    (Arc::clone(&log_too), Arc::clone(&stop_too), Arc::clone(&handler));
                connections.push(std::thread::spawn(move || {
                    // A client that goes away in the middle is part of the game.
                    drop(serve(&stream.unwrap(), &log, &stop, &*handler));
                }));
            }
            for connection in connections {
                connection.join().unwrap();
            }
        });
        Self { address, log, stop, accepting: Some(accepting) }
    }

    /// One reply for everything.
    pub(crate) fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone())
    }

    /// The replies in turn, for one file; the last one for good.
    pub(crate) fn in_turn(replies: Vec<Reply>) -> Self {
        Self::start(move |request| replies[request.earlier.min(replies.len() - 1)].clone())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    /// The `Range` headers in the order of the requests.
    pub(crate) fn ranges(&self) -> Vec<Option<usize>> {
        self.requests().iter().map(Request::from).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

fn serve(
    stream: &TcpStream,
    log: &Mutex<Vec<Request>>,
    stop: &AtomicBool,
    handler: &dyn Fn(&Request) -> Reply,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(LONGEST))?;
    stream.set_write_timeout(Some(LONGEST))?;
    let Some(mut request) = read_request(stream)? else {
        return Ok(());
    };
    {
        let mut log = log.lock().unwrap();
        request.earlier = log.iter().filter(|one| one.target == request.target).count();
        log.push(request.clone());
    }
    answer(stream, &request, handler(&request), stop)
}

fn read_request(stream: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Ok(Some(Request { method, target, headers, earlier: 0 }))
}

fn answer(stream: &TcpStream, request: &Request, reply: Reply, stop: &AtomicBool) -> std::io::Result<()> {
    match reply {
        Reply::File(bytes) => {
            let whole = bytes.len();
            part(stream, request, &bytes, whole)
        }
        Reply::CutAfter(bytes, count) => part(stream, request, &bytes, count),
        Reply::StallAfter(bytes, count) => {
            part(stream, request, &bytes, count)?;
            for _ in 0..100 {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                std::thread::sleep(LONGEST / 100);
            }
            Ok(())
        }
        Reply::Trickle(bytes) => {
            head(stream, "200 OK", &format!("Content-Length: {}\r\n", bytes.len()))?;
            for byte in bytes.iter().take(100) {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                send(stream, &[*byte])?;
                std::thread::sleep(LONGEST / 100);
            }
            Ok(())
        }
        Reply::Whole(bytes) => {
            head(stream, "200 OK", &format!("Content-Length: {}\r\n", bytes.len()))?;
            send(stream, &bytes)
        }
        Reply::Unsized(bytes) => {
            head(stream, "200 OK", "")?;
            send(stream, &bytes)
        }
        Reply::Endless => {
            head(stream, "200 OK", "")?;
            while !stop.load(Ordering::SeqCst) {
                send(stream, &[0; 4096])?;
            }
            Ok(())
        }
        Reply::Part(range, bytes) => {
            let headers = format!("Content-Range: {range}\r\nContent-Length: {}\r\n", bytes.len());
            head(stream, "206 Partial Content", &headers)?;
            send(stream, &bytes)
        }
        Reply::Status(status) => head(stream, &format!("{status} Said So"), "Content-Length: 0\r\n"),
        Reply::Redirect(to) => head(stream, "302 Found", &format!("Location: {to}\r\nContent-Length: 0\r\n")),
    }
}

fn part(stream: &TcpStream, request: &Request, bytes: &[u8], count: usize) -> std::io::Result<()> {
    let whole = bytes.len();
    let from = request.from().unwrap_or(0);
    if from >= whole {
        return head(stream, "416 Range Not Satisfiable", "Content-Length: 0\r\n");
    }
    let length = format!("Content-Length: {}\r\n", whole - from);
    if from == 0 {
        head(stream, "200 OK", &length)?;
    } else {
        let range = format!("Content-Range: bytes {from}-{}/{whole}\r\n{length}", whole - 1);
        head(stream, "206 Partial Content", &range)?;
    }
    send(stream, &bytes[from..(from + count).min(whole)])
}

fn head(mut stream: &TcpStream, status: &str, headers: &str) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n")
}

fn send(mut stream: &TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// Passes what is asked on to where it belongs, as a proxy does; for tests of proxies.
pub(crate) fn pass_on(request: &Request) -> Reply {
    let rest = request.target.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut upstream = TcpStream::connect(host).unwrap();
    write!(upstream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).unwrap();
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    Reply::Whole(answer[body..].to_vec())
}
