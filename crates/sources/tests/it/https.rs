//! What can be tested of https without a certificate authority: that a wrong one is refused at once.

use std::{io::Read, net::TcpListener, time::Duration};

use xen4centos_sources::{FailureKind, FetchError};

use crate::world::{World, by_url, pinned, within};

#[test]
fn a_server_that_does_not_speak_tls_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        // One connection for each attempt, at most; the first that fails ends this.
        listener.set_nonblocking(true).unwrap();
        for _ in 0..100 {
            if let Ok((mut stream, _)) = listener.accept() {
                stream.set_read_timeout(Some(Duration::from_millis(100))).ok();
                drop(stream.read(&mut [0; 64]));
                drop(std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\n\r\n"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(format!("https://{address}/xen.tar.gz"), b"xen"))];
    let error = within(Duration::from_secs(5), || world.fetch()).unwrap_err();
    assert!(matches!(error, FetchError::Missing { .. }), "{error}");
    assert_eq!(error.kind(), FailureKind::World);
    serving.join().unwrap();
}

#[test]
fn a_file_without_certificates_is_refused() {
    let mut world = World::new();
    let path = world.write("ca.pem", "no certificate\n");
    world.network().certificates = vec![path];
    world.package.sources = vec![by_url("xen", pinned("https://127.0.0.1:9/xen.tar.gz", b"xen"))];
    assert!(world.refusal().starts_with("no certificate could be read from `"), "{}", world.refusal());
}
