//! https, with a certificate authority made for each test.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use xen4centos_sources::{FailureKind, FetchError};

use crate::{
    server::{Reply, Server},
    world::{World, by_url, pinned, within},
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

/// The settings trust the server's certificate.
fn world_that_trusts(server: &TlsServer) -> World {
    let mut world = World::new();
    let path = world.write("ca.pem", &server.certificate);
    world.network().certificates = vec![path];
    world.package.sources = vec![by_url("xen", pinned(server.url(), b"xen"))];
    world
}

#[test]
fn a_certificate_of_the_settings_is_trusted() {
    let server = TlsServer::start("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nxen");
    let world = world_that_trusts(&server);
    assert_eq!(world.fetch_one().unwrap(), b"xen");
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_unknown_certificate_is_refused_at_once() {
    let server = TlsServer::start("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxen");
    let mut world = world_that_trusts(&server);
    world.network().certificates.clear();
    let refusal = world.refusal();
    assert!(refusal.contains("invalid peer certificate"), "{refusal}");
    assert_eq!(server.connections(), 1, "asking again does not make it better known");
}

#[test]
fn https_does_not_lead_to_http() {
    let plain = Server::always(Reply::File(b"xen".to_vec()));
    let to = plain.url("xen.tar.gz");
    let server = TlsServer::start(format!(
        "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let world = world_that_trusts(&server);
    let refusal = world.refusal();
    assert!(refusal.contains(&format!("redirected from https to `{to}`")), "{refusal}");
    assert!(plain.requests().is_empty());
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_server_that_does_not_speak_tls_is_refused() {
    let server = Server::always(Reply::File(b"xen".to_vec()));
    let mut world = World::new();
    let url = server.url("xen.tar.gz").replace("http:", "https:");
    world.package.sources = vec![by_url("xen", pinned(url, b"xen"))];
    let error = within(Duration::from_secs(10), || world.fetch()).unwrap_err();
    assert!(matches!(error, FetchError::Missing { .. }), "{error}");
    assert_eq!(error.kind(), FailureKind::World);
}

#[test]
fn a_file_without_certificates_is_refused() {
    let mut world = World::new();
    let path = world.write("ca.pem", "no certificate\n");
    world.network().certificates = vec![path];
    world.package.sources = vec![by_url("xen", pinned("https://127.0.0.1:9/xen.tar.gz", b"xen"))];
    assert!(world.refusal().starts_with("no certificate could be read from `"), "{}", world.refusal());
}
