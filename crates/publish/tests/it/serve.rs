//! A published channel over HTTP.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
};

use xen4centos_publish::{Access, AccessLog, NoLog, Server};

use crate::{DIRECTORY, NOW, World};

struct Answer {
    status: String,
    fields: Vec<String>,
    body: Vec<u8>,
}

impl Answer {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Sends one request on a connection of its own.
fn ask(server: &Server, request: &str) -> Answer {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(format!("{request}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines().map(str::to_owned);
    Answer { status: lines.next().unwrap(), fields: lines.collect(), body: bytes[end + 4..].to_vec() }
}

fn served(world: &World) -> Server {
    Server::start(&world.root().join("public"), 0, Arc::new(NoLog)).unwrap()
}

const PACKAGE: &str = "/centos/6/xen4/x86_64/Packages/xen-1-1.x86_64.rpm";

#[test]
fn files_of_a_channel_are_served_through_its_link() {
    let world = World::new();
    let path = world.publish(&[world.package("xen", "1-1", "a")], NOW).unwrap().path;
    let server = served(&world);
    let content = fs_err::read(path.join("Packages/xen-1-1.x86_64.rpm")).unwrap();

    let whole = ask(&server, &format!("GET {PACKAGE} HTTP/1.1"));
    assert_eq!((whole.status.as_str(), &whole.body), ("HTTP/1.1 200 OK", &content));
    assert_eq!(whole.field("Last-Modified"), Some("Tue, 14 Nov 2023 22:13:20 GMT"));
    assert_eq!(whole.field("Content-Type"), Some("application/x-rpm"));
    let head = ask(&server, &format!("HEAD {PACKAGE} HTTP/1.1"));
    assert_eq!((head.status.as_str(), head.body.len()), ("HTTP/1.1 200 OK", 0));
    assert_eq!(head.field("Content-Length"), Some(content.len().to_string().as_str()));
    let primary = ask(&server, &format!("GET /{DIRECTORY}/repodata/repomd.xml HTTP/1.0"));
    assert_eq!(primary.body, fs_err::read(path.join("repodata/repomd.xml")).unwrap());
}

#[test]
fn ranges_and_dates() {
    let world = World::new();
    let path = world.publish(&[world.package("xen", "1-1", "a")], NOW).unwrap().path;
    let server = served(&world);
    let content = fs_err::read(path.join("Packages/xen-1-1.x86_64.rpm")).unwrap();
    let get = |fields: &str| ask(&server, &format!("GET {PACKAGE} HTTP/1.1\r\n{fields}"));
    let date = "Tue, 14 Nov 2023 22:13:20 GMT";

    let part = get("Range: bytes=96-111");
    assert_eq!((part.status.as_str(), &part.body[..]), ("HTTP/1.1 206 Partial Content", &content[96..112]));
    assert_eq!(part.field("Content-Range"), Some(format!("bytes 96-111/{}", content.len()).as_str()));
    assert_eq!(get(&format!("Range: bytes=0-3\r\nIf-Range: {date}")).body.len(), 4);
    assert_eq!(get("Range: bytes=0-3\r\nIf-Range: \"etag\"").body, content);
    assert_eq!(get("Range: bytes=99999-").status, "HTTP/1.1 416 Range Not Satisfiable");
    let unchanged = get(&format!("If-Modified-Since: {date}"));
    assert_eq!((unchanged.status.as_str(), unchanged.body.len()), ("HTTP/1.1 304 Not Modified", 0));
    assert_eq!(get("If-Modified-Since: Mon, 13 Nov 2023 22:13:20 GMT").body, content);
}

#[test]
fn nothing_but_what_is_published_is_served() {
    let world = World::new();
    let _ = world.publish(&[world.package("xen", "1-1", "a")], NOW).unwrap();
    let public = world.root().join("public");
    fs_err::write(world.root().join("secret"), "secret").unwrap();
    fs_err::os::unix::fs::symlink("../secret", public.join("leak")).unwrap();
    fs_err::os::unix::fs::symlink("/", public.join("root")).unwrap();
    let server = served(&world);
    let hidden = "/.states/centos~6~xen4~x86_64/1/state.json";
    for target in
        ["/../secret", "/%2e%2e/secret", "/leak", "/root/etc/passwd", hidden, "/none", "/x/%2f/y", "*"]
    {
        let answer = ask(&server, &format!("GET {target} HTTP/1.1"));
        assert_eq!(answer.status, "HTTP/1.1 404 Not Found", "{target}");
    }
    assert_eq!(ask(&server, "DELETE / HTTP/1.1").status, "HTTP/1.1 405 Method Not Allowed");
    assert_eq!(ask(&server, "POST / HTTP/1.1\r\nContent-Length: 3").status, "HTTP/1.1 400 Bad Request");
    assert_eq!(
        ask(&server, &format!("GET /{} HTTP/1.1", "a".repeat(20_000))).status,
        "HTTP/1.1 400 Bad Request"
    );
    assert_eq!(ask(&server, "nonsense").status, "HTTP/1.1 400 Bad Request");
}

#[test]
fn directories_are_listed_for_people() {
    let world = World::new();
    let _ = world.publish(&[world.package("xen", "1-1", "a")], NOW).unwrap();
    let server = served(&world);
    let moved = ask(&server, &format!("GET /{DIRECTORY} HTTP/1.1"));
    assert_eq!(moved.field("Location"), Some(format!("/{DIRECTORY}/").as_str()));
    let listing = |path: &str| String::from_utf8(ask(&server, &format!("GET {path} HTTP/1.1")).body).unwrap();
    assert!(listing("/").contains("<a href=\"./centos/\">centos/</a>"));
    assert!(!listing("/").contains("states"));
    assert!(listing(&format!("/{DIRECTORY}/")).contains("<a href=\"./repodata/\">repodata/</a>"));
}

#[derive(Default)]
struct Log(Mutex<Vec<Access>>);

impl AccessLog for Log {
    fn answered(&self, access: &Access) {
        self.0.lock().unwrap().push(access.clone());
    }
}

#[test]
fn several_requests_share_a_connection_and_all_are_logged() {
    let world = World::new();
    let _ = world.publish(&[], NOW).unwrap();
    let log = Arc::new(Log::default());
    let server = Server::start(&world.root().join("public"), 0, log.clone()).unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"GET /none HTTP/1.1\r\n\r\nHEAD /centos/ HTTP/1.1\r\n\r\n").unwrap();
    stream.write_all(b"GET /none HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("HTTP/1.1 ").count(), 3);
    assert_eq!(text.matches("Connection: keep-alive").count(), 2);
    server.stop();
    let statuses: Vec<u16> = log.0.lock().unwrap().iter().map(|access| access.status).collect();
    assert_eq!(statuses, [404, 200, 404]);
}
