//! Sources from where users have them, and the one error where they have none.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
};

use crate::workshop::{ProjectCopy, Work};

const BYTES: &[u8] = b"what upstream released\n";
/// `sha256sum` of these bytes.
const SHA256: &str = "5bf5064f673f9ef759ee20e299d32dc9cf333ef65bdd5ea8eb77da4148722f7f";

/// A project whose small package takes one file of an upstream that can not be reached.
fn project_with_an_upstream() -> ProjectCopy {
    let copy = ProjectCopy::with_small_package("cat %{SOURCE0}");
    let source = format!(
        "[[source]]\nname = \"far\"\nfile = \"far-1.0.txt\"\nurl = \"http://127.0.0.1:1/far-1.0.txt\"\n\
         sha256 = \"{SHA256}\"\nsize = {}\nunsigned = \"a test\"\n\n[[changelog]]\n",
        BYTES.len()
    );
    copy.edit("specs/small/package.toml", "[[changelog]]\n", &source);
    copy
}

/// An HTTP server on loopback that answers every request for `/far-1.0.txt` with `body`; its base URL. It ends with the
/// test process.
fn mirror(body: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            let _rest: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let found = request.starts_with("GET /far-1.0.txt ");
            let (status, body) = if found { ("200 OK", body) } else { ("404 Not Found", &b""[..]) };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            // A client that has gone needs no answer.
            drop((&stream).write_all(&[head.as_bytes(), body].concat()));
        }
    });
    url
}

#[test]
fn mirror_has_what_upstream_has_no_more() {
    let copy = project_with_an_upstream();
    let work = Work::new(copy.path());
    let url = mirror(BYTES);
    let planned = work.run(&["fetch", "--target", "small", "--dry-run", "--json"]).ends_with(0).json();
    assert_eq!(planned[0]["state"], "to be downloaded");
    assert!(!work.path().join("store").exists(), "a dry run fetches nothing");

    let rows = work.run(&["fetch", "--target", "small", "--json", "--mirror", &url]).ends_with(0).json();
    assert_eq!(rows[0]["name"], "far");
    assert_eq!(rows[0]["sha256"], SHA256);
    assert_eq!(fs_err::read(rows[0]["path"].as_str().unwrap()).unwrap(), BYTES);

    // It is in the store now, and builds from there.
    work.run(&["fetch", "--target", "small", "--offline"]).ends_with(0).prints(["far-1.0.txt (verified"]);
    work.run(&["release", "--target", "small", "--offline"]).ends_with(0);
}

#[test]
fn mirror_with_other_bytes_is_not_believed() {
    let copy = project_with_an_upstream();
    let work = Work::new(copy.path());
    let url = mirror(b"what upstream relaesed\n");
    let run = work.run(&["fetch", "--target", "small", "--mirror", &url]).says([SHA256, "far-1.0.txt"]);
    assert_ne!(run.code, Some(0));
    work.run(&["fetch", "--target", "small", "--offline"]).ends_with(5).says(["1 file is missing"]);
}

#[test]
fn lookaside_directory_comes_before_the_network() {
    let copy = project_with_an_upstream();
    let work = Work::new(copy.path());
    work.write("lookaside/far-1.0.txt", BYTES);
    work.run(&["fetch", "--target", "small", "--offline"]).ends_with(0).prints(["far-1.0.txt (verified"]);
}

#[test]
fn override_is_used_recorded_and_seen() {
    let copy = project_with_an_upstream();
    let work = Work::new(copy.path());
    let file = work.write("mine.txt", "a maintainer's own\n");
    let given = format!("far={file}");
    let rows = work
        .run(&["build", "--target", "small", "--json", "--offline", "--source-override", &given])
        .ends_with(0)
        .json();
    let directory = rows[0]["directory"].as_str().unwrap();
    assert!(fs_err::read_to_string(format!("{directory}/build.log")).unwrap().contains("a maintainer's own"));
    let provenance = fs_err::read_to_string(format!("{directory}/provenance.json")).unwrap();
    assert!(provenance.contains("override") && provenance.contains("mine.txt"), "{provenance}");
}

#[test]
fn all_that_is_missing_is_listed_with_the_place_to_put_it() {
    let work = Work::new(&crate::workshop::project());
    let lookaside = work.path().join("lookaside");
    let run = work
        .run(&["fetch", "--offline", "--target", "xen4centos-6"])
        .ends_with(5)
        .says(["14 files are missing", "hint: run the same command where there is a network"])
        .says([
            "https://cdn.kernel.org/pub/linux/kernel/v3.x/patch-3.4.113.xz",
            "d5492eeaadcf12aaad471011066e447907999035c26368da8e4f82b1871ef03a",
            "3cf440866315e8085050eb0586f0447b6b47a08dbed6a72226bf5ed5d89ec567",
            "by key   23E3222C145F4475FA8060A783FE14C957E82BD9",
        ]);
    for file in ["linux-3.4.tar.xz", "patch-3.4.113.xz", "xen-4.2.5.tar.gz", "xen-4.2.5.tar.gz.sig"] {
        assert!(run.stderr.contains(&format!("put it   {lookaside}/{file}")), "{file}\n{}", run.stderr);
    }
}
