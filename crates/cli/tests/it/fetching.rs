//! Sources from where users have them, and the one error where they have none.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    time::Duration,
};

use crate::workshop::{ProjectCopy, Work, files_below};

const BYTES: &[u8] = b"what upstream released\n";
/// `sha256sum` of these bytes.
const SHA256: &str = "5bf5064f673f9ef759ee20e299d32dc9cf333ef65bdd5ea8eb77da4148722f7f";

/// A project whose small package takes one file of an upstream that can not be reached.
pub(crate) fn project_with_an_upstream() -> ProjectCopy {
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
    server("/far-1.0.txt", vec![body])
}

/// The same for another path, or a whole URL, as a proxy is asked; there is a pause between the parts of the body.
pub(crate) fn server(path: &'static str, parts: Vec<&'static [u8]>) -> String {
    serve(vec![(path, parts)])
}

/// The same for several files.
pub(crate) fn server_of(files: Vec<(&'static str, &'static [u8])>) -> String {
    serve(files.into_iter().map(|(path, bytes)| (path, vec![bytes])).collect())
}

fn serve(files: Vec<(&'static str, Vec<&'static [u8]>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            let _rest: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let found = files.iter().find(|(path, _)| request.starts_with(&format!("GET {path} ")));
            let (status, parts) =
                found.map_or(("404 Not Found", &[][..]), |(_, parts)| ("200 OK", &parts[..]));
            let length: usize = parts.iter().map(|part| part.len()).sum();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let mut stream = &stream;
            // A client that has gone needs no answer.
            drop(stream.write_all(head.as_bytes()));
            for (number, part) in parts.iter().enumerate() {
                std::thread::sleep(Duration::from_millis(if number == 0 { 0 } else { 700 }));
                drop(stream.write_all(part));
            }
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

/// Neither with a file in the lookaside directory that is another one, nor on the way to a release.
#[test]
fn who_only_looks_downloads_nothing() {
    let copy = project_with_an_upstream();
    let work = Work::new(copy.path());
    let url = mirror(BYTES);
    work.write("lookaside/far-1.0.txt", "other bytes\n");
    for command in [&["status"][..], &["release", "--dry-run"], &["build", "--dry-run"]] {
        let run = work.run(&[command, &["--target", "small", "--mirror", &url]].concat()).ends_with(0);
        assert!(run.stdout.contains("unplanned"), "{}", run.stdout);
        assert!(!run.stderr.contains("Fetching"), "{}", run.stderr);
    }
    assert_eq!(files_below(&work.path().join("store")), Vec::<camino::Utf8PathBuf>::new());
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
fn proxies_of_the_environment_are_asked() {
    let copy = project_with_an_upstream();
    let proxy = server("http://127.0.0.1:1/far-1.0.txt", vec![BYTES]);
    for variable in ["http_proxy", "all_proxy", "ALL_PROXY"] {
        let work = Work::new(copy.path());
        work.call(&["fetch", "--target", "small"]).env(variable, &proxy).run().ends_with(0);
    }
}

#[test]
fn hosts_without_a_proxy_are_asked_directly() {
    let copy = project_with_an_upstream();
    let upstream = mirror(BYTES);
    for variable in ["no_proxy", "NO_PROXY"] {
        let work = Work::new(copy.path());
        work.call(&["fetch", "--target", "small", "--mirror", &upstream])
            .env("http_proxy", &server("/nothing", Vec::new()))
            .env(variable, "127.0.0.1")
            .run()
            .ends_with(0)
            .says([&*format!("(from {upstream}far-1.0.txt)")]);
    }
}

#[test]
fn bytes_are_counted_on_a_terminal_and_nowhere_else() {
    let copy = project_with_an_upstream();
    let url = server("/far-1.0.txt", BYTES.chunks(12).collect());
    let fetch = ["fetch", "--target", "small", "--mirror", &url];
    let work = Work::new(copy.path());
    let run = work.call(&fetch).on_a_terminal().run().ends_with(0);
    assert!(run.stdout.contains("12 B/23 B"), "{run:?}");
    let run = Work::new(copy.path()).run(&fetch).ends_with(0);
    let lines: Vec<&str> = run.stderr.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(lines, ["Fetching", "Stored"], "{}", run.stderr);
}

#[test]
fn run_that_waits_for_another_says_so() {
    let copy = project_with_an_upstream();
    let work = Work::new(copy.path());
    let file = fs_err::File::open(work.write(&format!("store/partial/{SHA256}"), "")).unwrap();
    file.file().lock().unwrap();
    let url = mirror(BYTES);
    let mut running = work.call(&["fetch", "--target", "small", "--mirror", &url]).start();
    assert_eq!(running.reaches(&["     Waiting until somebody else is done with "]), Some(0));
    drop(file);
    assert_eq!(running.reaches(&["Stored"]), Some(0));
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

/// The file of one machine says it in the same words as the command line, of files of the tree, too.
#[test]
fn local_file_takes_the_place_of_files_of_the_tree() {
    let copy = ProjectCopy::new();
    copy.write("mine.sh", "#!/bin/sh\n");
    copy.write(
        "xen4centos.local.toml",
        "[source-override]\n\"grub-bootxen.sh\" = \"mine.sh\"\n\"xen/xen.modules\" = \"mine.sh\"\n",
    );
    let rows = Work::new(copy.path()).run(&["fetch", "--offline", "--json"]).ends_with(0).json();
    let mine = copy.path().join("mine.sh");
    let is_mine = |row: &&serde_json::Value| row["path"] == mine.as_str();
    let names: Vec<_> = rows.as_array().unwrap().iter().filter(is_mine).map(|row| &row["name"]).collect();
    assert_eq!(names, ["grub-bootxen.sh", "xen.modules"]);
}

#[test]
fn all_that_is_missing_is_listed_with_the_place_to_put_it() {
    let work = Work::new(&crate::workshop::project());
    let lookaside = work.path().join("lookaside");
    let run = work
        .run(&["fetch", "--offline", "--target", "xen4centos-6"])
        .ends_with(5)
        .says([
            "58 files are missing",
            "44 patches of xen, which are commits of one repository",
            "hint: run the same command where there is a network",
        ])
        .says([
            "https://cdn.kernel.org/pub/linux/kernel/v3.x/patch-3.4.113.xz",
            "d5492eeaadcf12aaad471011066e447907999035c26368da8e4f82b1871ef03a",
            "3cf440866315e8085050eb0586f0447b6b47a08dbed6a72226bf5ed5d89ec567",
            "by key   23E3222C145F4475FA8060A783FE14C957E82BD9",
        ]);
    for file in
        ["linux-3.4.tar.xz", "patch-3.4.113.xz", "xen-4.2.5.tar.gz", "xen-4.2.5.tar.gz.sig", "xen.git"]
    {
        assert!(run.stderr.contains(&format!("put it   {lookaside}/{file}")), "{file}\n{}", run.stderr);
    }
}
