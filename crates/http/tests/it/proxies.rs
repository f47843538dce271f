//! Proxies come from the settings, and from nowhere else.

use xen4centos_http::{Client, HttpSettings, Proxies, ProxyUrl};

use crate::{
    body, get,
    server::impatient,
    server::{Reply, Server, pass_on},
    told,
};

fn through(proxies: Proxies) -> HttpSettings {
    HttpSettings { proxies, ..impatient() }
}

#[test]
fn http_goes_through_the_proxy() {
    let upstream = Server::always(Reply::File(b"xen".to_vec()));
    let proxy = Server::start(pass_on);
    // Without a scheme, as curl takes it, too.
    for url in [proxy.url(""), proxy.url("").replace("http://", "")] {
        let settings = through(Proxies { http: Some(ProxyUrl::new(url)), ..Proxies::none() });
        assert_eq!(body(get(&settings, &upstream.url("xen.tar.gz")).unwrap()), b"xen");
    }
    assert_eq!(proxy.requests().len(), 2);
    assert_eq!(proxy.requests()[0].target, upstream.url("xen.tar.gz"));
}

#[test]
fn https_asks_the_proxy_for_a_tunnel_with_its_password() {
    let proxy = Server::always(Reply::Status(403));
    let url = proxy.url("").replace("http://", "http://user:secret@");
    let settings = through(Proxies { https: Some(ProxyUrl::new(url)), ..Proxies::none() });
    let error = get(&settings, "https://downloads.example/xen.tar.gz").unwrap_err();
    let request = &proxy.requests()[0];
    assert_eq!((&*request.method, &*request.target), ("CONNECT", "downloads.example:443"));
    assert_eq!(request.headers["proxy-authorization"], "Basic dXNlcjpzZWNyZXQ=");
    assert!(!told(&error).contains("secret"), "{}", told(&error));
    assert!(!format!("{settings:?}").contains("secret"));
}

#[test]
fn hosts_without_a_proxy_are_asked_directly() {
    let upstream = Server::always(Reply::File(b"xen".to_vec()));
    let proxy = Server::always(Reply::Status(500));
    let settings = through(Proxies {
        http: Some(ProxyUrl::new(proxy.url(""))),
        https: None,
        no_proxy: Some("example.com,127.0.0.1".to_owned()),
    });
    assert_eq!(body(get(&settings, &upstream.url("xen.tar.gz")).unwrap()), b"xen");
    assert!(proxy.requests().is_empty());
}

#[test]
fn a_proxy_that_is_no_url_is_refused_without_its_password() {
    let url = ProxyUrl::new("http://user:secret@[::bad");
    for proxies in [
        Proxies { http: Some(url.clone()), ..Proxies::none() },
        Proxies { https: Some(url.clone()), ..Proxies::none() },
    ] {
        let error = Client::new(&through(proxies)).unwrap_err();
        assert_eq!(error.to_string(), "the proxy `http://[::bad` is not usable");
        assert!(error.is_of_settings());
        assert!(!told(&error).contains("secret"), "{}", told(&error));
    }
}
