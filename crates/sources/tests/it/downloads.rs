//! One file from one server, with everything that can go wrong on the way.

use std::time::Duration;

use xen4centos_http::HttpLimits;
use xen4centos_manifest::{DetachedSignature, SignedBytes, Vouching};
use xen4centos_process::{Invocation, Tool};
use xen4centos_sources::{FailureKind, FetchError, Store};

use crate::{
    server::{Reply, Server},
    world::{World, by_url, content, digest, pinned, within},
};

/// Serves the replies in turn, and expects the content to arrive.
fn arrives(bytes: &[u8], replies: Vec<Reply>) -> (World, Server) {
    let server = Server::in_turn(replies);
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), bytes))];
    assert_eq!(world.fetch_one().unwrap(), bytes);
    (world, server)
}

/// Serves the replies in turn, and expects a refusal.
fn is_refused(bytes: &[u8], replies: Vec<Reply>) -> (FetchError, World, Server) {
    let server = Server::in_turn(replies);
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), bytes))];
    let error = within(Duration::from_secs(10), || world.fetch()).unwrap_err();
    (error, world, server)
}

#[test]
fn a_good_file_arrives_once() {
    let bytes = content(300_000);
    let (world, server) = arrives(&bytes, vec![Reply::File(bytes.clone())]);
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert_eq!(server.requests().len(), 1, "the second run found it in the store");
    let stored = format!("stored xen.tar.gz from {}", server.url("xen.tar.gz"));
    assert_eq!(world.events.lines(), ["started xen.tar.gz 0 Some(300000)".to_owned(), stored]);
    assert!(!world.path("store/partial").join(digest(&bytes).to_string()).exists());
    assert_eq!(server.requests()[0].headers["accept-encoding"], "identity");
}

#[test]
fn a_body_that_breaks_off_goes_on_where_it_broke() {
    let bytes = content(300_000);
    let (_, server) = arrives(
        &bytes,
        vec![
            Reply::CutAfter(bytes.clone(), 100_000),
            Reply::CutAfter(bytes.clone(), 50_000),
            Reply::File(bytes.clone()),
        ],
    );
    assert_eq!(server.ranges(), [None, Some(100_000), Some(150_000)]);
}

#[test]
fn progress_starts_the_schedule_anew() {
    let bytes = content(9_000);
    // Eight breaks with a schedule of three further attempts.
    let (_, server) = arrives(&bytes, vec![Reply::CutAfter(bytes.clone(), 1_000)]);
    assert_eq!(server.requests().len(), 9);
}

#[test]
fn no_progress_gives_up_by_the_schedule() {
    let bytes = content(9_000);
    let (error, _, server) = is_refused(&bytes, vec![Reply::CutAfter(bytes.clone(), 0)]);
    assert_eq!(server.requests().len(), 4);
    assert_eq!(error.kind(), FailureKind::World);
}

#[test]
fn a_stall_ends_and_goes_on() {
    let bytes = content(300_000);
    let (world, server) =
        arrives(&bytes, vec![Reply::StallAfter(bytes.clone(), 120_000), Reply::File(bytes.clone())]);
    assert_eq!(server.ranges(), [None, Some(120_000)]);
    assert!(
        world.events.has("waiting xen.tar.gz broke off after 120000 bytes"),
        "{:?}",
        world.events.lines()
    );
}

#[test]
fn a_server_that_ignores_ranges_is_taken_from_the_start() {
    let bytes = content(300_000);
    let (_, server) =
        arrives(&bytes, vec![Reply::CutAfter(bytes.clone(), 100_000), Reply::Whole(bytes.clone())]);
    assert_eq!(server.ranges(), [None, Some(100_000)]);
}

#[test]
fn another_range_than_asked_for_is_not_used() {
    let bytes = content(1_000);
    let wrong = Reply::Part("bytes 0-999/1000", bytes.clone());
    let (_, server) =
        arrives(&bytes, vec![Reply::CutAfter(bytes.clone(), 100), wrong, Reply::File(bytes.clone())]);
    assert_eq!(server.ranges(), [None, Some(100), None], "what was there is not believed either");
}

#[test]
fn a_range_of_another_length_is_another_file() {
    let bytes = content(1_000);
    let longer = Reply::Part("bytes 100-1999/2000", content(2_000)[100..].to_vec());
    let (error, ..) = is_refused(&bytes, vec![Reply::CutAfter(bytes.clone(), 100), longer]);
    assert!(matches!(error, FetchError::WrongSize { found: 2_000, .. }), "{error}");
    assert_eq!(error.kind(), FailureKind::Data);
}

#[test]
fn a_part_of_another_file_is_thrown_away() {
    let bytes = content(1_000);
    let mut other = bytes.clone();
    other[10] ^= 1;
    let (_, server) = arrives(&bytes, vec![Reply::CutAfter(other, 100), Reply::File(bytes.clone())]);
    assert_eq!(server.ranges(), [None, Some(100), None]);
}

#[test]
fn what_a_killed_run_left_goes_on() {
    let bytes = content(300_000);
    let server = Server::always(Reply::File(bytes.clone()));
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), &bytes))];
    world.write(&format!("store/partial/{}", digest(&bytes)), &bytes[..200_000]);
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert_eq!(server.ranges(), [Some(200_000)]);
    assert!(world.events.has("started xen.tar.gz 200000 Some(300000)"));
}

/// Does nothing but in the directory that the next test makes for it, where it is killed.
#[test]
fn the_run_that_is_killed() {
    let Ok(url) = fs_err::read_to_string("url-of-the-run-that-is-killed") else {
        return;
    };
    let mut world = World::new();
    world.store = Store::new("store");
    world.network().http.limits = HttpLimits::usual();
    world.package.sources = vec![by_url("xen", pinned(url, &content(300_000)))];
    world.fetch().unwrap();
}

#[test]
fn a_run_that_was_killed_half_way_goes_on() {
    let bytes = content(300_000);
    let server = Server::in_turn(vec![Reply::StallAfter(bytes.clone(), 200_000), Reply::File(bytes.clone())]);
    let mut world = World::new();
    let url = server.url("xen.tar.gz");
    world.write("url-of-the-run-that-is-killed", &url);
    let this = std::env::current_exe().unwrap();
    let killed = Invocation::new(Tool::Timeout, world.path(""))
        .args(["--signal=KILL", "3"])
        .arg(this)
        .args(["--exact", "downloads::the_run_that_is_killed"])
        .run();
    let ending = killed.unwrap_err().to_string();
    assert!(ending.contains("signal 9") || ending.contains("status 137"), "{ending}");
    let left = fs_err::metadata(world.path("store/partial").join(digest(&bytes).to_string())).unwrap();
    assert_eq!(left.len(), 200_000);
    world.package.sources = vec![by_url("xen", pinned(url, &bytes))];
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert_eq!(server.ranges(), [None, Some(200_000)]);
    assert!(!world.events.has("locked"), "a lock does not outlive its process");
}

#[test]
fn a_run_that_failed_half_way_goes_on_in_the_next() {
    let bytes = content(300_000);
    let (error, world, server) = is_refused(
        &bytes,
        vec![
            Reply::CutAfter(bytes.clone(), 90_000),
            Reply::Status(503),
            Reply::Status(503),
            Reply::Status(503),
            Reply::Status(503),
            Reply::File(bytes.clone()),
        ],
    );
    assert!(error.to_string().contains("HTTP 503 Service Unavailable"), "{error}");
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert_eq!(server.ranges().last(), Some(&Some(90_000)));
}

#[test]
fn what_is_whole_already_is_not_asked_for() {
    let bytes = content(1_000);
    let server = Server::always(Reply::Status(500));
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), &bytes))];
    world.write(&format!("store/partial/{}", digest(&bytes)), &bytes);
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert!(server.requests().is_empty());
}

#[test]
fn what_is_whole_already_is_known_by_its_digest_where_no_size_is_pinned() {
    let bytes = content(1_000);
    let server = Server::always(Reply::File(bytes.clone()));
    let mut world = World::new();
    let mut location = pinned(server.url("xen.tar.gz"), &bytes);
    location.size = None;
    world.package.sources = vec![by_url("xen", location)];
    world.write(&format!("store/partial/{}", digest(&bytes)), &bytes);
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert!(server.requests().is_empty());
}

#[test]
fn more_than_there_can_be_is_thrown_away() {
    let bytes = content(1_000);
    let server = Server::always(Reply::File(bytes.clone()));
    let mut world = World::new();
    let mut location = pinned(server.url("xen.tar.gz"), &bytes);
    location.size = None;
    world.package.sources = vec![by_url("xen", location)];
    world.write(&format!("store/partial/{}", digest(&bytes)), content(5_000));
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert_eq!(server.ranges(), [Some(5_000), None], "416 came in between");
}

#[test]
fn a_wrong_digest_is_the_pins_or_the_servers_fault_and_final() {
    let bytes = content(1_000);
    let mut other = bytes.clone();
    other[500] ^= 1;
    let (error, world, server) = is_refused(&bytes, vec![Reply::File(other.clone())]);
    let FetchError::WrongDigest { digests, .. } = &error else { panic!("{error}") };
    assert_eq!((digests.expected, digests.found), (digest(&bytes), digest(&other)));
    assert_eq!(error.kind(), FailureKind::Data);
    assert!(error.hint().unwrap().contains("package.toml"));
    assert_eq!(server.requests().len(), 1, "a wrong file is not asked for again");
    assert!(!world.store.path_of(&digest(&bytes)).exists());
    assert!(!world.store.path_of(&digest(&other)).exists());
}

#[test]
fn a_wrong_length_is_seen_before_the_body() {
    let bytes = content(1_000);
    for other in [content(999), content(1_001)] {
        let found = other.len() as u64;
        let (error, ..) = is_refused(&bytes, vec![Reply::File(other)]);
        assert!(matches!(error, FetchError::WrongSize { expected: 1_000, found: it, .. } if it == found));
        assert_eq!(error.kind(), FailureKind::Data);
    }
}

#[test]
fn a_length_that_nobody_states_is_counted() {
    let bytes = content(1_000);
    arrives(&bytes, vec![Reply::Unsized(bytes.clone())]);
    let (_, server) =
        arrives(&bytes, vec![Reply::Unsized(bytes[..400].to_vec()), Reply::File(bytes.clone())]);
    assert_eq!(server.ranges(), [None, Some(400)], "an end too early is a break");
    let (error, ..) = is_refused(&bytes, vec![Reply::Unsized(content(200_000))]);
    assert!(matches!(error, FetchError::WrongSize { .. }), "{error}");
}

#[test]
fn without_a_pinned_size_there_is_a_limit() {
    let server = Server::always(Reply::Unsized(content(3 << 20)));
    let mut world = World::new();
    let mut location = pinned(server.url("xen.tar.gz"), b"xen");
    location.size = None;
    world.package.sources = vec![by_url("xen", location)];
    assert!(world.refusal().contains("goes on after 1048576 bytes"), "{}", world.refusal());
}

#[test]
fn an_error_that_may_pass_is_asked_again() {
    let bytes = content(1_000);
    for status in [500, 502, 503, 504, 408, 429] {
        let (_, server) = arrives(&bytes, vec![Reply::Status(status), Reply::File(bytes.clone())]);
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn an_error_that_stays_is_not_asked_again() {
    let bytes = content(1_000);
    for status in [400, 401, 403, 404, 410] {
        let (error, _, server) = is_refused(&bytes, vec![Reply::Status(status), Reply::File(bytes.clone())]);
        assert!(error.to_string().contains(&format!("HTTP {status} ")), "{error}");
        assert_eq!(error.kind(), FailureKind::World);
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn redirects_are_followed_to_an_end() {
    let bytes = content(1_000);
    let upstreams = bytes.clone();
    let server = Server::start(move |request| match request.target.as_str() {
        "/xen.tar.gz" => Reply::Redirect("/mirror/xen.tar.gz".to_owned()),
        "/mirror/xen.tar.gz" => Reply::Redirect("/there/xen.tar.gz".to_owned()),
        _ => Reply::File(upstreams.clone()),
    });
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), &bytes))];
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn redirects_in_a_circle_end() {
    let (error, _, server) = is_refused(b"xen", vec![Reply::Redirect("/xen.tar.gz".to_owned())]);
    assert!(error.to_string().contains("more than 3 redirects"), "{error}");
    assert_eq!(server.requests().len(), 4, "and are not tried again");
}

#[test]
fn redirects_to_files_of_this_machine_are_not_followed() {
    let (error, ..) = is_refused(b"xen", vec![Reply::Redirect("file:///etc/passwd".to_owned())]);
    assert!(matches!(error, FetchError::Missing { .. }), "{error}");
}

#[test]
fn a_body_that_trickles_ends_with_the_total_time() {
    let bytes = content(300_000);
    let server = Server::always(Reply::CutAfter(bytes.clone(), 1));
    let mut world = World::new();
    world.network().http.limits =
        HttpLimits { total: Duration::from_millis(100), ..world.network().http.limits.clone() };
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), &bytes))];
    let error = within(Duration::from_secs(5), || world.fetch()).unwrap_err();
    assert_eq!(error.kind(), FailureKind::World);
}

#[test]
fn a_signature_that_trickles_ends_with_the_total_time() {
    let server = Server::always(Reply::Trickle(vec![b'0'; 100]));
    let mut world = World::new();
    world.network().http.limits.total = Duration::from_secs(1);
    world.write("lookaside/xen.tar.gz", "xen");
    let mut location = pinned("https://upstream.example/xen.tar.gz", b"xen");
    location.vouching = Vouching::Signature(DetachedSignature {
        url: server.url("xen.tar.gz.sig"),
        fingerprint: "23E3222C145F4475FA8060A783FE14C957E82BD9".parse().unwrap(),
        key: world.write("specs/xen/keys/xen.asc", "key"),
        key_url: None,
        over: SignedBytes::File,
    });
    world.package.sources = vec![by_url("xen", location)];
    let error = within(Duration::from_secs(4), || world.fetch()).unwrap_err();
    assert!(error.to_string().contains("xen.tar.gz.sig: not done after 1 s"), "{error}");
    assert_eq!(error.kind(), FailureKind::World);
}

#[test]
fn a_host_that_is_not_there_is_not_waited_for_twice() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let mut world = World::new();
    world.network().retries.delays = vec![Duration::from_millis(50); 3];
    world.package.sources = (0..40)
        .map(|number| {
            let name = format!("s{number}");
            by_url(&name, pinned(format!("http://{address}/{name}.tar.gz"), name.as_bytes()))
        })
        .collect();
    // Forty files, four at once, 150 ms for each that asks: 1.5 s if nobody learned.
    let error = within(Duration::from_secs(1), || world.fetch()).unwrap_err();
    let FetchError::Missing { files } = &error else { panic!("{error}") };
    assert_eq!(files.len(), 40);
    assert!(error.to_string().contains("not asked again"), "{error}");
}

#[test]
fn two_packages_with_one_file_download_it_once() {
    let bytes = content(200_000);
    let server = Server::always(Reply::File(bytes.clone()));
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), &bytes))];
    let mut other = world.package.clone();
    other.name = "kernel".to_owned();
    let sources = world.store.fetch(&[&world.package, &other], &world.settings, &world.events).unwrap();
    assert_eq!(sources[0].path, sources[1].path);
    assert_eq!([&*sources[0].package, &sources[1].package], ["xen", "kernel"]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn settings_that_can_not_be_used_are_the_settings_fault() {
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned("http://127.0.0.1:9/xen.tar.gz", b"xen"))];
    world.network().http.certificates = vec![world.write("ca.pem", "no certificate\n")];
    let error = world.fetch().unwrap_err();
    assert!(error.to_string().starts_with("no certificate could be read from `"), "{error}");
    assert_eq!(error.kind(), FailureKind::Data);
    assert!(error.hint().unwrap().contains("PEM"));
}

#[test]
fn a_server_that_does_not_speak_tls_has_no_file() {
    let server = Server::always(Reply::File(b"xen".to_vec()));
    let mut world = World::new();
    let url = server.url("xen.tar.gz").replace("http:", "https:");
    world.package.sources = vec![by_url("xen", pinned(url, b"xen"))];
    let error = within(Duration::from_secs(10), || world.fetch()).unwrap_err();
    assert!(matches!(error, FetchError::Missing { .. }), "{error}");
    assert_eq!(error.kind(), FailureKind::World);
}
