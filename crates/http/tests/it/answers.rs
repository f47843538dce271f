//! What servers answer, and what becomes of it.

use std::{
    io::{ErrorKind, Read},
    time::Duration,
};

use xen4centos_http::{Client, Deadline, HttpSettings, RequestError, Status};

use crate::{
    body, get,
    server::impatient,
    server::{Reply, Server},
    told, within,
};

/// Reads the body to its end, or to its error.
fn broken(server: &Server) -> (usize, RequestError) {
    let mut answer = get(&impatient(), &server.url("file")).unwrap();
    let (mut have, mut block) = (0, [0; 64]);
    loop {
        match answer.next(&mut block) {
            Ok(0) => panic!("ended after {have} bytes"),
            Ok(count) => have += count,
            Err(error) => return (have, error),
        }
    }
}

#[test]
fn a_file_comes_as_it_is() {
    let server = Server::always(Reply::File(b"content".to_vec()));
    let answer = get(&impatient(), &server.url("a%20b")).unwrap();
    assert_eq!((answer.status(), answer.length(), answer.content_range()), (Status(200), Some(7), None));
    assert_eq!(body(answer), b"content");
    let request = &server.requests()[0];
    assert_eq!((&*request.method, &*request.target), ("GET", "/a%20b"));
    assert_eq!(request.headers["accept-encoding"], "identity");
    assert!(request.headers["user-agent"].starts_with("xen4centos/"));
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_part_comes_from_its_first_byte_on() {
    let server = Server::always(Reply::File(b"content".to_vec()));
    let client = Client::new(&impatient()).unwrap();
    let ask = |from| client.get(&server.url("file"), from, Deadline::after(Duration::from_secs(5))).unwrap();
    let answer = ask(3);
    assert_eq!(answer.status(), Status(206));
    assert_eq!((answer.length(), answer.content_range()), (Some(4), Some("bytes 3-6/7")));
    assert_eq!(body(answer), b"tent");
    assert_eq!(ask(9).status(), Status(416));
    assert_eq!(server.ranges(), [Some(3), Some(9)]);
    let server = Server::always(Reply::Part("bytes 1-2/7", b"on".to_vec()));
    assert_eq!(get(&impatient(), &server.url("file")).unwrap().content_range(), Some("bytes 1-2/7"));
}

#[test]
fn every_status_is_an_answer() {
    for (status, text) in [(404, "404 Not Found"), (503, "503 Service Unavailable"), (599, "599")] {
        let server = Server::always(Reply::Status(status));
        let found = get(&impatient(), &server.url("file")).unwrap().status();
        assert_eq!((found, found.to_string().as_str()), (Status(status), text));
    }
}

#[test]
fn a_length_that_nobody_states_is_unknown() {
    for reply in [Reply::Unsized(b"content".to_vec()), Reply::Whole(b"content".to_vec())] {
        let is_known = matches!(reply, Reply::Whole(_));
        let server = Server::always(reply);
        let answer = get(&impatient(), &server.url("file")).unwrap();
        assert_eq!(answer.length().is_some(), is_known);
        assert_eq!(body(answer), b"content");
    }
    let server = Server::always(Reply::Endless);
    let mut start = vec![1; 100_000];
    get(&impatient(), &server.url("file")).unwrap().read_exact(&mut start).unwrap();
    assert!(start.iter().all(|byte| *byte == 0));
}

#[test]
fn a_connection_that_breaks_is_noticed() {
    let server = Server::always(Reply::CutAfter(vec![0; 1_000], 100));
    let (have, error) = broken(&server);
    assert_eq!(have, 100);
    assert!(matches!(error, RequestError::Broken { .. }), "{error:?}");
    assert!(told(&error).starts_with("the connection broke: "), "{error}");
    assert_eq!(std::io::Error::from(error).kind(), ErrorKind::Other);
}

#[test]
fn silence_ends_with_the_idle_time() {
    let server = Server::always(Reply::StallAfter(vec![0; 1_000], 100));
    let (have, error) = within(Duration::from_secs(3), || broken(&server));
    assert_eq!(have, 100);
    assert!(matches!(error, RequestError::Silent { .. }), "{error:?}");
    assert!(error.to_string().contains("timed out"), "{error}");
    assert_eq!(std::io::Error::from(error).kind(), ErrorKind::TimedOut);
}

#[test]
fn a_head_that_does_not_come_ends_with_the_idle_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", silent.local_addr().unwrap());
    let error = within(Duration::from_secs(3), || get(&impatient(), &url)).unwrap_err();
    assert!(matches!(error, RequestError::Silent { .. }), "{error:?}");
    assert!(!told(&error).contains("127.0.0.1"), "{}", told(&error));
}

#[test]
fn a_body_that_trickles_ends_at_the_deadline() {
    let server = Server::always(Reply::Trickle(vec![0; 100]));
    let client = Client::new(&impatient()).unwrap();
    let deadline = Deadline::after(Duration::from_millis(500));
    let mut answer = client.get(&server.url("file"), 0, deadline).unwrap();
    let error = within(Duration::from_secs(3), || answer.read_to_end(&mut Vec::new())).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::TimedOut, "not done after 0.5 s"));
    assert!(deadline.left().is_zero());
    // The next request has no time left, and nobody is asked.
    let error = client.get(&server.url("file"), 0, deadline).unwrap_err();
    assert!(matches!(error, RequestError::Late { total } if total == Duration::from_millis(500)));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_host_that_is_not_there_is_unreachable() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", gone.local_addr().unwrap());
    drop(gone);
    let error = get(&impatient(), &url).unwrap_err();
    assert!(matches!(error, RequestError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "all causes are told: {error}");
    assert!(!told(&error).contains("/file"), "{}", told(&error));
}

#[test]
fn what_is_no_url_is_refused() {
    for wrong in ["nonsense", "http://[::bad/", "ftp://127.0.0.1/file"] {
        let error = get(&impatient(), wrong).unwrap_err();
        assert!(matches!(error, RequestError::Refused { .. }), "{wrong}: {error:?}");
    }
}

#[test]
fn redirects_are_followed_to_an_end() {
    let server = Server::start(|request| match request.target.as_str() {
        "/file" => Reply::Redirect("/mirror/file".to_owned()),
        "/mirror/file" => Reply::Redirect("/there/file".to_owned()),
        _ => Reply::File(b"content".to_vec()),
    });
    assert_eq!(body(get(&impatient(), &server.url("file")).unwrap()), b"content");
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| !request.headers.contains_key("referer")));
}

#[test]
fn redirects_in_a_circle_end() {
    let server = Server::in_turn(vec![Reply::Redirect("/file".to_owned())]);
    let error = get(&impatient(), &server.url("file")).unwrap_err();
    assert!(matches!(error, RequestError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("more than 3 redirects"), "{error}");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn redirects_to_files_of_this_machine_are_not_followed() {
    let server = Server::always(Reply::Redirect("file:///etc/passwd".to_owned()));
    let answer = get(&impatient(), &server.url("file")).unwrap();
    assert_eq!((answer.status(), body(answer)), (Status(302), Vec::new()));
}

#[test]
fn the_usual_limits_are_patient() {
    let HttpSettings { limits, certificates, proxies } = HttpSettings::usual();
    assert!(limits.connect < limits.idle && limits.idle < limits.total);
    assert!(certificates.is_empty() && proxies.http.is_none() && proxies.https.is_none());
}
