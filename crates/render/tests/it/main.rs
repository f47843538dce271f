//! A project's data and a template in, a spec out, and what rpm says of it.

mod errors;
mod own_specs;
mod specs;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{BuildRootFacts, CAPABILITIES};
use xen4centos_manifest::{
    EffectiveOption, Location, OptionSwitch, Package, Project, Role, Target, sources_needed,
};
use xen4centos_process::{Invocation, Tool};
use xen4centos_render::{FileRole, RenderError, SourceFile, SpecContext, SpecInputs, spec};

/// What a package is rendered for.
struct Case {
    project: Project,
    package: String,
    target: String,
    form: Form,
    switches: Vec<OptionSwitch>,
    gcc_major: u32,
    generated: Vec<SourceFile>,
}

/// What stands for upstream's release.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Release,
    Tree,
}

impl Case {
    /// The package of the tests' own project, from upstream's release.
    fn hello() -> Self {
        Self::of(&Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/project"), "hello", "here")
    }

    fn of(root: &Utf8Path, package: &str, target: &str) -> Self {
        Self {
            project: Project::load(root, u64::MAX).unwrap_or_else(|problems| panic!("{problems}")),
            package: package.to_owned(),
            target: target.to_owned(),
            form: Form::Release,
            switches: Vec::new(),
            gcc_major: 12,
            generated: Vec::new(),
        }
    }

    fn package(&self) -> &Package {
        &self.project.packages[&self.package]
    }

    fn target(&self) -> &Target {
        &self.project.targets[&self.target]
    }

    fn switch(mut self, option: &str, on: bool) -> Self {
        self.switches.push(OptionSwitch { package: self.package.clone(), option: option.to_owned(), on });
        self
    }

    fn options(&self) -> BTreeMap<String, EffectiveOption> {
        self.project.effective_options(self.package(), self.target(), &self.switches).expect("known options")
    }

    fn sources(&self) -> Vec<SourceFile> {
        let package = self.package();
        let mut files = Vec::new();
        for source in sources_needed(package, &self.options()) {
            let upstream = package.upstream.as_ref();
            let (file, role) = match (source.role, self.form) {
                (Role::Extra, _) => (source.file.clone(), FileRole::Other),
                (Role::Upstream, Form::Tree) => {
                    (upstream.expect("an upstream").tree_file(), FileRole::UpstreamTree)
                }
                (Role::UpstreamPatch, Form::Tree) => continue,
                (Role::Upstream, Form::Release) => (source.file.clone(), FileRole::UpstreamArchive),
                (Role::UpstreamPatch, Form::Release) => (source.file.clone(), FileRole::UpstreamPatch),
            };
            let url = match &source.location {
                Location::Url(location) if role != FileRole::UpstreamTree => Some(location.url.clone()),
                _ => None,
            };
            files.push(SourceFile { name: source.name.clone(), file, url, role });
        }
        files.extend(self.generated.iter().cloned());
        files
    }

    fn context(&self) -> SpecContext {
        let capabilities = CAPABILITIES.iter().map(|name| ((*name).to_owned(), self.gcc_major < 5)).collect();
        let root = BuildRootFacts {
            kind: "host".to_owned(),
            gcc_major: self.gcc_major,
            python2: if self.gcc_major < 5 { "python".to_owned() } else { String::new() },
            capabilities,
            ..BuildRootFacts::default()
        };
        SpecContext::new(&SpecInputs {
            package: self.package(),
            target: self.target(),
            channel: self.target().default_channel().expect("loading wants a default"),
            root: &root,
            options: &self.options(),
            sources: &self.sources(),
        })
    }

    /// The package's own template.
    fn render(&self) -> String {
        let template = fs_err::read_to_string(&self.package().template).expect("a template");
        self.render_text(&template).unwrap_or_else(|error| panic!("{error}"))
    }

    fn render_text(&self, template: &str) -> Result<String, RenderError> {
        let path = format!("specs/{0}/{0}.spec.tera", self.package);
        spec(template, Utf8Path::new(&path), &self.context()).map(|spec| spec.text)
    }
}

/// What rpmspec makes of a spec: its output and its complaints.
fn rpmspec(text: &str, arguments: &[&str]) -> (String, String) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let directory = Utf8PathBuf::from_path_buf(directory.path().to_owned()).expect("a UTF-8 path");
    fs_err::create_dir_all(&directory).expect("a temporary directory");
    fs_err::write(directory.join("it.spec"), text).expect("a writable directory");
    let output = Invocation::new(Tool::Rpmspec, &directory)
        .args(arguments)
        .args(["--define", &format!("_topdir {directory}"), "it.spec"])
        .run()
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    (output.text(), String::from_utf8_lossy(&output.stderr).into_owned())
}
