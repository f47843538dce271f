use crate::{
    building::program,
    support::{Scratch, query},
};

#[test]
fn same_inputs_give_the_same_bytes_elsewhere_and_later() {
    let (here, there) = (Scratch::new(), Scratch::new());
    let first = here.build(&program(&here)).unwrap();
    // Times of files are whole seconds in packages.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let mut request = program(&there);
    request.jobs = 1;
    let second = there.build(&request).unwrap();
    let files = |result: &xen4centos_build::BuildResult| {
        let mut paths: Vec<_> = result.rpms.iter().map(|rpm| rpm.path.clone()).collect();
        paths.push(result.srpm.path.clone());
        paths
    };
    for (left, right) in files(&first).iter().zip(files(&second)) {
        let (left_tags, right_tags) = (query(left, &["--xml"]), query(&right, &["--xml"]));
        let different: Vec<_> =
            left_tags.lines().zip(right_tags.lines()).filter(|(left, right)| left != right).collect();
        assert!(different.is_empty(), "{left}: {different:#?}");
        assert_eq!(fs_err::read(left).unwrap(), fs_err::read(&right).unwrap(), "{left} and {right}");
    }
    assert_eq!(first.provenance.outputs, second.provenance.outputs);
    assert_eq!(first.provenance.inputs.key, second.provenance.inputs.key);
}
