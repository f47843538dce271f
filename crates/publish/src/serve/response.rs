use std::{
    fmt::Write as _,
    fs::Metadata,
    io::{self, Read, Seek, SeekFrom, Write},
    net::TcpStream,
    os::unix::fs::MetadataExt,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::request::Request;

/// An answer, ready to be sent.
pub(super) struct Response {
    code: u16,
    fields: Vec<(&'static str, String)>,
    body: Body,
}

enum Body {
    Text(String),
    /// So many bytes from where the file stands.
    File(fs_err::File, u64),
    /// The answer to HEAD: the length without the bytes.
    Announced(u64),
}

/// Answers a request from the files under `root`, which is a canonical path.
pub(super) fn respond(root: &Utf8Path, request: &Request) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Response::status(405).with("Allow", "GET, HEAD");
    }
    let Some(path) = resolve(root, request) else { return Response::status(404) };
    let response = if path.is_dir() { listing(root, &path, request) } else { file(&path, request) };
    // A file that went away meanwhile, or is not ours to read, is not there.
    let response = response.unwrap_or_else(|_| Response::status(404));
    if request.method == "HEAD" { response.without_body() } else { response }
}

/// The file that a path means. Links are followed as long as they stay inside.
fn resolve(root: &Utf8Path, request: &Request) -> Option<Utf8PathBuf> {
    let relative: Utf8PathBuf = request.segments()?.into_iter().collect();
    let path = root.join(relative).canonicalize_utf8().ok()?;
    path.starts_with(root).then_some(path)
}

fn file(path: &Utf8Path, request: &Request) -> io::Result<Response> {
    let mut file = fs_err::File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Response::status(404));
    }
    let modified = metadata.mtime();
    let common = |response: Response| {
        response
            .with("Last-Modified", date(&metadata))
            .with("Accept-Ranges", "bytes")
            .with("Content-Type", kind(path))
    };
    if request.modified_since.is_some_and(|since| modified <= since) {
        return Ok(common(Response::status(304)).without_body());
    }
    let size = metadata.len();
    let wanted = request.range.filter(|_| request.if_range.is_none_or(|time| time == modified));
    let Some(range) = wanted else {
        return Ok(common(Response { code: 200, fields: Vec::new(), body: Body::File(file, size) }));
    };
    let Some((first, length)) = range.within(size) else {
        return Ok(Response::status(416).with("Content-Range", format!("bytes */{size}")));
    };
    file.seek(SeekFrom::Start(first))?;
    let response = Response { code: 206, fields: Vec::new(), body: Body::File(file, length) };
    Ok(common(response).with("Content-Range", format!("bytes {first}-{}/{size}", first + length - 1)))
}

/// The names in a directory, for people; clients never ask for it.
fn listing(root: &Utf8Path, directory: &Utf8Path, request: &Request) -> io::Result<Response> {
    if !request.target.split('?').next().unwrap_or_default().ends_with('/') {
        return Ok(Response::status(301).with("Location", format!("{}/", request.target)));
    }
    let mut names = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let is_directory = fs_err::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(if is_directory { name + "/" } else { name });
        }
    }
    names.sort();
    let mut text =
        String::from("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>xen4centos</title>\n<pre>\n");
    if directory != root {
        text.push_str("<a href=\"../\">../</a>\n");
    }
    for name in names {
        let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        // `./` keeps a colon in a name from looking like a scheme.
        writeln!(text, "<a href=\"./{}\">{name}</a>", name.replace('%', "%25")).unwrap_or_default();
    }
    text.push_str("</pre>\n");
    let response = Response { code: 200, fields: Vec::new(), body: Body::Text(text) };
    Ok(response.with("Content-Type", "text/html; charset=utf-8"))
}

fn date(metadata: &Metadata) -> String {
    let time = jiff::Timestamp::from_second(metadata.mtime()).unwrap_or_default();
    // Only years beyond 9999 can not be written.
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

/// Metadata is sent as it is: a `Content-Encoding` would make clients unpack it and then miss its digest.
fn kind(path: &Utf8Path) -> &'static str {
    match path.extension() {
        Some("xml") => "text/xml",
        Some("rpm") => "application/x-rpm",
        Some("gz") => "application/gzip",
        Some("asc" | "txt" | "repo") => "text/plain; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

const fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        206 => "Partial Content",
        301 => "Moved Permanently",
        304 => "Not Modified",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        _ => "Service Unavailable",
    }
}

impl Response {
    /// An answer that says no more than its status.
    pub(super) fn status(code: u16) -> Self {
        Self { code, fields: Vec::new(), body: Body::Text(format!("{code} {}\n", reason(code))) }
    }

    pub(super) const fn code(&self) -> u16 {
        self.code
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    fn without_body(mut self) -> Self {
        let length = match &self.body {
            Body::Text(_) if self.code == 304 => 0,
            Body::Text(text) => text.len() as u64,
            Body::File(_, length) | Body::Announced(length) => *length,
        };
        self.body = Body::Announced(length);
        self
    }

    /// Sends it; returns the bytes of the body that were sent.
    pub(super) fn send(self, mut stream: &TcpStream, again: bool) -> io::Result<u64> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.code, reason(self.code));
        let length = match &self.body {
            Body::Text(text) => text.len() as u64,
            Body::File(_, length) | Body::Announced(length) => *length,
        };
        let connection = if again { "keep-alive" } else { "close" };
        let mut field = |name: &str, value: &str| write!(head, "{name}: {value}\r\n").unwrap_or_default();
        for (name, value) in &self.fields {
            field(name, value);
        }
        // The answer to a condition has no length of its own.
        if self.code != 304 {
            field("Content-Length", &length.to_string());
        }
        field("Connection", connection);
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        match self.body {
            Body::Announced(_) => Ok(0),
            Body::Text(text) => stream.write_all(text.as_bytes()).map(|()| length),
            Body::File(file, _) => {
                let sent = io::copy(&mut file.take(length), &mut stream)?;
                // The client waits for what was announced; closing the connection tells it that there is no more.
                if sent < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(sent) }
            }
        }
    }
}
