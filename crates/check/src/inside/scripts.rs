//! The rules about init scripts.

use xen4centos_artifact::header::FileEntry;

use super::{
    contents::{Contents, Interest},
    init_script::{Service, lsb_faults},
    package::Package,
};
use crate::{Rule, rule::rule_table};

rule_table! {
    NOT_EXECUTABLE "EL6-FILE-040" Error
        "init script that is not executable"
        "env: /etc/init.d/…: Permission denied"
        "install it with mode 0755";
    CHKCONFIG "EL6-FILE-041" Error
        "line for chkconfig"
        "service … does not support chkconfig"
        "write `# chkconfig: 2345 START STOP`, or `-` for no levels, with priorities from 00 to 99";
    DESCRIPTION "EL6-FILE-042" Warning
        "description of a service"
        "nothing is said: chkconfig and ntsysv show its name in place of a description"
        "write `# description: …` below the line for chkconfig";
    LSB "EL6-FILE-043" Warning
        "LSB header of an init script"
        "nothing is said: the service is started without regard to what it needs"
        "write Provides, Required-Start, Required-Stop and Short-Description between `### BEGIN INIT INFO` and `### END INIT INFO`";
    INTERPRETER "EL6-FILE-044" Error
        "interpreter of an init script"
        "/etc/init.d/…: …: bad interpreter: No such file or directory"
        "begin it with `#!/bin/sh`, or require what it is run by";
}

/// On every host, whatever else it has.
const EVERYWHERE: [&str; 2] = ["/bin/sh", "/bin/bash"];

/// All that is wrong with a file, if it is an init script.
pub(super) fn judge(
    package: &Package<'_>,
    (file, path): (&FileEntry<'_>, &str),
    contents: &Contents,
) -> Vec<(&'static Rule, String)> {
    if package.interest(file, path) != Interest::Script {
        return Vec::new();
    }
    let script = String::from_utf8_lossy(&contents.held);
    let mut found: Vec<(&Rule, String)> = Vec::new();
    if file.permissions() & 0o100 == 0 {
        found.push((&NOT_EXECUTABLE, format!("has mode {:04o}", file.permissions())));
    }
    match Service::read(&script) {
        Ok(service) if !service.has_description => {
            found.push((&DESCRIPTION, "has no line `# description:`".to_owned()));
        }
        Ok(_) => {}
        Err(fault) => found.push((&CHKCONFIG, fault)),
    }
    found.extend(lsb_faults(&script).into_iter().map(|fault| (&LSB, fault)));
    found.extend(interpreter(package, &script).map(|fault| (&INTERPRETER, fault)));
    found
}

fn interpreter(package: &Package<'_>, script: &str) -> Option<String> {
    let line = script.lines().next().unwrap_or_default();
    let Some(program) = line.strip_prefix("#!").and_then(|rest| rest.split_whitespace().next()) else {
        return Some("does not begin with `#!`".to_owned());
    };
    let is_there = EVERYWHERE.contains(&program)
        || (program.starts_with('/') && (package.requires.contains(program) || package.has_path(program)));
    (!is_there).then(|| format!("is run by {program}, which the package does not require"))
}
