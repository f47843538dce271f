use camino::Utf8Path;
use xen4centos_artifact::RenderedSpec;

use crate::{
    RenderError, UnusedDeclaration,
    context::{Declared, SpecContext},
    engine::{Escaping, render, values},
    lint::lint,
    references::{Reference, references},
    vocabulary::{Vocabulary, check_names},
};

/// Whether a template looks at a variable, so that what it stands for is made only where it is wanted. A name with a
/// dot means that member or the whole.
pub fn asks_for(template: &str, name: &str) -> bool {
    looks_at(&references(template), name)
}

/// Renders a spec template.
///
/// # Errors
/// When the template has a collision of tera's syntax with rpm's, looks at an undefined variable, does not look at an
/// option or patch that the manifest declares, or a value of the manifest would change the meaning of a line.
pub fn spec(template: &str, path: &Utf8Path, context: &SpecContext) -> Result<RenderedSpec, RenderError> {
    let findings = lint(template);
    if !findings.is_empty() {
        return Err(RenderError::Lint { template: path.to_owned(), findings });
    }
    let values = values(context, path)?;
    check_names(template, path, &Vocabulary::new(context, &values))?;
    check_uses(template, path, context)?;
    context.check_values(path)?;
    let mut text = render(template, path, &values, Escaping::Off)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(RenderedSpec { package: context.package.name.clone(), text })
}

/// The name itself, a member of it, or what it is a member of.
fn looks_at(references: &[Reference], name: &str) -> bool {
    let inside = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    references.iter().any(|found| inside(name, &found.name) || inside(&found.name, name))
}

fn check_uses(template: &str, path: &Utf8Path, context: &SpecContext) -> Result<(), RenderError> {
    let references = references(template);
    let looks_at = |name: &str| looks_at(&references, name);
    let is_unused = |declared: &&Declared| !declared.variables.iter().any(|variable| looks_at(variable));
    let complain = |what: &str, declared: &Declared| UnusedDeclaration {
        line: declared.line,
        what: format!("{what} `{}`", declared.name),
        variable: declared.variables[0].clone(),
    };
    let options = context.declared_options.iter().filter(is_unused);
    let mut unused: Vec<_> = options.map(|option| complain("option", option)).collect();
    if !(looks_at("source_lines") || looks_at("sources")) {
        let sources = context.declared_sources.iter().filter(is_unused);
        unused.extend(sources.map(|source| complain("source", source)));
    }
    // A patch that is listed and not applied is worse than one that is missing.
    let missing = ["patch_lines", "patch_commands"].into_iter().find(|name| !looks_at(name));
    if let (Some(variable), false) = (missing, looks_at("patches")) {
        unused.extend(context.declared_patches.iter().map(|(file, line)| UnusedDeclaration {
            line: *line,
            what: format!("patch `{file}`"),
            variable: variable.to_owned(),
        }));
    }
    if unused.is_empty() {
        return Ok(());
    }
    unused.sort_by_key(|unused| unused.line);
    let manifest = path.with_file_name("package.toml");
    Err(RenderError::Unused { template: path.to_owned(), manifest, unused })
}
