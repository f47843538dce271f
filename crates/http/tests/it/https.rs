//! https, with a certificate authority made for each test.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use camino::Utf8Path;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use tempfile::TempDir;
use xen4centos_http::{Client, HttpSettings, RequestError};

use crate::{
    body, get,
    server::impatient,
    server::{Reply, Server},
    within,
};

/// Answers connections, so many at most, with the same bytes.
struct TlsServer {
    port: u16,
    certificate: String,
    serving: Option<std::thread::JoinHandle<usize>>,
}

impl TlsServer {
    fn start(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(config);
        let serving = std::thread::spawn(move || {
            let mut connections = 0;
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
                // The end of this server is a connection that says so.
                if stream.peek(&mut [0; 1]).unwrap_or(0) == 0 {
                    return connections;
                }
                connections += 1;
                drop(answer_one(stream, &config, &answer));
            }
            connections
        });
        Self { port, certificate: cert.pem(), serving: Some(serving) }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/xen.tar.gz", self.port)
    }

    fn connections(mut self) -> usize {
        drop(TcpStream::connect(("127.0.0.1", self.port)).unwrap());
        self.serving.take().unwrap().join().unwrap()
    }
}

fn answer_one(stream: TcpStream, config: &Arc<ServerConfig>, answer: &[u8]) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        tls.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    tls.write_all(answer)?;
    tls.conn.send_close_notify();
    tls.flush()
}

/// Settings that trust the server's certificate.
fn that_trust(server: &TlsServer) -> (TempDir, HttpSettings) {
    let directory = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(directory.path()).unwrap().join("ca.pem");
    fs_err::write(&path, &server.certificate).unwrap();
    (directory, HttpSettings { certificates: vec![path], ..impatient() })
}

#[test]
fn a_certificate_of_the_settings_is_trusted() {
    let server = TlsServer::start("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nxen");
    let (_directory, settings) = that_trust(&server);
    assert_eq!(body(get(&settings, &server.url()).unwrap()), b"xen");
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_unknown_certificate_is_refused() {
    let server = TlsServer::start("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxen");
    let error = get(&impatient(), &server.url()).unwrap_err();
    assert!(matches!(error, RequestError::Refused { .. }), "asking again does not make it better known");
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    assert_eq!(server.connections(), 1);
}

#[test]
fn https_does_not_lead_to_http() {
    let plain = Server::always(Reply::File(b"xen".to_vec()));
    let to = plain.url("xen.tar.gz");
    let server = TlsServer::start(format!(
        "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let (_directory, settings) = that_trust(&server);
    let error = get(&settings, &server.url()).unwrap_err();
    assert!(matches!(error, RequestError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains(&format!("redirected from https to `{to}`")), "{error}");
    assert!(plain.requests().is_empty());
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_server_that_does_not_speak_tls_is_no_server() {
    let server = Server::always(Reply::File(b"xen".to_vec()));
    let url = server.url("xen.tar.gz").replace("http:", "https:");
    let error = within(Duration::from_secs(5), || get(&impatient(), &url)).unwrap_err();
    assert!(matches!(error, RequestError::Unreachable { .. }), "{error:?}");
}

#[test]
fn a_file_without_certificates_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(directory.path()).unwrap().join("ca.pem");
    for content in [None, Some("no certificate\n")] {
        if let Some(content) = content {
            fs_err::write(&path, content).unwrap();
        }
        let settings = HttpSettings { certificates: vec![path.clone()], ..impatient() };
        let error = Client::new(&settings).unwrap_err();
        assert_eq!(error.to_string(), format!("no certificate could be read from `{path}`"));
        assert!(error.is_of_settings() && error.hint().unwrap().contains("PEM"));
    }
}
