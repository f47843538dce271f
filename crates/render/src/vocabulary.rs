//! Which variables there are. What a template looks at and does not exist is an error even where tera would take it
//! for false.

use std::collections::BTreeSet;

use camino::Utf8Path;
use tera::{Context, Value};
use xen4centos_artifact::CAPABILITIES;

use crate::{RenderError, context::SpecContext, error::UnknownName, references::references};

/// Variables that exist for some packages only; looking at them is right, and printing one that is not there is an
/// error of tera's.
const SOMETIMES: [&str; 4] =
    ["kernel_config", "kernel_config.name", "kernel_config.file", "kernel_config.index"];

/// Every name that a template may look at.
pub(crate) struct Vocabulary {
    names: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl Vocabulary {
    pub(crate) fn new(context: &SpecContext, values: &Context) -> Self {
        let mut vocabulary = Self { names: BTreeSet::new(), lists: BTreeSet::new() };
        for name in SpecContext::NAMES {
            if let Some(value) = values.get(name) {
                vocabulary.add(name.to_owned(), value);
            }
        }
        vocabulary.names.extend(SOMETIMES.map(str::to_owned));
        vocabulary.names.extend(CAPABILITIES.map(|name| format!("root.capabilities.{name}")));
        for source in &context.declared_sources {
            let own = &source.variables[0];
            vocabulary.names.extend(["", ".name", ".file", ".index"].map(|member| format!("{own}{member}")));
        }
        vocabulary
    }

    fn add(&mut self, name: String, value: &Value) {
        if value.is_array() {
            self.lists.insert(name.clone());
        }
        for (key, value) in value.as_map().into_iter().flatten() {
            self.add(format!("{name}.{key}"), value);
        }
        self.names.insert(name);
    }

    fn has(&self, name: &str) -> bool {
        let in_list =
            |list: &String| name.strip_prefix(list.as_str()).is_some_and(|rest| rest.starts_with('.'));
        self.names.contains(name) || self.lists.iter().any(in_list)
    }

    /// All names of a template that do not exist, each once.
    pub(crate) fn unknown(&self, template: &str) -> Vec<UnknownName> {
        let mut seen = BTreeSet::new();
        references(template)
            .into_iter()
            .filter(|reference| !self.has(&reference.name) && seen.insert(reference.name.clone()))
            .map(|reference| UnknownName {
                known: self.near(&reference.name),
                name: reference.name,
                line: reference.line,
            })
            .collect()
    }

    /// What there is beside a name: the other members of what does exist of it.
    fn near(&self, name: &str) -> Vec<String> {
        let mut parent = name;
        while let Some((outer, _)) = parent.rsplit_once('.') {
            parent = outer;
            let members = self.members(parent);
            if !members.is_empty() {
                return members;
            }
        }
        self.names.iter().filter(|name| !name.contains('.')).cloned().collect()
    }

    fn members(&self, parent: &str) -> Vec<String> {
        let is_member = |name: &&String| {
            name.strip_prefix(parent)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|member| !member.contains('.'))
        };
        self.names.iter().filter(is_member).cloned().collect()
    }
}

/// The first error of a template that looks at what does not exist.
pub(crate) fn check_names(
    template: &str,
    path: &Utf8Path,
    vocabulary: &Vocabulary,
) -> Result<(), RenderError> {
    let names = vocabulary.unknown(template);
    if names.is_empty() { Ok(()) } else { Err(RenderError::Unknown { template: path.to_owned(), names }) }
}
