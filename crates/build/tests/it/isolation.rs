use std::net::TcpListener;

use xen4centos_build::{BuildError, NetworkPolicy};

use crate::support::{Scratch, request_building};

fn knock(policy: NetworkPolicy) -> (Result<(), BuildError>, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let scratch = Scratch::new();
    let mut request = request_building(&format!("/bin/bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}'"));
    request.network = policy;
    let result = scratch.build(&request).map(|result| {
        let said = result.provenance.inputs.network;
        assert_eq!(said, policy);
    });
    (result, listener.accept().is_ok())
}

#[test]
fn build_does_not_reach_the_network() {
    let (result, reached) = knock(NetworkPolicy::Isolated);
    let error = result.unwrap_err().to_string();
    assert!(error.contains("/dev/tcp/127.0.0.1"), "{error}");
    assert!(!reached);
}

#[test]
fn build_reaches_it_when_that_is_allowed() {
    let (result, reached) = knock(NetworkPolicy::Allowed);
    result.unwrap();
    assert!(reached);
}

#[test]
fn environment_is_clean_and_the_same_everywhere() {
    let scratch = Scratch::new();
    let request = request_building(
        "test \"$PWD\" = /mnt/BUILD/small-1.0\ntest \"$LC_ALL\" = C.UTF-8\ntest \"$TZ\" = UTC\ntest \"$SOURCE_DATE_EPOCH\" = 1409529600\n\
         case \"$HOME\" in /mnt/home) ;; *) exit 1 ;; esac\ntest -z \"$CARGO_MANIFEST_DIR$USER\"\n\
         test \"$(ls /proc | grep -c '^[0-9]')\" -lt 20",
    );
    drop(scratch.build(&request).unwrap());
}
