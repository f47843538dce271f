use camino::Utf8Path;
use xen4centos_manifest::{Client, Project};

/// The project's own client file of that name.
pub(crate) fn client(name: &str) -> Client {
    let directory = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(directory.path()).unwrap();
    for empty in ["specs", "repo-templates/targets", "repo-templates/clients"] {
        fs_err::create_dir_all(root.join(empty)).unwrap();
    }
    let file = format!("repo-templates/clients/{name}.toml");
    fs_err::copy(Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&file), root.join(&file))
        .unwrap();
    Project::load(root, u64::MAX).unwrap().clients[name].clone()
}
