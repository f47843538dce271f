//! kernel-firmware takes the place of the host's: what the network drivers ask for is in it, or the build stops.

use xen4centos_process::{Invocation, Tool};

use crate::workshop::{Directory, ProjectCopy, Work};

const DRIVER: &str = "specs/kernel/miniature/drivers/net/ethernet/broadcom/bnx2.c";
const COMMIT: &str = "2892af06dc38a764938f0583a2eac30595108799";

/// A driver that is newer than the firmware of its tree, as bnx2 of Linux 3.4 is.
fn project_with_a_newer_driver() -> ProjectCopy {
    let copy = ProjectCopy::new();
    copy.edit(DRIVER, "bnx2/miniature.fw", "bnx2/newer.fw");
    copy
}

/// In place of upstream's linux-firmware.
fn pin_repository(copy: &ProjectCopy, files: &[&str], links: &[(&str, &str)]) -> Directory {
    let repository = Directory::new();
    for file in files {
        repository.write(file, format!("{file}\n"));
    }
    for (link, target) in links {
        fs_err::os::unix::fs::symlink(target, repository.path.join(link)).unwrap();
    }
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@localhost"];
        Invocation::new(Tool::Git, &repository.path).args(identity).args(arguments).run().unwrap().text()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "firmware"]);
    let package = "specs/kernel/package.toml";
    copy.edit(package, COMMIT, git(&["rev-parse", "HEAD"]).trim());
    let upstream = "https://git.kernel.org/pub/scm/linux/kernel/git/firmware/linux-firmware.git";
    copy.edit(package, upstream, &format!("file://{}", repository.path));
    repository
}

const TAKE: [&str; 4] = ["build", "kernel", "--json", "--with=kernel:linux-firmware"];

#[test]
fn driver_without_its_firmware_stops_the_build() {
    let copy = project_with_a_newer_driver();
    let work = Work::new(copy.path());
    work.run(&["build", "kernel"]).ends_with(3).says([
        "building `kernel` failed in %prep",
        "bnx2 asks for bnx2/newer.fw, which this tree has not",
        "build --with kernel:linux-firmware, or --without kernel:firmware",
    ]);
    let _repository = pin_repository(&copy, &["WHENCE", "bnx2/older.fw"], &[]);
    work.run(&TAKE).ends_with(3).says([
        "building `kernel` failed in %install",
        "bnx2.ko asks for bnx2/newer.fw, which neither tree has",
    ]);
    // Then hosts keep what they have.
    let rows = work.run(&["build", "kernel", "--json", "--without=kernel:firmware"]).ends_with(0).json();
    let packages = rows[0]["packages"].to_string();
    assert!(packages.contains("kernel-devel") && !packages.contains("kernel-firmware"), "{packages}");
}

#[test]
fn linux_firmware_gives_what_drivers_ask_for() {
    let copy = project_with_a_newer_driver();
    copy.edit(
        "specs/kernel/miniature/net/bridge/bridge.c",
        "MINIATURE_MODULE(\"Bridge\")",
        "MINIATURE_MODULE(\"Bridge\")\nMODULE_STRING(second, \"firmware\", \"ql2400_fw.bin\");\n\
         MODULE_STRING(third, \"firmware\", \"nowhere.bin\");",
    );
    let files = ["WHENCE", "LICENCE.example", "bnx2/newer-1.0.fw", "bnx2/unasked.fw", "ql2400_fw.bin"];
    let _repository = pin_repository(&copy, &files, &[("bnx2/newer.fw", "newer-1.0.fw")]);
    let work = Work::new(copy.path());
    let rows = work.run(&TAKE).ends_with(0).json();
    let directory = camino::Utf8Path::new(rows[0]["directory"].as_str().unwrap());
    let query = |arguments: &[&str]| {
        let rpm = Invocation::new(Tool::Rpm, directory).args(arguments);
        rpm.arg("kernel-firmware-3.4.113-1.el6.centos.alt.noarch.rpm").run().unwrap().text()
    };
    let expected = "/lib/firmware\n/lib/firmware/bnx2\n/lib/firmware/bnx2/miniature.fw\n\
                    /lib/firmware/bnx2/newer-1.0.fw\n/lib/firmware/bnx2/newer.fw\n/lib/firmware/built-in\n\
                    /lib/firmware/built-in/example.fw\n/lib/firmware/example.fw\n";
    let documents = ["", "/COPYING", "/LICENCE.example", "/WHENCE", "/WHENCE.linux-firmware"]
        .map(|file| format!("/usr/share/doc/kernel-firmware-3.4.113{file}"));
    assert_eq!(query(&["-qlp"]).trim(), format!("{expected}{}", documents.join("\n")));
    let log = fs_err::read_to_string(directory.join("build.log")).unwrap();
    for line in [
        "bridge.ko asks for ql2400_fw.bin, which ql2400-firmware of CentOS 6 has to bring",
        "bridge.ko asks for nowhere.bin, which neither tree has",
    ] {
        assert!(log.contains(&format!("\nkernel.spec: {line}\n")), "{line}\n{log}");
    }
}

/// It has forgotten what it asks for; its source has not.
#[test]
fn driver_inside_the_kernel_is_asked_too() {
    let copy = ProjectCopy::new();
    let class = "specs/kernel/miniature/drivers/base/firmware_class.c";
    copy.edit(class, "\"built-in/\" \"example.fw\"", "\"bnx2x/\" \"newer.fw\"");
    Work::new(copy.path()).run(&["build", "kernel"]).ends_with(3).says([
        "building `kernel` failed in %install",
        "firmware_class.c asks for bnx2x/newer.fw, which neither tree has",
        "kernel-firmware must serve bnx2 and bnx2x",
    ]);
}
