use camino::Utf8Path;
use xen4centos_process::{ProcessError, Tool};

use crate::{BuildError, BuildRequest, files, rpmbuild::Workshop};

/// Has rpm parse the rendered spec under the same macros as the build and returns it with all macros expanded.
/// `scratch` is a directory for temporary files; what a killed run left there of this package is removed, so no two parse
/// the same package in it at once. Where there is no `rpmspec` (CentOS 6) `rpm` parses and the
/// packages that the spec would make are returned, one per line.
///
/// # Errors
/// When rpm does not take the spec, or the temporary files can not be written.
pub fn parse_spec(request: &BuildRequest, scratch: &Utf8Path) -> Result<String, BuildError> {
    request.check_names()?;
    crate::build::check_path(scratch)?;
    let root = scratch.join(format!(".parsing-{}", request.package));
    files::remove_directory(&root)?;
    files::create_directory(&root)?;
    let parsed = parse_in(&root, request);
    files::remove_directory(&root)?;
    parsed
}

fn parse_in(root: &Utf8Path, request: &BuildRequest) -> Result<String, BuildError> {
    let spec = root.join(&request.spec_file);
    files::write(&spec, request.spec.as_bytes())?;
    let workshop = Workshop::with_macros(root, request, None)?;
    let answer = match workshop.rpm(Tool::Rpmspec, request).arg("-P").arg(&spec).run() {
        Err(ProcessError::NotInstalled { .. }) => {
            let query = ["-q", "--qf", "%{name}-%{version}-%{release}.%{arch}\n", "--specfile"];
            workshop.rpm(Tool::Rpm, request).args(query).arg(&spec).run()
        }
        answer => answer,
    };
    match answer {
        Ok(output) => Ok(output.text()),
        Err(ProcessError::Failed { stderr, .. }) => {
            // The temporary path says nothing to anybody.
            let said = stderr.replace(&format!("{root}/"), "");
            let said: Vec<String> = said.lines().map(|line| format!("  {line}")).collect();
            Err(BuildError::Spec { package: request.package.clone(), said: said.join("\n") })
        }
        Err(source) => Err(BuildError::Probe { tool: Tool::Rpmspec.to_string(), source: Box::new(source) }),
    }
}
