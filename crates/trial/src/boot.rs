//! A boot of what is installed in a root: its hypervisor, its kernel as dom0, a small initramfs, to user space.
//!
//! A banner is not a boot: a hypervisor that was compiled with the wrong flags prints it and panics as soon as dom0
//! runs, and a kernel can start whose modules do not load. So the verdict rests on what user space said.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, ProcessError, Tool};

use crate::{TrialError, initramfs};

/// What to boot.
#[derive(Clone, Debug)]
pub struct BootRequest<'a> {
    /// A root with `/boot/xen.gz`, `/boot/vmlinuz-*` and `/lib/modules`.
    pub root: &'a Utf8Path,
    /// `uname -r` of the kernel to start; `None` takes the newest in the root.
    pub kernel: Option<&'a str>,
    /// Modules that must load, such as `xen-evtchn`.
    pub modules: &'a [String],
    /// Those among them that are good, too, when their start finds no device: what they drive is hardware that the
    /// emulated machine lacks, such as firmware with processor power states for `xen-acpi-processor`.
    pub may_lack_device: &'a [&'a str],
    /// The machine's memory in MiB.
    pub memory_mib: u32,
    /// qemu's CPU model.
    pub cpu: &'a str,
    /// When to switch the machine off.
    pub time_limit: Duration,
    /// A directory for the machine's files; the serial log stays in it.
    pub scratch: &'a Utf8Path,
}

/// Whether a module that was asked for is there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModuleState {
    /// From its file.
    Loaded,
    /// Compiled into the kernel.
    BuiltIn,
    /// The kernel took it and its start said ENODEV, which the request allows for it: the emulated machine has nothing
    /// for it. A driver of Xen's own interface says the same when something is wrong with that interface, and failed.
    NoDevice,
    /// Not there, with what modprobe said.
    Failed(String),
}

/// What user space said before it switched the machine off.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BootReport {
    /// `uname -r`; none when user space was not reached.
    pub kernel: Option<String>,
    /// The hypervisor's version as dom0 sees it.
    pub xen: Option<String>,
    /// The contents of `/proc/xen/capabilities`: `control_d` in a dom0.
    pub capabilities: Option<String>,
    /// Each module that was asked for.
    pub modules: Vec<(String, ModuleState)>,
    /// Whether user space came to its end.
    pub completed: bool,
    /// Wall-clock seconds under emulation.
    pub seconds: u64,
    /// Whether the machine was switched off because its time was over.
    pub timed_out: bool,
    /// What the machine said last, to tell where it stopped; none when it said nothing.
    pub last_line: Option<String>,
    /// All that came over the serial line.
    pub serial_log: Utf8PathBuf,
}

impl BootReport {
    /// What is wrong, a line each; empty when the boot was good.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        if self.kernel.is_none() {
            let last = self.last_line.as_ref().map(|line| format!("; the last line was `{line}`"));
            failures.push(format!("the kernel did not reach user space{}", last.unwrap_or_default()));
        }
        match self.capabilities.as_deref() {
            Some("control_d") => {}
            Some("") => {
                failures.push("/proc/xen/capabilities can not be read: is there an xenfs?".to_owned());
            }
            Some(other) => failures.push(format!("/proc/xen/capabilities is `{other}`, not `control_d`")),
            None => failures.push("there is no /proc/xen: not running under Xen".to_owned()),
        }
        for (module, state) in &self.modules {
            if let ModuleState::Failed(message) = state {
                failures.push(format!("module {module} did not load: {message}"));
            }
        }
        if self.timed_out {
            failures.push(format!("the machine did not switch itself off within {} s", self.seconds));
        } else if !self.completed {
            failures.push("user space did not come to its end".to_owned());
        }
        failures
    }

    fn read(serial: &str, wanted: &[String], may_lack_device: &[&str]) -> Self {
        let last_line = serial.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned);
        let mut report = Self { last_line, ..Self::default() };
        for line in serial.lines().filter_map(|line| Some(line.split_once("X4C ")?.1.trim())) {
            let (fact, value) = line.split_once(' ').unwrap_or((line, ""));
            match fact {
                "kernel" => report.kernel = Some(value.to_owned()),
                "xen" => report.xen = Some(value.to_owned()),
                "capabilities" => report.capabilities = Some(value.to_owned()),
                "module" => report.modules.extend(module_line(value, may_lack_device)),
                "end" => report.completed = true,
                _ => {}
            }
        }
        for module in wanted {
            if !report.modules.iter().any(|(name, _)| name == module) {
                report.modules.push((module.clone(), ModuleState::Failed("not tried".to_owned())));
            }
        }
        report
    }
}

fn module_line(value: &str, may_lack_device: &[&str]) -> Option<(String, ModuleState)> {
    let (name, rest) = value.split_once(' ')?;
    let state = match rest.split_once(' ').unwrap_or((rest, "")) {
        ("loaded", _) => ModuleState::Loaded,
        ("built-in", _) => ModuleState::BuiltIn,
        // modprobe takes a hyphen and an underscore for the same.
        ("no-device", _)
            if may_lack_device.iter().any(|one| one.replace('-', "_") == name.replace('-', "_")) =>
        {
            ModuleState::NoDevice
        }
        ("no-device", _) => ModuleState::Failed("its start found no device".to_owned()),
        (_, message) => ModuleState::Failed(message.to_owned()),
    };
    Some((name.to_owned(), state))
}

/// Boots it under qemu's emulation, without disk or network.
///
/// # Errors
/// When the root lacks a hypervisor or kernel, or qemu is missing. A boot that went wrong is a report.
pub fn boot(request: &BootRequest<'_>) -> Result<BootReport, TrialError> {
    let scratch = request.scratch;
    fs_err::create_dir_all(scratch).map_err(TrialError::file(scratch))?;
    let version = match request.kernel {
        Some(version) => version.to_owned(),
        None => newest_kernel(request.root)?,
    };
    let kernel = existing(request.root.join(format!("boot/vmlinuz-{version}")), "kernel")?;
    let hypervisor = scratch.join("xen");
    unpack(&existing(request.root.join("boot/xen.gz"), "hypervisor")?, &hypervisor)?;
    let initramfs = scratch.join("initramfs.gz");
    initramfs::write(request.root, &version, request.modules, &initramfs)?;
    let serial_log = scratch.join("serial.log");
    match fs_err::remove_file(&serial_log) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(TrialError::file(&serial_log)(error));
        }
        _ => {}
    }
    let start = Instant::now();
    let timed_out =
        match machine(request, &[&hypervisor, &kernel, &initramfs]).run_logged(&serial_log, |_| {}) {
            Ok(()) => false,
            Err(ProcessError::TimedOut { .. }) => true,
            Err(error) => return Err(TrialError::Machine(error)),
        };
    let serial = fs_err::read(&serial_log).map_err(TrialError::file(&serial_log))?;
    let report =
        BootReport::read(&String::from_utf8_lossy(&serial), request.modules, request.may_lack_device);
    Ok(BootReport { seconds: start.elapsed().as_secs(), timed_out, serial_log, ..report })
}

/// qemu's own multiboot loader takes the unpacked hypervisor as its kernel and the modules as its initrd, in which
/// each file may carry arguments and a comma separates two.
fn machine(request: &BootRequest<'_>, files: &[&Utf8PathBuf; 3]) -> Invocation {
    let [hypervisor, kernel, initramfs] = files;
    let dom0_memory = request.memory_mib / 2;
    Invocation::new(Tool::Qemu, request.scratch)
        .args(["-machine", "pc,accel=tcg", "-cpu", request.cpu, "-m"])
        .arg(request.memory_mib.to_string())
        .args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"])
        .args(["-serial", "stdio", "-kernel"])
        .arg(hypervisor)
        .arg("-append")
        .arg(format!(
            "console=com1 com1=115200,8n1 loglvl=warning dom0_mem={dom0_memory}M,max:{dom0_memory}M"
        ))
        .arg("-initrd")
        .arg(format!("{kernel} console=hvc0 earlyprintk=xen panic=1 rdinit=/init,{initramfs}"))
        // Whatever ends this program ends the machine, too.
        .wrapped_by(Tool::Setpriv, ["--pdeathsig", "KILL", "--"])
        .time_limit(request.time_limit)
}

fn existing(path: Utf8PathBuf, what: &'static str) -> Result<Utf8PathBuf, TrialError> {
    if path.is_file() { Ok(path) } else { Err(TrialError::Missing { what, path }) }
}

/// The release (`uname -r`) of the newest kernel in a root, by rpm's order.
///
/// # Errors
/// When there is none.
pub fn newest_kernel(root: &Utf8Path) -> Result<String, TrialError> {
    let boot = root.join("boot");
    let missing = || TrialError::Missing { what: "kernel", path: boot.join("vmlinuz-*") };
    let entries = boot.read_dir_utf8().map_err(|_| missing())?;
    let names =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().strip_prefix("vmlinuz-")?.to_owned()));
    let version = |name: &String| name.parse::<xen4centos_artifact::Evr>().ok();
    names.max_by_key(|name| (version(name), name.clone())).ok_or_else(missing)
}

fn unpack(gzip: &Utf8Path, out: &Utf8Path) -> Result<(), TrialError> {
    let bytes = fs_err::read(gzip).map_err(TrialError::file(gzip))?;
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .read_to_end(&mut plain)
        .map_err(|source| TrialError::Damaged { path: gzip.to_owned(), expected: "a gzip file", source })?;
    fs_err::write(out, plain).map_err(TrialError::file(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Vec<String> {
        vec!["xen-evtchn".to_owned(), "xen-netback".to_owned()]
    }

    #[test]
    fn a_good_boot() {
        let serial = "(XEN) Xen version 4.2.5\nX4C kernel 3.4.113-1\nX4C capabilities control_d\nX4C xen 4.2.5-1\n\
                      X4C module xen-evtchn loaded\n(XEN) note X4C module xen-netback built-in\r\nX4C end\n";
        let report = BootReport::read(serial, &wanted(), &[]);
        assert_eq!(report.failures(), [""; 0]);
        assert_eq!(report.xen.as_deref(), Some("4.2.5-1"));
    }

    #[test]
    fn a_banner_is_no_boot() {
        let report =
            BootReport::read("(XEN) Xen version 4.2.5\n(XEN) Xen BUG at traps.c:3420\n", &wanted(), &[]);
        assert_eq!(
            report.failures(),
            [
                "the kernel did not reach user space; the last line was `(XEN) Xen BUG at traps.c:3420`",
                "there is no /proc/xen: not running under Xen",
                "module xen-evtchn did not load: not tried",
                "module xen-netback did not load: not tried",
                "user space did not come to its end",
            ]
        );
    }

    #[test]
    fn an_unreadable_xenfs_is_a_failure() {
        let serial = "X4C kernel 3.4\nX4C capabilities \nX4C module xen-evtchn loaded\n\
                      X4C module xen-netback loaded\nX4C end\n";
        let failures = BootReport::read(serial, &wanted(), &[]).failures();
        assert_eq!(failures, ["/proc/xen/capabilities can not be read: is there an xenfs?"]);
    }

    #[test]
    fn only_a_module_that_may_lack_its_device_is_good_without_one() {
        let serial = "X4C kernel 3.4\nX4C capabilities control_d\nX4C module xen-evtchn no-device\n\
                      X4C module xen_acpi_processor no-device\nX4C end\n";
        let wanted = ["xen-evtchn".to_owned(), "xen_acpi_processor".to_owned()];
        let report = BootReport::read(serial, &wanted, &["xen-acpi-processor"]);
        assert_eq!(report.modules[1].1, ModuleState::NoDevice);
        assert_eq!(report.failures(), ["module xen-evtchn did not load: its start found no device"]);
        assert_eq!(BootReport::read(serial, &wanted, &[]).failures().len(), 2);
    }

    #[test]
    fn a_module_that_does_not_load_is_named() {
        let serial = "X4C kernel 3.4\nX4C capabilities control_d\nX4C module xen-evtchn failed invalid module format\n\
                      X4C module xen-netback loaded\nX4C end\n";
        let failures = BootReport::read(serial, &wanted(), &[]).failures();
        assert_eq!(failures, ["module xen-evtchn did not load: invalid module format"]);
    }
}
