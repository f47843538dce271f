//! Which variables there are. What a template looks at and does not exist is an error even where tera would take it
//! for false.

use std::collections::BTreeSet;

use camino::Utf8Path;
use tera::{Context, Value};
use xen4centos_artifact::CAPABILITIES;

use crate::{
    LintFinding, RenderError,
    context::{Samples, SpecContext},
    engine,
    references::{Reference, references},
};

/// Every name that a template may look at. The elements of a list have its name with `[]`.
pub(crate) struct Vocabulary {
    names: BTreeSet<String>,
}

impl Vocabulary {
    pub(crate) fn new(context: &SpecContext, values: &Context, path: &Utf8Path) -> Result<Self, RenderError> {
        let samples = engine::values(&Samples::default(), path)?;
        let mut vocabulary = Self { names: BTreeSet::new() };
        for name in SpecContext::NAMES {
            if let Some(value) = values.get(name) {
                vocabulary.add(name.to_owned(), value);
            }
        }
        let declared = context.declared_sources.iter().map(|source| source.variables[0].clone());
        let sources =
            ["sources[]", SpecContext::KERNEL_CONFIG].map(str::to_owned).into_iter().chain(declared);
        let source = sources.map(|name| (name, "source"));
        for (name, sample) in source.chain([("patches[]".to_owned(), "patch")]) {
            if let Some(sample) = samples.get(sample) {
                vocabulary.add(name, sample);
            }
        }
        vocabulary.names.extend(CAPABILITIES.map(|name| format!("root.capabilities.{name}")));
        Ok(vocabulary)
    }

    fn add(&mut self, name: String, value: &Value) {
        for (key, value) in value.as_map().into_iter().flatten() {
            self.add(format!("{name}.{key}"), value);
        }
        self.names.insert(name);
    }

    /// All that a template looks at and does not exist, and what is wrong with its own variables.
    fn findings(&self, template: &str) -> Vec<LintFinding> {
        let references = references(template);
        let mut seen = BTreeSet::new();
        let unknown = references.found.iter().filter_map(|reference| self.complain(reference));
        let mut findings: Vec<LintFinding> = unknown.chain(references.faults).collect();
        findings.retain(|finding| seen.insert((finding.line, finding.message.clone())));
        findings.sort_by_key(|finding| finding.line);
        findings
    }

    fn complain(&self, reference: &Reference) -> Option<LintFinding> {
        let Reference { name, written, line } = reference;
        let is_table = |name: &str| SpecContext::TABLES.contains(&name);
        let whole = match (name.split_once("[]"), written.split_once("[]")) {
            _ if is_table(name) => Some(written.as_str()),
            (Some((table, _)), Some((written, _))) if is_table(table) => Some(written),
            // What a loop over the table binds; the table itself is complained of where the loop begins.
            (Some((table, _)), None) if is_table(table) => return None,
            _ => None,
        };
        let message = match whole {
            Some(table) => format!("`{table}` as a whole says nothing: a template names its members"),
            None if self.names.contains(name) => return None,
            None => format!("there is no variable `{written}`"),
        };
        let way_out = format!("there is {}", self.near(reference).join(", "));
        Some(LintFinding { line: *line, message, way_out })
    }

    /// What there is in the place of a name: the other members of what does exist of it, as the template would have
    /// them.
    fn near(&self, reference: &Reference) -> Vec<String> {
        let (mut parent, mut written) = (reference.name.as_str(), reference.written.as_str());
        if !self.members(parent).is_empty() {
            return self.members(parent).into_iter().map(|member| format!("{written}.{member}")).collect();
        }
        while let (Some((outer, _)), Some((outer_written, _))) =
            (parent.rsplit_once('.'), written.rsplit_once('.'))
        {
            (parent, written) = (outer, outer_written);
            let members = self.members(parent);
            if !members.is_empty() {
                return members.into_iter().map(|member| format!("{written}.{member}")).collect();
            }
        }
        let is_plain = |name: &&String| !name.contains(['.', '[']);
        self.names.iter().filter(is_plain).cloned().collect()
    }

    fn members(&self, parent: &str) -> Vec<&str> {
        let member = |name| {
            let rest = str::strip_prefix(name, parent)?.strip_prefix('.')?;
            (!rest.contains(['.', '['])).then_some(rest)
        };
        self.names.iter().filter_map(|name| member(name)).collect()
    }
}

/// All errors of a template that looks at what does not exist, or makes what nothing looks at.
pub(crate) fn check_names(
    template: &str,
    path: &Utf8Path,
    vocabulary: &Vocabulary,
) -> Result<(), RenderError> {
    let findings = vocabulary.findings(template);
    if findings.is_empty() { Ok(()) } else { Err(RenderError::Lint { template: path.to_owned(), findings }) }
}
