//! Proxies come from the settings, and from nowhere else.

use xen4centos_sources::{Proxies, ProxyUrl};

use crate::{
    server::{Reply, Server, pass_on},
    world::{World, by_url, content, pinned},
};

#[test]
fn http_goes_through_the_proxy() {
    let bytes = content(1_000);
    let upstream = Server::always(Reply::File(bytes.clone()));
    let proxy = Server::start(pass_on);
    let mut world = World::new();
    world.network().proxies = Proxies { http: Some(ProxyUrl::new(proxy.url(""))), ..Proxies::none() };
    world.package.sources = vec![by_url("xen", pinned(upstream.url("xen.tar.gz"), &bytes))];
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert_eq!(proxy.requests()[0].target, upstream.url("xen.tar.gz"));
}

#[test]
fn https_asks_the_proxy_for_a_tunnel_with_its_password() {
    let proxy = Server::always(Reply::Status(403));
    let mut world = World::new();
    let url = proxy.url("").replace("http://", "http://user:secret@");
    world.network().proxies = Proxies { https: Some(ProxyUrl::new(url)), ..Proxies::none() };
    world.package.sources = vec![by_url("xen", pinned("https://downloads.example/xen.tar.gz", b"xen"))];
    let refusal = world.refusal();
    let request = &proxy.requests()[0];
    assert_eq!((&*request.method, &*request.target), ("CONNECT", "downloads.example:443"));
    assert_eq!(request.headers["proxy-authorization"], "Basic dXNlcjpzZWNyZXQ=");
    assert!(!refusal.contains("secret"), "{refusal}");
    assert!(!format!("{:?}", world.settings).contains("secret"));
}

#[test]
fn hosts_without_a_proxy_are_asked_directly() {
    let bytes = content(1_000);
    let upstream = Server::always(Reply::File(bytes.clone()));
    let proxy = Server::always(Reply::Status(500));
    let mut world = World::new();
    world.network().proxies = Proxies {
        http: Some(ProxyUrl::new(proxy.url(""))),
        https: None,
        no_proxy: Some("example.com,127.0.0.1".to_owned()),
    };
    world.package.sources = vec![by_url("xen", pinned(upstream.url("xen.tar.gz"), &bytes))];
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert!(proxy.requests().is_empty());
}

#[test]
fn a_proxy_that_is_no_url_is_refused_without_its_password() {
    let mut world = World::new();
    world.network().proxies =
        Proxies { http: Some(ProxyUrl::new("http://user:secret@[::bad")), ..Proxies::none() };
    world.package.sources = vec![by_url("xen", pinned("http://127.0.0.1:9/xen.tar.gz", b"xen"))];
    let refusal = world.refusal();
    assert!(refusal.starts_with("the proxy `http://[::bad` is not usable"), "{refusal}");
    assert!(!refusal.contains("secret"), "{refusal}");
}
