use camino::Utf8Path;
use tera::Context;
use xen4centos_artifact::RenderedSpec;

use crate::{
    RenderError,
    context::SpecContext,
    engine::{Escaping, render},
    lint::lint,
    references::references,
};

/// Whether a template looks at a variable, so that what it stands for is made only where it is wanted. A name with a
/// dot means that member or the whole.
pub fn asks_for(template: &str, name: &str) -> bool {
    let names = references(template);
    let member = format!("{name}.");
    names.iter().any(|found| found == name || found.starts_with(&member))
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
    context.check_values(path)?;
    check_uses(template, path, context)?;
    let values = Context::from_serialize(context)
        .map_err(|error| RenderError::Template { template: path.to_owned(), report: error.to_string() })?;
    let mut text = render(template, path, &values, Escaping::Off)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(RenderedSpec { package: context.package.name.clone(), text })
}

fn check_uses(template: &str, path: &Utf8Path, context: &SpecContext) -> Result<(), RenderError> {
    let names = references(template);
    let unused = |what: String| Err(RenderError::Unused { template: path.to_owned(), what });
    for name in context.option.keys() {
        if !names.contains(&format!("option.{name}")) {
            return unused(format!("option `{name}`"));
        }
    }
    let whole = |name: &str| names.contains(name);
    if !context.patches.is_empty() && !(whole("patch_commands") || whole("patches")) {
        return unused(format!("{} patches", context.patches.len()));
    }
    for source in &context.sources {
        let own = format!("source.{}", source.key());
        let used = names.iter().any(|name| name == &own || name.starts_with(&format!("{own}.")));
        if !(used || whole("sources") || whole("source_lines")) {
            return unused(format!("source `{}`", source.name));
        }
    }
    Ok(())
}
